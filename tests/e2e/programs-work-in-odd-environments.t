#!/bin/bash
# Whatever starts the programs, and whatever they inherit from it: with SIGCHLD ignored iptables' end is still seen, a
# SIGTERM that was blocked still ends them, and a limit on the size of files is a message and not the end.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/detector.sh
. "$(dirname "$0")/detector.sh"
need_root
need ip ipset iptables ip6tables env
need_built anomdetect anomban

ns_add s
need_kernel_sets s

rules() { in_ns s sh -c 'iptables -t raw -S; ip6tables -t raw -S' | grep -c -- "--match-set $1[46] src -j DROP"; }

odd=(env --ignore-signal=CHLD --block-signal=TERM --block-signal=HUP)

ok "anomban bans" in_ns s "${odd[@]}" "$BUILD/anomban" --set o --ban 203.0.113.1
ok "over IPv6 too" in_ns s "${odd[@]}" "$BUILD/anomban" --set o --ban 2001:db8:1::1
is "and has put its rules in" "$(rules o)" 2
ok "every link of the doctor's holds" in_ns s "${odd[@]}" "$BUILD/anomdetect" --doctor --set o --state none \
	<<<'{"remote_addr":"203.0.113.9","status":200}'
ok "anomban takes all down" in_ns s "${odd[@]}" "$BUILD/anomban" --set o --teardown
is "and has" "$(rules o)$(in_ns s ipset list -n)" 0

# Files of 4 KiB: the start event stays under it, the state does not.
printf '#!/bin/bash\nulimit -f 4\nexec %s "$@"\n' "${odd[*]} $BUILD/anomdetect" >"$TMP/anomdetect"
chmod 755 "$TMP/anomdetect"
BUILD=$TMP detector_start a s --events start
# shellcheck disable=SC2046
offend a $(addresses 1 100) 2001:db8:1::1
ok "a state that may not be written is told" within 10 grep -q "unable to save '.*': File too large" "$TMP/a.err"
offend a 203.0.113.200 2001:db8:2::1
ok "lines go on" within 5 entries_are s a4 101
ok "over IPv6 too" within 5 entries_are s a6 2
kill -TERM "${detector_pid[a]}" 2>/dev/null
ok "SIGTERM ends it" within 5 gone "${detector_pid[a]}"
detector_explain a
done_testing
