#!/bin/bash
# The process that looks after the rules is killed: the detector makes a new one, which puts back at once what was
# flushed meanwhile. With --user it cannot, and says so.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/detector.sh
. "$(dirname "$0")/detector.sh"
need_root
need ip ipset iptables ip6tables
need_built anomdetect

# ns_become leaves no process between: the detector's only child is the keeper.
keeper() { xargs <"/proc/${detector_pid[$1]}/task/${detector_pid[$1]}/children"; }

# NAME OLD: there is a keeper, and it is another one.
has_new_keeper() { [ -n "$(keeper "$1")" ] && [ "$(keeper "$1")" != "$2" ]; }

rules() { in_ns s sh -c 'iptables -t raw -S; ip6tables -t raw -S' | grep -c -- "--match-set $1[46] src -j DROP"; }

rules_are() { [ "$(rules "$1")" = "$2" ]; }

ns_add s
need_kernel_sets s

detector_start a s
first=$(keeper a)
is "the keeper is the only child" "$(cat "/proc/$first/comm")" anomdetect-rule
in_ns s iptables -t raw -F
in_ns s ip6tables -t raw -F
kill -KILL "$first"
ok "a new one takes its place" within 10 has_new_keeper a "$first"
is "under the same name" "$(cat "/proc/$(keeper a)/comm")" anomdetect-rule
ok "the event says so" within 5 has_events 1 a '"reason":"keeper_gone"' 'there is a new one'
ok "what was flushed is put back at once, in both families" within 10 rules_are a 2
ok "and told" within 5 has_events 1 a '"reason":"rule_missing"'
is "the first has been reaped" "$([ -e "/proc/$first" ] || echo gone)" gone
offend a 203.0.113.1 2001:db8:5::1
ok "bans go on" within 5 has_events 2 a '"event":"ban"' '"enforced":true'
second=$(keeper a)
detector_end a
ok "it ends with the detector" within 5 gone "$second"

# nobody's own directory: it writes its state there
mkdir "$TMP/state" && chown nobody "$TMP/state"
detector_start u s --user nobody --state "$TMP/state/u.json"
in_ns s iptables -t raw -F
kill -KILL "$(keeper u)"
ok "with --user it is told that there is none any more" within 10 \
	has_events 1 u '"reason":"keeper_gone"' 'has gone: the right to run iptables is given up (--user); restart anomdetect'
is "also on standard error" "$(grep -c 'warning: the process that looks after the firewall rules has gone' "$TMP/u.err")" 1
is "and none is made" "$(keeper u)$(rules u)" 1
offend u 203.0.113.1 2001:db8:5::1
ok "bans go on" within 5 has_events 2 u '"event":"ban"' '"enforced":true'
detector_end u
detector_explain a u
done_testing
