#!/bin/bash
# A start with another --chain or other --ports replaces the rules of the last run, without a gap and with a warning.
# Other programs' rules for the sets are not changed. --teardown removes all rules of anomdetect, in any chain.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/detector.sh
. "$(dirname "$0")/detector.sh"
need_root
need ip ipset iptables ip6tables iptables-save ip6tables-save
need_built anomdetect anomban

# Counts all rules of both families that name the set, in one line.
rules() { in_ns "$1" sh -c 'iptables-save; ip6tables-save' | awk '/^\*/ { t = $1 } /match-set a[46]/ { print t, $2 }' | sort | uniq -c | xargs; }

# logged KIND: puts wrappers before the kind's programs, which log their arguments.
logged() {
	local program
	mkdir -p "$TMP/logged-$1"
	for program in iptables ip6tables; do
		printf '#!/bin/sh\necho %s "$@" >>%s\nexec %s "$@"\n' $program "$TMP/$1.calls" "$TMP/$1/$program" \
			>"$TMP/logged-$1/$program"
		chmod 755 "$TMP/logged-$1/$program"
	done
}

# first_call KIND TEXT: prints the number of the first line with TEXT in the log of calls.
first_call() { grep -nF -- "$2" "$TMP/$1.calls" | head -n 1 | cut -d: -f1; }

replaced() { # KIND
	local kind=$1 family program
	detector_start a "$kind" --chain filter/INPUT --ports 80,443
	is "$kind: the first start makes its rules" "$(rules "$kind")" "4 *filter INPUT"
	detector_end a
	in_ns "$kind" ip6tables -A FORWARD -i eth0 -m set --match-set a6 src -j DROP
	: >"$TMP/a.err"
	logged "$kind"
	programs_of "$TMP/$kind" "$TMP/logged-$kind"
	detector_start a "$kind"
	programs_of "$TMP/$kind"
	is "$kind: after the second start, only its own rules and other programs' rules are left" "$(rules "$kind")" "1 *filter FORWARD 2 *raw PREROUTING"
	is "$kind: a warning names each removed rule" "$(grep -c 'warning: a firewall rule of an earlier run, .*, is removed: ip6*tables -t filter -A INPUT -p [a-z]* -m multiport --dports 80,443 ' "$TMP/a.err")" 4
	is "$kind: a warning names each other program's rule" "$(grep -c "warning: another firewall rule names set 'a6', and is kept: ip6tables -t filter -A FORWARD -i eth0 " "$TMP/a.err")" 1
	for family in 4 6; do
		program=iptables
		[ $family = 4 ] || program=ip6tables
		ok "$kind: the new rule is made before the old rule is removed ($program)" test \
			"$(first_call "$kind" "$program -w 5 -t raw -I PREROUTING -m set --match-set a$family")" -lt \
			"$(first_call "$kind" "$program -w 5 -t filter -D INPUT -p tcp")"
	done
	detector_end a
	: >"$TMP/a.err"
	detector_start a "$kind"
	is "$kind: a third start has nothing to replace" "$(grep -c 'is removed: ' "$TMP/a.err") $(rules "$kind")" \
		"0 1 *filter FORWARD 2 *raw PREROUTING"
	detector_end a
	in_ns "$kind" ip6tables -F FORWARD
	in_ns "$kind" "$BUILD/anomban" --set a --ports 443 </dev/null 2>"$TMP/anomban.err"
	is "$kind: anomban replaces old rules, too" "$?$(rules "$kind")$(grep -c 'is removed: ' "$TMP/anomban.err")" "04 *raw PREROUTING2"
	in_ns "$kind" iptables -t mangle -A PREROUTING -m set --match-set a4 src -j DROP
	in_ns "$kind" iptables -t mangle -A PREROUTING -m set --match-set a4 src -j DROP
	in_ns "$kind" ip6tables -A FORWARD -m set --match-set a6 src -j DROP
	said=$(in_ns "$kind" "$BUILD/anomban" --set a --teardown 2>&1)
	is "$kind: --teardown removes all rules and the sets" "$?$said$(rules "$kind")$(in_ns "$kind" ipset list -n)" 0
}

# A failed start removes nothing.
kept() { # KIND
	local kind=$1
	detector_start a "$kind" --chain filter/INPUT
	detector_end a
	in_ns "$kind" "$BUILD/anomdetect" --ban --set a --state none --chain raw/NOSUCH </dev/null >/dev/null 2>"$TMP/bad.err"
	is "$kind: a start that cannot make its rule removes no rule" "$? $(rules "$kind")" "3 2 *filter INPUT"
	in_ns "$kind" "$BUILD/anomdetect" --ban --rule none --set a --state none </dev/null >/dev/null 2>"$TMP/bad.err"
	is "$kind: a start with --rule none removes no rule" "$? $(rules "$kind") $(cat "$TMP/bad.err")" "0 2 *filter INPUT "
}

for kind in nft legacy; do
	if ! iptables_kind $kind; then
		skip "old rules are replaced with iptables-$kind" "iptables-$kind is missing"
		continue
	fi
	programs_of "$TMP/$kind"
	ns_add $kind
	need_kernel_sets $kind
	replaced $kind
	kept $kind
	programs_of
done
detector_explain a
done_testing
