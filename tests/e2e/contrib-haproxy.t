#!/bin/bash
# Tests contrib/haproxy.cfg without changes, together with Debian's configuration. HAProxy accepts it. Real requests
# make lines, which arrive at a socket that other users cannot write to, and anomdetect parses each line.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/servers.sh
. "$(dirname "$0")/servers.sh"
# shellcheck source=tests/e2e/contrib.sh
. "$(dirname "$0")/contrib.sh"
need haproxy
site_begin

[ -f /etc/haproxy/haproxy.cfg ] || skip_all "Debian's configuration of HAProxy is missing"

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
ok "HAProxy accepts the file" contrib_said site haproxy -c -f "$TMP/haproxy.cfg"
ok "the directory of the socket is made" contrib_prepare site haproxy.cfg
# HAProxy's configuration has the path below its chroot; rsyslog listens at the full path.
socket=$(sed -nE 's/^#input\(type="imuxsock" socket="([^"]*)".*/\1/p' "$CONTRIB/rsyslog/syslog.conf")
is "the socket is the same as in rsyslog/syslog.conf" "$socket" \
	"/var/lib/haproxy$(sed -nE 's/^\tlog (\/[^ ]*) .*/\1/p' "$CONTRIB/haproxy.cfg")"
# So many lines may wait at the socket. systemd sets 512 for the host, but a new network namespace has 10.
in_ns site sysctl -qw net.unix.max_dgram_qlen=512
contrib_become site "$HERE/syslog.py" "$socket" "$TMP/syslog" 2>"$TMP/syslog.err" &
ends_with_test $!
ok "a receiver of syslog listens" within 10 test -S "$TMP${socket#/var}"
is "HAProxy's user can write to the socket" "$(contrib_lets site haproxy "$socket" </dev/null)" ""
is "another user cannot write to the socket" "$(contrib_lets site nobody "$socket" </dev/null)" "Permission denied"
is "the web server's user cannot write to the socket" "$(contrib_lets site www-data "$socket" </dev/null)" "Permission denied"
# HAProxy runs in another time zone than UTC, so that the test fails if anomdetect ignores the zone in HAProxy's dates.
TZ=Asia/Kolkata contrib_become site haproxy -db -f "$TMP/haproxy.cfg" >"$TMP/haproxy.err" 2>&1 &
ends_with_test $!
ok "HAProxy listens" within 10 site_listens 80
ok "the requests that are hard to log are sent" site_send 80
silent="http2" # HAProxy answers this one as HTTP/2, but no HTTP/2 request follows, so there is no line
ok "all requests are logged" within 20 log_holds "$silent" "$TMP/syslog"
log_check syslog "$TMP/syslog" "$silent" ""
ok "slow requests are sent" slow_send 80
slow_check slow "$TMP/syslog"
is "no line is truncated" "$("$BUILD/anomdetect" -r --state none -e stop <"$TMP/syslog" | jq .truncated)" 0
done_testing
