#!/bin/bash
# The rules stay: a keeper, made before root is given up, puts back what a reload flushed, says when open connections
# pass before it, and ends with its parent; meanwhile the parent bans with CAP_NET_ADMIN and nothing else. With both
# kinds of iptables. Drives src/io/firewall/rule_keeper.h, drop_rules.h and privileges.h through $BUILD/tests/firewall_driver.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_root
need ip ipset iptables ip6tables setpriv
need_built tests/firewall_driver
for_others "$BUILD/tests/firewall_driver"
driver=$OTHERS/firewall_driver
# Who is not dumpable cannot be looked at by the leak checker.
export ASAN_OPTIONS=detect_leaks=0

rules() { # NAMESPACE TABLE/CHAIN: how many of each family drop the set
	local four six
	four=$(in_ns "$1" iptables -t "${2%/*}" -S "${2#*/}" | grep -c -- '--match-set keep4 src -j DROP')
	six=$(in_ns "$1" ip6tables -t "${2%/*}" -S "${2#*/}" | grep -c -- '--match-set keep6 src -j DROP')
	echo "$four $six"
}

# What the session in $say says to one more question.
asked() {
	echo >&"$say"
	hear_line
	local answer=$line
	hear_line
	[ "$line" = waiting ] || answer="$answer, then $line"
	said=$answer
}

children() { cat "/proc/$1/task/$1/children"; }

status_of() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"; }

kept() { # KIND: both families' rules are there again after each thing that takes them away
	local kind=$1 ns=$1
	session "$ns" "$driver" -s keep -k -u nobody wait ask wait ask wait ask wait ask wait ask wait
	asked
	is "$kind: rules that are there are left alone" "$said" "there, before"
	in_ns "$ns" iptables -t raw -F
	asked
	is "$kind: a flushed IPv4 table is put back" "$said $(rules "$ns" raw/PREROUTING)" "put back, before 1 1"
	in_ns "$ns" ip6tables -t raw -F PREROUTING
	asked
	is "$kind: a flushed IPv6 chain is put back" "$said $(rules "$ns" raw/PREROUTING)" "put back, before 1 1"
	if [ "$kind" = nft ] && command -v nft >/dev/null; then
		in_ns "$ns" nft flush ruleset
		asked
		is "$kind: nft flush ruleset is" "$said $(rules "$ns" raw/PREROUTING)" "put back, before 1 1"
	else
		skip "$kind: nft flush ruleset is" "not of this kind, or no nft"
		asked
	fi
	in_ns "$ns" iptables -t raw -F
	in_ns "$ns" ip6tables -t raw -F
	in_ns "$ns" ipset destroy keep4
	echo >&"$say"
	hear_line
	like "$kind: that it cannot be, is told" "$line" "^ask: unable to put the rule for set 'keep4' into raw/PREROUTING: "
	session_end
}

placed() { # KIND: an accept of open connections before the rule is told, one behind it is not
	local kind=$1 ns=$1 before="there, before" accept=(-m conntrack --ctstate "ESTABLISHED,RELATED" -j ACCEPT)
	session "$ns" "$driver" -s keep -c filter/INPUT -k wait ask wait ask wait ask wait ask wait ask wait ask wait
	in_ns "$ns" iptables -A INPUT "${accept[@]}"
	in_ns "$ns" ip6tables -A INPUT "${accept[@]}"
	in_ns "$ns" iptables -I INPUT -i lo -m comment --comment 'not -m state --state ESTABLISHED -j ACCEPT' -j ACCEPT
	asked
	is "$kind: behind the rule they may accept" "$said" "$before"
	in_ns "$ns" iptables -I INPUT "${accept[@]}"
	asked
	like "$kind: before it that is told (IPv4)" "$said" \
		"^there, the rule for set 'keep4' in filter/INPUT stands behind '-A INPUT .*ESTABLISHED -j ACCEPT', which lets open conn"
	in_ns "$ns" iptables -D INPUT 1
	in_ns "$ns" ip6tables -I INPUT -m state --state ESTABLISHED -j ACCEPT
	asked
	like "$kind: before it that is told (IPv6, state)" "$said" "^there, the rule for set 'keep6' in filter/INPUT "
	in_ns "$ns" ip6tables -D INPUT 1
	in_ns "$ns" iptables -N front
	in_ns "$ns" iptables -N deep
	in_ns "$ns" iptables -A front -j MARK --set-mark 1
	in_ns "$ns" iptables -A front -j deep
	in_ns "$ns" iptables -A deep -i eth0 "${accept[@]}"
	in_ns "$ns" iptables -A INPUT -j front
	asked
	is "$kind: a chain that is called behind the rule does not matter" "$said" "$before"
	in_ns "$ns" iptables -I INPUT -j front
	asked
	like "$kind: one called before it does, however deep" "$said" "^there, .*'keep4' in filter/INPUT stands behind '-A deep -i eth0 "
	in_ns "$ns" iptables -F INPUT
	in_ns "$ns" iptables -A INPUT "${accept[@]}"
	asked
	is "$kind: a rule put back comes first" "$said" "put back, before"
	session_end
	said=$(in_ns "$ns" "$driver" -s keep -c filter/INPUT -p 80,443 behind 2>&1)
	is "$kind: rules for ports are found in their place" "$said" before
	in_ns "$ns" iptables -I INPUT "${accept[@]}"
	said=$(in_ns "$ns" "$driver" -s keep -c filter/INPUT -p 80,443 behind 2>&1)
	like "$kind: and behind an accept" "$said" "stands behind '-A INPUT "
	said=$(in_ns "$ns" "$driver" -s keep behind 2>&1)
	is "$kind: raw/PREROUTING comes before all that" "$said" before
	for tables in iptables ip6tables; do
		in_ns "$ns" $tables -t raw -I PREROUTING -p tcp -m tcp --dport 80 -j ACCEPT
		said=$(in_ns "$ns" "$driver" -s keep behind 2>&1)
		like "$kind: unless something accepts in raw, before it ($tables)" "$said" \
			"in raw/PREROUTING stands behind '-A PREROUTING -p tcp -m tcp --dport 80 -j ACCEPT', which lets packets of"
		in_ns "$ns" $tables -t raw -D PREROUTING 1
	done
	in_ns "$ns" iptables -t raw -I PREROUTING -i lo -j ACCEPT
	in_ns "$ns" iptables -t raw -I PREROUTING -s 192.0.2.1 -j ACCEPT
	said=$(in_ns "$ns" "$driver" -s keep behind 2>&1)
	is "$kind: what only some get through is no event" "$said" before
	in_ns "$ns" iptables -t raw -D PREROUTING 1
	in_ns "$ns" iptables -t raw -D PREROUTING 1
	in_ns "$ns" iptables -N own
	in_ns "$ns" ip6tables -N own
	said=$(in_ns "$ns" "$driver" -s keep -c filter/own keep behind 2>&1)
	like "$kind: a chain that nothing jumps to stops nobody" "$said" "filter/own drops nothing: no packet of a client"
	in_ns "$ns" iptables -I INPUT -j own
	in_ns "$ns" ip6tables -I INPUT -j own
	said=$(in_ns "$ns" "$driver" -s keep -c filter/own behind 2>&1)
	is "$kind: one that is called first is in its place" "$said" before
	in_ns "$ns" iptables -F INPUT
	{
		echo '*filter'
		for i in {1..3000}; do echo "-A INPUT -s 192.0.2.1 -m comment --comment number-$i -j RETURN"; done
		echo "-A INPUT ${accept[*]}"
		echo "-A INPUT -m set --match-set keep4 src -j DROP"
		echo COMMIT
	} | in_ns "$ns" "iptables-$kind-restore" -n
	said=$(in_ns "$ns" "$driver" -s keep -c filter/INPUT keep behind 2>&1)
	like "$kind: a long chain is read whole" "$said" "^there.the rule for set 'keep4' .* stands behind"
}

dropped() { # KIND: who has become nobody bans, and cannot run iptables; the keeper can
	local kind=$1 ns=$1 keeper
	session "$ns" "$driver" -s drop -k -u nobody wait \
		ban 198.51.100.7 600000 ban 2001:db8:1::7 600000 has 198.51.100.7 keep wait ask wait
	is "$kind: the parent is nobody" "$(status_of $pid Uid)" "$(id -u nobody)	$(id -u nobody)	$(id -u nobody)	$(id -u nobody)"
	is "$kind: with CAP_NET_ADMIN alone" "$(status_of $pid CapPrm) $(status_of $pid CapEff) $(status_of $pid CapBnd)" \
		"0000000000001000 0000000000001000 0000000000001000"
	in_ns "$ns" iptables -t raw -F
	in_ns "$ns" ip6tables -t raw -F
	echo >&"$say"
	hear_line
	is "$kind: it bans all the same" "$line" in
	ok "$kind: the IPv4 ban is there" in_ns "$ns" ipset test drop4 198.51.100.7
	ok "$kind: the IPv6 ban is there" in_ns "$ns" ipset test drop6 2001:db8:1::7
	hear_line
	like "$kind: but has no right to iptables" "$line" "^keep: unable to put the rule for set 'drop4' into raw/PREROUTING: "
	hear_line
	asked
	is "$kind: which the keeper has" "$said" "put back, before"
	keeper=$(xargs <<<"$(children $pid)")
	like "$kind: the keeper is its only child" "$keeper" '^[0-9]+$'
	is "$kind: and has a name of its own" "$(cat "/proc/$keeper/comm")" anomdetect-rule
	is "$kind: it holds its socket and nothing else" "$(cd "/proc/$keeper/fd" && readlink -- * | sed 's/:.*//' | xargs)" \
		"/dev/null /dev/null /dev/null socket"
	{ kill -KILL $pid && wait $pid; } 2>/dev/null # bash says that it was killed
	ok "$kind: it ends when the parent is killed" within 2 gone "$keeper"
	session_end
}

for kind in nft legacy; do
	if ! iptables_kind $kind; then
		skip "rules are kept with iptables-$kind" "iptables-$kind is missing"
		continue
	fi
	programs_of "$TMP/$kind"
	ns_add $kind
	in_ns $kind ipset create probe hash:ip 2>/dev/null || skip_all "the kernel has no ipset"
	kept $kind
	placed $kind
	dropped $kind
	programs_of
done

# --- without root from the start, as a service manager does it

service() { # CAPABILITIES ARGUMENTS...
	local caps=$1
	shift
	said=$(in_ns nft "${as_other[@]}" --inh-caps="$caps" --ambient-caps="$caps" \
		--bounding-set="$caps" "$driver" -s serve "$@" 2>&1)
	code=$?
}

if [ -d "$TMP/nft" ]; then
	programs_of "$TMP/nft"
	service -all,+net_admin -n -U ban 198.51.100.8 600000 has 198.51.100.8
	is "ambient CAP_NET_ADMIN is enough to ban without root" "$code$said" 0in
	service -all,+net_admin,+net_raw -k -U ask keep
	is "with CAP_NET_RAW the keeper puts rules in" "$(head -n 1 <<<"$said")" "there, before"
	like "and what is kept then is CAP_NET_ADMIN alone" "$said" "keep: unable to .*CAP_NET_RAW"
	service -all -n -U list
	is "without a capability nothing is begun" "$code" 3
	said=$(in_ns nft "$driver" -n -s serve -u no-such-user-here ban 198.51.100.9 600000 2>&1)
	is "an unknown user is fatal" "$?$said" "3drop: there is no user 'no-such-user-here'"
	not_ok "and nothing was done as root instead" in_ns nft ipset test serve4 198.51.100.9
fi

done_testing
