#!/bin/bash
# anom-report: one page for people, whatever the events contain and however many events there are.
. "$(dirname "$0")/lib.sh"
need python3 jq xz
need_built anomdetect

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
report=$ROOT/contrib/anom-report

# A page's text as one line, so that no check depends on line ends.
flat() { tr -s ' \n' ' ' <<<"$1"; }
page_of() { flat "$("$report" 2>&1)"; }
# says PROMISE PAGE TEXT: the page contains the text. says_not PROMISE PAGE TEXT: the page does not contain it.
says() { ok "$1" grep -qF -- "$3" <<<"$2" || echo "# the page: $2"; }
says_not() { not_ok "$1" grep -qF -- "$3" <<<"$2" || echo "# the page: $2"; }
# shellcheck disable=SC2317 # the next two functions are called by ok
# place PAGE TEXT: the position of the text in the page.
place() { awk -v text="$2" '{ print index($0, text); exit }' <<<"$1"; }
# shellcheck disable=SC2317
before() { [ "$(place "$1" "$2")" -gt 0 ] && [ "$(place "$1" "$2")" -lt "$(place "$1" "$3")" ]; }

# ---- a real replay ----

log=$TMP/access.json
"$ROOT/tests/traffic.py" --minutes 42 --clients 20 --ipv6 0.25 --flood '50@35m+30,203.0.113.7' --crowd '40@36m+60,300' \
	--flood '40@38m+40,2001:db8:bad::1,401' --flood '50@40m+20,203.0.113.8' \
	--flood '40@41m+20,203.0.113.9' >"$log"
"$BUILD/anomdetect" -r -s none --allow 203.0.113.8 <"$log" >"$TMP/events"
page=$("$report" <"$TMP/events")
is "the report of a replay has exit status 0" $? 0
text=$(flat "$page")
says "the page has the number of requests" "$text" "$(jq -r 'select(.event == "stop") | .requests' "$TMP/events" |
	sed ':a; s/\B[0-9]\{3\}\>/,&/; ta') requests in"
clients=$(jq -r 'select(.event == "ban") | .client' "$TMP/events" | sort -u)
says "the page has the number of clients and of bans" "$text" "$(wc -l <<<"$clients") clients would have been banned, $(grep -c '"ban"' "$TMP/events") times in all."
for client in $clients; do
	says "the page lists the banned client $client" "$page" "$client  "
done
like "an IPv6 network is among the banned clients" "$clients" '::/64'
while read -r value limit unit; do
	case $unit in
	errors/60s) says "the page has the value and the limit in words" "$text" "$value errors in 60 s, limit $limit" ;;
	requests/60s) says "the page has the value and the limit in words" "$text" "$value requests in 60 s, limit $limit" ;;
	esac
done < <(jq -r 'select(.event == "ban") | .evidence[] | "\(.value) \(.limit) \(.unit)"' "$TMP/events")
says "the page has the request that crossed the limit" "$text" "$(jq -r 'select(.event == "ban" and .errors > 0) | .request |
	"\(.method) \(.path) \(.status)"' "$TMP/events" | head -n 1)"
says "the page has the clients whose bans were held back, and the reason" "$text" "allowed, 1 verdict: $(jq -r 'select(.hold == "allowed") | .message' "$TMP/events" | head -n 1)."
says "the page has the request and the limit of a ban that was held back" "$text" "203.0.113.8 held once"
says "the page has the site's anomalies" "$text" "Alerts: the site was abnormal ("
says "the page has the limits at the end of the run" "$text" "Limits of a client at the end: $(jq -r 'select(.event == "baseline") | .limit' "$TMP/events" | tail -n 1) requests"
is "no text is wider than 80 columns, but for a request" "$(grep -vE '^ {10}[^ ]+ /' <<<"$page" | awk 'length > 80')" ""
is "the same events give the same page" "$("$report" <"$TMP/events")" "$page"
is "the events give the same page if the second piece of their file precedes the first piece" "$({ tail -n +9 "$TMP/events"; head -n 8 "$TMP/events"; } | "$report")" "$page"
for python in python3.11 python3.13; do
	"$python" -I -c '' 2>/dev/null || continue
	is "$python gives the same page" "$("$python" -I "$report" <"$TMP/events")" "$page"
done

# ---- the events of a few clients ----

# event TIME CLIENT JQ: a ban of 10 minutes in force, changed by JQ.
event() {
	jq -cn --arg time "2026-11-22T$1.000Z" --arg client "$2" '{event: "ban", time: $time, mode: "live", client: $client,
		rules: ["probes"], requests: 9, errors: 9, window: 60, tight: [], request: {method: "GET", path: "/.env", status: 404},
		strike: 1, seconds: 600, until: ($time | sub("\\.000Z"; "Z") | fromdate + 600 | todate | sub("Z$"; ".000Z")),
		enforced: true, evidence: [{rule: "probes", value: 9, limit: 8, unit: "paths"}]}'" | ${3-.}"
}
unban() { event "$1" "$2" "{event: \"unban\", time, mode, client, reason: \"$3\", strike: 1}"; }
for client in 198.51.100.7 2001:db8:1:2::/64; do
	page=$(event 04:16:00 "$client" | page_of)
	says "$client: the page counts a ban in force" "$page" "1 client was banned, once in all."
	says "$client: the page has the time, length, reason and request of a ban" "$page" \
		"$client 1 ban, strike 1; expired ban 2026-11-22 04:16:00 for 10m: failed on 9 different paths that the site never served, limit 8 GET /.env 404"
	says "$client: the page has the command to lift a ban" "$page" "anomban --unban ADDRESS"
	page=$(event 04:16:00 "$client" '.until = null | .seconds = null | .lift = "anomban --set other --unban \(.client)"' | page_of)
	says "$client: the page has the lift command from the event, also for another set" "$page" "limit 8 GET /.env 404 lift anomban --set other --unban $client "
	page=$({ event 04:16:00 "$client" '.lift = "anomban --unban \(.client)"'
		event 04:17:00 192.0.2.9 '.until = null | .lift = "anomban --unban \(.client); reboot"'; } | page_of)
	says_not "$client: the page has no command for an expired ban, and no other command" "$page" " lift anomban"
	page=$(event 04:16:00 "$client" '.enforced = false | .mode = "replay"' | page_of)
	says "$client: the page counts a ban that was only printed" "$page" "1 client would have been banned, once in all."
	says "$client: a printed ban that lasts at the end of the log has its end" "$page" "strike 1; would be banned until 2026-11-22 04:26:00"
	says_not "$client: a printed ban has no command to lift it" "$page" "anomban --unban"
	for seconds in null 0; do # 0 in events of older releases
		page=$(event 04:16:00 "$client" ".seconds = $seconds | .until = null | .strike = 4" | page_of)
		says "$client: the page has a permanent ban, of $seconds seconds" "$page" "$client 1 ban, strike 4; permanent ban 2026-11-22 04:16:00 permanent: failed"
	done
	says "$client: the summary counts permanent bans" "$page" "1 ban is permanent. 1 client is still banned now."
	for reason in "expired expired" "manual lifted by hand" "ordered lifted by order of another host" "allowed lifted, now on the allow-list"; do
		page=$({ unban 04:20:00 "$client" "${reason%% *}"; event 04:16:00 "$client" '.seconds = null | .until = null'; } | page_of)
		says "$client: the page names the reason of an unban: ${reason%% *}" "$page" "strike 1; ${reason#* } ban"
	done
	page=$({ event 04:16:00 "$client" '.enforced = false | .mode = "replay" | .until = null | .seconds = null'
		event 04:17:00 192.0.2.9 '.enforced = false | .until = "9999-11-22T04:16:00.000Z"'
		event 04:16:00 192.0.2.8; } | page_of)
	says "$client: a printed ban does not count as in force, even beside a real ban" "$page" "3 times in all; 2 bans were only printed. No ban is permanent. No client is still banned now."
	says "$client: the client's line names its printed ban" "$page" "$client 1 ban, strike 1; would be permanent; 1 only printed"
	says "$client: the line of a printed ban with an end has this end" "$page" "192.0.2.9 1 ban, strike 1; would be banned until 9999-11-22 04:16:00; 1 only printed"
	page=$({ event 04:16:00 "$client"; event 04:16:00 "$client"; } | page_of)
	says "$client: the page shows two equal bans in one line" "$page" "$client 2 bans, strike 1; expired first 2026-11-22 04:16:00 for 10m: failed on 9 different paths that the site never served, limit 8 GET /.env 404 What"
	page=$({ event 04:16:00 "$client"; unban 04:20:00 "$client" manual; event 04:30:00 "$client" '.seconds = null | .until = null'; } | page_of)
	says "$client: a ban after an unban is counted" "$page" "2 bans, strike 1; permanent"
	page=$({ event 04:30:00 "$client" '.seconds = null | .until = null'; unban 04:20:00 "$client" manual; event 04:16:00 "$client"; } | page_of)
	says "$client: bans and unbans in any order give the same page" "$page" "2 bans, strike 1; permanent first 2026-11-22 04:16:00"
	page=$({ event 04:16:00 "$client" '.repeat = true'; unban 04:20:00 "$client" manual | jq -c '.repeat = true'; } | page_of)
	says "$client: a repeated event does not count" "$page" "no client was banned"
done
page=$({
	event 04:16:00 192.0.2.1
	event 05:16:00 192.0.2.1 '.seconds = 7200 | .strike = 3 | .parole = true | .tight = ["site_surge"]'
	event 08:16:00 192.0.2.1
	event 05:00:00 192.0.2.2 '.seconds = 1800 | .requests = 19'
	event 05:00:00 192.0.2.3 '.origins = 3 | .enforceable = false'
} | page_of)
says "the page has the first, the longest and the last ban" "$page" "192.0.2.1 3 bans, strike 3; expired first 2026-11-22 04:16:00 for 10m: failed on 9"
says "the page has the reason for lower limits" "$page" "longest 2026-11-22 05:16:00 for 2h: failed on 9 different paths that the site never served, limit 8; limits lowered: the site was abnormal; on parole: a fifth of the limits GET /.env 404 last 2026-11-22 08:16:00"
says "the page counts the requests that crossed a limit" "$page" "such as an icon? Then add it. 5 GET /.env 404"
says "the page has the number of hosts that saw the client, and that it is behind a proxy" "$page" "seen by 3 hosts; behind a proxy"
ok "a client that the site served precedes the other clients" before "$page" "192.0.2.2 " "192.0.2.1 "
ok "of the other clients, the one with the longest ban is the first" before "$page" "192.0.2.1 " "192.0.2.3 "
is "anom-report has words for each detection rule" "$(python3 -B -c '
import sys
sys.path.insert(0, sys.argv[1])
from anom_words import RULES
print(*sorted(RULES))' "$ROOT/contrib")" "$(sed -n '/^const char \*rule_name/,/^}/p' "$ROOT/src/core/judge/rules.c" |
	grep -oE '"[a-z_]+"' | tr -d '"' | sort -u | paste -sd ' ')"

# ---- alerts and errors ----

page=$({
	event 05:00:00 2001:db8::/64 '.event = "alert" | .scope = "client" | .hold = "mass_ban" | .message = "give --mass-share 1"'
	event 04:00:00 2001:db8::/64 '.event = "alert" | .scope = "client" | .hold = "mass_ban" | .request.path = "/first"'
	event 04:00:00 192.0.2.7 '.event = "alert" | .scope = "client" | .hold = "learning"'
} | page_of)
says "the page counts verdicts that were held back" "$page" "no client was banned. 3 verdicts were held back."
says "the page has the reason, a remedy, and the first verdict of each client" "$page" "mass_ban, 2 verdicts: give --mass-share 1. 2001:db8::/64 held twice first 2026-11-22 04:00:00: failed on 9 different paths that the site never served, limit 8 GET /first 404"
says "the page has each reason to hold verdicts back" "$page" "learning, 1 verdict: in the first 10 minutes only the worst clients are banned. 192.0.2.7 held once"

alert='{"event":"alert","time":"2026-11-22T04:00:00.000Z","mode":"live","scope":"site","signal":"requests","rules":["multiplier"],"rate":9.05,"mean":1.649,"clients":1,"new_clients":1,"networks":[{"network":"2001:db8:2::/48","requests":500,"errors":0,"share":0.921}],"paths":[{"path":"/login","requests":500}]}'
recovered='{"event":"recovered","time":"2026-11-22T04:05:00.000Z","mode":"live","scope":"site","signal":"requests","seconds":300}'
page=$({
	jq -c '.time = "2026-11-22T03:00:00.000Z"' <<<"$alert" # as from two detectors: it is unclear which anomaly has ended
	echo "$alert"
	echo "$recovered"
	jq -c '.time = "2026-11-22T03:01:31.000Z" | .seconds = 91' <<<"$recovered"
	jq -c '.time = "2026-11-22T06:00:00.000Z"' <<<"$alert"
	echo '{"event":"error","time":"2026-11-22T11:17:15.655Z","mode":"live","reason":"rule_missing","message":"a rule was gone"}'
	echo '{"event":"alert","time":"2026-11-22T10:37:12.204Z","mode":"live","scope":"bans","reason":"no_effect","client":"203.0.113.7","count":10,"message":"its requests still arrive"}'
	echo '{"event":"alert","time":"2026-11-22T10:40:30.000Z","mode":"live","scope":"origin","origin":"web3","reason":"silent","silence":30.2,"message":"no line came"}'
} | page_of)
says "the page has an anomaly of the site" "$page" "2026-11-22 04:00:00 for 5m 9.05 requests per second, the mean is 1.649; 1 client, 1 of them new; 92.1 % from 2001:db8:2::/48 mostly /login"
says "the page has an anomaly without an end" "$page" "2026-11-22 06:00:00 its end is not in these events"
ok "the longest anomaly precedes the others" before "$page" "2026-11-22 04:00:00 for 5m " "2026-11-22 03:00:00 for 1m 31s "
says "the page has an error event" "$page" "error rule_missing 2026-11-22 11:17:15 a rule was gone"
says "the page has a ban without effect" "$page" "no_effect 2026-11-22 10:37:12 count 10: 203.0.113.7: its requests still arrive"
says "the page has a silent host" "$page" "host web3: silent 2026-11-22 10:40:30 silent for 30s: no line came"

# ---- logs without bans, logs without requests, and lines that are not events ----

head -n 3000 "$log" | "$BUILD/anomdetect" -r -s none >"$TMP/quiet"
page=$(page_of <"$TMP/quiet")
says "the page of a replay without bans reports that no client would have been banned" "$page" "no client would have been banned."
says_not "the page of a replay without bans lists no client" "$page" "What to do"
page=$(echo '{"event":"start","time":"2026-11-22T04:16:00.123Z","mode":"live","enforced":false,"bans":0}' | page_of)
says "the page of a live run without --ban and without bans reports that no client would have been banned" "$page" "no client would have been banned."
says_not "without a stop event the page has no counters" "$page" "held back"
page=$({
	jq -c 'select(.event == "start" or .event == "stop") | .requests = 0' "$TMP/quiet"
	echo '{"event":"start","time":"2026-11-22T12:16:00.123Z","mode":"live","enforced":true,"bans":2}'
} | page_of)
says "the page of a run with --ban, after a run without requests, reports that no client was banned" "$page" "no client was banned."
page=$(jq -c 'if .event == "stop" then .bans_held = 5 | .bans_full = 2 | .late = 7 | .lost = 2 else . end' "$TMP/events" | page_of)
says "the page counts bans that waited" "$page" "5 times a ban was not enforced at once, because of --max-bans-per-minute."
says "the page has the number of verdicts without room" "$page" "2 verdicts were neither enforced nor reported, because --max-strikes clients were already banned or held back."
says "the page counts lines that were not judged" "$page" "7 lines of the log (under 0.1 %) were not judged: 7 late."
says "the page counts lost events" "$page" "2 events were lost before this page"
page=$(jq -c 'select(.event == "stop")' "$TMP/events" | page_of)
says "the page reports that the input lacks bans" "$page" "no ban is in this input. "
says "the page counts the bans that the input lacks" "$page" "The detector counted 3 bans; 3 of them are not in this input."
says "the page counts the alerts that the input lacks" "$page" "The detector counted $(grep -c '"alert"' "$TMP/events") alerts;"
page=$(jq -c 'select(.event == "ban" or .event == "start") | if .event == "start" then .bans = 2 else . end' "$TMP/events" | page_of)
says "the page counts bans of an earlier run" "$page" "2 bans of an earlier run were in force at the beginning."
page=$(head -n 30 "$log" | "$BUILD/anomdetect" -r -s none | page_of)
says "the page warns of a log that is too short" "$page" "In the first 10 minutes without a memory file the detector bans only the worst clients"
page=$("$BUILD/anomdetect" -r -s none </dev/null 2>/dev/null | page_of)
says "the page of an empty log has a remedy" "$page" "The log has no line, so there is nothing to report. Make a request to the site"
page=$({ "$BUILD/anomdetect" -r -s none </dev/null 2>/dev/null; event 04:16:00 192.0.2.1; } | page_of)
says "the times of an empty log do not count beside other events" "$page" "from 2026-11-22 04:16:00 to"
page=$(for _ in 1 2 3; do echo '203.0.113.7 - - [22/Nov/2026:04:16:00 +0000] "GET / HTTP/1.1" 200 5'; done |
	"$BUILD/anomdetect" -r -s none 2>/dev/null | page_of)
says "the page of a log without a valid request has a remedy" "$page" "None of the 3 lines of the log is a request: 3"
says "the page names the option for this format" "$page" "needs --format combined"
"$BUILD/anomdetect" -r -s "$TMP/state.json" <"$log" >"$TMP/first"
page=$(head -n 500 "$log" | "$BUILD/anomdetect" -r -s "$TMP/state.json" --events stop 2>/dev/null |
	jq -c '.late = .requests | .requests = 0' | page_of)
says "the page of a log with only late lines has a remedy" "$page" "--state none if a newer log was read"

# nothing PROMISE TEXT: standard input has no event; the page then has TEXT
nothing() {
	page=$("$report" 2>&1)
	is "$1: exit status 1" $? 1
	says "$1: the page has a remedy" "$(flat "$page")" "There is no event in the input, so there is nothing to report. $2"
}
nothing "no input" "anom-report reads the events that anomdetect prints. If anomdetect stopped with a message, fix that first." <"/dev/null"
nothing "an access log" "The input looks like an access log. Run anomdetect on it first" < <(head -n 2 "$log") 2>/dev/null
nothing "a plain access log" "The input looks like an access log." <<<'2001:db8::1 - - [22/Nov/2026:04:16:00 +0000] "GET / HTTP/1.1" 200 5'
nothing "a file in UTF-16" "The input is text in UTF-16: iconv -f UTF-16 -t UTF-8 FILE | anom-report." < <(printf '\377\376{\0')
nothing "a compressed file" "The input is compressed: zcat FILE | anom-report." < <(gzip -c "$TMP/events")
nothing "a file of another compression" "The input is compressed: xz -dc FILE | anom-report." < <(xz -c "$TMP/events")
nothing "an object of another program" 'anom-report reads the events that anomdetect prints, one JSON object per line' <<<'{"a":1}'

page=$({
	event 04:16:00 192.0.2.1
	echo no
	echo '{"event":"x"}'
	echo '{"event":"ban","time":"2026-11-22T04:16:00.123Z"}'                   # without a client
	echo '{"event":"ban","client":"192.0.2.9","time":"2026-99-22T04:16:00.123Z"}' # not a time
	echo '{"event":"start","time":"2026-11-22T04:16:00.123Z","version":'       # cut off
	head -c 100000 /dev/zero
	echo
	printf '%s' "$(event 04:17:00 192.0.2.2)"
} | page_of)
says "lines that are not events are counted" "$page" "6 lines of the input are not events, and are skipped."
says "the events between these lines are reported, also a last event without a newline" "$page" "2 clients were banned, twice in all."
# Every member of every kind may be missing or of another type.
python3 - "$TMP/events" >"$TMP/odd" <<'END'
import json, sys
values = (None, True, -1, 1e308, 10 ** 400, "x", "\u001b[2J", [], [[]], [{}], {}, {"a": {}}, [None, "q", {"rule": []}])
seen = set()
for line in open(sys.argv[1]):
    event = json.loads(line)
    if (event["event"], event.get("scope")) in seen:
        continue
    seen.add((event["event"], event.get("scope")))
    for name in event:
        for value in values:
            print(json.dumps({**event, name: value}))
        print(json.dumps({k: v for k, v in event.items() if k != name}))
END
page=$("$report" <"$TMP/odd" 2>"$TMP/err")
is "members of any type give a page without an error message" "$? $(cat "$TMP/err")" "0 "
ok "members of any type give an HTML page" "$report" --html <"$TMP/odd"

# Text that could forge another line, an escape sequence, another writing direction, or markup.
hostile=$(event 04:16:00 192.0.2.1 '.client = "1.2.3.4\n! x\u001b[2J" | .request.path = "/\u202e<script>alert(1)</script>\u0085\u2028\"&x" | .request.method = "\u009b31m"')
page=$("$report" <<<"$hostile")
not_ok "no control byte of a hostile text reaches the terminal" grep -q '[^ -~]' <<<"$page"
says "a hostile text stays in one line" "$page" '1.2.3.4 ! x?[2J  1 ban'
page=$("$report" --html <<<"$hostile")
not_ok "no control byte of a hostile text is in the HTML page" grep -q '[^ -~]' <<<"$page"
says "the HTML page escapes a hostile text" "$page" '/?&lt;script&gt;alert(1)&lt;/script&gt;  &quot;&amp;x 404'

# ---- HTML ----

"$report" --html <"$TMP/events" >"$TMP/page.html"
html() {
	python3 -B - "$TMP/page.html" <<-'END'
		import re, sys
		from html.parser import HTMLParser
		class Page(HTMLParser):
		    text, open, wrong = "", [], []
		    def handle_starttag(self, tag, attributes):
		        if tag in ("script", "link", "img", "iframe") or any(k in ("src", "href", "style") or k.startswith("on") for k, _ in attributes):
		            self.wrong.append(tag)
		        if tag != "meta":
		            self.open.append(tag)
		    def handle_endtag(self, tag):
		        if not self.open or self.open.pop() != tag:
		            self.wrong.append("/" + tag)
		    def handle_data(self, data):
		        if self.open[-1:] not in (["style"], ["title"]):
		            self.text += " " + data
		page = Page()
		page.feed(open(sys.argv[1]).read())
		print(*page.wrong, *page.open)
		print(" ".join(page.text.split()))
	END
}
html >"$TMP/html"
is "the HTML is well formed, has no script and loads nothing" "$(head -n 1 "$TMP/html")" ""
is "the HTML has the same words as the text" "$(tail -n 1 "$TMP/html" | tr -d ' ')" \
	"$("$report" <"$TMP/events" | grep -vE '^(=+|-+)$' | tr -d ' \n')"

# ---- many events: 60,000 bans of 60,000 clients, half IPv6 ----

python3 - >"$TMP/many" <<'END'
for i in range(60000):
    client = f"2001:db8:{i >> 8:x}:{i & 255:x}::/64" if i % 2 else f"{11 + (i >> 16)}.{i >> 8 & 255}.{i & 255}.1"
    long = i % 1000 in (997, 999)  # half of these clients were served
    print('{"event":"ban","time":"2026-11-22T%02d:%02d:%02d.000Z","mode":"live","client":"%s","rules":["requests"],"requests":121,'
          '"errors":%d,"request":{"method":"GET","path":"/%d%s","status":200},"strike":1,"seconds":%d,"until":"9999-11-23T04:16:00.000Z","enforced":true,'
          '"evidence":[{"rule":"requests","value":121,"limit":120,"unit":"requests/60s"}]}' %
          (i // 3600, i // 60 % 60, i % 60, client, 121 * (i // 2 % 2), i if i % 10 else 0, "x" * 90, 7200 if long else 600))
END
(ulimit -v 65000 && "$report" <"$TMP/many" >"$TMP/page" 2>"$TMP/err")
is "the report of 60,000 banned clients fits in bounded memory" "$? $(cat "$TMP/err")" "0 "
page=$(flat "$(cat "$TMP/page")")
ok "the page of 60,000 clients has under 300 lines" [ "$(wc -l <"$TMP/page")" -lt 300 ]
n=$(grep -oE 'about [0-9,]+ clients' <<<"$page" | tr -cd 0-9)
ok "the number of clients is an estimate with an error under 0.1 %" [ "${n:-0}" -gt 59940 -a "${n:-0}" -lt 60060 ]
says "the number of bans is exact" "$page" "were banned, 60,000 times in all"
is "the page keeps the longest bans" "$(grep -c ' for 2h: ' "$TMP/page") $(grep -c ' for 10m: ' "$TMP/page")" "50 0"
says "numbers that are known for only some clients are lower bounds" "$page" "No ban is permanent. At least 10,000 clients are still banned now. The site served most requests of at least 5,000 clients"
says "the page has the most frequent request and a lower bound of its count" "$page" "over 5,9"
says "the page counts the clients that it leaves out" "$page" "more, with shorter or fewer bans, are not shown"
# all other lists are limited, too
python3 - >"$TMP/many" <<'END'
import json
at = {"time": "2026-11-22T04:16:00.000Z", "mode": "live"}
for i in range(20000):
    for event in ({"event": "alert", "scope": "site", "signal": f"s{i}"}, {"event": "error", "reason": f"r{i}", "message": "m" * 400},
                  {"event": "alert", "scope": "client", "hold": "mass_ban", "client": f"10.{i >> 8}.{i & 255}.1"},
                  {"event": "alert", "scope": "client", "hold": f"h{i}", "client": "::1"}, {"event": "stop", f"c{i}": 1},
                  {"event": "unban", "client": f"2001:db8:{i:x}::/64"}):
        print(json.dumps({**event, **at}))
END
is "each list has its limit" "$(python3 -B -c '
import sys
sys.path.insert(0, sys.argv[1])
from anom_events import read
from anom_tally import Tally
t = Tally()
for line in sys.stdin.buffer:
    t.add(read(line))
print(len(t.open), len(t.site_alerts), len(t.others), len(t.held), len(t.held["mass_ban"].clients), len(t.counters), len(t.early))
' "$ROOT/contrib" <"$TMP/many")" "64 1000 200 2 1000 200 10000"
"$report" <"$TMP/many" >"$TMP/page" 2>"$TMP/err"
is "events of 20,000 kinds give a page without an error message" "$? $(cat "$TMP/err")" "0 "
ok "the page of many lists has under 300 lines" [ "$(wc -l <"$TMP/page")" -lt 300 ]
says "the page counts the omitted entries of each list" "$(flat "$(cat "$TMP/page")")" "19,990 shorter alerts are not shown."

# ---- the program ----

"$report" <"$TMP/events" >/dev/full 2>"$TMP/err"
is "a full disk: exit status 1, and a message" "$? $(cat "$TMP/err")" "1 anom-report: fatal: unable to write: No space left on device"
("$report" <"$TMP/events" 2>"$TMP/err"; echo $? >"$TMP/status") | true
ok "a pipe without a reader gives exit status 1" within 10 grep -q 1 "$TMP/status"
for closed in '<&-' '>&-'; do
	eval "\"\$report\" $closed" 2>"$TMP/err"
	is "$closed: exit status 1, and a message" "$? $(cat "$TMP/err")" \
		"1 anom-report: fatal: standard input or standard output is closed"
done
"$report" --none </dev/null 2>"$TMP/err"
is "an unknown option gives exit status 2" "$? $(cat "$TMP/err")" "2 anom-report: fatal: unexpected argument '--none'; see anom-report --help"

"$report" -htm </dev/null 2>"$TMP/err"
is "an option with one dash is refused, and the message names the right one" "$(cat "$TMP/err")" "anom-report: fatal: unexpected argument '-htm'; did you mean --html?"

"$report" events.jsonl </dev/null 2>"$TMP/err"
is "a file as operand is refused, with the right usage" "$? $(cat "$TMP/err")" \
	"2 anom-report: fatal: unexpected argument 'events.jsonl'; input comes on standard input: anom-report <FILE"
"$report" --htm </dev/null 2>"$TMP/err"
is "a misspelt option is refused, and the message names the right one" "$? $(cat "$TMP/err")" "2 anom-report: fatal: unexpected argument '--htm'; did you mean --html?"
is "on a terminal anom-report reports that it waits, and ^C ends it" "$(timeout 60 python3 - "$report" <<'END'
import os, pty, signal, sys
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
said = b""
while b"reading events from the terminal" not in said:
    said += os.read(fd, 4096)
os.write(fd, b"\x03")
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
)" -2

done_testing
