#!/bin/bash
# contrib/nginx.conf, unchanged, in Debian's configuration: nginx accepts it. anomdetect parses each line that real
# requests make. nginx writes the lines to a file, to a socket that other users cannot write to, and by UDP.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/servers.sh
. "$(dirname "$0")/servers.sh"
# shellcheck source=tests/e2e/contrib.sh
. "$(dirname "$0")/contrib.sh"
need nginx
[ -f /etc/nginx/nginx.conf ] || skip_all "Debian's configuration of nginx is missing"
site_begin

cp -r /etc/nginx "$TMP/etc"
rm -f "$TMP"/etc/conf.d/* "$TMP"/etc/sites-enabled/*
cp "$CONTRIB/nginx.conf" "$TMP/etc/conf.d/anomdetect.conf"
cat >"$TMP/etc/sites-enabled/site" <<'END'
large_client_header_buffers 4 30k; # the most that contrib/nginx.conf allows
server {
	listen 80;
	listen [::]:80;
	location = / { return 200 "hello\n"; }
	location / { return 404; }
}
END
mkdir -p "$TMP/log/nginx" "$TMP/lib" "$TMP/run" "$TMP/tmpfiles.d"
contrib_mounts=("$TMP/etc:/etc/nginx" "$TMP/log:/var/log" "$TMP/run:/run" "$TMP/lib:/var/lib/nginx"
	"$TMP/tmpfiles.d:/etc/tmpfiles.d")
ok "the directory of the socket is made" contrib_prepare site rsyslog/syslog.conf
socket=$(sed -nE 's/^#access_log syslog:server=unix:([^,]*),.*/\1/p' "$CONTRIB/nginx.conf")
ok "the socket is the same as in rsyslog/syslog.conf" grep -q "^input(type=\"imuxsock\" socket=\"$socket\" " \
	"$CONTRIB/rsyslog/syslog.conf"
# The value that systemd sets; a new namespace has 10.
in_ns site sysctl -qw net.unix.max_dgram_qlen=512
contrib_become site "$HERE/syslog.py" "$socket" "$TMP/socket" 2>"$TMP/socket.err" &
ends_with_test $!
ok "a receiver of syslog listens" within 10 test -S "$TMP$socket"
is "nginx's user can write to the socket" "$(contrib_lets site www-data "$socket" </dev/null)" ""
is "another user cannot write to the socket" "$(contrib_lets site nobody "$socket" </dev/null)" "Permission denied"
ns_become site "$HERE/syslog.py" 127.0.0.1 5140 "$TMP/udp" 2>"$TMP/udp.err" &
ends_with_test $!
ok "a receiver of syslog listens for UDP" within 10 site_listens 5140

run_nginx() {
	contrib_become site nginx -g 'daemon off;' >"$TMP/nginx.err" 2>&1 &
	nginx=$!
	ends_with_test $nginx
	ok "nginx listens" within 10 site_listens 80
}

like "nginx accepts the file" "$(contrib_said site nginx -t)" 'test is successful'
run_nginx
ok "the requests that are hard to log are sent" site_send 80
log=$TMP/log/nginx/access.json
ok "file: all requests are logged" within 20 log_holds nothing "$log"
log_check file "$log" nothing ""
kill $nginx
ok "nginx ends" within 10 gone $nginx

# In contrib/nginx.conf, the lines that log to the socket and by UDP are comments.
lines=$(wc -l <"$log")
for way in socket=unix: udp=127; do
	to=${way%=*}
	sed "s/^access_log/#&/; s/^#\\(access_log syslog:server=${way#*=}\\)/\\1/" "$CONTRIB/nginx.conf" >"$TMP/etc/conf.d/anomdetect.conf"
	like "$to: nginx accepts the file with the line for this way" "$(contrib_said site nginx -t)" 'test is successful'
	run_nginx
	sent=$TMP/sent-$to
	ok "$to: the requests that are hard to log are sent" site_send 80
	ok "$to: all requests are logged" within 20 log_holds nothing "$TMP/$to"
	log_check "$to" "$TMP/$to" nothing ""
	is "$to: nginx writes no more lines to the log file" "$(wc -l <"$log")" "$lines"
	like "$to: one line is almost as long as a datagram may be" "$(awk '{ if (length > n) n = length } END { print n }' "$TMP/$to")" '^6[0-9]{4}$'
	kill $nginx
	ok "$to: nginx ends" within 10 gone $nginx
done
done_testing
