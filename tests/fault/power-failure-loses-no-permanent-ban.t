#!/usr/bin/env bash
# A ban for ever outlasts a power failure 5 seconds later: the kernel's sets are gone, and the run had no time to save.
# IPv4 and IPv6, though the memory is saved once an hour only.
# shellcheck disable=SC2317 # "unreachable": called by within
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
hour_end=$SECONDS
offend p 203.0.113.1 2001:db8:1::7
ok "both are banned" within 10 entries_are s p4 1
ok "for ever" within 10 event p ban 203.0.113.1 '"seconds":null,"until":null'
ok "the memory has them 5 seconds later" within 5 are_in_memory 203.0.113.1 2001:db8:1::/64
ok "which is long before its interval" [ $((SECONDS - hour_end)) -lt 600 ]

# A second one, right behind a save.
offend p 203.0.113.2
ok "the next one is in the memory, too" within 5 are_in_memory 203.0.113.1 203.0.113.2 2001:db8:1::/64

# By hand: a ban, and an unban.
hand() { in_ns s "$BUILD/anomban" --set p "$@"; }
hand --ban 203.0.113.9 permanent
ok "one by hand is in the memory, too" within 10 are_in_memory 203.0.113.9
hand --unban 203.0.113.2
ok "and one that is unbanned by hand is not any more" within 10 not in_memory 203.0.113.2

detector_end p KILL
in_ns s iptables -w -t raw -F
in_ns s ip6tables -w -t raw -F
in_ns s ipset destroy
detector_start p s --schedule permanent --memory-interval 1h
ok "after a power failure the kernel has them again" within 10 entries_are s p4 2 # .1 and .9
ok "also of IPv6" within 10 entries_are s p6 1
detector_end p
detector_explain p
done_testing
