# detector.sh - runs anomdetect --ban in a namespace and feeds it lines. Source it after lib.sh.
#
#     detector_start a server --learn 1m    # starts detector a in namespace server, and tests for its start event.
#                                           # Do not call it inside ok or $(...), whose end would end the detector
#     offend a 203.0.113.1 2001:db8::1      # sends a flood of lines of each address, which is then banned
#     event a ban 203.0.113.1 '"strike":1'  # whether this event was printed
#     detector_end a [SIGNAL]               # ends it (default: TERM) and waits
#
# The cold limit is 10 requests in 60 s (five thirds of --requests-floor 6), and a burst may have twice as many. So 21
# lines at once are a flood. The lines contain no time, so each counts at the time when it is read.
# shellcheck shell=bash

detector_limits=(--learn 0s --requests-floor 6 --proxy-share 1 --max-bans-per-minute 1000000)
detector_mode=(--ban) # () only prints bans
declare -A detector_pid detector_fd

# Events of a second start under the same name are appended to the events of the first.
detector_start() {
	local name=$1 where=$2 before fd
	shift 2
	[ -p "$TMP/$name.in" ] || mkfifo "$TMP/$name.in"
	touch "$TMP/$name.events"
	before=$(grep -c '"event":"start"' "$TMP/$name.events")
	exec {fd}<>"$TMP/$name.in"
	detector_fd[$name]=$fd
	ns_become "$where" "$BUILD/anomdetect" "${detector_mode[@]}" --set "$name" --state "$TMP/$name.json" "${detector_limits[@]}" "$@" \
		<"$TMP/$name.in" >>"$TMP/$name.events" 2>>"$TMP/$name.err" {fd}>&- &
	detector_pid[$name]=$!
	ends_with_test $!
	if within 10 detector_started "$name" $((before + 1)); then
		pass "detector $name starts"
	else
		flunk "detector $name starts" "$(cat "$TMP/$name.err")"
	fi
}

detector_started() { [ "$(grep -c '"event":"start"' "$TMP/$1.events")" -ge "$2" ]; }

# Lines that are still in the pipe are lost, because the next start makes a new pipe.
detector_end() {
	local fd=${detector_fd[$1]}
	kill "-${2:-TERM}" "${detector_pid[$1]}"
	within 5 gone "${detector_pid[$1]}"
	wait "${detector_pid[$1]}" 2>/dev/null
	exec {fd}>&-
	rm -f "$TMP/$1.in"
}

# offend NAME ADDRESS...
offend() {
	local name=$1
	shift
	printf '%s\n' "$@" | awk '{ for (i = 0; i < 25; i++) printf "{\"remote_addr\":\"%s\",\"request\":\"GET / HTTP/1.1\",\"status\":200}\n", $1 }' \
		>&"${detector_fd[$name]}"
}

# event NAME KIND CLIENT [TEXT]
event() { grep "\"event\":\"$2\"" "$TMP/$1.events" | grep -F "\"client\":\"$3" | grep -qF -- "${4-}"; }

# events_n NAME TEXT...: prints the number of events that have all the texts.
events_n() {
	local lines text
	lines=$(cat "$TMP/$1.events")
	shift
	for text in "$@"; do lines=$(grep -F -- "$text" <<<"$lines"); done
	if [ -n "$lines" ]; then wc -l <<<"$lines"; else echo 0; fi
}

# For `within`: has_events 3 NAME TEXT...
has_events() {
	local n=$1
	shift
	[ "$(events_n "$@")" -ge "$n" ]
}

# Evaluates an expression on the state file, such as state a '.bans_n'. The file is whole at any time.
state() { jq -r "$2" "$TMP/$1.json"; }

# entry_left NAMESPACE SET ADDRESS: prints the seconds that an entry has left; "" if there is no such entry.
entry_left() { in_ns "$1" ipset save "$2" 2>/dev/null | awk -v ip="$3" '$1 == "add" && $3 == ip { print $5 }'; }

entries_n() { in_ns "$1" ipset save "$2" 2>/dev/null | grep -c '^add'; }

# For `within`: entries_are NAMESPACE SET N.
entries_are() { [ "$(entries_n "$1" "$2")" = "$3" ]; }

between() { [ -n "$1" ] && [ "$1" -ge "$2" ] && [ "$1" -le "$3" ]; }

# addresses FIRST N: prints N IPv4 addresses of 203.0.113.0/24, from FIRST on.
addresses() { seq -f '203.0.113.%g' "$1" $(($1 + $2 - 1)); }

# Always waits for 2.5 s. A ban that the kernel lacks counts as missing only when it is 2 s old. In 2.5 s the detector
# checks the sets more than twice, so at least one check comes after the ban is 2 s old.
let_bans_settle() { sleep 2.5; }

# lines_are_read NAME N, for `within`: the state has counted all N lines, so their events are written.
lines_are_read() { [ "$(state "$1" .counters.lines)" = "$2" ]; }

# Prints the last events and messages of the detectors as TAP comments if a test failed.
detector_explain() {
	local name
	[ "$tap_failed" != 0 ] || return
	for name in "$@"; do
		tail -n 15 "$TMP/$name.events" | cut -c1-300 | sed "s/^/# $name: /"
		tail -n 10 "$TMP/$name.err" | sed "s/^/# $name: stderr: /"
	done
}

need_kernel_sets() {
	in_ns "$1" ipset create probe hash:ip 2>/dev/null || skip_all "the kernel has no ipset"
	in_ns "$1" ipset destroy probe
}
