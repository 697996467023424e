#!/usr/bin/env bash
# A full disk under the events file ends no run and leaves no torn line. Events wait, and events without room to wait
# are counted as lost. When the disk has room again, the next event has the number of lost events. The test uses real
# file systems of 64 KiB to 4 MiB.
# shellcheck disable=SC2317 # the functions are called by ok and within
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
# shellcheck source=tests/e2e/detector.sh
. "$(dirname "$0")/../e2e/detector.sh"
need_root
need jq python3
need_built anomdetect

ns_add s
mkdir "$TMP/disk"

# Keeps a mount namespace with a file system of 64 KiB at $TMP/disk; both end with the test.
ns_become s sh -c "mount -t tmpfs -o size=64k none '$TMP/disk' && echo mounted && exec sleep 3600" >"$TMP/mounted" &
holder=$!
ends_with_test $holder
within 5 grep -q mounted "$TMP/mounted" || skip_all "no file system can be mounted here"
disk=/proc/$holder/root$TMP/disk
on_disk() { nsenter -t $holder -m -n -- "$@"; }

# start NAME OPTION...: a run that appends to $disk/NAME and bans only in its events.
declare -A run_pid run_fd
start() {
	local name=$1 fd
	shift
	rm -f "$TMP/$name.in"
	mkfifo "$TMP/$name.in"
	exec {fd}<>"$TMP/$name.in"
	run_fd[$name]=$fd
	exec_on_disk "$name" "$@" <"$TMP/$name.in" 2>"$TMP/$name.err" {fd}>&- &
	run_pid[$name]=$!
	ends_with_test $!
}
exec_on_disk() {
	local name=$1
	shift
	# shellcheck disable=SC2016 # the expressions are for the inner shell
	exec nsenter -t $holder -m -n -- sh -c 'out=$1; shift; exec "$@" >>"$out"' sh "$TMP/disk/$name" \
		env ${preload:+LD_PRELOAD="$preload"} "$BUILD/anomdetect" --state "$TMP/$name.json" "${detector_limits[@]}" "$@"
}

# attack NAME FIRST N: bans N clients, of both families in turn.
attack() {
	awk -v first="$2" -v n="$3" 'BEGIN { for (c = first; c < first + n; c++) {
		client = c % 2 ? sprintf("45.%d.%d.7", int(c / 256), c % 256) : sprintf("2001:db8:%x:1::7", c)
		for (i = 0; i < 25; i++) printf "{\"remote_addr\":\"%s\",\"request\":\"GET / HTTP/1.1\",\"status\":200}\n", client } }' \
		>&"${run_fd[$1]}"
}

fill_disk() { on_disk dd if=/dev/zero of="$TMP/disk/filler" bs=1k 2>/dev/null; }
free_disk() { rm -f "$disk/filler"; }
runs() { ! gone "${run_pid[$1]}"; }
counter() { jq ".counters.$2" "$TMP/$1.json" 2>/dev/null; }
counter_is() { [ "$(counter "$1" "$2")" = "$3" ]; }
bans_n() { grep -c '"event":"ban"' "$disk/$1"; }
starts_are() { [ "$(grep -c '"event":"start"' "$disk/$1")" = "$2" ]; }
bans_are() { [ "$(bans_n "$1")" = "$2" ]; }
# Lines that are not a JSON object.
torn() { python3 -c '
import json, sys
n = 0
for line in open(sys.argv[1], "rb"):
	try:
		n += not (line.endswith(b"\n") and isinstance(json.loads(line), dict))
	except ValueError:
		n += 1
print(n)' "$1"; }

# ---- a short time without room: all events wait, and none is lost ----

start a
attack a 0 20
ok "events are written while there is room" within 10 bans_are a 20
fill_disk
attack a 20 60
ok "clients are still banned without room" within 10 counter_is a bans 80
ok "the run continues without room" runs a
like "a warning names the reason" "$(cat "$TMP/a.err")" 'unable to write events: No space left on device; they wait, 0 are lost'
is "meanwhile the file has no torn line" "$(torn "$disk/a")" 0
ok "meanwhile the file lacks some events" [ "$(bans_n a)" -lt 80 ]
free_disk
ok "all events are written when there is room" within 10 bans_are a 80
is "no line is torn afterwards" "$(torn "$disk/a")" 0
is "each client's ban is written once" "$(grep '"event":"ban"' "$disk/a" | jq -r .client | sort -u | wc -l)" 80
is "the bans are in the order of their times" "$(jq -r .time "$disk/a" | sort -c 2>&1)" ""
ok "a message reports that events are written again" within 10 grep -q 'events are written again; 0 were lost in this run' "$TMP/a.err"
is "no event is counted as lost" "$(counter a events_dropped)" 0
kill "${run_pid[a]}"
wait "${run_pid[a]}"
is "the run ends with exit status 0" $? 0
not_ok "no event has the member lost" grep -q '"lost"' "$disk/a"
rm "$disk/a"

# ---- no room for longer than events can wait ----

clients=7000
start b --max-strikes 20000 --events ban,unban,start,stop
within 10 grep -q '"event":"start"' "$disk/b"
fill_disk
attack b 0 $clients
ok "clients are still banned when no more events can wait" within 60 counter_is b bans $clients
lost=$(counter b events_dropped)
ok "the state counts lost events" [ "$lost" -gt 0 ]
on_disk mount -o remount,size=4m "$TMP/disk"
free_disk
ok "the waiting events are written" within 20 bans_are b $((clients - lost))
is "no event has the member lost before there is room" "$(grep -c '"lost"' "$disk/b")" 0
attack b $clients 3
ok "later bans are written" within 10 bans_are b $((clients - lost + 3))
is "the first later event has the number of lost events" "$(jq -c 'select(.lost) | [.event, .lost]' "$disk/b")" "[\"ban\",$lost]"
is "this event is the next line after the waiting events" "$(grep -n '"lost"' "$disk/b" | cut -d: -f1)" $((clients - lost + 2))
is "no line is torn after the loss" "$(torn "$disk/b")" 0
kill "${run_pid[b]}"
wait "${run_pid[b]}"
is "a run that lost events ends with exit status 1" $? 1
like "the error has the number of lost events" "$(tail -n 1 "$TMP/b.err")" "error: $lost events were not written"
rm "$disk/b"
on_disk mount -o remount,size=64k "$TMP/disk"

# ---- a run ends without room ----

start c
within 10 grep -q '"event":"start"' "$disk/c"
fill_disk
attack c 0 50
within 10 counter_is c bans 50
kill "${run_pid[c]}"
wait "${run_pid[c]}"
is "a run that ends without room has exit status 1" $? 1
like "the error names the full disk" "$(tail -n 1 "$TMP/c.err")" 'events were not written: No space left on device'
is "a run that ends without room leaves no torn line" "$(torn "$disk/c")" 0
free_disk
rm "$disk/c"

# ---- a torn line of an earlier run, as after a power failure ----

printf '{"event":"stop","ti' >"$disk/d"
start d
ok "the next start event begins a new line" within 10 grep -q '^{"event":"start"' "$disk/d"
is "only the old torn line is torn" "$(torn "$disk/d")" 1
kill "${run_pid[d]}"
wait "${run_pid[d]}"
start d
within 10 starts_are d 2
is "a start event after a whole line adds no empty line" "$(grep -c '^$' "$disk/d")" 0
kill "${run_pid[d]}"
wait "${run_pid[d]}"
rm "$disk/d"

# ---- a quota, and a disk that fails ----

if [ -f "$BUILD/tests/fault.so" ]; then
	for fault in "122 Disk quota exceeded" "5 Input/output error"; do
		preload="$BUILD/tests/fault.so"
		rm -f "$TMP/e.json"*
		touch "$TMP/broken"
		export FAULT_CALL=write FAULT_FD=1 FAULT_AT=1 FAULT_TIMES=0 FAULT_ERRNO="${fault%% *}" FAULT_WHILE="$TMP/broken"
		start e
		within 10 [ -s "$TMP/e.json" ]
		attack e 0 5
		within 10 counter_is e bans 5
		like "${fault#* }: a warning names the reason" "$(cat "$TMP/e.err")" "unable to write events: ${fault#* }; they wait"
		rm "$TMP/broken"
		ok "${fault#* }: all events are written afterwards" within 10 bans_are e 5
		kill "${run_pid[e]}"
		wait "${run_pid[e]}"
		is "${fault#* }: the run ends with exit status 0" $? 0
		rm "$disk/e"
	done
	unset preload FAULT_CALL FAULT_FD FAULT_AT FAULT_TIMES FAULT_ERRNO FAULT_WHILE
else
	flunk "$BUILD/tests/fault.so is not built"
fi

# ---- another program's lines in the same file ----

start f
within 10 grep -q '"event":"start"' "$disk/f"
fill_disk
on_disk sh -c "printf '{\"other\":1}\n' >>'$TMP/disk/f'" 2>/dev/null
attack f 0 50
within 10 counter_is f bans 50
free_disk
within 10 bans_are f 50
is "no line is torn in a file to which another program appends, too" "$(torn "$disk/f")" 0
kill "${run_pid[f]}"
wait "${run_pid[f]}"

# ---- a replay does not wait for room: it ends ----

fill_disk
on_disk sh -c "awk 'BEGIN { for (c = 0; c < 300; c++) for (i = 0; i < 25; i++) printf \"{\\\"remote_addr\\\":\\\"45.0.%d.7\\\",\\\"msec\\\":1795305600,\\\"status\\\":200}\\n\", c }' |
	'$BUILD/anomdetect' --replay ${detector_limits[*]} >>'$TMP/disk/g'" 2>"$TMP/g.err"
is "a replay to a full disk ends with exit status 1" $? 1
like "the error of the replay names the reason" "$(cat "$TMP/g.err")" 'unable to write to standard output: No space left on device'
is "the replay leaves no torn line" "$(torn "$disk/g")" 0

done_testing
