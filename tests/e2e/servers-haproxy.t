#!/bin/bash
# HAProxy, asked oddly, with logs in JSON that are made by hand, as it has no other before 3.0, and that come by syslog.
# Every line is understood or counted, every client that was there is known, and nobody becomes one by what he writes.
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
# In a zone of its own: its dates do not say which, so --tz must.
TZ=Asia/Kolkata ns_become site haproxy -db -f "$TMP/haproxy.cfg" >"$TMP/haproxy.err" 2>&1 &
ends_with_test $!
ok "HAProxy listens" within 10 site_listens 84
for port in 80 83 84; do ok "the odd requests are sent to port $port" site_send $port; done

silent="http2" # answered as HTTP/2, and then no request comes
for log in rfc3164 rfc5424 raw cut; do
	ok "$log: all requests are logged" within 20 log_holds "$silent" "$TMP/$log"
	log_check "$log" "$TMP/$log" "$silent" "" --tz Asia/Kolkata
	log_trusts "$log" "$TMP/$log" "$silent" --tz Asia/Kolkata
done
trust_check raw "$TMP/raw" --tz Asia/Kolkata
# HAProxy refuses what does not fit into its buffer, so there are no longer lines.
status_check raw "$TMP/raw" "gone header-70k uri-70k" --tz Asia/Kolkata
# A backslash that a client sends stands there as it is, which is no JSON and is mended.
ok "hand: all requests are logged" within 20 log_holds "$silent" "$TMP/hand"
log_check hand "$TMP/hand" "$silent" "" --tz Asia/Kolkata
# +E writes \] for ].
ok "escaped: all requests are logged" within 20 log_holds "$silent" "$TMP/escaped"
log_check escaped "$TMP/escaped" "$silent" "" --tz Asia/Kolkata

# The date is that of the beginning; Ta, bare or in quotes, makes it the end.
for log in "80 raw" "83 hand"; do
	ok "slow requests are sent" slow_send "${log% *}"
	slow_check "${log#* }" "$TMP/${log#* }" --tz Asia/Kolkata
done

# Without `len`, HAProxy cuts at 1024 bytes, header and all.
is "cut: the long lines are cut, and count" \
	"$("$BUILD/anomdetect" --replay --state none --events stop --tz Asia/Kolkata <"$TMP/cut" | jq .truncated)" \
	"$(awk 'length >= 1022' "$TMP/cut" | wc -l)"

sent=$TMP/sent-mapped
: >"$TMP/raw"
ok "requests to a socket of both families are sent" site_send 81 plain tls forged-path
ok "they are logged" within 20 log_holds "" "$TMP/raw"
log_check mapped "$TMP/raw" "" "" --tz Asia/Kolkata
done_testing
