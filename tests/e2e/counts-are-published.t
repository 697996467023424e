#!/bin/bash
# shellcheck disable=SC2317 # the functions are called by ok and within
# shellcheck source=tests/e2e/lib.sh
# anomcount in a live run: which lines of counts it publishes and when, also at the end of its input, at signals, and to
# a stalled reader.
. "$(dirname "$0")/lib.sh"
need jq
need_built anomcount

declare -A fd pid
# start NAME OPTION...: starts anomcount; it reads $TMP/NAME.in, open as ${fd[NAME]}, and prints to NAME.out.
start() {
	local name=$1 own
	shift
	mkfifo "$TMP/$name.in"
	exec {own}<>"$TMP/$name.in"
	fd[$name]=$own
	"$BUILD/anomcount" --origin "$name" --state none -v "$@" <"$TMP/$name.in" >"$TMP/$name.out" 2>"$TMP/$name.err" {own}>&- &
	pid[$name]=$!
	ends_with_test $!
}
lines() { jq -c "$2" "$TMP/$1.out"; }
has() { [ "$(lines "$1" "$2" | grep -c .)" -ge "${3:-1}" ]; }
# counter NAME COUNTER: prints the last reported value of a counter.
counter() { sed -n "s/.* $2 \([0-9]*\).*/\1/p" "$TMP/$1.err" | tail -n 1; }
stop() { # NAME SIGNAL: ends the run; returns its exit status
	kill "-$2" "${pid[$1]}"
	wait "${pid[$1]}"
}

# ---- without a line ----

start quiet
ok "a line without counts is published immediately" within 5 has quiet 'select(.counts == [])'
is "this line has every member" "$(lines quiet keys_unsorted | head -n 1)" \
	'["event","time","mode","origin","run","seq","counts"]'
is "this line has the right values" "$(lines quiet '[.event, .mode, .origin, .seq]' | head -n 1)" '["counts","live","quiet",1]'
is "the time of the first line is the start time, which is also the run's number" \
	"$(lines quiet '(.time | sub("\\.[0-9]+";"") | fromdate) == (.run / 1000 | floor)' | head -n 1)" true

# ---- lines ----

printf '%s\n' '{"remote_addr":"198.51.100.7","status":200}' '{"remote_addr":"198.51.100.7","status":404}' \
	'{"remote_addr":"2001:db8:1:2::5","status":502}' >&"${fd[quiet]}"
ok "a second is published even if no line follows" within 5 has quiet 'select(.counts != [])'
is "a second has IPv4 and IPv6 clients" "$(lines quiet 'select(.counts != []) | .counts[]')" \
	'["198.51.100.7",2,1,1]
["2001:db8:1:2::/64",1,1,0]'
is "the time of counts is a whole second" "$(lines quiet 'select(.counts != []) | .time[-5:]' | head -n 1)" '".000Z"'
ok "another line without counts is published 10 s after the first" within 15 has quiet 'select(.counts == [])' 2
is "the times of these two lines are 10 s apart" "$(jq -s '[.[] | select(.counts == []) | .time | sub("\\.[0-9]+";"") | fromdate] |
	.[1] - .[0] | . >= 10 and . <= 12' "$TMP/quiet.out")" true
is "the numbers seq have no gap" "$(jq -s 'to_entries | all(.key + 1 == .value.seq)' "$TMP/quiet.out")" true

# ---- the end ----

stop quiet TERM
is "SIGTERM ends the run with exit status 0" $? 0
is "the counters agree with the lines" "$(counter quiet requests) $(counter quiet published)" "3 $(grep -c . "$TMP/quiet.out")"
start open --grace 60s
ok "a run with a long grace period starts" within 5 has open 'select(.counts == [])'
echo '{"remote_addr":"203.0.113.2","status":200}' >&"${fd[open]}"
kill -HUP "${pid[open]}" # one iteration of the main loop handles the signal and then reads the line
ok "the run with a long grace period reads a line" within 5 grep -q 'read again' "$TMP/open.err"
not_ok "the line is not published before the grace period is over" has open 'select(.counts != [])'
stop open TERM
is "SIGTERM ends a run with open seconds with exit status 0" $? 0
ok "SIGTERM makes the run publish its open seconds" has open 'select(.counts[0][0] == "203.0.113.2")'

start input
echo '{"remote_addr":"203.0.113.1","status":200}' >"$TMP/one"
"$BUILD/anomcount" --origin input --state none --grace 60s <"$TMP/one" >>"$TMP/input.out"
is "the end of input ends the run with exit status 0" $? 0
ok "the end of input makes the run publish its open seconds, whatever the grace period is" has input 'select(.counts[0][0] == "203.0.113.1")'
stop input INT
is "SIGINT ends the run with exit status 0" $? 0

# ---- tail -F ----

log=$TMP/access.json
echo '{"remote_addr":"192.0.2.9","status":200}' >"$log"
tail -n 0 -F "$log" 2>/dev/null | "$BUILD/anomcount" --origin tail --state none >"$TMP/tail.out" 2>"$TMP/tail.err" &
ends_with_test $!
ends_with_test "$(pgrep -P $$ -x tail)"
ok "a run that reads from tail -F starts" within 5 has tail 'select(.counts == [])'
append() { echo '{"remote_addr":"2001:db8::1","status":200}' >>"$log"; has tail 'select(.counts[0][0] == "2001:db8::/64")'; }
ok "appended lines are counted" within 10 append
not_ok "older lines are not counted" grep -q 192.0.2.9 "$TMP/tail.out"
mv "$log" "$log.1"
rotated() { echo '{"remote_addr":"203.0.113.77","status":200}' >>"$log"; has tail 'select(.counts[0][0] == "203.0.113.77")'; }
ok "lines of a new file are counted" within 15 rotated

# ---- trusted proxies ----

echo 192.0.2.1 >"$TMP/proxies"
start proxies --trust-proxy "@$TMP/proxies"
by_proxy() { printf '{"remote_addr":"%s","http_x_forwarded_for":"203.0.113.8","status":200}\n' "$1" >&"${fd[proxies]}"; }
by_proxy 192.0.2.1
ok "behind a trusted proxy the client is the forwarded address" within 5 has proxies 'select(.counts[0][0] == "203.0.113.8")'
by_proxy 2001:db8:5::1
ok "behind another proxy the client is the peer" within 5 has proxies 'select(.counts[0][0] == "2001:db8:5::/64")'
echo 2001:db8:5::/48 >"$TMP/proxies"
kill -HUP "${pid[proxies]}"
ok "SIGHUP reads the list again" within 5 grep -q 'trusted proxies read again' "$TMP/proxies.err"
by_proxy 2001:db8:5::1
ok "after SIGHUP the newly listed proxy is trusted" within 5 has proxies 'select(.counts[0][0] == "203.0.113.8")' 2
echo 0.0.0.0/0 >"$TMP/proxies"
kill -HUP "${pid[proxies]}"
ok "a wrong list is refused at SIGHUP" within 5 grep -q 'the list stays as it was' "$TMP/proxies.err"
by_proxy 2001:db8:5::1
ok "the previous list stays in use" within 5 has proxies 'select(.counts[0][0] == "203.0.113.8")' 3
stop proxies TERM

# ---- a stalled reader, and a reader that ends ----

mkfifo "$TMP/stalled"
exec {reader}<>"$TMP/stalled" # open, but nobody reads
# 400,000 different clients, in 10 MB of counts: the pipe and the queue have room for a tenth
awk 'BEGIN { for (i = 0; i < 400000; i++) printf "{\"remote_addr\":\"2001:db8:%x:%x::1\",\"status\":404}\n", i / 65536, i % 65536 }' >"$TMP/flood"
"$BUILD/anomcount" --origin stalled --state none -v --max-clients 1000 <"$TMP/flood" >"$TMP/stalled" 2>"$TMP/stalled.err" {reader}>&- &
stalled=$!
ends_with_test $stalled
ok "a stalled reader does not delay the input" within 20 gone $stalled
wait $stalled
is "a run that lost counts has exit status 1" $? 1
is "all lines were read" "$(counter stalled lines)" 400000
ok "a warning reports lost counts" grep -q 'warning: the reader stalls: [0-9]* lines of counts are lost' "$TMP/stalled.err"
is "the warning about lost counts is logged once" "$(grep -c 'warning: the reader stalls' "$TMP/stalled.err")" 1
like "lost lines of counts are counted" "$(counter stalled dropped)" '^[1-9][0-9]+$'
exec {reader}>&-

# The same flood to a slow reader, with room for the clients: nothing is lost. A run waits at most one second after the
# end of its input, so the input ends when the reader has caught up.
{ cat "$TMP/flood"; sleep 5; } | "$BUILD/anomcount" --origin slow --state none -v 2>"$TMP/slow.err" | { sleep 1; cat; } >"$TMP/slow.out"
is "a slow reader loses no request" "$(jq '[.counts[][1]] | add // 0' "$TMP/slow.out" | jq -s add)" 400000
is "no line for a slow reader is dropped" "$(counter slow dropped)" 0
is "no line has over 4096 bytes" "$(awk 'length > 4095' "$TMP/slow.out" | wc -l)" 0

mkfifo "$TMP/closed"
"$BUILD/anomcount" --origin closed --state none <"$TMP/proxies.in" >"$TMP/closed" 2>"$TMP/closed.err" &
closed=$!
ends_with_test $closed
head -n 1 "$TMP/closed" >"$TMP/first"
ok "the run ends when its reader has ended" within 15 gone $closed
wait $closed
is "a run whose reader has ended has exit status 1" $? 1
like "the error names the closed pipe" "$(cat "$TMP/closed.err")" 'unable to write to standard output: Broken pipe'

# ---- rights and names ----

if [ "$(id -u)" = 0 ]; then
	for_others "$BUILD/anomcount"
	is "anomcount needs no privileges" \
		"$("${as_other[@]}" "$OTHERS/anomcount" --origin a <"$TMP/one" 2>&1 | jq -c '.counts[]')" '["203.0.113.1",1,0,0]'
fi
is "the host's name is the default origin" "$("$BUILD/anomcount" --state none <"$TMP/one" | jq -r .origin | head -n 1)" \
	"$(hostname | cut -d. -f1)"

done_testing
