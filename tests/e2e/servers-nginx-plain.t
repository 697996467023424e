#!/bin/bash
# nginx gets requests that are hard to log, and logs them in the formats of nginx-plain.conf. Two formats have the
# request line in the member `message`, in which log shippers put objects. Two other formats have the client's Host
# header before the client's address. Only the real clients are counted.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/servers.sh
. "$(dirname "$0")/servers.sh"
need nginx
site_begin

site_config nginx-plain.conf
ns_become site nginx -p "$TMP" -c "$TMP/nginx-plain.conf" >"$TMP/nginx.err" 2>&1 &
ends_with_test $!
ok "nginx listens" within 10 site_listens 80
ok "the requests that are hard to log are sent" site_send 80 plain tls quotes forged-path forged-query forged-referer forged-agent \
	forged-first forged-by-x forged-by-u forged-by-end forged-host forged-host6 forged-uri-host \
	forged-connect host-odd host-empty host-none method-odd version-none invalid-utf8 uri-5k

for log in message behind; do
	ok "$log: all requests are logged" within 20 log_holds "" "$TMP/$log"
	log_check "$log" "$TMP/$log" "" ""
done
for log in vhost host proxy standard; do
	ok "$log: all requests are logged" within 20 log_holds "" "$TMP/$log"
	log_check "$log" "$TMP/$log" "" "" --format combined
done
done_testing
