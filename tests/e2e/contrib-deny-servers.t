#!/bin/bash
# anom-deny with the real servers behind a trusted proxy, configured as in the manual. Banned clients are denied, and
# all other clients are served. A banned client is one IPv4 address, or all addresses of an IPv6 /64. A ban ends at its
# time or at an unban. A kill and a restart lose no ban, reloads are 10 seconds apart, and 10,000 bans may arrive at
# once.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_root
need ip nginx haproxy apache2 curl jq python3
need_built anomdetect

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
DENY=$ROOT/contrib/anom-deny
BAD4=198.51.100.7 GOOD4=198.51.100.8 BAD6=2001:db8:bad::1 BAD6_TOO=2001:db8:bad:0:ffff::2 GOOD6=2001:db8:900d::1
PROXY4=192.0.2.1 PROXY6=2001:db8:9::1 # the addresses of the manual's set_real_ip_from
ns_add site
ns_add world # the detector never bans an address of its own host
ns_join site eth0 world eth0
ns_address site eth0 {$PROXY4,192.0.2.80}/32 {$PROXY6,2001:db8:80::80}/128
ns_address world eth0 {$BAD4,$GOOD4}/32 {$BAD6,$BAD6_TOO,$GOOD6}/128
for route in 192.0.2.0/24 198.51.100.0/24 2001:db8::/32; do
	for name in site world; do ip -n "$NS$name" route add $route dev eth0; done
done
mkdir "$TMP/www" "$TMP/www/secret"
echo hello | tee "$TMP/www/index.html" >"$TMP/www/secret/index.html"

# shown PAGE NAME: prints the display of a manual page that follows the comment `.\" config: NAME`, with the test's
# directory in the place of the real directories.
shown() {
	awk -v name="$2" '
		$0 == ".\\\" config: " name { found = 1 }
		found && /^\.Ed/ { exit }
		found && display { gsub(/\\\(aq/, "\047"); gsub(/\\e/, "\\"); print }
		found && /^\.Bd/ { display = 1 }' "$ROOT/man/$1" | sed "s,/etc/[a-z0-9]*/,$TMP/,; s,/var/log/nginx/,$TMP/,"
}

# event KIND CLIENT SECONDS|REASON [AGO]: prints an event as anomdetect does.
event() {
	python3 - "$@" <<'END'
import json, sys, time
kind, client, what, ago = (*sys.argv[1:], "0")[:4]
def text(at): return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at * 1000) % 1000:03}Z"
at = time.time() - float(ago)
event = {"event": kind, "time": text(at), "mode": "live", "client": client}
if kind == "ban":
	event |= {"seconds": int(what) or None, "until": text(at + int(what)) if int(what) else None, "enforced": False, "enforceable": False}
else:
	event |= {"reason": what, "strike": 1}
print(json.dumps(event))
END
}

# ask FROM PORT [CURL-OPTION...]: prints the status that a client gets.
ask() {
	local from=$1 port=$2 to=192.0.2.80
	shift 2
	[[ $from != *:* ]] || to='[2001:db8:80::80]'
	in_ns world curl -s -o /dev/null -w '%{http_code}' --max-time 10 --interface "$from" "$@" "http://$to:$port/"
}

# shellcheck disable=SC2317 # the function is called by within
gets() { [ "$(ask "$1" "$2")" = "$3" ]; }

# shellcheck disable=SC2317 # the function is called by within
all_get() {
	local who
	all=$(for who in $BAD4 $GOOD4 $BAD6 $BAD6_TOO $GOOD6; do ask "$who" "$1" && echo; done | xargs)
	[ "$all" = "$2" ]
}

# all_are PROMISE PORT "STATUS...": checks the statuses of all clients. For a moment after a reload, old workers still
# answer.
all_are() {
	within 5 all_get "$2" "$3"
	is "$1" "$all" "$3"
}

# shellcheck disable=SC2317 # the next three functions are called by within
bans_are_reported() { [ "$(jq -r 'select(.event == "ban").client' "$TMP/events" | sort -u | wc -l)" = 2 ]; }
# shellcheck disable=SC2317
entries_are() { [ "$(grep -c '^[0-9a-f].* 1; # from' "$TMP/anomdetect-denied.conf")" = "$1" ]; }
# shellcheck disable=SC2317
log_grows() { [ "$(wc -l <"$TMP/access.json")" -gt "$1" ]; }

# The proxy: port 8001 leads to nginx, 8002 to HAProxy, 8003 to Apache.
{
	cat <<END
pid $TMP/proxy.pid; error_log $TMP/proxy.err; daemon off;
events { }
http {
	access_log off; client_body_temp_path $TMP/p1; proxy_temp_path $TMP/p2; fastcgi_temp_path $TMP/p3;
	uwsgi_temp_path $TMP/p4; scgi_temp_path $TMP/p5;
	proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for;
END
	for n in 1 2 3; do
		echo "server { listen 192.0.2.80:800$n; location / { proxy_bind $PROXY4; proxy_pass http://192.0.2.80:900$n; } }"
		echo "server { listen [2001:db8:80::80]:800$n;
			location / { proxy_bind $PROXY6; proxy_pass http://[2001:db8:80::80]:900$n; } }"
	done
	echo "}"
} >"$TMP/proxy.conf"
ns_become site nginx -p "$TMP" -c "$TMP/proxy.conf" >"$TMP/proxy.out" 2>&1 &
ends_with_test $!

# deny FORM FILE RELOAD EVENTS: anom-deny follows the file $TMP/EVENTS.
deny() {
	ns_become site "$DENY" -f "$1" -r "$3" "$TMP/$2" < <(exec tail -n +1 -s 0.2 -F "$TMP/$4" 2>/dev/null) 2>>"$TMP/$1.said" &
	deny=$!
	ends_with_test $deny
}

deny_ends() { kill "$deny"; wait "$deny"; status=$?; }

# ---- HAProxy and Apache, configured as in anomdetect-proxies(7) ----

{
	printf 'defaults\n\tmode http\n\ttimeout client 9s\n\ttimeout server 9s\n\ttimeout connect 9s\n'
	printf 'frontend www\n\tbind 192.0.2.80:9002\n\tbind [2001:db8:80::80]:9002\n'
	shown anomdetect-proxies.7 haproxy
	printf '\thttp-request return status 200\n'
} >"$TMP/haproxy.cfg"
{
	for module in mpm_event authz_core authz_host remoteip dir; do
		echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so"
	done
	cat <<END
ServerRoot $TMP
ServerName example.test
DefaultRuntimeDir $TMP
PidFile $TMP/apache.pid
ErrorLog $TMP/apache.err
User www-data
Group www-data
Listen 192.0.2.80:9003
Listen [2001:db8:80::80]:9003
DocumentRoot $TMP/www
<Directory />
	Require all granted
</Directory>
<Directory $TMP/www/secret>
	Require ip 127.0.0.1
</Directory>
END
	shown anomdetect-proxies.7 apache | sed 's/anomdetect-denied.conf/denied.apache/' # nginx uses the other file
} >"$TMP/apache.conf"
ok "anom-deny makes an empty map" "$DENY" -f haproxy -r true "$TMP/anomdetect-denied.map" </dev/null
ok "anom-deny makes an empty list" "$DENY" -f apache -r true "$TMP/denied.apache" </dev/null
ns_become site haproxy -W -f "$TMP/haproxy.cfg" >"$TMP/haproxy.out" 2>&1 &
haproxy=$!
ends_with_test $haproxy
ns_become site apache2 -f "$TMP/apache.conf" -DFOREGROUND >"$TMP/apache.out" 2>&1 &
ends_with_test $!
ok "HAProxy serves through the proxy" within 10 gets $GOOD6 8002 200
ok "Apache serves through the proxy" within 10 gets $GOOD6 8003 200
in_ns world curl -s -o "$TMP/secret" --interface $GOOD4 http://192.0.2.80:9003/secret/
like "Apache: a restricted directory stays restricted" "$(cat "$TMP/secret")" Forbidden

{ event ban $BAD4 0; event ban 2001:db8:bad::/64 0; } >"$TMP/others"
deny haproxy anomdetect-denied.map "kill -USR2 $haproxy" others
of_haproxy=$deny
deny apache denied.apache "apache2 -f $TMP/apache.conf -k graceful" others
of_apache=$deny

# HAProxy and Apache wait for reloads, too, so they are tested at the same time as nginx.
look_at_both() {
	local what port
	for what in HAProxy:8002 Apache:8003; do
		port=${what#*:} what=${what%:*}
		ok "$what: the banned IPv4 client gets 403" within 30 gets $BAD4 "$port" 403
		ok "$what: the banned IPv6 client gets 403" within 30 gets $BAD6 "$port" 403
		all_are "$what: all addresses of the banned /64 get 403, and clients without a ban get 200" "$port" "403 200 403 403 200"
		is "$what: a client that forges X-Forwarded-For with a banned address is served" "$(ask $GOOD4 "$port" -H "X-Forwarded-For: $BAD4")" 200
		is "$what: a client that bypasses the proxy is served, whatever its header is" \
			"$(ask $GOOD6 "90${port#80}" -H "X-Forwarded-For: $BAD6")" 200
	done
	event ban $GOOD4 25 >>"$TMP/others"
	event unban 2001:db8:bad::/64 manual >>"$TMP/others"
	ok "HAProxy: a new ban takes effect" within 20 gets $GOOD4 8002 403
	ok "Apache: a new ban takes effect" within 20 gets $GOOD4 8003 403
	for what in HAProxy:8002 Apache:8003; do
		port=${what#*:} what=${what%:*}
		ok "$what: an unban lifts a ban" within 30 gets $BAD6_TOO "$port" 200
		is "$what: the unban lifts no other ban" "$(ask $BAD4 "$port")" 403
		ok "$what: a ban ends at its time" within 30 gets $GOOD4 "$port" 200
	done
}
look_at_both >"$TMP/others.tap" &
looks=$!

# ---- nginx ----

nginx_reload() { # writes the reload command, which logs each call and reloads nginx
	cat >"$TMP/reload" <<-END
		#!/bin/sh
		date +%s.%N >>"$TMP/reloads"
		exec nginx -p "$TMP" -c "$TMP/nginx.conf" -s reload
	END
	chmod +x "$TMP/reload"
}

{
	cat <<END
pid $TMP/nginx.pid; error_log $TMP/nginx.err; daemon off;
events { }
http {
	client_body_temp_path $TMP/n1; proxy_temp_path $TMP/n2; fastcgi_temp_path $TMP/n3; uwsgi_temp_path $TMP/n4;
	scgi_temp_path $TMP/n5;
	log_format anomdetect escape=json '{"remote_addr":"\$remote_addr","msec":\$msec,"status":\$status,'
		'"request":"\$request","realip_remote_addr":"\$realip_remote_addr"}';
END
	shown anomdetect-proxies.7 nginx
	shown anom-deny.1 nginx-log
	echo "server { listen 192.0.2.80:9001; listen [2001:db8:80::80]:9001; root $TMP/www;"
	shown anomdetect-proxies.7 nginx-server
	echo "} }"
} >"$TMP/nginx.conf"
is "anomdetect-proxies(7) and anom-deny(1) configure nginx in the same way" "$(shown anomdetect-proxies.7 nginx | sed -n '/^geo/,$p'
	shown anomdetect-proxies.7 nginx-server)" "$(shown anom-deny.1 nginx; shown anom-deny.1 nginx-server)"
nginx_reload
: >"$TMP/events"
ok "anom-deny makes an empty file" "$DENY" -r true "$TMP/anomdetect-denied.conf" </dev/null
ns_become site nginx -p "$TMP" -c "$TMP/nginx.conf" >"$TMP/nginx.out" 2>&1 &
ends_with_test $!
ok "nginx serves through the proxy" within 10 gets $GOOD6 8001 200
all_are "all clients are served" 8001 "200 200 200 200 200"

# The real detector reads the log and bans clients that flood. Its bans are not enforceable.
ns_become site "$BUILD/anomdetect" --state none -e ban,unban --learn 0 --requests-floor 18 \
	--severe 1 --schedule permanent < <(exec tail -n +1 -s 0.2 -F "$TMP/access.json" 2>/dev/null) >>"$TMP/events" 2>"$TMP/detector.err" &
ends_with_test $!
deny nginx anomdetect-denied.conf "$TMP/reload" events
for _ in {1..80}; do ask $BAD4 8001 && ask $BAD6 8001; done >/dev/null
ok "the detector bans both clients" within 20 bans_are_reported
is "the detector's bans are not enforceable" "$(jq .enforceable "$TMP/events" | sort -u)" false
ok "nginx: the banned IPv4 client gets 403" within 30 gets $BAD4 8001 403
ok "nginx: the banned IPv6 client gets 403" within 30 gets $BAD6 8001 403
all_are "nginx: all addresses of the banned /64 get 403, and clients without a ban get 200" 8001 "403 200 403 403 200"
is "nginx: a client that forges X-Forwarded-For with a banned address is served" "$(ask $GOOD4 8001 -H "X-Forwarded-For: $BAD4")" 200
is "nginx: a client that bypasses the proxy is served, whatever its header is" \
	"$(ask $GOOD6 9001 -H "X-Forwarded-For: $BAD6")" 200
is "nginx: a banned client that bypasses the proxy is denied" "$(ask $BAD6 9001 -H "X-Forwarded-For: $GOOD6")" 403
lines=$(wc -l <"$TMP/access.json")
is "nginx: denied requests are not in the log" "$(ask $BAD4 8001) $(grep -c '"status":403' "$TMP/access.json")" "403 0"
is "nginx: other requests are served" "$(ask $GOOD4 8001)" 200
ok "nginx: served requests are in the log" within 5 log_grows "$lines"

# Kills anom-deny with -9 and starts it again.
kill -KILL $deny
wait $deny 2>/dev/null
all_are "bans stay in force when anom-deny is killed by SIGKILL" 8001 "403 200 403 403 200"
rm "$TMP/events" # so that the restart has no old events
event ban $GOOD4 45 >"$TMP/events"
deny nginx anomdetect-denied.conf "$TMP/reload" events
ok "after a restart new bans take effect" within 30 gets $GOOD4 8001 403
all_are "after a restart the old bans are in force" 8001 "403 403 403 403 200"
event unban 2001:db8:bad::/64 manual >>"$TMP/events"
ok "an unban lifts a ban" within 30 gets $BAD6 8001 200
sed -i "/^${BAD4//./\\.} /d" "$TMP/anomdetect-denied.conf"
kill -HUP $deny
ok "the edit by hand is reported" within 30 grep -q 'changed by hand: bans lifted: 1, added: 0' "$TMP/nginx.said"
ok "a deleted line and SIGHUP lift a ban" within 30 gets $BAD4 8001 200
all_are "the deleted line lifts no other ban" 8001 "200 403 200 200 200"

# The reload fails, because nginx's configuration has an error outside the file of anom-deny.
cp "$TMP/nginx.conf" "$TMP/right.conf"
echo "nonsense;" >>"$TMP/nginx.conf"
event ban $BAD4 0 >>"$TMP/events"
ok "a failed reload is reported with nginx's message" within 30 grep -q 'unable to reload.*unknown directive "nonsense"' "$TMP/nginx.said"
is "nginx continues to serve with its old list" "$(ask $BAD4 8001) $(ask $GOOD6 8001)" "200 200"
cp "$TMP/right.conf" "$TMP/nginx.conf"
ok "the reload is tried again" within 30 gets $BAD4 8001 403
ok "the successful reload is reported" within 5 grep -q 'info: reloading the server works again' "$TMP/nginx.said"

# 10,000 bans of both families arrive at once, and then a ban of one of the test's clients.
python3 - >>"$TMP/events" <<'END'
import json, time
def text(at): return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(at))
now = int(time.time())
for i in range(10000):
	client = f"10.9.{i >> 8}.{i & 255}" if i % 2 else f"2001:db8:7:{i:x}::/64"
	print(json.dumps({"event": "ban", "time": text(now), "mode": "live", "client": client, "seconds": 600, "until": text(now + 600)}))
END
event ban 2001:db8:bad::/64 600 >>"$TMP/events"
ok "a ban after 10,000 bans at once is in force" within 40 gets $BAD6_TOO 8001 403
ok "all 10,002 bans are in the file" within 20 entries_are 10002
ok "a ban ends at its time" within 40 gets $GOOD4 8001 200
all_are "all other clients are served" 8001 "403 200 403 403 200"
deny_ends
is "SIGTERM: exit status 0" $status 0
is "reloads are 10 seconds apart, also across restarts" \
	"$(awk 'NR > 1 && $1 - last < 9.5 { print $1 - last } { last = $1 }' "$TMP/reloads")" ""
ok "the server was reloaded at least 6 times" [ "$(wc -l <"$TMP/reloads")" -ge 6 ]

# ---- HAProxy and Apache ----

wait $looks
while IFS= read -r line; do
	case $line in
	ok\ *) pass "${line#* - }" ;;
	not\ ok\ *) flunk "${line#* - }" ;;
	*) echo "$line" ;;
	esac
done <"$TMP/others.tap"
ok "all checks of HAProxy and Apache ran" [ "$(grep -c ' - ' "$TMP/others.tap")" = 18 ]
deny=$of_apache
deny_ends
is "Apache: SIGTERM: exit status 0" $status 0
deny=$of_haproxy
deny_ends
is "HAProxy: SIGTERM: exit status 0" $status 0
is "HAProxy: the file has one ban" "$(sed '/^#/d; s/ #.*//' "$TMP/anomdetect-denied.map")" "$BAD4 1"
is "Apache: the file has one ban" "$(sed '/^#/d' "$TMP/denied.apache")" "Require not ip $BAD4"
done_testing
