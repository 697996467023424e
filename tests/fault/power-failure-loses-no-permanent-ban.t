#!/usr/bin/env bash
# A permanent ban of an IPv4 or IPv6 client survives a power failure that comes 5 seconds after the ban, although
# --memory-interval is one hour. In the power failure the kernel's sets are lost, and the run cannot save the memory.
# shellcheck disable=SC2317 # the functions are called by within
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
# shellcheck source=tests/e2e/detector.sh
. "$(dirname "$0")/../e2e/detector.sh"
need_root
need ipset iptables jq
need_built anomdetect

ns_add s
need_kernel_sets s

in_memory() { jq -e --arg c "$1" '[.clients[] | select(startswith($c + " enforced"))] | length == 1' "$TMP/p.json.memory"; }
are_in_memory() { for client in "$@"; do in_memory "$client" || return; done; }

detector_start p s --schedule permanent --memory-interval 1h
started=$SECONDS
offend p 203.0.113.1 2001:db8:1::7
ok "the IPv4 client is banned" within 10 entries_are s p4 1
ok "the IPv4 ban is permanent" within 10 event p ban 203.0.113.1 '"seconds":null,"until":null'
ok "the memory file has both bans within 5 seconds" within 5 are_in_memory 203.0.113.1 2001:db8:1::/64
ok "the hourly save is not due yet" [ $((SECONDS - started)) -lt 600 ]

# A second ban comes directly after a save.
offend p 203.0.113.2
ok "the second ban is in the memory file, too" within 5 are_in_memory 203.0.113.1 203.0.113.2 2001:db8:1::/64

# Somebody bans one client and unbans another client by hand.
hand() { in_ns s "$BUILD/anomban" --set p "$@"; }
hand --ban 203.0.113.9 permanent
ok "a ban by hand is in the memory file, too" within 10 are_in_memory 203.0.113.9
hand --unban 203.0.113.2
ok "a client unbanned by hand is no longer in the memory file" within 10 not in_memory 203.0.113.2

detector_end p KILL
in_ns s iptables -w -t raw -F
in_ns s ip6tables -w -t raw -F
in_ns s ipset destroy
detector_start p s --schedule permanent --memory-interval 1h
ok "after a power failure the kernel has the bans again" within 10 entries_are s p4 2 # .1 and .9
ok "after a power failure the kernel has the IPv6 ban again" within 10 entries_are s p6 1
detector_end p
detector_explain p
done_testing
