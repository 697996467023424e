#!/bin/bash
# Two detectors, one for each site's log, share one set. Both insert their bans into it, and a restart of one detector
# lifts no ban of the other. Changes that an administrator makes by hand apply to both. IPv4 and IPv6.
# shellcheck disable=SC2317 # the functions are called by ok and within
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/detector.sh
. "$(dirname "$0")/detector.sh"
need_root
need ip ipset iptables ip6tables jq
need_built anomdetect anomban

ns_add s
need_kernel_sets s

both_start() { for site in "${@:-a}" ; do detector_start "$site" s --set sites; done; }
hand() { in_ns s "$BUILD/anomban" --set sites "$@"; }
in_set() { in_ns s ipset -q test sites4 "203.0.113.$1" && in_ns s ipset -q test sites6 "2001:db8:1:$1::1"; }
gone_from_set() { ! in_ns s ipset -q test sites4 "203.0.113.$1" && ! in_ns s ipset -q test sites6 "2001:db8:1:$1::1"; }
bans() {
	offend "$1" "203.0.113.$2" "2001:db8:1:$2::1"
	ok "$3" within 10 in_set "$2"
}
rules_n() { in_ns s sh -c 'iptables-save; ip6tables-save' | grep -c 'match-set sites[46]'; }
# The detectors check the sets a few seconds after a change by hand.
let_both_check() { let_bans_settle; let_bans_settle; let_bans_settle; }

both_start a b
bans a 1 "site a bans IPv4 and IPv6"
bans b 2 "site b bans IPv4 and IPv6"
is "each family has one firewall rule" "$(rules_n)" 2

detector_end a
ok "the bans of detector b stay when detector a stops" in_set 2
ok "the bans of detector a stay when it stops" in_set 1
is "the firewall rules stay when detector a stops" "$(rules_n)" 2
bans b 3 "detector b bans while detector a does not run"
both_start a
ok "the bans of detector b stay when detector a restarts" in_set 2
ok "the new bans of detector b stay when detector a restarts" in_set 3
ok "the bans of detector a stay when it restarts" in_set 1
is "detector a restores all bans" "$(grep '"event":"start"' "$TMP/a.events" | tail -n 1 | jq .bans)" 6
detector_end b KILL
both_start b
is "detector b restores all bans after kill -9" "$(grep '"event":"start"' "$TMP/b.events" | tail -n 1 | jq .bans)" 6

hand --unban 203.0.113.1 2001:db8:1:1::1
ok "unban by hand: detector a accepts the IPv4 unban" within 20 event a unban 203.0.113.1 '"reason":"manual"'
ok "unban by hand: detector a accepts the IPv6 unban" within 20 event a unban 2001:db8:1:1:: '"reason":"manual"'
ok "unban by hand: detector b accepts the IPv4 unban" within 20 event b unban 203.0.113.1 '"reason":"manual"'
ok "unban by hand: detector b accepts the IPv6 unban" within 20 event b unban 2001:db8:1:1:: '"reason":"manual"'
let_both_check
ok "unban by hand: neither detector bans the client again" gone_from_set 1
ok "unban by hand: other bans stay" in_set 2

hand --flush
ok "flush by hand: detector a accepts the IPv4 unban" within 20 event a unban 203.0.113.2 '"reason":"manual"'
ok "flush by hand: detector b accepts the IPv4 unban" within 20 event b unban 203.0.113.2 '"reason":"manual"'
ok "flush by hand: detector a accepts the IPv6 unban" within 20 event a unban 2001:db8:1:2:: '"reason":"manual"'
ok "flush by hand: detector b accepts the IPv6 unban" within 20 event b unban 2001:db8:1:2:: '"reason":"manual"'
let_both_check
is "flush by hand: neither detector bans a client again" "$(entries_n s sites4) $(entries_n s sites6)" "0 0"
bans a 4 "detector a bans after the flush"
bans b 5 "detector b bans after the flush"

hand --teardown
ok "teardown: detector a reports that its sets were torn down" within 20 has_events 1 a torn_down
ok "teardown: detector b reports that its sets were torn down" within 20 has_events 1 b torn_down
let_both_check
is "teardown: neither detector makes rules again" "$(rules_n)" 0
is "teardown: neither detector makes sets again" "$(in_ns s ipset list -n | grep -c sites)" 0
offend a 203.0.113.6
ok "teardown: a later ban by detector a is only printed" within 10 event a ban 203.0.113.6 '"enforced":false'
detector_end a
both_start a
bans a 7 "detector a bans again after its restart"
detector_end a
detector_end b
detector_explain a b
done_testing
