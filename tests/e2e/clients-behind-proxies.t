#!/bin/bash
# Clients behind a reverse proxy: who is banned, by whose word, and where the ban can stop packets. IPv4 and IPv6.
#
#     client 203.0.113.7,  ------- proxy 203.0.113.1, 2001:db8:c::1 (nginx, passes on)
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
is "nginx serves both families" $? 0

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

# ask FROM URL...: from that namespace, with a header that names somebody else; 0 when there was an answer.
ask() {
	local from=$1
	shift
	in_ns "$from" curl -gsf --max-time 5 -H 'X-Forwarded-For: 198.51.100.66, 2001:db8:66::1' "$@" >/dev/null
}
ok "IPv4 passes through the proxy" within 5 ask client http://203.0.113.1/4/
ok "IPv6 passes through the proxy" within 5 ask client 'http://[2001:db8:c::1]/6/'

# 30 requests in a moment: over the limit.
flood4() { ask client "http://203.0.113.1/4/?"{1..30}; }
flood6() { ask client "http://[2001:db8:c::1]/6/?"{1..30}; }

echo 192.0.2.2 >"$TMP/proxies"
detector_start a server -v --trust-proxy "@$TMP/proxies"
ns_become server tail -n 0 -F "$TMP/access.json" >"$TMP/a.in" 2>"$TMP/tail.err" &
ends_with_test $!

# tail says nothing when it is there: ask until a line has come through
counted() {
	ask server http://192.0.2.1/
	[ "$(state a .counters.lines)" -gt 0 ]
}
ok "the log is read" within 20 counted

# --- who is banned

flood4
ok "the client is banned, not enforceable here" within 10 event a ban 203.0.113.7 '"enforceable":false'
flood6
ok "a peer that is not in the list is judged by its own address" within 10 event a alert 2001:db8:9::
not_ok "and its header is not believed" event a ban 2001:db8:c7::
echo 2001:db8:9::2 >>"$TMP/proxies"
kill -HUP "${detector_pid[a]}"
ok "SIGHUP rereads the list" within 10 grep -q "trusted proxies read again" "$TMP/a.err"
flood6
ok "now the client is banned, not enforceable here (IPv6)" within 10 event a ban 2001:db8:c7:: '"enforceable":false'

in_ns proxy curl -gsf "http://192.0.2.1/?"{1..60} >/dev/null
ok "what the proxy asks by itself is alerted about" within 10 event a alert 192.0.2.2 '"hold":"allowed"'
in_ns proxy curl -gsf "http://[2001:db8:9::1]/?"{1..60} >/dev/null
ask client --interface 203.0.113.8 "http://203.0.113.1/4/?"{1..30}
ok "who comes after that is banned" within 10 event a ban 203.0.113.8 '"enforceable":false'
is "the proxy is never banned" "$(events_n a '"event":"ban"' '"client":"192.0.2.2"') \
$(events_n a '"event":"ban"' '"client":"2001:db8:9:')" "0 0"
is "nor whom the client names" "$(events_n a '"client":"198.51.100.66"') $(events_n a '"client":"2001:db8:66:')" "0 0"
ok "the ban is in this host's set all the same" in_ns server ipset test a4 203.0.113.7
detector_end a

# --- the same lines, as of now, to others

now_lines() { sed 's/"time":"[^"]*","msec":[0-9.]*,//' "$TMP/access.json"; }

detector_start b other
now_lines >&"${detector_fd[b]}"
ok "without --trust-proxy the peer is who asks" within 10 event b ban 192.0.2.2 '"enforced":true'
ok "IPv6 as well" within 10 event b ban 2001:db8:9::/64 '"enforced":true'
detector_end b
is "the header is never believed" "$(events_n b '"client":"203.0.113.7"') $(events_n b '"client":"2001:db8:c7:') \
$(events_n b '"client":"198.51.100.66"')" "0 0 0"
is "and no ban is marked" "$(events_n b enforceable)" 0

detector_start c other --trust-proxy 192.0.2.2 --trust-proxy 2001:db8:9::/64 --transparent-proxy
now_lines >&"${detector_fd[c]}"
ok "--transparent-proxy: the client is banned" within 10 event c ban 203.0.113.7 '"enforced":true'
ok "IPv6 as well, by its network" within 10 event c ban 2001:db8:c7:: '"enforced":true'
detector_end c
is "and no ban is marked then" "$(events_n c enforceable)" 0

# --- where the packets arrive

ok "the client is served until then" ask client http://203.0.113.1/4/
in_ns proxy "$BUILD/anomban" --set front <"$TMP/a.events" 2>"$TMP/anomban.err"
is "anomban reads the detector's events on the proxy" "$? $(cat "$TMP/anomban.err")" "0 "
ok "bans the client that is not enforceable there" in_ns proxy ipset test front4 203.0.113.7
ok "IPv6 as well, here too" in_ns proxy ipset test front6 2001:db8:c7::
not_ok "and its packets end" ask client http://203.0.113.1/4/
not_ok "IPv6 packets, too" ask client 'http://[2001:db8:c::1]/6/'

detector_explain a b c
done_testing
