#!/bin/bash
# The rule keeper is a process that starts before its parent gives up root. It restores firewall rules that a reload
# flushed. If a rule before the detector's rule accepts open connections, the keeper reports this rule. It ends with its
# parent. Meanwhile the parent bans with CAP_NET_ADMIN alone. The test runs with both kinds of iptables: nft and legacy.
# It uses src/io/firewall/rule_keeper.h, drop_rules.h and privileges.h through $BUILD/tests/firewall_driver.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_root
need ip ipset iptables ip6tables setpriv
need_built tests/firewall_driver
for_others "$BUILD/tests/firewall_driver"
driver=$OTHERS/firewall_driver
# The leak checker cannot read a process that is not dumpable.
export ASAN_OPTIONS=detect_leaks=0

rules() { # NAMESPACE TABLE/CHAIN: the number of rules of each family that drop the set
	local four six
	four=$(in_ns "$1" iptables -t "${2%/*}" -S "${2#*/}" | grep -c -- '--match-set keep4 src -j DROP')
	six=$(in_ns "$1" ip6tables -t "${2%/*}" -S "${2#*/}" | grep -c -- '--match-set keep6 src -j DROP')
	echo "$four $six"
}

# Makes the driver of the session run its next command; sets $said to the answer.
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

kept() { # KIND: both families' rules are restored, however they were removed
	local kind=$1 ns=$1
	session "$ns" "$driver" -s keep -k -u nobody wait ask wait ask wait ask wait ask wait ask wait
	asked
	is "$kind: existing rules are not changed" "$said" "there, before"
	in_ns "$ns" iptables -t raw -F
	asked
	is "$kind: rules of a flushed IPv4 table are restored" "$said $(rules "$ns" raw/PREROUTING)" "put back, before 1 1"
	in_ns "$ns" ip6tables -t raw -F PREROUTING
	asked
	is "$kind: rules of a flushed IPv6 chain are restored" "$said $(rules "$ns" raw/PREROUTING)" "put back, before 1 1"
	if [ "$kind" = nft ] && command -v nft >/dev/null; then
		in_ns "$ns" nft flush ruleset
		asked
		is "$kind: rules are restored after nft flush ruleset" "$said $(rules "$ns" raw/PREROUTING)" "put back, before 1 1"
	else
		skip "$kind: rules are restored after nft flush ruleset" "the kind is not nft, or nft is missing"
		asked
	fi
	in_ns "$ns" iptables -t raw -F
	in_ns "$ns" ip6tables -t raw -F
	in_ns "$ns" ipset destroy keep4
	echo >&"$say"
	hear_line
	like "$kind: a rule that cannot be restored is reported" "$line" "^ask: unable to put the rule for set 'keep4' into raw/PREROUTING: "
	session_end
}

placed() { # KIND: a rule that accepts open connections is reported if it precedes our rule, and not if it is behind our rule
	local kind=$1 ns=$1 before="there, before" accept=(-m conntrack --ctstate "ESTABLISHED,RELATED" -j ACCEPT)
	session "$ns" "$driver" -s keep -c filter/INPUT -k wait ask wait ask wait ask wait ask wait ask wait ask wait
	in_ns "$ns" iptables -A INPUT "${accept[@]}"
	in_ns "$ns" ip6tables -A INPUT "${accept[@]}"
	in_ns "$ns" iptables -I INPUT -i lo -m comment --comment 'not -m state --state ESTABLISHED -j ACCEPT' -j ACCEPT
	asked
	is "$kind: an ACCEPT rule behind our rule is not reported" "$said" "$before"
	in_ns "$ns" iptables -I INPUT "${accept[@]}"
	asked
	like "$kind: an ACCEPT rule before our rule is reported (IPv4)" "$said" \
		"^there, the rule for set 'keep4' in filter/INPUT is after '-A INPUT .*ESTABLISHED -j ACCEPT', which lets open conn"
	in_ns "$ns" iptables -D INPUT 1
	in_ns "$ns" ip6tables -I INPUT -m state --state ESTABLISHED -j ACCEPT
	asked
	like "$kind: an ACCEPT rule before our rule is reported (IPv6, match state)" "$said" "^there, the rule for set 'keep6' in filter/INPUT "
	in_ns "$ns" ip6tables -D INPUT 1
	in_ns "$ns" iptables -N front
	in_ns "$ns" iptables -N deep
	in_ns "$ns" iptables -A front -j MARK --set-mark 1
	in_ns "$ns" iptables -A front -j deep
	in_ns "$ns" iptables -A deep -i eth0 "${accept[@]}"
	in_ns "$ns" iptables -A INPUT -j front
	asked
	is "$kind: an ACCEPT rule in a chain that is called behind our rule is not reported" "$said" "$before"
	in_ns "$ns" iptables -I INPUT -j front
	asked
	like "$kind: an ACCEPT rule in a chain that is called before our rule is reported, even in a nested chain" "$said" "^there, .*'keep4' in filter/INPUT is after '-A deep -i eth0 "
	in_ns "$ns" iptables -F INPUT
	in_ns "$ns" iptables -A INPUT "${accept[@]}"
	asked
	is "$kind: a restored rule is the first of its chain" "$said" "put back, before"
	session_end
	said=$(in_ns "$ns" "$driver" -s keep -c filter/INPUT -p 80,443 behind 2>&1)
	is "$kind: no ACCEPT rule is reported if it is behind our rules for ports" "$said" before
	in_ns "$ns" iptables -I INPUT "${accept[@]}"
	said=$(in_ns "$ns" "$driver" -s keep -c filter/INPUT -p 80,443 behind 2>&1)
	like "$kind: an ACCEPT rule before our rules for ports is reported" "$said" "is after '-A INPUT "
	said=$(in_ns "$ns" "$driver" -s keep behind 2>&1)
	is "$kind: rules of other chains are not reported if our rule is in raw/PREROUTING" "$said" before
	for tables in iptables ip6tables; do
		in_ns "$ns" $tables -t raw -I PREROUTING -p tcp -m tcp --dport 80 -j ACCEPT
		said=$(in_ns "$ns" "$driver" -s keep behind 2>&1)
		like "$kind: an ACCEPT rule before our rule in raw is reported ($tables)" "$said" \
			"in raw/PREROUTING is after '-A PREROUTING -p tcp -m tcp --dport 80 -j ACCEPT', which lets packets of"
		in_ns "$ns" $tables -t raw -D PREROUTING 1
	done
	in_ns "$ns" iptables -t raw -I PREROUTING -i lo -j ACCEPT
	in_ns "$ns" iptables -t raw -I PREROUTING -s 192.0.2.1 -j ACCEPT
	said=$(in_ns "$ns" "$driver" -s keep behind 2>&1)
	is "$kind: an ACCEPT rule for some addresses only is not reported" "$said" before
	in_ns "$ns" iptables -t raw -D PREROUTING 1
	in_ns "$ns" iptables -t raw -D PREROUTING 1
	in_ns "$ns" iptables -N own
	in_ns "$ns" ip6tables -N own
	said=$(in_ns "$ns" "$driver" -s keep -c filter/own keep behind 2>&1)
	like "$kind: a chain that no rule jumps to is reported" "$said" "filter/own drops nothing: no packet of a client"
	in_ns "$ns" iptables -I INPUT -j own
	in_ns "$ns" ip6tables -I INPUT -j own
	said=$(in_ns "$ns" "$driver" -s keep -c filter/own behind 2>&1)
	is "$kind: our rule in a chain that the first rule of INPUT calls is not reported" "$said" before
	in_ns "$ns" iptables -F INPUT
	{
		echo '*filter'
		for i in {1..3000}; do echo "-A INPUT -s 192.0.2.1 -m comment --comment number-$i -j RETURN"; done
		echo "-A INPUT ${accept[*]}"
		echo "-A INPUT -m set --match-set keep4 src -j DROP"
		echo COMMIT
	} | in_ns "$ns" "iptables-$kind-restore" -n
	said=$(in_ns "$ns" "$driver" -s keep -c filter/INPUT keep behind 2>&1)
	like "$kind: a long chain is read to its end" "$said" "^there.the rule for set 'keep4' .* is after"
}

dropped() { # KIND: a parent that runs as the user 'nobody' can ban, but cannot run iptables; the keeper can
	local kind=$1 ns=$1 keeper
	session "$ns" "$driver" -s drop -k -u nobody wait \
		ban 198.51.100.7 600000 ban 2001:db8:1::7 600000 has 198.51.100.7 keep wait ask wait
	is "$kind: the parent runs as nobody" "$(status_of $pid Uid)" "$(id -u nobody)	$(id -u nobody)	$(id -u nobody)	$(id -u nobody)"
	is "$kind: the parent has only CAP_NET_ADMIN" "$(status_of $pid CapPrm) $(status_of $pid CapEff) $(status_of $pid CapBnd)" \
		"0000000000001000 0000000000001000 0000000000001000"
	in_ns "$ns" iptables -t raw -F
	in_ns "$ns" ip6tables -t raw -F
	echo >&"$say"
	hear_line
	is "$kind: the parent bans" "$line" in
	ok "$kind: the IPv4 ban is in the set" in_ns "$ns" ipset test drop4 198.51.100.7
	ok "$kind: the IPv6 ban is in the set" in_ns "$ns" ipset test drop6 2001:db8:1::7
	hear_line
	like "$kind: the parent has no right to change rules" "$line" "^keep: unable to put the rule for set 'drop4' into raw/PREROUTING: "
	hear_line
	asked
	is "$kind: the keeper restores the rules" "$said" "put back, before"
	keeper=$(xargs <<<"$(children $pid)")
	like "$kind: the keeper is the parent's only child" "$keeper" '^[0-9]+$'
	is "$kind: the keeper has its own name" "$(cat "/proc/$keeper/comm")" anomdetect-rule
	is "$kind: the keeper has only its socket open" "$(cd "/proc/$keeper/fd" && readlink -- * | sed 's/:.*//' | xargs)" \
		"/dev/null /dev/null /dev/null socket"
	{ kill -KILL $pid && wait $pid; } 2>/dev/null # bash reports that it was killed
	ok "$kind: the keeper ends when the parent is killed" within 2 gone "$keeper"
	session_end
}

for kind in nft legacy; do
	if ! iptables_kind $kind; then
		skip "rules are restored with iptables-$kind" "iptables-$kind is missing"
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

# --- without root from the start, as under a service manager. Option -U of the driver drops all capabilities that
# are not needed, without a change of user.

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
	is "with CAP_NET_RAW the keeper makes the rules" "$(head -n 1 <<<"$said")" "there, before"
	like "after its privileges are dropped, the driver keeps only CAP_NET_ADMIN" "$said" "keep: unable to .*CAP_NET_RAW"
	service -all -n -U list
	is "without a capability the start fails" "$code" 3
	said=$(in_ns nft "$driver" -n -s serve -u no-such-user-here ban 198.51.100.9 600000 2>&1)
	is "an unknown user is fatal" "$?$said" "3drop: there is no user 'no-such-user-here'"
	not_ok "with an unknown user no ban is made as root" in_ns nft ipset test serve4 198.51.100.9
fi

done_testing
