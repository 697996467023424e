#!/bin/bash
# contrib/logrotate/, as it stands, by the real logrotate under load: with create no line of nginx's and no event of
# rsyslog's is lost; what copytruncate costs is counted, and what those miss that follow the log.
# shellcheck disable=SC2317,SC2016 # ok and within call them; other shells are to expand it
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/contrib.sh
. "$(dirname "$0")/contrib.sh"
need_root
need ip nginx rsyslogd logrotate python3 jq tail
need_built anomdetect
[ -f /etc/nginx/nginx.conf ] || skip_all "Debian's configuration of nginx is not here"
ns_add server

ROTATIONS=5
mkdir -p "$TMP"/{log/nginx,lib/nginx,run,spool/rsyslog,sbin,rsyslog.d,rsyslog}
cp -r /etc/nginx "$TMP/nginx"
rm -f "$TMP"/nginx/conf.d/* "$TMP"/nginx/sites-enabled/*
cp "$CONTRIB/nginx.conf" "$TMP/nginx/conf.d/anomdetect.conf"
echo 'keepalive_requests 100000000; server { listen 80; location / { return 200 hello; } }' >"$TMP/nginx/sites-enabled/site"
cp "$CONTRIB/rsyslog/file.conf" "$TMP/rsyslog.d/anomdetect.conf"
printf '%s\n' 'module(load="imuxsock" SysSock.Use="off")' '$WorkDirectory /var/spool/rsyslog' \
	'$IncludeConfig /etc/rsyslog.d/*.conf' >"$TMP/rsyslog.conf"
# Bans nobody. 21 lines of a client in a moment are an event.
args="--state none --learn 0s --requests-floor 6 --proxy-share 1 --max-bans-per-minute 1000000"
printf '#!/bin/sh\nexec "%s/anomdetect" %s\n' "$BUILD" "$args" >"$TMP/sbin/anomdetect"
# What systemctl does where there is a systemd.
printf '#!/bin/sh\nkill -HUP $(cat %s/rsyslog.pid)\n' "$TMP" >"$TMP/rsyslog/rsyslog-rotate"
cp -r /usr/lib/*/rsyslog "$TMP/modules" # loaded from another directory
chmod +x "$TMP/sbin/anomdetect" "$TMP/rsyslog/rsyslog-rotate"
# logrotate takes a file that is root's, and that no group may write to; in a clone it may be the user's.
install -D -m 644 -t "$TMP/logrotate" "$CONTRIB"/logrotate/*.conf
contrib_mounts=("$TMP/nginx:/etc/nginx" "$TMP/log:/var/log" "$TMP/lib:/var/lib" "$TMP/run:/run" "$TMP/spool:/var/spool"
	"$TMP/sbin:/usr/local/sbin" "$TMP/rsyslog.d:/etc/rsyslog.d" "$TMP/rsyslog:/usr/lib/rsyslog")
log=$TMP/log/nginx/access.json
events=$TMP/log/anomdetect.jsonl

# load.py: requests as fast as they go, on one connection, until load_end; prints how many were answered.
cat >"$TMP/load.py" <<'END'
import http.client, os, sys
c, n = http.client.HTTPConnection("127.0.0.1", 80, timeout=30), 0
while not os.path.exists(sys.argv[1]):
    c.request("GET", f"/{n}")
    c.getresponse().read()
    n += 1
print(n)
END
# offend.py: lines of clients that each offend once, each a write of its own, to standard output, until load_end; on
# standard error, how many clients.
cat >"$TMP/offend.py" <<'END'
import os, sys, time
n = 0
while not os.path.exists(sys.argv[1]):
    n += 1
    line = '{"remote_addr":"11.%d.%d.%d","request":"GET / HTTP/1.1","status":200}\n' % (n >> 16, n >> 8 & 255, n & 255)
    os.write(1, (line * 21).encode())
    time.sleep(0.002)
print(n, file=sys.stderr)
END

rotate() { (contrib_become server logrotate -f -s "$TMP/logrotate.state" "$1") 2>&1; }
# rotations CONFIG FILE: of that file, while the load runs; then it ends.
rotations() {
	local i
	rm -f "$TMP/load_end"
	for ((i = 1; i <= ROTATIONS; i++)); do
		within 5 [ -s "$2" ]
		sleep 0.7 # not as proof: so that there are many lines in between
		said=$(rotate "$1")
		[ -z "$said" ] || flunk "logrotate says nothing" "$said"
	done
	within 5 [ -s "$2" ]
	touch "$TMP/load_end"
	wait $load
}

# All that was ever written to a file: what is in it, and in what it was rotated to.
unpacked() {
	find "$(dirname "$1")" -name "$(basename "$1")*.gz" -exec gunzip {} +
	find "$(dirname "$1")" -name "$(basename "$1")*" -exec cat {} +
}
rotated_n() { find "$(dirname "$1")" -name "$(basename "$1").*" | wc -l; }

nginx_start() {
	rm -f "$log"*
	: >"$log"
	contrib_become server nginx -g 'daemon off;' >"$TMP/nginx.err" 2>&1 &
	nginx=$!
	ends_with_test $nginx
	ok "$1: nginx serves" within 10 in_ns server ss -Hltn sport = :80
}

# An anomdetect behind rsyslog, and tail -F beside it.
readers_start() {
	rm -f "$events"* "$TMP/tailed"
	contrib_become server rsyslogd -n -iNONE -f "$TMP/rsyslog.conf" >"$TMP/rsyslog.err" 2>&1 &
	rsyslog=$!
	ends_with_test $rsyslog
	echo $rsyslog >"$TMP/rsyslog.pid"
	ns_become server tail -n 0 -F "$log" >"$TMP/tailed" 2>"$TMP/tail.err" &
	tail=$!
	ends_with_test $tail
	lead=0
	ok "$1: both read it" within 20 both_read
}
both_read() {
	echo "$lead_line" >>"$log"
	lead=$((lead + 1))
	[ -s "$TMP/tailed" ] && [ -s "$events" ]
}
lead_line='{"remote_addr":"192.0.2.1","status":200}'

# readers_end NAME WRITTEN: they read it. What they miss is printed; a machine that is busy misses more.
readers_end() {
	local read
	within 10 settled
	kill "$rsyslog" "$tail"
	within 10 gone "$rsyslog"
	read=$(unpacked "$events" | grep '^{"event":"stop"' | jq .lines)
	echo "# $1: of $2 lines in $ROTATIONS rotations rsyslog passed on $read, tail -F $(wc -l <"$TMP/tailed")"
	ok "$1: rsyslog goes on over each rotation, and passed on nine tenths at least" [ "$read" -ge $(($2 * 9 / 10)) ]
	ok "$1: so does tail -F" [ "$(wc -l <"$TMP/tailed")" -ge $(($2 * 9 / 10)) ]
}
settled() { # nothing more comes out
	local size
	size=$(stat -c %s "$TMP/tailed")
	sleep 2 # tail -F and rsyslog look for new lines at least once per second
	[ "$size" = "$(stat -c %s "$TMP/tailed")" ]
}

# What nginx writes, renamed: none is lost.
nginx_start create
readers_start create
in_ns server python3 "$TMP/load.py" "$TMP/load_end" >"$TMP/answered" &
load=$!
rotations "$TMP/logrotate/access.conf" "$log"
is "create: it was rotated" "$(rotated_n "$log")" $ROTATIONS
written=$(unpacked "$log" | grep -c '^{"remote_addr":"127.*}$')
is "create: each request has its line" "$written" "$(cat "$TMP/answered")"
readers_end create $((written + lead))
kill $nginx
within 10 gone $nginx

# The same with copytruncate, as the file says.
sed '/^\tcreate/, /^\tendscript/c\\tcopytruncate' "$TMP/logrotate/access.conf" >"$TMP/logrotate/copytruncate.conf"
nginx_start copytruncate
readers_start copytruncate
in_ns server python3 "$TMP/load.py" "$TMP/load_end" >"$TMP/answered" &
load=$!
rotations "$TMP/logrotate/copytruncate.conf" "$log"
is "copytruncate: it was rotated" "$(rotated_n "$log")" $ROTATIONS
written=$(unpacked "$log" | grep -c '^{"remote_addr":"127.*}$')
echo "# copytruncate: of $(cat "$TMP/answered") lines of nginx $written are in the files"
ok "copytruncate: nine tenths are kept at least" [ "$written" -ge $(($(cat "$TMP/answered") * 9 / 10)) ]
readers_end copytruncate $(($(cat "$TMP/answered") + lead))
kill $nginx
within 10 gone $nginx

# Events by rsyslog, renamed: none is lost.
rm -f "$log"*
: >"$log"
readers_start "events, create"
python3 "$TMP/offend.py" "$TMP/load_end" >>"$log" 2>"$TMP/offended" &
load=$!
rotations "$TMP/logrotate/events-rsyslog.conf" "$events"
within 20 settled
kill "$rsyslog" "$tail"
within 10 gone "$rsyslog"
is "events, create: they were rotated" "$(rotated_n "$events")" $ROTATIONS
unpacked "$events" >"$TMP/events"
is "events, create: each ban has its event" "$(grep -c '^{"event":"ban".*}$' "$TMP/events")" \
	"$(grep '^{"event":"stop"' "$TMP/events" | jq .bans)"
ok "events, create: and there are many" [ "$(grep -c '"event":"ban"' "$TMP/events")" -gt 500 ]

# Events of the service, copied: what it costs.
rm -f "$events"*
: >"$events"
# shellcheck disable=SC2086 # words
python3 "$TMP/offend.py" "$TMP/load_end" 2>"$TMP/offended" | "$BUILD/anomdetect" $args >>"$events" 2>"$TMP/err" &
load=$!
rotations "$TMP/logrotate/events.conf" "$events"
is "events, copytruncate: they were rotated" "$(rotated_n "$events")" $ROTATIONS
unpacked "$events" >"$TMP/events"
kept=$(grep -c '^{"event":"ban".*}$' "$TMP/events")
bans=$(grep '^{"event":"stop"' "$TMP/events" | jq .bans)
echo "# events, copytruncate: of $bans bans $kept have their event"
ok "events, copytruncate: nine tenths are kept at least" [ "$kept" -ge $((bans * 9 / 10)) ]
is "events, copytruncate: none is torn" "$(grep -cv '^{.*}$' "$TMP/events")" 0
done_testing
