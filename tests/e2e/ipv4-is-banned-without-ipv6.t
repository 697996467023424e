#!/bin/bash
# On a host without ip6tables, or with a kernel without IPv6, IPv4 clients are still banned. There is one warning and no
# IPv6 firewall rule, and bans of IPv6 clients are reported as not enforced. Also, a failed start leaves no set and no
# firewall rule.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/detector.sh
. "$(dirname "$0")/detector.sh"
need_root
need ip ipset iptables ip6tables jq mount
need_built anomdetect anomban

real=$BUILD
ns_add s
need_kernel_sets s

# wrapped DIRECTORY COMMANDS: makes programs in $TMP/DIRECTORY that run these commands first, in the mount namespace
# that `ip netns exec` makes.
wrapped() {
	local program
	mkdir "$TMP/$1"
	for program in anomdetect anomban; do
		printf '#!/bin/sh\nmount --make-rprivate / || exit 99\n%s\nexec %s "$@"\n' "$2" "$real/$program" \
			>"$TMP/$1/$program"
		chmod 755 "$TMP/$1/$program"
	done
}

rules() { in_ns s sh -c 'iptables-save; ip6tables-save' | awk '/^\*/ { t = $1 } /match-set / { print t, $2, $6 }' | xargs; }

sets() { in_ns s ipset list -n | sort | xargs; }

# alone REASON: tests the detector and anomban on a host where IPv6 is missing for this reason.
alone() {
	local reason=$1 n
	: >"$TMP/a.events"
	: >"$TMP/a.err"
	rm -f "$TMP"/a.json*
	detector_start a s
	is "$reason: one warning is logged, with this reason" "$(grep -c "warning: only IPv4 clients are banned: .*$reason" "$TMP/a.err") $(grep -c warning "$TMP/a.err")" "1 1"
	is "$reason: only the IPv4 rule is made" "$(rules)" "*raw PREROUTING a4"
	offend a 203.0.113.1 2001:db8:5::1
	ok "$reason: both clients are banned" within 5 has_events 2 a '"event":"ban"'
	ok "$reason: the IPv4 ban is enforced" event a ban 203.0.113.1 '"enforced":true'
	ok "$reason: the IPv6 ban is not enforced" event a ban 2001:db8:5::/64 '"enforced":false'
	is "$reason: an error event gives the reason" "$(grep '"reason":"ban_failed"' "$TMP/a.events" | grep -c "only IPv4 clients are banned: .*$reason")" 1
	is "$reason: the IPv6 ban is not in the set" "$(entries_n s a4) $(entries_n s a6)" "1 0"
	offend a 203.0.113.2
	ok "$reason: IPv4 clients are still banned" within 5 event a ban 203.0.113.2 '"enforced":true'
	detector_end a
	n=$(jq -s 'map(select(.event == "stop"))[0].ban_failed' "$TMP/a.events")
	is "$reason: the IPv6 ban is counted once in ban_failed, because it is not tried again" "$n" 1
	said=$(in_ns s "$BUILD/anomban" --set a --ban 2001:db8:6::1 2>&1)
	is "$reason: anomban --ban gives the reason" "$? $(grep -c "unable to ban: only IPv4 clients are banned: .*$reason" <<<"$said")" "1 1"
	in_ns s "$BUILD/anomban" --set a --ban 198.51.100.7 2>/dev/null
	is "$reason: anomban --ban bans IPv4 clients" $? 0
	said=$(in_ns s "$BUILD/anomban" --set a --teardown 2>&1)
	is "$reason: --teardown leaves no rule and no set" "$?$said$(rules)$(sets)" 0
}

mkdir "$TMP/only4"
touch "$TMP/only4/ip6tables.none"
programs_of "$TMP/only4"
alone "there is no ip6tables; install it"
detector_start a s
said=$(in_ns s "$BUILD/anomdetect" --doctor --set a --state none <<<'{"remote_addr":"203.0.113.9","status":200}')
is "--doctor fails without ip6tables" "$? $(grep -c '^FAIL rule: only IPv4 clients are banned: there is no ip6tables' <<<"$said")" "1 1"
detector_end a
in_ns s "$BUILD/anomban" --set a --teardown
programs_of

# With this mount, /proc/PID/net of the program is that of a kernel without IPv6. The shell keeps its PID when it
# executes the program, so $$ is the program's PID.
mkdir "$TMP/net"
touch "$TMP/net/dev" "$TMP/net/tcp" "$TMP/net/tcp6"
wrapped no-kernel "mount --bind $TMP/net /proc/\$\$/net"
BUILD=$TMP/no-kernel
alone "this kernel has no IPv6"
detector_start a s
said=$(in_ns s "$BUILD/anomdetect" --doctor --set a --state none <<<'{"remote_addr":"203.0.113.9","status":200}')
is "--doctor is ok with a kernel without IPv6" "$(grep ' rule: ' <<<"$said" | cut -c1-4) $(grep -c 'IPv4 only: this kernel has no IPv6' <<<"$said")" "ok   1"
detector_end a
in_ns s "$BUILD/anomban" --set a --teardown
BUILD=$real

# ---- a failed start

# fails PROMISE CODE PROGRAM ARGUMENT...: checks the exit code, and that no rule or set has changed.
fails() {
	local promise=$1 want=$2 before
	before="$(rules) $(sets)"
	shift 2
	in_ns s "$@" </dev/null >/dev/null 2>"$TMP/fails.err"
	is "$promise: the start fails" $? "$want"
	is "$promise: no rule and no set is left" "$(rules) $(sets)" "$before"
}

mkdir "$TMP/no6"
printf '#!/bin/sh\necho refused >&2\nexit 4\n' >"$TMP/no6/ip6tables"
chmod 755 "$TMP/no6/ip6tables"
for program in "anomdetect --ban --state none" "anomban"; do
	# shellcheck disable=SC2086 # program is several words
	fails "$program, a missing chain" 3 "$BUILD/"$program --set a --chain raw/NOSUCH
	programs_of "$TMP/no6"
	# shellcheck disable=SC2086
	fails "$program, an IPv6 rule that is refused" 3 "$BUILD/"$program --set a
	programs_of
	in_ns s ipset create a6 hash:net family inet6 timeout 0
	# shellcheck disable=SC2086
	fails "$program, one set of another type" 3 "$BUILD/"$program --set a
	in_ns s ipset destroy a6
done
fails "a user that anomdetect cannot become" 1 "$BUILD/anomdetect" --ban --set a --state none --user root
in_ns s ipset create a4 hash:ip timeout 600
in_ns s ipset add a4 203.0.113.9
programs_of "$TMP/no6"
fails "only one of two sets exists" 3 "$BUILD/anomdetect" --ban --set a --state none
programs_of
is "the existing set keeps its entry" "$(entries_n s a4)" 1

detector_explain a
done_testing
