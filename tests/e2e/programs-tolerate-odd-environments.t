#!/bin/bash
# The programs run under any parent, whatever settings they inherit from it. If SIGCHLD is ignored, they still notice
# the end of iptables. If SIGTERM is blocked, it still ends them. If the size of files is limited, they report the limit
# and continue.
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

ok "anomban bans an IPv4 client" in_ns s "${odd[@]}" "$BUILD/anomban" --set o --ban 203.0.113.1
ok "anomban bans an IPv6 client" in_ns s "${odd[@]}" "$BUILD/anomban" --set o --ban 2001:db8:1::1
is "anomban has made its rules" "$(rules o)" 2
ok "every step of --doctor is ok" in_ns s "${odd[@]}" "$BUILD/anomdetect" --doctor --set o --state none \
	<<<'{"remote_addr":"203.0.113.9","status":200}'
ok "anomban --teardown succeeds" in_ns s "${odd[@]}" "$BUILD/anomban" --set o --teardown
is "anomban --teardown removed rules and sets" "$(rules o)$(in_ns s ipset list -n)" 0

# Files of 4 KiB: the start event is smaller, the state is larger.
printf '#!/bin/bash\nulimit -f 4\nexec %s "$@"\n' "${odd[*]} $BUILD/anomdetect" >"$TMP/anomdetect"
chmod 755 "$TMP/anomdetect"
BUILD=$TMP detector_start a s --events start
# shellcheck disable=SC2046 # addresses prints several words
offend a $(addresses 1 100) 2001:db8:1::1
ok "a state file over the limit is reported" within 10 grep -q "unable to save '.*': File too large" "$TMP/a.err"
offend a 203.0.113.200 2001:db8:2::1
ok "lines are still read" within 5 entries_are s a4 101
ok "lines of IPv6 clients are still read" within 5 entries_are s a6 2
kill -TERM "${detector_pid[a]}" 2>/dev/null
ok "SIGTERM ends the detector" within 5 gone "${detector_pid[a]}"
detector_explain a
done_testing
