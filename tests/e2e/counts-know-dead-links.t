#!/bin/bash
# An error on a dead link is not an own error of its client. anomcount reads the detector's dead links and counts as the
# detector does.
# shellcheck disable=SC2317 # the functions are called by ok and within
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need jq python3
need_built anomcount anomdetect

# 40 visitors get errors on /old. An hour later, two clients get errors there and on other paths until they are banned.
cat >"$TMP/log.py" <<'EOF'
import json
t = 1790000000.0
def line(client, path, status):
    print(json.dumps({"remote_addr": client, "msec": f"{t:.3f}", "request": f"GET {path} HTTP/1.1", "status": status}))
for k in range(40):
    for path in ("/", "/a", "/b", "/c", "/d"):
        line(f"198.51.{k}.7" if k % 2 else f"2001:db8:{k:x}::7", path, 200)
        t += 1
    line(f"198.51.{k}.7" if k % 2 else f"2001:db8:{k:x}::7", "/old", 404)
    t += 20
t += 3600
for k in range(400):
    for client in ("203.0.113.9", "2001:db8:bad::9"):
        path, status = (("/old", 404), (f"/x{k}", 404), ("/y", 403), ("/old?again", 410))[k % 4] if k % 8 else ("/", 200)
        line(client, path, status)
    t += 0.7
EOF
python3 "$TMP/log.py" >"$TMP/log"
"$BUILD/anomdetect" -r -s "$TMP/s.json" --learn 0s -e ban <"$TMP/log" >"$TMP/bans"
is "the detector bans both clients for their errors" "$(jq -c '[.client, .rules[0]]' "$TMP/bans" | sort)" \
	'["2001:db8:bad::/64","errors"]
["203.0.113.9","errors"]'

# Selects the lines up to the bans of the two clients. All requests that the two clients made until then are within 60
# s, so the ban events count all of their own errors.
until=$(jq -s '.[0].time | sub("\\.[0-9]+"; "") | fromdate' "$TMP/bans")
jq -c --argjson until "$until" 'select((.msec | tonumber) < $until + 1)' "$TMP/log" >"$TMP/all"
at=$(jq -rs '.[0].time' "$TMP/bans")
jq -c --argjson at "$(jq -n --arg t "$at" '($t | sub("\\.[0-9]+"; "") | fromdate) + ($t[20:23] | tonumber / 1000)')" \
	'select((.msec | tonumber) <= $at + 0.0001)' "$TMP/all" >"$TMP/cut"
sums() { # [OPTION...]: prints client, errors, own errors
	"$BUILD/anomcount" -r --origin a "$@" <"$TMP/cut" 2>"$TMP/err" | jq -c '.counts[] | select(.[0] | test("^203|bad"))' |
		jq -sc 'group_by(.[0])[] | [.[0][0], (map(.[2]) | add), (map(.[3]) | add)]'
}
is "anomcount counts as many own errors of each client as the ban event" "$(sums -s "$TMP/s.json" | jq -c '[.[0], .[2]]')" \
	"$(jq -c '[.client, .evidence[0].value]' "$TMP/bans" | sort)"
not_ok "anomcount does not count all errors as own errors" [ "$(sums -s "$TMP/s.json" | jq -c .[1])" = "$(sums -s "$TMP/s.json" | jq -c .[2])" ]
is "without a state all errors are own errors" "$(sums -s none | jq -c .[1])" "$(sums -s none | jq -c .[2])"
is "without a state no message is logged" "$(cat "$TMP/err")" ""

# ---- damaged and unsafe files ----

head -c 1000 "$TMP/s.json.memory" >"$TMP/cut.json.memory"
is "a damaged file is not used" "$(sums -s "$TMP/cut.json")" "$(sums -s none)"
sums -s "$TMP/cut.json" >/dev/null
like "a warning names a damaged file" "$(cat "$TMP/err")" \
	"^anomcount: warning: unable to read '.*/cut.json.memory': not JSON, or cut off; errors on dead links count against clients$"
sums -s "$TMP/none.json" >/dev/null
like "a warning names a missing file" "$(cat "$TMP/err")" 'No such file or directory'
cp "$TMP/s.json.memory" "$TMP/open.json.memory"
chmod 0666 "$TMP/open.json.memory"
is "a file that others may write is not used" "$(sums -s "$TMP/open.json")" "$(sums -s none)"
ln -s s.json.memory "$TMP/link.json.memory"
is "a symbolic link is not used" "$(sums -s "$TMP/link.json")" "$(sums -s none)"
is "a replay reads only a file that an option names" "$(ANOMDETECT_STATE="$TMP/s.json" sums)" "$(sums -s none)"

# ---- beside a running detector ----

mkfifo "$TMP/live"
exec {live}<>"$TMP/live"
"$BUILD/anomdetect" -s "$TMP/live.json" --memory-interval 1s --learn 0s <"$TMP/live" >"$TMP/events" 2>&1 {live}>&- &
detector=$!
ends_with_test $detector
for client in 198.51.100.7 2001:db8:1::7 198.51.101.7; do
	for path in / /a /b /c; do
		echo "{\"remote_addr\":\"$client\",\"request\":\"GET $path HTTP/1.1\",\"status\":200}"
	done
	echo "{\"remote_addr\":\"$client\",\"request\":\"GET /gone HTTP/1.1\",\"status\":404}"
done >&"$live"
saved() { [ "$(jq '.path_list | length' "$TMP/live.json.memory")" -ge 5 ]; }
ok "a detector saves its paths" within 10 saved
for client in 203.0.113.5 2001:db8:2::5; do
	for path in /gone '/gone?x' //gone /other; do
		echo "{\"remote_addr\":\"$client\",\"request\":\"GET $path HTTP/1.1\",\"status\":404}"
	done
done >"$TMP/lines"
is "anomcount does not count errors on a dead link that the detector saved" "$("$BUILD/anomcount" --origin a -s "$TMP/live.json" <"$TMP/lines" | jq -c '.counts[]')" \
	'["203.0.113.5",4,4,1]
["2001:db8:2::/64",4,4,1]'
counts_of() { "$BUILD/anomcount" --origin a <"$TMP/lines" 2>"$TMP/err" | jq -c '.counts[][3]' | xargs; }
is "the memory file beside the default state file is read" "$(ANOMDETECT_STATE="$TMP/live.json" counts_of)" "1 1"
is "if the default memory file is missing, no dead links are known" "$(ANOMDETECT_STATE="$TMP/none.json" counts_of)" "4 4"
is "a missing default file causes no warning" "$(cat "$TMP/err")" ""
kill "$detector"

done_testing
