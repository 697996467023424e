#!/bin/bash
# The manual's examples run unchanged. Each display in a page's EXAMPLES is marked by a comment before it:
#     .\" run:     the test runs it in a directory with an access log; it must exit with 0 and print something
#     .\" prints:  the exact output of the example before it
#     .\" show:    the test does not run it, because it needs root, a web server or a set
# A display is a `.Bd -literal` block or a `.Dl` line; "$ " before a command is removed.
# The examples of a page of section 7 are steps, which share a directory with the logs of two days.
. "$(dirname "$0")/lib.sh"
need jq python3
need_built anomdetect anomstat anomcount

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
# The same log for every example: 42 minutes with two floods, one of them with errors over IPv6, and a crowd.
log=$TMP/access.json
"$ROOT/tests/traffic.py" --minutes 42 --clients 20 --ipv6 0.25 \
	--flood '50@35m+30,203.0.113.7' --crowd '40@36m+60,300' \
	--flood '40@38m+40,2001:db8:bad::1,401' >"$log"
days=$TMP/days # two logs with a wanted program; today's also has an unwanted program and two floods, one with errors over IPv6
mkdir "$days"
many=(--clients 200 --rate 0.05 --ipv6 0.7)
"$ROOT/tests/traffic.py" --start 2026-11-21T10:00:00Z --minutes 120 "${many[@]}" \
	--flood '1.5@3m+110m,203.0.113.50' >"$days/week.json"
"$ROOT/tests/traffic.py" --start 2026-11-22T10:00:00Z --minutes 60 "${many[@]}" --seed 2 \
	--flood '1.5@3m+55m,203.0.113.50' --flood '6@12m+25m,203.0.113.90' \
	--flood '50@30m+30,203.0.113.7' --flood '40@40m+40,2001:db8:bad::1,401' >"$days/today.json"

# Writes the displays of a page to $TMP/PAGE.N.run or .show (or .unmarked), as a reader of the page sees them.
extract() {
	awk -v out="$TMP/$(basename "$1")" '
		function begin() { file = out "." ++n "." (mark == "" ? "unmarked" : mark); printf "" >file; mark = "" }
		function put(line) {
			gsub(/\\\(aq/, "\047", line); gsub(/\\\(dq/, "\"", line); gsub(/\\-/, "-", line)
			gsub(/\\&/, "", line); gsub(/\\e/, "\\", line)
			sub(/^\$ /, "", line)
			print line >file
		}
		/^\.Sh / { inside = $0 == ".Sh EXAMPLES" }
		!inside { next }
		/^\.\\" (run|show|prints):/ { mark = $2; sub(/:.*/, "", mark); next }
		/^\.Bd -literal/ { begin(); display = 1; next }
		/^\.Ed/ { display = 0; close(file); next }
		/^\.Dl / { begin(); put(substr($0, 5)); close(file); next }
		display { put($0) }' "$1"
}

# shellcheck disable=SC2317 # the function is called by ok
# Runs an example in a directory that has only logs. The shell ends at the first failure.
run_example() {
	local dir=$days
	case $1 in
	*.7.*.run) ;;
	*) dir=$(mktemp -d "$TMP/dir.XXXXXX") && cp "$log" "$dir/access.json" || return 1 ;;
	esac
	(
		cd "$dir" || exit 1
		unset ANOMDETECT_STATE STATE_DIRECTORY XDG_STATE_HOME
		HOME=$dir PATH="$BUILD:$ROOT/contrib:$PATH" timeout 60 bash -e -u -o pipefail "$1" >"$1.out" 2>"$1.err" </dev/null
	) || { echo "exit status $?"; cat "$1" "$1.err"; return 1; }
	[ -s "$1.out" ] || { echo "the example prints nothing"; cat "$1"; return 1; }
	[ ! -s "$1.err" ] || { echo "the example prints on standard error"; cat "$1" "$1.err"; return 1; }
}

ran=0
for page in "$ROOT"/man/*.[1-8]; do
	page=${page##*/}
	extract "$ROOT/man/$page"
	marked=0
	for number in {1..99}; do
		example=$TMP/$page.$number.run
		[ -e "$example" ] || continue
		ran=$((ran + 1))
		ok "$page: this example runs: $(grep -m 1 'anomdetect -\|anomstat\|anomcount\|anom-\|^jq' "$example")" run_example "$example"
		prints=$TMP/$page.$((number + 1)).prints
		[ ! -e "$prints" ] || is "$page: an example prints the output on the page" "$(cat "$example.out")" "$(cat "$prints")"
	done
	for example in "$TMP/$page".*.{run,show}; do [ -e "$example" ] && marked=$((marked + 1)); done
	case $page in # the commands of these pages are in the sections about their tasks
	anomdetect-bans.7 | anomdetect-messages.7) ;;
	*) ok "$page: the page has examples" [ "$marked" -gt 0 ] ;;
	esac
	is "$page: every example is marked run or show" "$(cat "$TMP/$page".*.unmarked 2>/dev/null)" ""
done
ok "at least 5 examples were run" [ "$ran" -ge 5 ]

done_testing
