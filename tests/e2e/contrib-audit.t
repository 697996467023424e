#!/bin/bash
# anom-audit: each event becomes one line of five fields, whatever its texts are.
. "$(dirname "$0")/lib.sh"
need gzip python3 jq
need_built anomdetect

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
audit=$ROOT/contrib/anom-audit

# line PROMISE WANTED EVENT: checks the line that anom-audit prints for EVENT.
line() { is "$1" "$("$audit" <<<"$3" 2>&1)" "$2"; }

ban='{"event":"ban","time":"2026-11-22T04:16:00.123Z","mode":"live","client":"198.51.100.7","rules":["requests"],
"requests":121,"errors":3,"window":60,"rate":2.017,"limit":120,"mean":0.41,"stddev":0.62,"z":2.6,"source":"recent",
"tight":[],"strike":1,"seconds":600,"until":"2026-11-22T04:26:00.123Z","enforced":true,
"evidence":[{"rule":"requests","value":121,"limit":120,"unit":"requests/60s"}]}'
ban=$(jq -c . <<<"$ban")
rest='2.017/s | mean 0.41 stddev 0.62 z 2.6 recent'
line "a ban becomes a BAN line" "[2026-11-22T04:16:00.123Z] BAN 198.51.100.7 | requests 121 over 120 requests/60s, strike 1 | $rest | 10m" "$ban"
line "a permanent ban of an IPv6 network becomes a BAN line with both detection rules and the tightened limit" \
	"[2026-11-22T04:16:00.123Z] BAN 2001:db8:1:2::/64 | requests 121 over 120 requests/60s, z 5 over 3 stddev, site_surge, strike 4 | $rest | permanent" \
	"$(jq -c '.client = "2001:db8:1:2::/64" | .seconds = 0 | .until = null | .strike = 4 | .tight = ["site_surge"] |
		.evidence += [{rule: "z", value: 5, limit: 3, unit: "stddev"}]' <<<"$ban")"
line "a ban that was only printed, of a client behind a proxy, becomes a WOULD-BAN line" \
	"[2026-11-22T04:16:00.123Z] WOULD-BAN 198.51.100.7 | requests 121 over 120 requests/60s, strike 1, behind a proxy | $rest | 1h 30m" \
	"$(jq -c '.enforced = false | .enforceable = false | .seconds = 5400' <<<"$ban")"
line "a BAN line has the request and the command that lifts the ban" \
	"[2026-11-22T04:16:00.123Z] BAN 2001:db8::/64 | requests 121 over 120 requests/60s, strike 1, POST /a/b 401, lift: anomban --set web --unban 2001:db8::/64 | $rest | 10m" \
	"$(jq -c '.client = "2001:db8::/64" | .request = {method: "POST", path: "/a|b", status: 401} | .lift = "anomban --set web --unban 2001:db8::/64"' <<<"$ban")"
line "a lift that is not an anomban command is not printed" \
	"[2026-11-22T04:16:00.123Z] BAN 198.51.100.7 | requests 121 over 120 requests/60s, strike 1 | $rest | 10m" \
	"$(jq -c '.request = 7 | .lift = "anomban --unban 198.51.100.7; reboot"' <<<"$ban")"
line "an unban becomes an UNBAN line" "[2026-11-22T10:37:08.000Z] UNBAN 203.0.113.7 | expired, strike 1 | - | - | -" \
	'{"event":"unban","time":"2026-11-22T10:37:08.000Z","mode":"replay","client":"203.0.113.7","reason":"expired","strike":1}'
for event in "$ban" '{"event":"unban","time":"2026-11-22T10:37:08.000Z","mode":"live","client":"2001:db8::/64","reason":"manual","strike":1}'; do
	line "$(jq -r .event <<<"$event"): a repeated event prints no line" "" "$(jq -c '.repeat = true' <<<"$event")"
	not_ok "only the boolean true marks a repeated event" test -z "$("$audit" <<<"$(jq -c '.repeat = "true"' <<<"$event")")"
done
line "an alert of the site becomes an ALERT line" \
	"[2026-11-22T10:35:10.000Z] ALERT site | requests multiplier 5.487 over 5 mean, 5 clients, 3 new | 9.05/s | mean 1.649 stddev 2.555 z 2.897 recent | -" \
	'{"event":"alert","time":"2026-11-22T10:35:10.000Z","mode":"live","scope":"site","signal":"requests","rules":["multiplier"],"rate":9.05,"mean":1.649,"stddev":2.555,"z":2.897,"source":"recent","clients":5,"new_clients":3,"evidence":[{"rule":"multiplier","value":5.487,"limit":5,"unit":"mean"}]}'
line "an alert of a client that is not banned becomes an ALERT line with the reason" \
	"[2026-11-22T04:16:00.123Z] ALERT 198.51.100.7 | held, learning: requests 121 over 120 requests/60s | $rest | -" \
	"$(jq -c '.event = "alert" | .scope = "client" | .hold = "learning"' <<<"$ban")"
line "an alert of bans becomes an ALERT line with the client" \
	"[2026-11-22T10:37:12.204Z] ALERT 203.0.113.7 | no_effect, count 10: its requests still arrive | - | - | -" \
	'{"event":"alert","time":"2026-11-22T10:37:12.204Z","mode":"live","scope":"bans","reason":"no_effect","client":"203.0.113.7","count":10,"message":"its requests still arrive"}'
line "the end of an anomaly becomes a RECOVERED line" \
	"[2026-11-22T10:40:32.000Z] RECOVERED site | errors normal | 0/s | mean 0.1 stddev 0.134 z -0.745 floor | 1m 31s" \
	'{"event":"recovered","time":"2026-11-22T10:40:32.000Z","mode":"live","scope":"site","signal":"errors","window":60,"rate":0,"mean":0.1,"stddev":0.134,"z":-0.745,"source":"floor","seconds":91}'
line "a silent host becomes an ALERT line" "[2026-11-22T10:40:30.000Z] ALERT host:web3 | silent for 30s: no line came | - | - | -" \
	'{"event":"alert","time":"2026-11-22T10:40:30.000Z","mode":"live","scope":"origin","origin":"web3","reason":"silent","silence":30.2,"message":"no line came"}'
line "a host that loses lines becomes an ALERT line" "[2026-11-22T10:40:30.000Z] ALERT host:web3 | 3 lines missing: a link | - | - | -" \
	'{"event":"alert","time":"2026-11-22T10:40:30.000Z","mode":"live","scope":"origin","origin":"web3","reason":"missing","count":3,"message":"a link"}'
line "a host with a wrong clock becomes an ALERT line" "[2026-11-22T10:40:30.000Z] ALERT host:web3 | clock 2.5 s behind | - | - | -" \
	'{"event":"alert","time":"2026-11-22T10:40:30.000Z","mode":"live","scope":"origin","origin":"web3","reason":"clock","offset":-2.5}'
line "the end of a host's fault becomes a RECOVERED line" "[2026-11-22T10:41:12.000Z] RECOVERED host:web3 | silent over | - | - | 42s" \
	'{"event":"recovered","time":"2026-11-22T10:41:12.000Z","mode":"live","scope":"origin","origin":"web3","reason":"silent","seconds":42}'
line "a ban by the counts of several hosts becomes a BAN line with the number of hosts" \
	"[2026-11-22T04:16:00.123Z] BAN 198.51.100.7 | requests 121 over 120 requests/60s, strike 1, seen by 3 hosts | $rest | 10m" \
	"$(jq -c '.origins = 3' <<<"$ban")"
line "an error becomes an ERROR line" "[2026-11-22T11:17:15.655Z] ERROR - | rule_missing: it was gone / and is back | - | - | -" \
	'{"event":"error","time":"2026-11-22T11:17:15.655Z","mode":"live","reason":"rule_missing","message":"it was gone | and is back"}'
line "missing or odd members become question marks" "[?] WOULD-BAN ? | no evidence, strike ? | ?/s | mean ? stddev ? ? | ?" \
	'{"event":"ban","rate":[],"mean":{},"evidence":{},"time":7}'

# The client in this event is a text that could forge another line, another field or an escape sequence.
hostile=$(jq -c '.client = "1.2.3.4 | x\n[2026-11-22T04:16:00.123Z] UNBAN 1.2.3.4\u001b[2J\u202e\u2028"' <<<"$ban")
got=$("$audit" <<<"$hostile")
is "a hostile text adds no line and no field" "$(wc -l <<<"$got"), $(awk -F ' [|] ' '{ print NF }' <<<"$got")" "1, 5"
not_ok "no control byte of a hostile text reaches the terminal" grep -q '[^ -~]' <<<"$got"

is "a line that is not an event is skipped and counted" \
	"$({ echo '{"event":"x"}'; echo no; head -c 100000 /dev/zero; echo; echo "$ban"; printf '%s' "$ban"; } |
		"$audit" 2>&1 >"$TMP/out"; wc -l <"$TMP/out")" "anom-audit: warning: a line is not an event of anomdetect, and is skipped
anom-audit: warning: 3 lines were not events
2"

# says INPUT HINT: the first warning about this input ends with HINT.
says() { is "$1: the warning names the input" "$("$audit" 2>&1 >/dev/null | head -n 1)" "anom-audit: warning: a line is not an event of anomdetect, and is skipped$2"; }
printf '%s\n' "$ban" | gzip >"$TMP/events.gz"
says "a compressed file" "; the input is compressed, so put \`zcat FILE |\` before anom-audit" <"$TMP/events.gz"
says "an access log" "; the input is an access log, so put \`anomdetect |\` before anom-audit" \
	<<<'2001:db8::7 - - [22/Nov/2026:04:16:00 +0000] "GET / HTTP/1.1" 200 12'
says "an access log in JSON" "; the input is an access log, so put \`anomdetect |\` before anom-audit" \
	<<<'{"remote_addr":"2001:db8::7","status":200}'
is "a file as operand is refused" "$("$audit" events.jsonl 2>&1)" \
	"anom-audit: fatal: unexpected argument 'events.jsonl'; input comes on standard input: anom-audit <FILE"
is "a misspelt option is refused, and the message names the right one" "$("$audit" --verson 2>&1)" "anom-audit: fatal: unexpected argument '--verson'; did you mean --version?"
is "an option without dashes is refused, and the message names the right one" "$("$audit" help 2>&1)" "anom-audit: fatal: unexpected argument 'help'; did you mean --help?"

"$ROOT/tests/traffic.py" --minutes 42 --clients 20 --ipv6 0.25 --flood '50@35m+30,203.0.113.7' \
	--crowd '40@36m+60,300' --flood '40@38m+40,2001:db8:bad::1,401' | "$BUILD/anomdetect" -r -s none >"$TMP/events"
"$audit" <"$TMP/events" >"$TMP/audit" 2>"$TMP/err"
is "a real run has a line for each event" "$(wc -l <"$TMP/audit")" "$(wc -l <"$TMP/events")"
like "no line of a real run has a question mark" "$(cat "$TMP/err"; grep -c '?' "$TMP/audit")" '^0$'
for kind in start baseline alert recovered ban stop; do
	word=${kind^^}
	[ $kind != ban ] || word=WOULD-BAN
	ok "the real run has a well-formed line $word" grep -qE "^\[2026-[0-9T:.-]+Z\] $word [^ |]+ \| [^|]+ \| (-|[0-9.]+/s) \| (-|mean [^|]+) \| [^|]+$" "$TMP/audit"
done

# Lines are printed immediately, not when a buffer is full.
mkfifo "$TMP/in" "$TMP/lines"
"$audit" <"$TMP/in" >"$TMP/lines" &
ends_with_test $!
exec {in}>"$TMP/in" {out}<"$TMP/lines"
echo "$ban" >&"$in"
read -r -t 10 first <&"$out"
like "a line is printed as soon as its event arrives" "${first-}" ' BAN 198\.51\.100\.7 '
exec {in}>&- {out}<&-
wait $! # otherwise this anom-audit would read from the same FIFO as the next anom-audit
"$audit" <"$TMP/events" >/dev/full 2>"$TMP/err"
is "a full disk gives exit status 1" $? 1
n=$(($(wc -l <"$TMP/events") - 1))
is "a full disk is reported immediately, and at the end anom-audit reports how many more lines were lost" "$(cat "$TMP/err")" \
	"anom-audit: warning: unable to write: No space left on device; lines are lost
anom-audit: warning: unable to write: No space left on device; lines are lost ($n times)"
"$audit" <"$TMP/in" 2>"$TMP/err" >"$TMP/lines" &
ends_with_test $!
exec {in}>"$TMP/in" {none}<"$TMP/lines"
exec {none}<&-
echo "$ban" >&"$in"
ok "anom-audit ends when nobody reads its output" within 10 grep -qs 'the reader of the lines has ended' "$TMP/err"
exec {in}>&-
"$audit" --none </dev/null 2>"$TMP/err"
is "with an unknown option, anom-audit exits with 2" $? 2

done_testing
