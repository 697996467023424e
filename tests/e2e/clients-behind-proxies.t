#!/bin/bash
# Clients behind a reverse proxy: which client is banned, which header is trusted, and where a ban drops packets. IPv4
# and IPv6.
#
#     client 203.0.113.7,  ------- proxy 203.0.113.1, 2001:db8:c::1 (nginx, forwards)
#     2001:db8:c7::7                     192.0.2.2, 2001:db8:9::2 ------- server 192.0.2.1, 2001:db8:9::1 (nginx, logs)
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/detector.sh
. "$(dirname "$0")/detector.sh"
need_root
need ip ipset iptables ip6tables nginx curl tail jq
need_built anomdetect anomban

for name in client proxy server other; do ns_add "$name"; done
need_kernel_sets server
ns_join client eth0 proxy outside
ns_join proxy inside server eth0
ns_address client eth0 203.0.113.7/24 203.0.113.8/24 2001:db8:c7::7/64
ns_address proxy outside 203.0.113.1/24 2001:db8:c::1/64
ns_address proxy inside 192.0.2.2/24 2001:db8:9::2/64
ns_address server eth0 192.0.2.1/24 2001:db8:9::1/64
ip -n "${NS}client" route add 2001:db8:c::/64 dev eth0
ip -n "${NS}proxy" route add 2001:db8:c7::/64 dev outside
nginx_start server
is "nginx starts on the server, for IPv4 and IPv6" $? 0

mkdir "$TMP/front"
cat >"$TMP/front/nginx.conf" <<END
pid $TMP/front/pid;
error_log $TMP/front/error.log;
daemon off;
events {}
http {
	access_log off;
	client_body_temp_path $TMP/front/body;
	proxy_temp_path $TMP/front/proxy;
	fastcgi_temp_path $TMP/front/fastcgi;
	uwsgi_temp_path $TMP/front/uwsgi;
	scgi_temp_path $TMP/front/scgi;
	proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for;
	server {
		listen 80;
		listen [::]:80;
		location /4/ { proxy_pass http://192.0.2.1/; }
		location /6/ { proxy_pass http://[2001:db8:9::1]/; }
	}
}
END
ns_become proxy nginx -p "$TMP/front" -c "$TMP/front/nginx.conf" >"$TMP/front/err" 2>&1 &
ends_with_test $!

# ask FROM URL...: requests from that namespace, with a forged X-Forwarded-For; exit status 0 if answered.
ask() {
	local from=$1
	shift
	in_ns "$from" curl -gsf --max-time 5 -H 'X-Forwarded-For: 198.51.100.66, 2001:db8:66::1' "$@" >/dev/null
}
ok "IPv4 passes through the proxy" within 5 ask client http://203.0.113.1/4/
ok "IPv6 passes through the proxy" within 5 ask client 'http://[2001:db8:c::1]/6/'

# 30 requests at once: over the limit.
flood4() { ask client "http://203.0.113.1/4/?"{1..30}; }
flood6() { ask client "http://[2001:db8:c::1]/6/?"{1..30}; }

echo 192.0.2.2 >"$TMP/proxies"
detector_start a server -v --trust-proxy "@$TMP/proxies"
ns_become server tail -n 0 -F "$TMP/access.json" >"$TMP/a.in" 2>"$TMP/tail.err" &
ends_with_test $!

# tail does not report when it is ready, so make requests until a line has arrived
counted() {
	ask server http://192.0.2.1/
	[ "$(state a .counters.lines)" -gt 0 ]
}
ok "the log is read" within 20 counted

# --- which clients are banned

flood4
ok "the client behind the trusted proxy is banned, and the event reports that this host cannot enforce the ban" within 10 event a ban 203.0.113.7 '"enforceable":false'
flood6
ok "a peer that is not a trusted proxy is judged by its own address" within 10 event a alert 2001:db8:9::
not_ok "the X-Forwarded-For header of this peer is not trusted" event a ban 2001:db8:c7::
echo 2001:db8:9::2 >>"$TMP/proxies"
kill -HUP "${detector_pid[a]}"
ok "SIGHUP makes the detector read the list again" within 10 grep -q "trusted proxies read again" "$TMP/a.err"
flood6
ok "the IPv6 client is banned after the reload, and the event reports that this host cannot enforce the ban" within 10 event a ban 2001:db8:c7:: '"enforceable":false'

in_ns proxy curl -gsf "http://192.0.2.1/?"{1..60} >/dev/null
ok "a flood of the proxy's own requests raises an alert" within 10 event a alert 192.0.2.2 '"hold":"allowed"'
in_ns proxy curl -gsf "http://[2001:db8:9::1]/?"{1..60} >/dev/null
ask client --interface 203.0.113.8 "http://203.0.113.1/4/?"{1..30}
ok "a client that floods after that alert is banned" within 10 event a ban 203.0.113.8 '"enforceable":false'
is "the proxy is never banned" "$(events_n a '"event":"ban"' '"client":"192.0.2.2"') \
$(events_n a '"event":"ban"' '"client":"2001:db8:9:')" "0 0"
is "an address that the client forged is never banned" "$(events_n a '"client":"198.51.100.66"') $(events_n a '"client":"2001:db8:66:')" "0 0"
ok "a ban that this host cannot enforce is still in the set of this host" in_ns server ipset test a4 203.0.113.7
detector_end a

# --- the same lines, with present times, for detectors with other options

now_lines() { sed 's/"time":"[^"]*","msec":[0-9.]*,//' "$TMP/access.json"; }

detector_start b other
now_lines >&"${detector_fd[b]}"
ok "without --trust-proxy the peer is the client" within 10 event b ban 192.0.2.2 '"enforced":true'
ok "without --trust-proxy the IPv6 peer is the client" within 10 event b ban 2001:db8:9::/64 '"enforced":true'
detector_end b
is "without --trust-proxy the header is never trusted" "$(events_n b '"client":"203.0.113.7"') $(events_n b '"client":"2001:db8:c7:') \
$(events_n b '"client":"198.51.100.66"')" "0 0 0"
is "without --trust-proxy no event reports a ban that the host cannot enforce" "$(events_n b enforceable)" 0

detector_start c other --trust-proxy 192.0.2.2 --trust-proxy 2001:db8:9::/64 --transparent-proxy
now_lines >&"${detector_fd[c]}"
ok "with --transparent-proxy the IPv4 client is banned" within 10 event c ban 203.0.113.7 '"enforced":true'
ok "with --transparent-proxy the network of the IPv6 client is banned" within 10 event c ban 2001:db8:c7:: '"enforced":true'
detector_end c
is "with --transparent-proxy no event reports a ban that the host cannot enforce" "$(events_n c enforceable)" 0

# --- anomban on the host where the packets arrive

ok "the client is served before anomban bans it" ask client http://203.0.113.1/4/
in_ns proxy "$BUILD/anomban" --set front <"$TMP/a.events" 2>"$TMP/anomban.err"
is "anomban reads the detector's events on the proxy" "$? $(cat "$TMP/anomban.err")" "0 "
ok "anomban bans the IPv4 client on the proxy" in_ns proxy ipset test front4 203.0.113.7
ok "anomban bans the IPv6 client on the proxy" in_ns proxy ipset test front6 2001:db8:c7::
not_ok "the proxy drops the banned client's packets" ask client http://203.0.113.1/4/
not_ok "the proxy drops the banned IPv6 client's packets" ask client 'http://[2001:db8:c::1]/6/'

detector_explain a b c
done_testing
