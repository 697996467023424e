#!/bin/bash
# contrib/logrotate/, unchanged, with the real logrotate under load. With create, no line of nginx and no event of
# rsyslog is lost. The losses of copytruncate are counted, also in programs that follow the log.
# shellcheck disable=SC2317,SC2016 # the functions are called by ok and within; the expressions are for other shells
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/contrib.sh
. "$(dirname "$0")/contrib.sh"
need_root
need ip nginx rsyslogd logrotate python3 jq tail
need_built anomdetect
[ -f /etc/nginx/nginx.conf ] || skip_all "Debian's configuration of nginx is missing"
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
# This run has no --ban. A burst of 21 lines of a client causes an event.
args="--state none --learn 0s --requests-floor 6 --proxy-share 1 --max-bans-per-minute 1000000"
printf '#!/bin/sh\nexec "%s/anomdetect" %s\n' "$BUILD" "$args" >"$TMP/sbin/anomdetect"
# Replaces systemctl, because there is no systemd.
printf '#!/bin/sh\nkill -HUP $(cat %s/rsyslog.pid)\n' "$TMP" >"$TMP/rsyslog/rsyslog-rotate"
cp -r /usr/lib/*/rsyslog "$TMP/modules" # rsyslog loads them from another directory
chmod +x "$TMP/sbin/anomdetect" "$TMP/rsyslog/rsyslog-rotate"
# logrotate requires a file that belongs to root and that no group may write to. In a clone it may belong to the user.
install -D -m 644 -t "$TMP/logrotate" "$CONTRIB"/logrotate/*.conf
contrib_mounts=("$TMP/nginx:/etc/nginx" "$TMP/log:/var/log" "$TMP/lib:/var/lib" "$TMP/run:/run" "$TMP/spool:/var/spool"
	"$TMP/sbin:/usr/local/sbin" "$TMP/rsyslog.d:/etc/rsyslog.d" "$TMP/rsyslog:/usr/lib/rsyslog")
log=$TMP/log/nginx/access.json
events=$TMP/log/anomdetect.jsonl

# load.py: makes requests on one connection, as fast as possible, until load_end; prints how many were answered.
cat >"$TMP/load.py" <<'END'
import http.client, os, sys
c, n = http.client.HTTPConnection("127.0.0.1", 80, timeout=30), 0
while not os.path.exists(sys.argv[1]):
    c.request("GET", f"/{n}")
    c.getresponse().read()
    n += 1
print(n)
END
# offend.py: prints 21 lines of each of many clients, until load_end. Each client exceeds the limit once. One write has
# all lines of a client. Prints the number of clients on standard error.
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
# rotations CONFIG FILE: rotates FILE while the load runs, then ends the load.
rotations() {
	local i
	rm -f "$TMP/load_end"
	for ((i = 1; i <= ROTATIONS; i++)); do
		within 5 [ -s "$2" ]
		sleep 0.7 # no proof: only to have many lines between two rotations
		said=$(rotate "$1")
		[ -z "$said" ] || flunk "logrotate prints nothing" "$said"
	done
	within 5 [ -s "$2" ]
	touch "$TMP/load_end"
	wait $load
}

# unpacked FILE: unpacks the rotated files of FILE and prints everything that was written to FILE.
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

# Starts an anomdetect behind rsyslog, and a tail -F.
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
	ok "$1: rsyslog and tail -F read the log" within 20 both_read
}
both_read() {
	echo "$lead_line" >>"$log"
	lead=$((lead + 1))
	[ -s "$TMP/tailed" ] && [ -s "$events" ]
}
lead_line='{"remote_addr":"192.0.2.1","status":200}'

# readers_end NAME WRITTEN: ends rsyslog and tail -F. Prints how many lines each has read, and checks that each has read
# at least nine tenths of the WRITTEN lines. On a busy machine the losses are higher.
readers_end() {
	local read
	within 10 settled
	kill "$rsyslog" "$tail"
	within 10 gone "$rsyslog"
	read=$(unpacked "$events" | grep '^{"event":"stop"' | jq .lines)
	echo "# $1: of $2 lines in $ROTATIONS rotations rsyslog passed on $read, tail -F $(wc -l <"$TMP/tailed")"
	ok "$1: rsyslog continues over each rotation and passes on at least nine tenths of the lines" [ "$read" -ge $(($2 * 9 / 10)) ]
	ok "$1: tail -F continues over each rotation and prints at least nine tenths of the lines" [ "$(wc -l <"$TMP/tailed")" -ge $(($2 * 9 / 10)) ]
}
settled() { # whether tail -F prints no more lines
	local size
	size=$(stat -c %s "$TMP/tailed")
	sleep 2 # tail -F and rsyslog check for new lines at least once per second
	[ "$size" = "$(stat -c %s "$TMP/tailed")" ]
}

# nginx's log with create (rename): no line is lost.
nginx_start create
readers_start create
in_ns server python3 "$TMP/load.py" "$TMP/load_end" >"$TMP/answered" &
load=$!
rotations "$TMP/logrotate/access.conf" "$log"
is "create: the log was rotated" "$(rotated_n "$log")" $ROTATIONS
written=$(unpacked "$log" | grep -c '^{"remote_addr":"127.*}$')
is "create: each request has its line" "$written" "$(cat "$TMP/answered")"
readers_end create $((written + lead))
kill $nginx
within 10 gone $nginx

# nginx's log with copytruncate, as the comment in access.conf suggests.
sed '/^\tcreate/, /^\tendscript/c\\tcopytruncate' "$TMP/logrotate/access.conf" >"$TMP/logrotate/copytruncate.conf"
nginx_start copytruncate
readers_start copytruncate
in_ns server python3 "$TMP/load.py" "$TMP/load_end" >"$TMP/answered" &
load=$!
rotations "$TMP/logrotate/copytruncate.conf" "$log"
is "copytruncate: the log was rotated" "$(rotated_n "$log")" $ROTATIONS
written=$(unpacked "$log" | grep -c '^{"remote_addr":"127.*}$')
echo "# copytruncate: of $(cat "$TMP/answered") lines of nginx $written are in the files"
ok "copytruncate: at least nine tenths of the lines are in the files" [ "$written" -ge $(($(cat "$TMP/answered") * 9 / 10)) ]
readers_end copytruncate $(($(cat "$TMP/answered") + lead))
kill $nginx
within 10 gone $nginx

# Events by rsyslog with create (rename): no event is lost.
rm -f "$log"*
: >"$log"
readers_start "events, create"
python3 "$TMP/offend.py" "$TMP/load_end" >>"$log" 2>"$TMP/offended" &
load=$!
rotations "$TMP/logrotate/events-rsyslog.conf" "$events"
within 20 settled
kill "$rsyslog" "$tail"
within 10 gone "$rsyslog"
is "events, create: the file was rotated" "$(rotated_n "$events")" $ROTATIONS
unpacked "$events" >"$TMP/events"
is "events, create: each ban has its event" "$(grep -c '^{"event":"ban".*}$' "$TMP/events")" \
	"$(grep '^{"event":"stop"' "$TMP/events" | jq .bans)"
ok "events, create: there are over 500 bans" [ "$(grep -c '"event":"ban"' "$TMP/events")" -gt 500 ]

# Events of the service with copytruncate: the test counts the losses.
rm -f "$events"*
: >"$events"
# shellcheck disable=SC2086 # args is several words
python3 "$TMP/offend.py" "$TMP/load_end" 2>"$TMP/offended" | "$BUILD/anomdetect" $args >>"$events" 2>"$TMP/err" &
load=$!
rotations "$TMP/logrotate/events.conf" "$events"
is "events, copytruncate: the file was rotated" "$(rotated_n "$events")" $ROTATIONS
unpacked "$events" >"$TMP/events"
kept=$(grep -c '^{"event":"ban".*}$' "$TMP/events")
bans=$(grep '^{"event":"stop"' "$TMP/events" | jq .bans)
echo "# events, copytruncate: of $bans bans $kept have their event"
ok "events, copytruncate: at least nine tenths of the events are in the files" [ "$kept" -ge $((bans * 9 / 10)) ]
is "events, copytruncate: no line is torn" "$(grep -cv '^{.*}$' "$TMP/events")" 0
done_testing
