#!/bin/bash
# A root that reads counts is killed, or ended in order, and starts again while one of its two hosts is down: it reports the
# host within 40 s. Hosts and clock are live.
. "$(dirname "$0")/lib.sh"
need jq
need_built anomdetect anomstat

now() { date -u +%Y-%m-%dT%H:%M:%S.%3NZ; }

# beats ROOT HOST RUN FIRST: a heartbeat of the host each second, until it is ended.
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
# root_start NAME: its events go to $TMP/NAME.events, from the start of this run on.
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

export COLUMNS=200 # whatever the name of this host is
run=$(date +%s%3N)
for root in killed ended; do
	mkfifo "$TMP/$root.in"
	# shellcheck disable=SC2034 # only held open
	exec {keep}<>"$TMP/$root.in" # the roots see no end while their hosts change
	root_start $root
	host_start $root web1 "$run" 1
	host_start $root web2 "$run" 1
done
for root in killed ended; do
	ok "$root: the page says that it shows two hosts" within 20 says $root 'RUNNING .* 2 hosts  '
	ok "$root: a new host is saved within seconds, not after a minute" within 20 knows $root web2
	ok "$root: and the other" within 20 knows $root web1
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
	ok "$root: the host that stays away is reported" within 60 told $root web2 alert
	is "$root: within 40 s of the restart" "$((SECONDS - started <= 40))" 1
	not_ok "$root: the host that is there is not" told $root web1 alert
	ok "$root: monitoring is warned, with the name of the host and what to do" \
		within 20 says $root '^(WARNING|UNKNOWN) - .*web2: silent for [0-9ms ]+; check its anomcount' --check
	ok "$root: the page says so in its first line" within 20 says $root 'RUNNING .* 2 hosts, 1 SILENT  '
	is "$root: this run has not heard it" "$(jq '.origins[] | select(.origin == "web2") | .heard' "$TMP/$root.json")" null
	# its anomcount began again, so its numbers did
	host_start $root web2 "$((run + 100000))" 1
done
for root in killed ended; do
	ok "$root: when it is back, that is told" within 20 told $root web2 recovered
	ok "$root: and the page is as before" within 20 says $root 'RUNNING .* 2 hosts  '
done
# A broker delivers again what the run before has counted.
printf '{"event":"counts","time":"%s","mode":"live","origin":"web1","run":%s,"seq":1,"counts":[["2001:db8::/64",9,0,0],["192.0.2.1",9,0,0]]}\n' \
	"$(now)" "$run" >"$TMP/ended.in"
repeated() { [ "$(jq '.counters | "\(.counts_repeated) \(.requests)"' "$TMP/ended.json")" = '"1 0"' ]; }
ok "ended: a line of before the restart does not count again" within 20 repeated

done_testing
