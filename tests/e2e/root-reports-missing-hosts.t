#!/bin/bash
# One root is killed, and another root is ended by SIGTERM. Both read counts. Each starts again while one of its two hosts
# sends nothing, and reports this host within 40 s. The test runs in real time.
. "$(dirname "$0")/lib.sh"
need jq
need_built anomdetect anomstat

now() { date -u +%Y-%m-%dT%H:%M:%S.%3NZ; }

# beats ROOT HOST RUN FIRST: each second, sends the root a line of the host with an empty list of counts, until it is
# killed. RUN is the run's number. FIRST is the sequence number of the first line.
beats() {
	local seq=$4
	while :; do
		printf '{"event":"counts","time":"%s","mode":"live","origin":"%s","run":%s,"seq":%s,"counts":[]}\n' \
			"$(now)" "$2" "$3" "$seq"
		seq=$((seq + 1))
		sleep 1
	done >"$TMP/$1.in"
}

declare -A host_pid root_pid
host_start() {
	beats "$@" &
	host_pid[$1$2]=$!
	ends_with_test $!
}
host_end() {
	kill "${host_pid[$1$2]}"
	wait "${host_pid[$1$2]}" 2>/dev/null
}
# root_start NAME: starts a root; the events of this run go to $TMP/NAME.events.
root_start() {
	"$BUILD/anomdetect" --format counts --state "$TMP/$1.json" <"$TMP/$1.in" >"$TMP/$1.events" 2>"$TMP/$1.err" &
	root_pid[$1]=$!
	ends_with_test $!
}
knows() { jq -e --arg host "$2" '.origins | any(startswith($host + " "))' "$TMP/$1.json.memory" >/dev/null 2>&1; }
told() { jq -e --arg host "$2" --arg kind "$3" 'select(.event == $kind and .origin == $host and .reason == "silent")' "$TMP/$1.events" >/dev/null; }
says() {
	local regex=$2
	[[ $("$BUILD/anomstat" -s "$TMP/$1.json" "${@:3}" 2>&1) =~ $regex ]]
}

export COLUMNS=200 # so that a long host name fits
run=$(date +%s%3N)
for root in killed ended; do
	mkfifo "$TMP/$root.in"
	# shellcheck disable=SC2034 # the descriptor is only kept open
	exec {keep}<>"$TMP/$root.in" # so that the roots' input does not end while their hosts change
	root_start $root
	host_start $root web1 "$run" 1
	host_start $root web2 "$run" 1
done
for root in killed ended; do
	ok "$root: the page of anomstat shows two hosts" within 20 says $root 'RUNNING .* 2 hosts  '
	ok "$root: a new host is in the memory file within seconds, not after a minute" within 20 knows $root web2
	ok "$root: the first host is in the memory file within seconds, too" within 20 knows $root web1
	host_end $root web2
done
kill -KILL "${root_pid[killed]}"
kill "${root_pid[ended]}"
for root in killed ended; do
	wait "${root_pid[$root]}" 2>/dev/null
	root_start $root
done
started=$SECONDS
for root in killed ended; do
	ok "$root: the host that sends nothing after the restart is reported" within 60 told $root web2 alert
	is "$root: the host is reported within 40 s of the restart" "$((SECONDS - started <= 40))" 1
	not_ok "$root: the running host is not reported" told $root web1 alert
	ok "$root: --check names the host and a remedy" \
		within 20 says $root '^(WARNING|UNKNOWN) - .*web2: silent for [0-9ms ]+; check anomcount' --check
	ok "$root: the page of anomstat shows the silent host in its first line" within 20 says $root 'RUNNING .* 2 hosts, 1 SILENT  '
	is "$root: the restarted root has received no line of the silent host" "$(jq '.origins[] | select(.origin == "web2") | .heard' "$TMP/$root.json")" null
	# the host's anomcount was restarted, so the numbers of its lines begin again
	host_start $root web2 "$((run + 100000))" 1
done
for root in killed ended; do
	ok "$root: the return of the host is reported" within 20 told $root web2 recovered
	ok "$root: the page of anomstat shows two hosts again, none of them silent" within 20 says $root 'RUNNING .* 2 hosts  '
done
# A broker delivers a line that the previous run has already counted.
printf '{"event":"counts","time":"%s","mode":"live","origin":"web1","run":%s,"seq":1,"counts":[["2001:db8::/64",9,0,0],["192.0.2.1",9,0,0]]}\n' \
	"$(now)" "$run" >"$TMP/ended.in"
repeated() { [ "$(jq '.counters | "\(.counts_repeated) \(.requests)"' "$TMP/ended.json")" = '"1 0"' ]; }
ok "ended: a line from before the restart does not count again" within 20 repeated

done_testing
