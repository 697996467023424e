#!/usr/bin/env bash
# A restart in the middle of a log changes no verdict. The same log is replayed in one run, and in two runs that share a
# state file. In both cases the verdicts after the restart, and the limits, are the same. A damaged memory file is set
# aside, and nothing else is lost.
. "$(dirname "$0")/lib.sh"
need_built anomdetect

detect() { "$BUILD/anomdetect" --replay "$@"; }

# Only eight clients of a /24 teach. Each IPv6 client has its own /48, so most visitors use IPv6.
python3 tests/traffic.py --minutes 150 --clients 250 --rate 0.02 --arrivals visits --ipv6 0.8 --seed 7 \
	--flood 2@120m+600,203.0.113.5 --flood 1@130m+300,2001:db8:bad::5,401 >"$TMP/log"
# the restart is an hour before the attacks
at=$(jq -c --argjson t "$(($(head -n 1 "$TMP/log" | jq '.msec | floor') + 3600))" 'select(.msec < $t) | 1' "$TMP/log" | wc -l)
head -n "$at" "$TMP/log" >"$TMP/first"
tail -n "+$((at + 1))" "$TMP/log" >"$TMP/second"

detect --state none --events ban,unban,baseline <"$TMP/log" >"$TMP/whole"
detect --state "$TMP/state" --events baseline <"$TMP/first" >"$TMP/before"
cp "$TMP/state.memory" "$TMP/kept"
detect --state "$TMP/state" --events ban,unban,baseline <"$TMP/second" >"$TMP/after"

verdicts() { jq -c 'select(.event != "baseline") | [.event, .client, .rules, .strike, .reason]' "$1"; }
ok "an IPv4 client and an IPv6 client are banned after the restart" \
	[ "$(verdicts "$TMP/after" | grep -c '"ban"')" -ge 2 ]
is "the same clients are banned by the same detection rules" "$(verdicts "$TMP/after")" "$(verdicts "$TMP/whole")"
limits() { jq -c 'select(.event == "baseline") | [.limit, .error_limit, .visit_limit, .visit_error_limit]' "$1" | tail -n 1; }
is "the limits at the end are the same" "$(limits "$TMP/after")" "$(limits "$TMP/whole")"
visits() { jq 'select(.event == "baseline") | .visits' "$1" | tail -n 1; }
near() { [ "$1" -ge "$(($2 - 15))" ] && [ "$1" -le "$(($2 + 15))" ]; }
ok "no visit is learned twice: $(visits "$TMP/after") visits, $(visits "$TMP/whole") without a restart" \
	near "$(visits "$TMP/after")" "$(visits "$TMP/whole")"

# With learned limits in the file, the next run does not use cold limits.
cp "$TMP/kept" "$TMP/state.memory"
head -n 1 "$TMP/second" | detect --state "$TMP/state" --events stop >/dev/null
is "learned limits stay learned" "$(jq .visits.known "$TMP/state.memory")" true

# refused NAME SED: checks that a memory file with this change is set aside.
refused() {
	rm -f "$TMP/state" "$TMP"/state.*
	sed "$2" "$TMP/kept" >"$TMP/state.memory"
	cmp -s "$TMP/kept" "$TMP/state.memory" && { ok "$1: the change alters the file" false; return; }
	detect --state "$TMP/state" --events stop <"$TMP/first" >"$TMP/out" 2>"$TMP/err"
	is "$1: the run has exit status 0" $? 0
	like "$1: a warning names the file" "$(cat "$TMP/err")" 'is not readable .*set aside as \.bad; starting fresh$'
	ok "$1: the file is kept for examination" [ -s "$TMP/state.memory.bad" ]
	ok "$1: a new memory file is written" grep -q '^{"version":1,' "$TMP/state.memory"
	is "$1: no line is lost" "$(jq .requests "$TMP/out")" "$at"
}
refused "a number out of range" 's/"age":[0-9]*/"age":-1/'
refused "a number that is NaN" 's/"age":[0-9]*/"age":NaN/'
refused "an infinite number" 's/"age":[0-9]*/"age":1e400/'
refused "an invalid unban" 's/"unbans":\[\]/"unbans":["203.0.113.7 expired 1 1"]/'
refused "a truncated file" '$d'
refused "a file of another version" 's/"version":1/"version":9/'

done_testing
