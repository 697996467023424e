#!/bin/bash
# A root reads live counts of hosts. It bans clients that two hosts see. It reports each host that is silent, loses
# lines or has a wrong clock, and the end of each fault.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need python3 jq
need_built anomdetect

# hosts.py: prints lines of counts as mosquitto_sub -F %j does, two seconds after each second, and heartbeats: lines of
# counts without clients.
#   web1 and web2 have no fault; ahead and behind have wrong clocks until second 25; silent stops at second 2 and continues at
#   second 36; loses omits three lines at second 4 and never sends them
cat >"$TMP/hosts.py" <<'END'
import json, sys, time

FLOODS = ("203.0.113.7", "2001:db8:bad:1::/64")
seqs = {}

def say(host, at, counts, skip=0, mode="live", topic=None):
    seqs[host] = seqs.get(host, 0) + 1 + skip
    ms = int(at * 1000)
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ms // 1000)) + f".{ms % 1000:03d}Z"
    line = {"event": "counts", "time": stamp, "mode": mode, "origin": host, "run": run, "seq": seqs[host], "counts": counts}
    payload = json.dumps(line, separators=(",", ":"))
    print(json.dumps({"tst": "x", "topic": f"counts/{topic or host}", "qos": 1, "payload": payload}), flush=True)

start = time.time()
run = int(start * 1000)
for s in range(600):  # the test ends it
    time.sleep(max(0, start + s - time.time()))
    second = int(time.time()) - 2
    for host in ("web1", "web2"):
        say(host, second, [[client, 8, 0, 0] for client in FLOODS] + [[f"198.51.100.{s % 200 + 1}", 1, 0, 0]])
    say("loses", time.time(), [], skip=3 if s == 4 else 0)
    if s == 5:  # neither line is from a live run of its host, so neither bans anybody
        say("web3", second, [["203.0.113.99", 1000000, 0, 0]], mode="replay")
        say("web4", second, [["203.0.113.98", 1000000, 0, 0]], topic="web5\x1b[2J")
    if s % 10 == 0:
        for host, offset in (("web1", 0), ("ahead", 660), ("behind", -4200), ("silent", 0)):
            if host == "silent" and 2 < s < 36:
                continue
            say(host, time.time() + (offset if s < 25 else 0), [])
END
mkfifo "$TMP/in"
python3 "$TMP/hosts.py" >"$TMP/in" &
ends_with_test $!
"$BUILD/anomdetect" --format counts --state none --learn 0 --proxy-share 1 <"$TMP/in" >"$TMP/events" 2>"$TMP/err" &
detector=$!
ends_with_test $detector

# The next two functions are called by ok and within.
# shellcheck disable=SC2317
told() { # EVENT ORIGIN REASON
	[ "$(jq -s --arg e "$1" --arg o "$2" --arg r "$3" \
		'any(.[]; .event == $e and .scope == "origin" and .origin == $o and .reason == $r)' "$TMP/events")" = true ]
}
# shellcheck disable=SC2317
banned() { [ "$(jq -s --arg c "$1" 'any(.[]; .event == "ban" and .client == $c)' "$TMP/events")" = true ]; }
ok "a clock that is ahead is reported immediately" within 5 told alert ahead clock
ok "missing lines are reported" within 35 told alert loses missing
ok "a client that two hosts see is banned" within 30 banned 203.0.113.7
ok "an IPv6 network that two hosts see is banned" within 10 banned 2001:db8:bad:1::/64
ok "a clock that is behind is reported within 40 s" within 30 told alert behind clock
ok "a silent host is reported within 40 s" within 15 told alert silent silent
ok "the return of a silent host is reported" within 20 told recovered silent silent
ok "a corrected clock is reported" within 60 told recovered ahead clock
ok "a corrected clock that was behind is reported" within 60 told recovered behind clock
ok "the detector stops waiting for lines that never arrive" within 80 told recovered loses missing

is "lines of another host's topic and of a replay ban nobody" \
	"$(jq -r 'select(.event == "ban") | .client' "$TMP/events" | sort)" "$(printf '%s\n' 2001:db8:bad:1::/64 203.0.113.7)"
like "a line of another host's topic is reported" "$(jq -r 'select(.event == "error") | .reason, .message' "$TMP/events")" \
	'^bad_origin.counts are rejected: .*counts/web5'
is "the ban has the number of hosts that saw the client" "$(jq -c 'select(.event == "ban") | .origins' "$TMP/events" | sort -u)" 2
offsets=$(jq -c 'select(.event == "alert" and .reason == "clock") | [.origin, (.offset | round)]' "$TMP/events" | sort)
like "the alert has the offset of the clock" "$offsets" '^\["ahead",6(59|60)\].\["behind",-4200\]$'
is "each fault and its end are reported once" \
	"$(jq -r 'select(.scope == "origin") | "\(.event) \(.origin) \(.reason)"' "$TMP/events" | sort)" \
	"$(printf '%s\n' 'alert ahead clock' 'alert behind clock' 'alert loses missing' 'alert silent silent' \
		'recovered ahead clock' 'recovered behind clock' 'recovered loses missing' 'recovered silent silent')"
kill -TERM $detector
wait $detector
is "the run ends with exit status 0" $? 0
is "three lines are counted as missing, one as bad_origin and one as other" \
	"$(jq -c 'select(.event == "stop") | [.counts_missing, .late, .bad_origin, .other]' "$TMP/events")" \
	"[3,0,1,1]"
is "standard error names only the rejected line" "$(cut -c 1-48 "$TMP/err")" \
	"anomdetect: warning: counts are rejected: their "
done_testing
