#!/bin/bash
# A user who asks why a client is banned gets the same answer everywhere. anomban --list, anomstat and the event give
# the rule, the value, the limit and the request, and a command that lifts the ban. The answer is the same long after
# the event, after a restart, in sets of another name, for networks, and for a permanent ban.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/detector.sh
. "$(dirname "$0")/detector.sh"
need_root
need ip ipset iptables ip6tables jq
need_built anomdetect anomban anomstat

ns_add s
need_kernel_sets s

list() { in_ns s "$BUILD/anomban" --set "$1" --state "$TMP/$1.json" --list "${@:2}"; }
told() { "$BUILD/anomstat" -s "$TMP/$1.json" --client "$2"; }
# lifts NAME CLIENT [OPTION...]: reads the command that lifts the client's ban from four outputs: the event, --list
# --json, anomstat --json and anomstat --client. Prints each different command, with the number of outputs that have it.
lifts() {
	{
		grep -F "\"client\":\"$2\"" "$TMP/$1.events" | grep '"event":"ban"' | tail -n 1 | jq -r .lift
		list "$1" --json "${@:3}" | jq -r ".bans[] | select(.client == \"$2\") | .lift"
		"$BUILD/anomstat" -s "$TMP/$1.json" --json | jq -r ".bans[] | select(.client == \"$2\") | .lift"
		told "$1" "$2" | sed -n 's/^lift *//p'
	} | sort | uniq -c | awk '{ $1 = $1 } 1'
}
state_has() { jq -e --arg c "$2" '[.bans[].client] | index($c)' "$TMP/$1.json" >/dev/null; }
banned() { in_ns s ipset -q test "$1" "$2"; }

# lifted NAME CLIENT SET ENTRY: runs the printed command for the client in a shell.
lifted() {
	local command
	command=$(told "$1" "$2" | sed -n 's/^lift *//p')
	ok "$1 $2 is banned before the command" banned "$3" "$4"
	in_ns s env PATH="$BUILD:$PATH" sh -c "$command"
	is "$1 $2: '$command' works" $? 0
	not_ok "$1 $2 is no longer banned after the command" banned "$3" "$4"
	ok "$1 $2: the detector reports the unban" within 10 event "$1" unban "$2" '"reason":"manual"'
}

detector_start web s --schedule 1h,permanent
offend web 203.0.113.1 2001:db8:5::1
ok "two clients are banned" within 5 has_events 2 web '"event":"ban"' '"enforced":true'
offend web $(for i in {2..20}; do echo 203.0.113.$i; done)
ok "19 more clients are banned later than the first two" within 5 has_events 21 web '"event":"ban"'
ok "the state has all bans" within 5 state_has web 203.0.113.20
for client in 203.0.113.1 2001:db8:5::/64; do
	is "$client: all four outputs have the same command" "$(lifts web $client)" "4 anomban --set web --unban $client"
	like "$client: --list has the reason" "$(list web | grep "^$client ")" \
		"^$client +20[0-9-]+ [0-9:]+ UTC +(1h 0m|59m [0-9]+s) +1  requests [0-9]+ > 20 requests/60s; GET / 200\$"
	like "$client: anomstat --client has the reason" "$(told web $client)" $'why      requests [0-9]+ > 20 requests/60s\nrequest  GET / 200'
	is "$client: the event and the list have the same evidence" "$(list web --json | jq -c ".bans[] | select(.client == \"$client\") | .evidence")" \
		"$(grep -F "\"client\":\"$client\"" "$TMP/web.events" | grep '"event":"ban"' | jq -c '.evidence[0]')"
done
is "the list is in the order of the addresses" "$(list web --json | jq -c '[.bans[].client]')" \
	"$(list web --json | jq -r '.bans[].client' | sort -V | jq -R . | jq -sc .)"

in_ns s "$BUILD/anomban" --set web --ban 198.51.100.9 1h
in_ns s "$BUILD/anomban" --set web --ban 2001:db8:9::1 permanent
like "--list shows that a client was banned by hand or by others" "$(list web)" \
	$'198\.51\.100\.9 +(-|20.* UTC) +(1h 0m|59m 5[0-9]s) +-  by hand or by others\n(.*\n)*2001:db8:9::/64 +(-|20.* UTC) +permanent +-  by hand or by others\n'
is "--list --json has by_others true for the clients that were banned by hand, and for no other" "$(list web --json | jq -c '.bans[] | select(.by_others) | [.client, .until == null]' | tr '\n' ' ')" \
	'["198.51.100.9",false] ["2001:db8:9::/64",true] '
is "without the state, --list has no start of a ban" "$(in_ns s "$BUILD/anomban" --set web --state none --list --json | jq -c '[.bans[].since] | unique')" '[null]'

detector_end web
detector_start web s --schedule 1h,permanent
ok "the state of the next run has the bans" within 5 state_has web 2001:db8:5::/64
for client in 203.0.113.1 2001:db8:5::/64; do
	like "$client: a restart keeps the reason" "$(list web | grep "^$client ")" " 1  requests [0-9]+ > 20 requests/60s; GET / 200\$"
	like "$client: anomstat keeps the reason, too" "$(told web $client)" $'why      requests [0-9]+ > 20 requests/60s\nrequest  GET / 200'
done

offend web 203.0.113.77 2001:db8:77::1
ok "two more clients are banned" within 5 has_events 2 web '"event":"ban"' '77'
ok "the state has the second IPv6 ban" within 5 state_has web 2001:db8:77::/64
ok "the state has the second IPv4 ban" within 5 state_has web 203.0.113.77
detector_end web KILL
detector_start web s --schedule 1h,permanent
for client in 203.0.113.77 2001:db8:77::/64; do
	ok "$client: the client is banned after kill -9" within 5 state_has web $client
	like "$client: the reason is known, although the memory file was not saved" "$(list web | grep "^$client ")" \
		"  requests [0-9]+ > 20 requests/60s; GET / 200\$"
done
like "--list still shows that a client was banned by hand or by others" "$(list web)" $'198\.51\.100\.9 .* by hand or by others\n'
lifted web 203.0.113.1 web4 203.0.113.1
lifted web 2001:db8:5::/64 web6 2001:db8:5::
detector_end web

detector_start nets s --ipv4-prefix 24 --ipv6-prefix 56 --schedule permanent
offend nets 203.0.113.7 2001:db8:5:1::1
ok "networks are banned" within 5 has_events 2 nets '"event":"ban"' '"seconds":null,"until":null'
ok "the state has the networks" within 5 state_has nets 2001:db8:5::/56
options="--ipv4-prefix 24 --ipv6-prefix 56"
# shellcheck disable=SC2086 # options is several words
for client in 203.0.113.0/24 2001:db8:5::/56; do
	is "$client: all four outputs have the same command" "$(lifts nets $client $options)" "4 anomban --set nets $options --unban $client"
	like "$client: --list shows that the ban is permanent" "$(list nets $options | grep "^$client ")" ' permanent +1  requests '
	like "$client: anomstat shows that the ban is permanent" "$(told nets $client)" $'ban +banned, permanent; the firewall has it\n'
done
lifted nets 203.0.113.0/24 nets4 203.0.113.0
lifted nets 2001:db8:5::/56 nets6 2001:db8:5::
detector_end nets

detector_start seldom s
ok "the state file is written" within 5 [ -s "$TMP/seldom.json" ]
jq '.interval = 60 | .saved = now * 1000' "$TMP/seldom.json" >"$TMP/rare.json"
in_ns s "$BUILD/anomban" --set seldom --ban 2001:db8:9::1 1h
before=$SECONDS
like "--list does not wait for a state that is written once per minute" \
	"$(in_ns s "$BUILD/anomban" --set seldom --state "$TMP/rare.json" --list)" '2001:db8:9::/64 .* -  -'
ok "--list prints immediately" [ $((SECONDS - before)) -le 4 ]
detector_end seldom

detector_mode=()
detector_start dry s
offend dry 203.0.113.1 2001:db8:5::1
ok "without --ban bans are printed" within 5 has_events 2 dry '"event":"ban"' '"enforced":false'
is "without --ban no event has a command to lift a ban" "$(events_n dry '"lift"')" 0
ok "the state has the printed bans" within 5 state_has dry 203.0.113.1
like "without --ban anomstat has no command to lift a ban" "$(told dry 2001:db8:5::1)" 'lift +nothing to lift: this run bans no client in the kernel'
is "without --ban anomstat --json has no command to lift a ban" "$("$BUILD/anomstat" -s "$TMP/dry.json" --json | jq -c '[.bans[].lift] | unique')" '[null]'
detector_end dry

done_testing
