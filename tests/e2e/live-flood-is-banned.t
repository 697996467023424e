#!/bin/bash
# The whole path: nginx -> access log -> tail -F -> anomdetect --ban -> the kernel drops the attacker's packets. When
# the ban is over, the attacker is served again. All other clients are served all the time. IPv4 and IPv6.
#
#     good 198.51.100.10-19, 2001:db8:1::10-19 --+
#                                                +-- br0 of server: 198.51.100.1, 2001:db8:1::1
#     evil 198.51.100.66+67, 2001:db8:1::66 -----+
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_root
need ip ipset iptables ip6tables nginx curl tail python3
need_built anomdetect

BAN_S=20    # the first ban: long enough for a failed curl (2 s) during the ban, also on a busy machine
QUIET_S=10  # time in which only the good clients make requests

ns_add server
ns_add good
ns_add evil
in_ns server ipset create probe hash:ip 2>/dev/null || skip_all "the kernel has no ipset"
in_ns server ipset destroy probe

ns_join good eth0 server good
ns_join evil eth0 server evil
ip -n "${NS}server" link add br0 type bridge
ip -n "${NS}server" link set good master br0
ip -n "${NS}server" link set evil master br0
ip -n "${NS}server" link set br0 up
ns_address server br0 198.51.100.1/24 2001:db8:1::1/64
for i in {10..19}; do ns_address good eth0 "198.51.100.$i/24" "2001:db8:1::$i/64"; done
ns_address evil eth0 198.51.100.66/24 198.51.100.67/24 2001:db8:1::66/64
nginx_start server
is "nginx serves both families" $? 0

# visit.py FROM...: makes one request every 0.25 s, from each source in turn, on a new connection; prints "ok" or the fault.
# flood.py FROM: makes requests as fast as possible until one is not served, at most 8000; prints how many were served.
cat >"$TMP/visit.py" <<'E1'
import http.client, itertools, sys, time
for source in itertools.cycle(sys.argv[1:]):
    server = "2001:db8:1::1" if ":" in source else "198.51.100.1"
    began = time.monotonic()
    try:
        c = http.client.HTTPConnection(server, 80, timeout=20, source_address=(source, 0))
        c.request("GET", "/")
        said = c.getresponse().status
        c.close()
    except OSError as e:
        said = e
    print("ok" if said == 200 else f"{source}: {said}", flush=True)
    time.sleep(max(0, 0.25 - (time.monotonic() - began)))
E1
cat >"$TMP/flood.py" <<'E2'
import http.client, sys
source = sys.argv[1]
server = "2001:db8:1::1" if ":" in source else "198.51.100.1"
served = 0
try:
    while served < 8000:
        c = http.client.HTTPConnection(server, 80, timeout=5, source_address=(source, 0))
        c.request("GET", f"/?{served}")
        served += c.getresponse().status == 200
        c.close()
except OSError:
    pass
print(served)
E2

mkfifo "$TMP/lines"
ns_become server tail -n 0 -F "$TMP/access.json" >"$TMP/lines" 2>"$TMP/tail.err" &
ends_with_test $!
ns_become server "$BUILD/anomdetect" --ban --set live --state "$TMP/state.json" --events all --ipv6-prefix 128 \
	--schedule ${BAN_S}s,60s \
	<"$TMP/lines" >"$TMP/events" 2>"$TMP/err" &
detector=$!
ends_with_test $detector
ok "anomdetect starts" within 5 grep -q '"event":"start"' "$TMP/events"

# event KIND CLIENT [TEXT]: whether this event was printed.
event() { grep "\"event\":\"$1\"" "$TMP/events" | grep -F "\"client\":\"$2\"" | grep -qF -- "${3-}"; }

# Prints the exit code of one request by curl, from an address to the server's address of its family. 28 is "no answer
# in time".
try() {
	local server=http://198.51.100.1/
	case $1 in *:*) server='http://[2001:db8:1::1]/' ;; esac
	in_ns evil curl -s -o /dev/null --max-time "$2" --interface "$1" "$server"
}

try_code() {
	try "$@"
	echo $?
}

served() { [ "$(grep -c '^ok$' "$TMP/visits")" -ge "$1" ]; }

ns_become good python3 "$TMP/visit.py" 198.51.100.{10..19} 2001:db8:1::{10..19} >"$TMP/visits" 2>&1 &
visits=$!
ends_with_test $visits
ok "the good clients are served" within $((QUIET_S + 10)) served $((4 * (QUIET_S + 2)))
is "the attacker is served before the flood" "$(try_code 198.51.100.66 20) $(try_code 2001:db8:1::66 20)" "0 0"

# flooded SOURCE SET: makes SOURCE flood and checks that it is banned.
flooded() {
	local flood
	ns_become evil python3 "$TMP/flood.py" "$1" >"$TMP/served" 2>&1 &
	flood=$!
	ends_with_test $flood
	ok "$1 floods, and the detector bans it in the kernel" within 20 event ban "$1" '"enforced":true'
	is "the banned client's next connection gets no answer" "$(try_code "$1" 2)" 28 # a longer timeout gives the same result
	ok "the kernel's set has the client" in_ns server ipset test "$2" "$1"
	ok "the flood is over" within 5 gone $flood
	ok "the flood ended long before 8000 requests: $(cat "$TMP/served")" [ "$(cat "$TMP/served")" -lt 7000 ]
}

flooded 198.51.100.66 live4
flooded 2001:db8:1::66 live6

for source in 198.51.100.66 2001:db8:1::66; do
	ok "$source is served again when its ban is over" within $((BAN_S + 4)) try $source 2
	ok "the end of the ban is reported" within 3 event unban $source '"reason":"expired"'
	is "$source was banned only once" "$(grep '"event":"ban"' "$TMP/events" | grep -cF "\"client\":\"$source\"")" 1
done

# The detector ends, and the bans stay.
flooded 198.51.100.67 live4
kill -TERM $detector
ok "SIGTERM ends the detector immediately" within 3 gone $detector
wait $detector
is "SIGTERM ends the detector with exit status 0" $? 0
like "the detector's last event is stop" "$(tail -n 1 "$TMP/events")" '^\{"event":"stop",'
ok "the IPv4 ban stays after the detector has ended" in_ns server ipset test live4 198.51.100.67
ok "the IPv6 set stays after the detector has ended" in_ns server ipset list -t live6
ok "the IPv4 rule stays after the detector has ended" in_ns server iptables -t raw -C PREROUTING -m set --match-set live4 src -j DROP
ok "the IPv6 rule stays after the detector has ended" in_ns server ip6tables -t raw -C PREROUTING -m set --match-set live6 src -j DROP
is "the ban is enforced after the detector has ended" "$(try_code 198.51.100.67 2)" 28
ok "the ban ends at its time although the detector no longer runs" within $((BAN_S + 4)) try 198.51.100.67 2

kill $visits
within 3 gone $visits
is "every request of the good clients was served" "$(grep -v '^ok$' "$TMP/visits")" ""
is "no good client was banned" \
	"$(grep '"event":"ban"' "$TMP/events" | grep -c '"client":"\(198\.51\.100\.1\|2001:db8:1::1\)[0-9]"')" 0
is "every event is a JSON object" "$(python3 -c '
import json, sys
for line in sys.stdin:
    assert isinstance(json.loads(line), dict), line
' <"$TMP/events" 2>&1)" ""
if [ "$tap_failed" != 0 ]; then
	tail -n 30 "$TMP/events" | sed 's/^/# events: /'
	tail -n 20 "$TMP/err" | sed 's/^/# stderr: /'
fi

done_testing
