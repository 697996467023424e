#!/bin/bash
# contrib/haproxy.cfg, as it stands, in Debian's own configuration: HAProxy takes it, and each line that real requests
# make of it is understood.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/servers.sh
. "$(dirname "$0")/servers.sh"
# shellcheck source=tests/e2e/contrib.sh
. "$(dirname "$0")/contrib.sh"
need haproxy
site_begin

[ -f /etc/haproxy/haproxy.cfg ] || skip_all "Debian's configuration of HAProxy is not here"

{
	cat /etc/haproxy/haproxy.cfg "$CONTRIB/haproxy.cfg"
	cat <<'END'
frontend www
	bind 0.0.0.0:80
	bind :::80 v6only
	http-request return status 200 content-type text/plain string hello if { path / }
	http-request return status 404
END
} >"$TMP/haproxy.cfg"
mkdir -p "$TMP/run" "$TMP/lib/haproxy"
contrib_mounts=("$TMP/run:/run" "$TMP/lib:/var/lib")
mkdir "$TMP/run/haproxy"
ok "HAProxy takes the file" contrib_said site haproxy -c -f "$TMP/haproxy.cfg"
ns_become site "$HERE/syslog.py" 127.0.0.1 5140 "$TMP/syslog" 2>"$TMP/syslog.err" &
ends_with_test $!
ok "a receiver of syslog listens" within 10 site_listens 5140
# In a zone that is not UTC: the dates say which they are in.
TZ=Asia/Kolkata contrib_become site haproxy -db -f "$TMP/haproxy.cfg" >"$TMP/haproxy.err" 2>&1 &
ends_with_test $!
ok "HAProxy listens" within 10 site_listens 80
ok "the odd requests are sent" site_send 80
silent="http2" # answered as HTTP/2, and then no request comes
ok "all requests are logged" within 20 log_holds "$silent" "$TMP/syslog"
log_check syslog "$TMP/syslog" "$silent" ""
is "no line is cut" "$("$BUILD/anomdetect" -r --state none -e stop <"$TMP/syslog" | jq .truncated)" 0
done_testing
