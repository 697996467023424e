#!/bin/bash
# The keeper is a helper of the detector that checks and restores the firewall rules. It is two processes. If one is
# killed, the other replaces it, also with --user. Rules
# that were flushed meanwhile are restored immediately. If both are killed, the detector reports it. Both
# processes have the rights that iptables needs, and no others.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/detector.sh
. "$(dirname "$0")/detector.sh"
need_root
need ip ipset iptables ip6tables
need_built anomdetect

# helpers [NAME]: prints the processes of the helper NAME in the namespace; without NAME, the processes of the keeper.
helpers() {
	local pid
	for pid in $(ip netns pids "${NS}s"); do
		[ "$(cat "/proc/$pid/comm" 2>/dev/null)" != "${1:-anomdetect-rule}" ] || echo "$pid"
	done
}

parent_of() { awk '$1 == "PPid:" { print $2 }' "/proc/$1/status"; }

# Prints the keeper's process whose parent is the keeper's other process.
worker() {
	local all pid
	all=" $(helpers | xargs) "
	for pid in $all; do
		[[ $all != *" $(parent_of "$pid") "* ]] || echo "$pid"
	done
}
supervisor() { parent_of "$(worker)"; }

are_two() { [ "$(helpers | wc -l)" = 2 ]; }

# There are two processes, and neither is the killed one.
are_two_without() { are_two && ! helpers | grep -qx "$1"; }

# kill_both SUPERVISOR WORKER: stops the supervisor first, so that it cannot replace the worker.
kill_both() {
	local one=$1 other=$2
	kill -STOP "$one"
	kill -KILL "$other"
	kill -KILL "$one"
}

rules() { in_ns s sh -c 'iptables -t raw -S; ip6tables -t raw -S' | grep -c -- "--match-set $1[46] src -j DROP"; }

rules_are() { [ "$(rules "$1")" = "$2" ]; }

status_of() { awk -v name="$2:" '$1 == name { print $2 }' "/proc/$1/status"; }

rights() { echo "$(status_of "$1" CapPrm) $(status_of "$1" CapEff) $(status_of "$1" CapBnd) $(status_of "$1" NoNewPrivs)"; }

ns_add s
need_kernel_sets s

detector_start a s
ok "the keeper is two processes" within 5 are_two
for pid in $(helpers); do
	is "each process of the keeper has CAP_NET_ADMIN and CAP_NET_RAW, and cannot gain more" "$(rights "$pid")" \
		"0000000000003000 0000000000003000 0000000000003000 1"
	is "each process of the keeper has a socket to the detector and no file" "$(cd "/proc/$pid/fd" && readlink -- * | sed 's/:.*//' | xargs)" \
		"/dev/null /dev/null /dev/null socket"
done
for pid in $(helpers anomdetect-ssh); do
	is "the helper for SSH sessions has only CAP_SYS_PTRACE" "$(rights "$pid")" \
		"0000000000080000 0000000000080000 0000000000080000 1"
done
is "the helper for SSH sessions is two processes" "$(helpers anomdetect-ssh | wc -l)" 2
in_ns s iptables -t raw -F
in_ns s ip6tables -t raw -F
first=$(worker)
kill -KILL "$first"
ok "a new process replaces the killed worker" within 10 are_two_without "$first"
ok "an error event reports the replacement" within 5 has_events 1 a '"reason":"keeper_gone"' 'a new one was started'
ok "flushed rules are restored immediately, in both families" within 10 rules_are a 2
ok "an error event reports the flushed rules" within 5 has_events 1 a '"reason":"rule_missing"'
ok "the killed worker has been reaped" within 5 not [ -e "/proc/$first" ]
first=$(supervisor)
kill -KILL "$first"
ok "a new process replaces the killed supervisor, too" within 10 are_two_without "$first"
ok "the killed supervisor has been reaped" within 5 not [ -e "/proc/$first" ]
offend a 203.0.113.1 2001:db8:5::1
ok "clients are still banned" within 5 has_events 2 a '"event":"ban"' '"enforced":true'
detector_end a
ok "all helpers end with the detector" within 5 eval '[ -z "$(helpers)$(helpers anomdetect-ssh)" ]'
is "no message names SSH sessions" "$(grep -c SSH "$TMP/a.err")" 0

# the user nobody writes its state to this directory
mkdir "$TMP/state" && chown nobody "$TMP/state"
detector_start u s --user nobody --state "$TMP/state/u.json"
is "with --user nobody there is no helper for SSH sessions" "$(helpers anomdetect-ssh)" ""
within 5 are_two
in_ns s iptables -t raw -F
first=$(supervisor)
kill -KILL "$first"
ok "the keeper is replaced with --user, too" within 10 are_two_without "$first"
ok "the new keeper restores flushed rules with --user" within 10 rules_are u 2
detector_end u KILL 2>/dev/null # bash reports that it was killed
ok "a replaced keeper ends when the detector is killed" within 5 eval '[ -z "$(helpers)" ]'

detector_start w s
within 5 are_two
in_ns s iptables -t raw -F
kill_both "$(supervisor)" "$(worker)"
ok "an error event reports that both processes of the keeper were killed" within 10 \
	has_events 1 w '"reason":"keeper_gone"' 'has ended; restart anomdetect'
is "a warning on standard error reports the end of the keeper, too" "$(grep -c 'warning: the process that checks the firewall rules has ended' "$TMP/w.err")" 1
is "no new keeper is made" "$(helpers)$(rules w)" 1
offend w 203.0.113.1 2001:db8:5::1
ok "clients are still banned without a keeper" within 5 has_events 2 w '"event":"ban"' '"enforced":true'
detector_end w

# ---- the file that iptables-legacy locks

if iptables_kind nft && iptables_kind legacy; then
	export XTABLES_LOCKFILE=$TMP/xtables.lock
	programs_of "$TMP/nft"
	detector_start l s
	is "the start makes the file that iptables-legacy locks, also with nft" "$(stat -c '%U %a' "$XTABLES_LOCKFILE")" "root 600"
	# replaces the links in place, because the detector's mount namespace has this directory mounted
	cp -P --remove-destination "$TMP"/legacy/* "${lib_programs[-1]}"
	in_ns s iptables-nft -t raw -F
	legacy_rules() { in_ns s iptables-legacy -t raw -S | grep -c -- '--match-set l4 src -j DROP'; }
	ok "when iptables becomes legacy, the legacy rule is made" within 20 eval '[ "$(legacy_rules)" = 1 ]'
	rm "$XTABLES_LOCKFILE"
	in_ns s env XTABLES_LOCKFILE="$TMP/xtables.other" iptables-legacy -t raw -F
	ok "without the lock file an error event has a remedy" within 20 \
		has_events 1 l '"reason":"rule_failed"' "lock file $XTABLES_LOCKFILE: Permission denied; restart anomdetect"
	detector_end l
	programs_of
	unset XTABLES_LOCKFILE
else
	skip "the file that iptables-legacy locks" "iptables-nft or iptables-legacy is missing"
fi
detector_explain a u w l
done_testing
