#!/bin/bash
# contrib/haproxy.cfg, as it stands, in Debian's own configuration: HAProxy takes it, and each line that real requests
# make of it comes to a socket that other users cannot write to, and is understood.
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
	http-request wait-for-body time 20s if { path /slow }
	http-request return status 200 content-type text/plain string hello if { path / }
	http-request return status 404
END
} >"$TMP/haproxy.cfg"
mkdir -p "$TMP/run" "$TMP/lib/haproxy"
contrib_mounts=("$TMP/run:/run" "$TMP/lib:/var/lib")
mkdir "$TMP/run/haproxy"
ok "HAProxy takes the file" contrib_said site haproxy -c -f "$TMP/haproxy.cfg"
ok "the directory of the socket is made" contrib_prepare site haproxy.cfg
# HAProxy says the path as it is below its root; rsyslog listens at the whole one.
socket=$(sed -nE 's/^#input\(type="imuxsock" socket="([^"]*)".*/\1/p' "$CONTRIB/rsyslog/syslog.conf")
is "the socket is the one of rsyslog/syslog.conf" "$socket" \
	"/var/lib/haproxy$(sed -nE 's/^\tlog (\/[^ ]*) .*/\1/p' "$CONTRIB/haproxy.cfg")"
# As systemd sets it; a new namespace has 10.
in_ns site sysctl -qw net.unix.max_dgram_qlen=512
contrib_become site "$HERE/syslog.py" "$socket" "$TMP/syslog" 2>"$TMP/syslog.err" &
ends_with_test $!
ok "a receiver of syslog listens" within 10 test -S "$TMP${socket#/var}"
is "HAProxy's user can write to it" "$(contrib_lets site haproxy "$socket" </dev/null)" ""
is "another user cannot" "$(contrib_lets site nobody "$socket" </dev/null)" "Permission denied"
is "nor can the web server's" "$(contrib_lets site www-data "$socket" </dev/null)" "Permission denied"
# In a zone that is not UTC: the dates say which they are in.
TZ=Asia/Kolkata contrib_become site haproxy -db -f "$TMP/haproxy.cfg" >"$TMP/haproxy.err" 2>&1 &
ends_with_test $!
ok "HAProxy listens" within 10 site_listens 80
ok "the odd requests are sent" site_send 80
silent="http2" # answered as HTTP/2, and then no request comes
ok "all requests are logged" within 20 log_holds "$silent" "$TMP/syslog"
log_check syslog "$TMP/syslog" "$silent" ""
ok "slow requests are sent" slow_send 80
slow_check slow "$TMP/syslog"
is "no line is cut" "$("$BUILD/anomdetect" -r --state none -e stop <"$TMP/syslog" | jq .truncated)" 0
done_testing
