#!/bin/bash
# The state for other programs: the output of --json, --prometheus and --check, and the exit status of --check.
. "$(dirname "$0")/lib.sh"
need jq python3
need_built anomstat
unset ANOMDETECT_STATE

golden=$(dirname "$0")/../golden/screen-state.json
state=$TMP/state.json
# state_with FILTER: the golden pages' state, with the present time, changed by jq.
state_with() {
	jq -c --arg now "$(date -u +%Y-%m-%dT%H:%M:%S.000Z)" \
		".saved = \$now | .last_line = \$now | .interval_s = 3600 | .abnormal = false | $1" "$golden" >"$state.new" &&
		chmod 640 "$state.new" && mv "$state.new" "$state"
}

# checks PROMISE EXIT REGEX: one line on standard output, nothing on standard error.
checks() {
	out=$("$BUILD/anomstat" -s "$state" --check 2>"$TMP/err")
	is "$1: exit $2" "$?,$(cat "$TMP/err")" "$2,"
	like "$1: the line matches" "$out" "$3"
	is "$1: --check prints one line" "$(wc -l <<<"$out")" 1
}

state_with .
checks "--check of a running detector and a normal site" 0 '^OK - site normal, .* 5 bans in force \| age=.* requests=412\.5;59\.25;;0 '
state_with '.abnormal = true'
checks "--check of an abnormal site" 1 '^WARNING - site abnormal for 3m '
state_with '.silence_s = 899'
checks "--check of a silence under its limit" 0 '^OK - site normal, .* silence=(899|90[0-9])\.?[0-9]*s;900;;0 '
state_with '.silence_s = 7380'
checks "--check of a log that has stopped" 1 '^WARNING - no request for 2h 3m \(longest silence in 7 days: 8s\); '
state_with '.bad_share = 0.75 | .late_share = 0.75'
checks "--check of lines that arrive too late" 1 '^WARNING - 75 % of the newest lines arrived over a minute late '
state_with '.bad_share = 0.75 | .no_status_share = 0.75'
checks "--check of lines without a status" 1 '^WARNING - 75 % of the newest lines have no status'
state_with '.bad_share = 0.75 | .rejected_share = 0.75'
checks "--check of rejected lines" 1 '^WARNING - 75 % of the newest lines are not requests'
state_with '.last_line = null'
checks "--check without a request since the start" 3 '^UNKNOWN - no request since the start, '
state_with '.last_line = null | .abnormal = true'
checks "--check without a request, of an abnormal site: WARNING precedes UNKNOWN" 1 '^WARNING - no request since the start, .* site abnormal '
state_with '.last_line = null | .trouble = "the rule has gone"'
checks "--check without a request, with bans not in force: CRITICAL precedes UNKNOWN" 2 '^CRITICAL - bans not in force: the rule has gone; no request '
state_with 'del(.silence_s, .silence_limit_s) | .last_line = null'
checks "--check of the state of an older release" 0 '^OK - site normal, .* lag=[0-9.]*s;;;0 memory='
state_with '.firewall = "none"'
checks "--check of bans that are not enforced" 0 '^OK - .* 5 bans not enforced '
state_with '.trouble = "the rule has gone"'
checks "--check of a missing firewall rule" 2 '^CRITICAL - bans not in force: the rule has gone; '
state_with '.bans[1].enforced = false'
checks "--check of a ban that the kernel lacks" 2 '^CRITICAL - bans not in force: the kernel lacks 1 of the bans; '
state_with '.running = false'
checks "--check of a run that has stopped" 2 '^CRITICAL - anomdetect has stopped, '
state_with '.interval_s = 0.1 | .saved = "2026-01-01T00:00:00.000Z"'
checks "--check of a stale state" 2 '^CRITICAL - stale: '
is "--check of a stale state prints no figure but its age" "$(grep -o '[a-z]*=' <<<"$out")" age=
: >"$state"
checks "--check of an empty state file" 3 '^UNKNOWN - unable to use .*: it is empty, as after a full disk; '
rm "$state"
checks "--check of a missing state file" 3 '^UNKNOWN - unable to read .*: no such file'
# Wrong options beside --check are reported as UNKNOWN, neither as WARNING nor as CRITICAL.
for wrong in '--nope --check' '--color red --check' 'extra --check' '--check -s'; do
	# shellcheck disable=SC2086 # wrong is several words
	out=$("$BUILD/anomstat" $wrong 2>&1)
	like "a wrong use of --check ($wrong): exit status 3 and a reason" "$?,$out" '^3,UNKNOWN - [^ ].*(; see anomstat --help| is not auto, always or never)$'
done
if [ "$(id -u)" = 0 ]; then
	for_others "$BUILD/anomstat"
	out=$(unshare -m bash -c "mount -t tmpfs none /var/lib &&
		env -i ${as_other[*]} '$OTHERS/anomstat' --check" 2>&1)
	is "--check without a place for a state: exit status 3 and a reason" "$?,$out" "3,UNKNOWN - the path of the state file is unknown: give --state FILE"
else
	skip "--check without a place for a state" "needs root, for another user and a /var/lib of its own"
fi
state=$TMP/$'\033[2J'
checks "--check of a name with an escape sequence" 3 '^UNKNOWN - unable to read .*\?\[2J'
state=$TMP/state.json

state_with '.host = "a\"b\\c"'
"$BUILD/anomstat" -s "$state" --json >"$TMP/json"
is "--json prints one line" "$(wc -l <"$TMP/json")" 1
is "--json has each member of the state, unchanged" "$(jq -S --slurpfile s "$state" '.bans |= map(del(.lift)) | . as $j | $s[0] | with_entries(.value = $j[.key]) |
	.counters = ($s[0].counters | with_entries(.value = $j.counters[.key]))' "$TMP/json")" \
	"$(jq -S '.bans |= map(.evidence //= null)' "$state")"
is "--json adds the members that anomstat computes from the state" "$(jq -c '[.status, .check, .requests_per_s, .errors_per_s, .bans_status, .bans_why, .blind,
	.blind_why]' "$TMP/json")" '["running","OK",412.5,12.3,"in force","","",""]'

"$BUILD/anomstat" -s "$state" --prometheus >"$TMP/metrics"
# A parser of the Prometheus text format, as strict as the definition.
cat >"$TMP/read.py" <<'END'
import json, re, sys
families, seen, current = {}, set(), None
for line in open(sys.argv[1]):
    assert line.endswith("\n"), line
    help = re.fullmatch(r"# HELP (\w+) (\S.*)\n", line)
    kind = re.fullmatch(r"# TYPE (\w+) (gauge|counter)\n", line)
    value = re.fullmatch(r'(\w+)(\{(?:\w+="(?:[^"\\\n]|\\["\\n])*",?)+\})? (-?[0-9.]+)\n', line)
    if help:
        assert help[1] not in families, "twice: " + line
        current = help[1]
        families[current] = None
    elif kind:
        assert kind[1] == current and families[current] is None, line
        families[current] = kind[2]
    else:
        assert value and value[1] == current and families[current], line
        assert (value[1], value[2]) not in seen, "twice: " + line
        seen.add((value[1], value[2]))
        assert re.fullmatch(r"anomdetect_[a-z][a-z0-9_]*", value[1]), line
        assert (families[current] == "counter") == current.endswith("_total"), line
        print(value[1] + (value[2] or ""), value[3])
END
ok "--prometheus is well-formed" python3 "$TMP/read.py" "$TMP/metrics"
python3 "$TMP/read.py" "$TMP/metrics" >"$TMP/values" 2>/dev/null
value() { grep -F "$1 " "$TMP/values" | sed 's/.* //'; }
same() { is "$1 is --json's $2" "$(value "$1")" "$(jq -r "$2" "$TMP/json")"; }
is "anomdetect_up is 1" "$(value anomdetect_up)" 1
same 'anomdetect_site_rate{signal="requests"}' .requests_per_s
same 'anomdetect_site_rate{signal="errors"}' .errors_per_s
same 'anomdetect_site_alarm{signal="requests"}' .alarm
same 'anomdetect_banned_clients' .bans_total
same 'anomdetect_client_limit{rule="requests"}' '.limit | floor'
same 'anomdetect_resident_memory_bytes' .memory_bytes
same 'anomdetect_rejected_total{reason="not_json"}' .counters.not_json
same 'anomdetect_late_total' .counters.late
is "--prometheus has every counter" "$(jq -r '.counters | keys | length' "$TMP/json")" \
	"$(grep -c '_total' <(grep -v 'cpu_seconds\|anomdetect_held_total' "$TMP/values"))"
is "--prometheus escapes a label's value" "$(grep -c 'host="a\\"b\\\\c"' "$TMP/metrics")" 1
state_with '.interval_s = 0.1 | .saved = "2026-01-01T00:00:00.000Z"'
is "anomdetect_up of a stale state is 0" "$("$BUILD/anomstat" -s "$state" --prometheus | grep '^anomdetect_up')" "anomdetect_up 0"
is "--json shows that a state is stale" "$("$BUILD/anomstat" -s "$state" --json | jq -r '.status + .check')" staleCRITICAL
for form in json prometheus; do
	is "--$form without a state prints nothing and exits with 1" \
		"$("$BUILD/anomstat" -s "$TMP/none" --$form 2>/dev/null; echo $?)" 1
done

state_with .
# Another program, such as ssh, may have made the pipe non-blocking.
cat >"$TMP/slow.py" <<'END'
import fcntl, os, subprocess, sys, time
reader, writer = os.pipe()
fcntl.fcntl(writer, 1031, 4096) # F_SETPIPE_SZ
fcntl.fcntl(writer, fcntl.F_SETFL, os.O_NONBLOCK)
child = subprocess.Popen(sys.argv[1:], stdout=writer, stderr=subprocess.DEVNULL)
os.close(writer)
end = time.time() + 60
def waits(): # the program sleeps only to wait for the pipe
    return open(f"/proc/{child.pid}/stat").read().rsplit(")", 1)[1].split()[0] == "S"
while child.poll() is None and not waits() and time.time() < end:
    time.sleep(0.05)
text = open(reader).read()
print(child.wait(), text.endswith("</html>\n"))
END
is "a non-blocking pipe gets the whole output" "$(python3 "$TMP/slow.py" "$BUILD/anomstat" -s "$state" --html)" "0 True"

client() { out=$("$BUILD/anomstat" -s "$state" --client "$1" 2>"$TMP/err"); code=$?; }
client 203.0.113.9
like "--client prints why a client is banned" "$code $out" $'^0 client   203\\.0\\.113\\.9\nban .*\nwhy      requests 241 > 120 requests/60s, visit_requests, zscore\n'
like "--client reports a missing memory file" "$out" 'memory   the memory file could not be used: no such file; anomdetect saves it once per minute'
echo '{"version":1,"clients":["2001:db8:9::/64 over 4 1795320000000 1795320600000 2"]}' >"$state.memory"
client 2001:db8:9::77
like "--client finds the network of an address in the memory file" "$out" $'why      errors\nstrikes  4, '
chmod 666 "$state.memory"
client 2001:db8:9::77
like "--client does not use a memory file that others may write to" "$out" $'strikes  none known\n.*memory   the memory file could not be used: '
# A client chooses the path. The detector bans a client with a hostile path; each output of anomstat must be safe.
cat >"$TMP/hostile.py" <<'END'
import json
path = "/a\u202e\u2066\x1b[2J\x9b1m\x07\x7f<script>alert(1)</script>\"'&\\%1b%0a%00\u00e9"
for second in range(30):
    for _ in range(20):
        print(json.dumps({"time": f"2026-11-22T04:00:{second:02}.000Z", "remote_addr": "203.0.113.9", "status": 404,
                          "request_method": "GET", "request_uri": path}))
END
state=$TMP/hostile.json
python3 "$TMP/hostile.py" | "$BUILD/anomdetect" --replay --learn 0 --state "$state" >/dev/null 2>&1
plain='GET /a\?+\[2J\?\?1m\?\?<script>alert\(1\)</script>"'"'"'&\\\?+ 404'
client 203.0.113.9
like "--client prints the request of a banned client" "$out" $'\nrequest  '"$plain"$'\n'
like "--client prints the request of the event, too" "$out" "strike 1, 10m 0s  $plain"
for form in --json --html --prometheus '--client 203.0.113.9' --ascii; do
	# shellcheck disable=SC2086 # form may be two words
	COLUMNS=200 "$BUILD/anomstat" -s "$state" $form >"$TMP/form"
	is "a hostile path leaves no byte but printable ASCII in $form" "$(LC_ALL=C grep -c '[^ -~]' "$TMP/form")" 0
done
like "the page shows the path where there is room" "$(COLUMNS=200 "$BUILD/anomstat" -s "$state")" "  $plain"
is "--html has no markup from the path" "$("$BUILD/anomstat" -s "$state" --html | grep -c '<script>alert')" 0
is "--html shows the path of the ban and of the event" \
	"$("$BUILD/anomstat" -s "$state" --html | grep -c '&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;')" 2
is "--json has the request's method and status" "$("$BUILD/anomstat" -s "$state" --json | jq -c '.bans[0].request | .method, .status')" \
	"$(printf '"GET"\n404')"
is "--json counts paths and clients with errors" "$("$BUILD/anomstat" -s "$state" --json | jq -c '[.paths, .slow_clients]')" '[1,1]'
is "a ban and its event have the same request in the state" \
	"$("$BUILD/anomstat" -s "$state" --json | jq '.bans[0].request == (.events[] | select(.event == "ban").request)')" true

python3 "$TMP/hostile.py" | "$BUILD/anomdetect" --replay --learn 0 --max-paths 0 --state "$state" >/dev/null 2>&1
is "with --max-paths 0 there are no paths and no clients with errors" "$("$BUILD/anomstat" -s "$state" --json | jq -c '[.paths, .slow_clients]')" '[0,0]'

client 203.0.113.300
is "an invalid address: exit status 2" "$code,$out" 2,
like "an invalid address: the message names the address" "$(cat "$TMP/err")" "--client: '203.0.113.300' is not an address or a network"
done_testing
