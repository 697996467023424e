#!/bin/bash
# shellcheck disable=SC2317 # ok and within call them
# shellcheck source=tests/e2e/lib.sh
# anomcount in a live run: what it publishes and when, at the end of its input, by signals, and to a reader that stalls.
. "$(dirname "$0")/lib.sh"
need jq
need_built anomcount

declare -A fd pid
# start NAME OPTION...: reads $TMP/NAME.in, which is open as ${fd[NAME]}, and prints to NAME.out.
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
# counter NAME COUNTER
counter() { sed -n "s/.* $2 \([0-9]*\).*/\1/p" "$TMP/$1.err" | tail -n 1; }
stop() { # NAME SIGNAL: its exit status
	kill "-$2" "${pid[$1]}"
	wait "${pid[$1]}"
}

# ---- without a line ----

start quiet
ok "a beat comes at once" within 5 has quiet 'select(.counts == [])'
is "it has every member" "$(lines quiet keys_unsorted | head -n 1)" \
	'["event","time","mode","origin","run","seq","counts"]'
is "and their values" "$(lines quiet '[.event, .mode, .origin, .seq]' | head -n 1)" '["counts","live","quiet",1]'
is "its time is that of the start, which is the run" \
	"$(lines quiet '(.time | sub("\\.[0-9]+";"") | fromdate) == (.run / 1000 | floor)' | head -n 1)" true

# ---- lines ----

printf '%s\n' '{"remote_addr":"198.51.100.7","status":200}' '{"remote_addr":"198.51.100.7","status":404}' \
	'{"remote_addr":"2001:db8:1:2::5","status":502}' >&"${fd[quiet]}"
ok "a second is published although no line follows" within 5 has quiet 'select(.counts != [])'
is "with IPv4 and IPv6" "$(lines quiet 'select(.counts != []) | .counts[]')" \
	'["198.51.100.7",2,1,1]
["2001:db8:1:2::/64",1,1,0]'
is "the second is a whole one" "$(lines quiet 'select(.counts != []) | .time[-5:]' | head -n 1)" '".000Z"'
ok "another beat comes 10 s after the first" within 15 has quiet 'select(.counts == [])' 2
is "10 s later" "$(jq -s '[.[] | select(.counts == []) | .time | sub("\\.[0-9]+";"") | fromdate] |
	.[1] - .[0] | . >= 10 and . <= 12' "$TMP/quiet.out")" true
is "numbers have no gap" "$(jq -s 'to_entries | all(.key + 1 == .value.seq)' "$TMP/quiet.out")" true

# ---- the end ----

stop quiet TERM
is "SIGTERM ends it with 0" $? 0
is "counters are those of the lines" "$(counter quiet requests) $(counter quiet published)" "3 $(grep -c . "$TMP/quiet.out")"
start open --grace 60s
ok "a run with a long grace starts" within 5 has open 'select(.counts == [])'
echo '{"remote_addr":"203.0.113.2","status":200}' >&"${fd[open]}"
kill -HUP "${pid[open]}" # the same turn of the loop takes it, and then reads the line
ok "it reads a line" within 5 grep -q 'read again' "$TMP/open.err"
not_ok "which is not published yet" has open 'select(.counts != [])'
stop open TERM
is "SIGTERM ends it with 0, too" $? 0
ok "and publishes what was open" has open 'select(.counts[0][0] == "203.0.113.2")'

start input
echo '{"remote_addr":"203.0.113.1","status":200}' >"$TMP/one"
"$BUILD/anomcount" --origin input --state none --grace 60s <"$TMP/one" >>"$TMP/input.out"
is "the end of input ends it with 0" $? 0
ok "and publishes the rest, whatever the grace" has input 'select(.counts[0][0] == "203.0.113.1")'
stop input INT
is "SIGINT ends it with 0" $? 0

# ---- tail -F ----

log=$TMP/access.json
echo '{"remote_addr":"192.0.2.9","status":200}' >"$log"
tail -n 0 -F "$log" 2>/dev/null | "$BUILD/anomcount" --origin tail --state none >"$TMP/tail.out" 2>"$TMP/tail.err" &
ends_with_test $!
ends_with_test "$(pgrep -P $$ -x tail)"
ok "behind tail -F" within 5 has tail 'select(.counts == [])'
append() { echo '{"remote_addr":"2001:db8::1","status":200}' >>"$log"; has tail 'select(.counts[0][0] == "2001:db8::/64")'; }
ok "lines that are appended count" within 10 append
not_ok "lines that were there do not" grep -q 192.0.2.9 "$TMP/tail.out"
mv "$log" "$log.1"
rotated() { echo '{"remote_addr":"203.0.113.77","status":200}' >>"$log"; has tail 'select(.counts[0][0] == "203.0.113.77")'; }
ok "lines of a new file do" within 15 rotated

# ---- trusted proxies ----

echo 192.0.2.1 >"$TMP/proxies"
start proxies --trust-proxy "@$TMP/proxies"
by_proxy() { printf '{"remote_addr":"%s","http_x_forwarded_for":"203.0.113.8","status":200}\n' "$1" >&"${fd[proxies]}"; }
by_proxy 192.0.2.1
ok "behind a trusted proxy the client is the forwarded one" within 5 has proxies 'select(.counts[0][0] == "203.0.113.8")'
by_proxy 2001:db8:5::1
ok "behind another it is the peer" within 5 has proxies 'select(.counts[0][0] == "2001:db8:5::/64")'
echo 2001:db8:5::/48 >"$TMP/proxies"
kill -HUP "${pid[proxies]}"
ok "SIGHUP reads the list again" within 5 grep -q 'trusted proxies read again' "$TMP/proxies.err"
by_proxy 2001:db8:5::1
ok "then the other is believed" within 5 has proxies 'select(.counts[0][0] == "203.0.113.8")' 2
echo 0.0.0.0/0 >"$TMP/proxies"
kill -HUP "${pid[proxies]}"
ok "a list that is wrong is refused" within 5 grep -q 'the list stays as it was' "$TMP/proxies.err"
by_proxy 2001:db8:5::1
ok "and the one before stays" within 5 has proxies 'select(.counts[0][0] == "203.0.113.8")' 3
stop proxies TERM

# ---- a reader that stalls, and one that goes ----

mkfifo "$TMP/stalled"
exec {reader}<>"$TMP/stalled" # open, and nobody reads
# 400,000 different clients, in 10 MB of counts: the pipe and the queue hold a tenth
awk 'BEGIN { for (i = 0; i < 400000; i++) printf "{\"remote_addr\":\"2001:db8:%x:%x::1\",\"status\":404}\n", i / 65536, i % 65536 }' >"$TMP/flood"
"$BUILD/anomcount" --origin stalled --state none -v --max-clients 1000 <"$TMP/flood" >"$TMP/stalled" 2>"$TMP/stalled.err" {reader}>&- &
stalled=$!
ends_with_test $stalled
ok "a reader that stalls does not hold up the input" within 20 gone $stalled
wait $stalled
is "the run fails, because counts are lost" $? 1
is "all lines were read" "$(counter stalled lines)" 400000
ok "a warning says so" grep -q 'warning: the reader stalls: [0-9]* lines of counts are lost' "$TMP/stalled.err"
is "once" "$(grep -c 'warning: the reader stalls' "$TMP/stalled.err")" 1
like "lost lines are counted" "$(counter stalled dropped)" '^[1-9][0-9]+$'
exec {reader}>&-

# The same flood to a reader that is slow, with room for the clients: nothing is lost. After the end of its input a run
# waits for a second alone, so the input ends when the reader has caught up.
{ cat "$TMP/flood"; sleep 5; } | "$BUILD/anomcount" --origin slow --state none -v 2>"$TMP/slow.err" | { sleep 1; cat; } >"$TMP/slow.out"
is "to a slow reader nothing is lost" "$(jq '[.counts[][1]] | add // 0' "$TMP/slow.out" | jq -s add)" 400000
is "and nothing is dropped" "$(counter slow dropped)" 0
is "no line has over 4096 bytes" "$(awk 'length > 4095' "$TMP/slow.out" | wc -l)" 0

mkfifo "$TMP/closed"
"$BUILD/anomcount" --origin closed --state none <"$TMP/proxies.in" >"$TMP/closed" 2>"$TMP/closed.err" &
closed=$!
ends_with_test $closed
head -n 1 "$TMP/closed" >"$TMP/first"
ok "a reader that has gone ends the run" within 15 gone $closed
wait $closed
is "with 1" $? 1
like "and it says why" "$(cat "$TMP/closed.err")" 'unable to write to standard output: Broken pipe'

# ---- who runs it ----

if [ "$(id -u)" = 0 ]; then
	for_others "$BUILD/anomcount"
	is "it needs no privileges" \
		"$("${as_other[@]}" "$OTHERS/anomcount" --origin a <"$TMP/one" 2>&1 | jq -c '.counts[]')" '["203.0.113.1",1,0,0]'
fi
is "the host's name is the origin" "$("$BUILD/anomcount" --state none <"$TMP/one" | jq -r .origin | head -n 1)" \
	"$(hostname | cut -d. -f1)"

done_testing
