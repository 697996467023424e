#!/bin/bash
# contrib/nginx.conf, as it stands, in Debian's own configuration of nginx: it is taken, and each line that real
# requests make of it, by file and by syslog, is understood.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/servers.sh
. "$(dirname "$0")/servers.sh"
# shellcheck source=tests/e2e/contrib.sh
. "$(dirname "$0")/contrib.sh"
need nginx
[ -f /etc/nginx/nginx.conf ] || skip_all "Debian's configuration of nginx is not here"
site_begin

cp -r /etc/nginx "$TMP/etc"
rm -f "$TMP"/etc/conf.d/* "$TMP"/etc/sites-enabled/*
cp "$CONTRIB/nginx.conf" "$TMP/etc/conf.d/anomdetect.conf"
cat >"$TMP/etc/sites-enabled/site" <<'END'
large_client_header_buffers 4 30k; # the most that the file allows
server {
	listen 80;
	listen [::]:80;
	location = / { return 200 "hello\n"; }
	location / { return 404; }
}
END
mkdir -p "$TMP/log/nginx" "$TMP/lib" "$TMP/run"
contrib_mounts=("$TMP/etc:/etc/nginx" "$TMP/log:/var/log" "$TMP/run:/run" "$TMP/lib:/var/lib/nginx")
ns_become site "$HERE/syslog.py" 127.0.0.1 5140 "$TMP/syslog" 2>"$TMP/syslog.err" &
ends_with_test $!
ok "a receiver of syslog listens" within 10 site_listens 5140

run_nginx() {
	contrib_become site nginx -g 'daemon off;' >"$TMP/nginx.err" 2>&1 &
	nginx=$!
	ends_with_test $nginx
	ok "nginx listens" within 10 site_listens 80
}

like "nginx takes the file" "$(contrib_said site nginx -t)" 'test is successful'
run_nginx
ok "the odd requests are sent" site_send 80
log=$TMP/log/nginx/access.json
ok "file: all requests are logged" within 20 log_holds nothing "$log"
log_check file "$log" nothing ""
kill $nginx
ok "nginx ends" within 10 gone $nginx

# The other way is there as a comment.
sed -i 's/^access_log/#&/; s/^#\(access_log syslog\)/\1/' "$TMP/etc/conf.d/anomdetect.conf"
lines=$(wc -l <"$log")
like "nginx takes the line for syslog" "$(contrib_said site nginx -t)" 'test is successful'
run_nginx
sent=$TMP/sent-syslog
ok "the odd requests are sent" site_send 80
ok "syslog: all requests are logged" within 20 log_holds nothing "$TMP/syslog"
log_check syslog "$TMP/syslog" nothing ""
is "syslog: nothing goes to the file any more" "$(wc -l <"$log")" "$lines"
like "syslog: one is almost as long as a datagram" "$(awk '{ if (length > n) n = length } END { print n }' "$TMP/syslog")" '^6[0-9]{4}$'
kill $nginx
done_testing
