#!/bin/bash
# HAProxy gets requests that are hard to log, and logs them by syslog. The JSON formats are written by hand, because
# HAProxy before 3.0 has no JSON format. Every line is parsed or counted as rejected, every real client is found, and no
# address in the text of a client counts as a client.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/servers.sh
. "$(dirname "$0")/servers.sh"
need haproxy
site_begin

site_config haproxy.cfg
logs=(rfc3164 rfc5424 raw cut hand escaped)
ns_become site "$HERE/syslog.py" 127.0.0.1 5140 "${logs[@]/#/$TMP/}" 2>"$TMP/syslog.err" &
ends_with_test $!
ok "a receiver of syslog listens" within 10 site_listens 5145
# HAProxy runs in another time zone. Its dates do not name the zone, so --tz must.
TZ=Asia/Kolkata ns_become site haproxy -db -f "$TMP/haproxy.cfg" >"$TMP/haproxy.err" 2>&1 &
ends_with_test $!
ok "HAProxy listens" within 10 site_listens 84
for port in 80 83 84; do ok "the requests that are hard to log are sent to port $port" site_send $port; done

silent="http2" # HAProxy answers this beginning of HTTP/2, gets no request behind it, and logs nothing
for log in rfc3164 rfc5424 raw cut; do
	ok "$log: all requests are logged" within 20 log_holds "$silent" "$TMP/$log"
	log_check "$log" "$TMP/$log" "$silent" "" --tz Asia/Kolkata
	log_trusts "$log" "$TMP/$log" "$silent" --tz Asia/Kolkata
done
trust_check raw "$TMP/raw" --tz Asia/Kolkata
# HAProxy refuses requests that exceed its buffer, so there are no longer lines.
status_check raw "$TMP/raw" "gone header-70k uri-70k" --tz Asia/Kolkata
# A client's backslash is not escaped. This is invalid JSON, which anomdetect repairs.
ok "hand: all requests are logged" within 20 log_holds "$silent" "$TMP/hand"
log_check hand "$TMP/hand" "$silent" "" --tz Asia/Kolkata
# The flag +E writes \] for ].
ok "escaped: all requests are logged" within 20 log_holds "$silent" "$TMP/escaped"
log_check escaped "$TMP/escaped" "$silent" "" --tz Asia/Kolkata

# The date is the start of the request; with Ta, bare or in quotes, anomdetect computes the end.
for log in "80 raw" "83 hand"; do
	ok "slow requests are sent" slow_send "${log% *}"
	slow_check "${log#* }" "$TMP/${log#* }" --tz Asia/Kolkata
done

# Without `len`, HAProxy cuts lines at 1024 bytes with their header.
is "cut: truncated long lines are counted" \
	"$("$BUILD/anomdetect" --replay --state none --events stop --tz Asia/Kolkata <"$TMP/cut" | jq .truncated)" \
	"$(awk 'length >= 1022' "$TMP/cut" | wc -l)"

sent=$TMP/sent-mapped
: >"$TMP/raw"
ok "requests to a socket of both families are sent" site_send 81 plain tls forged-path
ok "these requests are logged" within 20 log_holds "" "$TMP/raw"
log_check mapped "$TMP/raw" "" "" --tz Asia/Kolkata
done_testing
