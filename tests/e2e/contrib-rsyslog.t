#!/bin/bash
# contrib/rsyslog/, unchanged: nginx -> rsyslog -> anomdetect --ban -> the kernel's sets. Lines arrive by a file, by a
# socket that other users cannot write to, by UDP and by a FIFO, from IPv4 and IPv6 clients. Meanwhile rsyslog is
# restarted and sent HUP. anomdetect never delays rsyslog.
#
#     client 203.0.113.1-40, 2001:db8:1:1::1 ... 2001:db8:1:20::1 --- server 203.0.113.254, 2001:db8:1::fe
# shellcheck disable=SC2317 # the functions are called by ok and within
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/contrib.sh
. "$(dirname "$0")/contrib.sh"
need_root
need ip ipset iptables ip6tables nginx curl jq rsyslogd
need_built anomdetect
[ -f /etc/nginx/nginx.conf ] || skip_all "Debian's configuration of nginx is missing"

ns_add server
ns_add client
in_ns server ipset create probe hash:ip 2>/dev/null || skip_all "the kernel has no ipset"
in_ns server ipset destroy probe
ns_join server eth0 client eth0
ns_address server eth0 203.0.113.254/24 2001:db8:1::fe/48
ns_address client eth0 203.0.113.{1..40}/24 2001:db8:1:{1..20}::1/48

# The test's directories under the paths of a real machine. /usr/local/sbin/anomdetect is the built one with low limits.
mkdir -p "$TMP"/{log/nginx,lib,run,spool/rsyslog,sbin,rsyslog.d,tmpfiles.d}
cp -r /etc/nginx "$TMP/nginx"
rm -f "$TMP"/nginx/conf.d/* "$TMP"/nginx/sites-enabled/*
sed -i 's/^worker_processes .*/worker_processes 1;/' "$TMP/nginx/nginx.conf"
cat >"$TMP/nginx/sites-enabled/site" <<'END'
large_client_header_buffers 4 30k;
server {
	listen 80;
	listen [::]:80;
	location / { return 200 "hello\n"; }
}
END
cat >"$TMP/sbin/anomdetect" <<END
#!/bin/sh
exec "$BUILD/anomdetect" "\$@" --learn 0s --requests-floor 6 --proxy-share 1 \\
	--allow "@$TMP/allow"
END
: >"$TMP/allow"
chmod +x "$TMP/sbin/anomdetect"
# The necessary parts of Debian's rsyslog.conf, without the machine's own sources of messages.
cat >"$TMP/rsyslog.conf" <<END
module(load="imuxsock" SysSock.Use="off")
\$WorkDirectory /var/spool/rsyslog
\$IncludeConfig /etc/rsyslog.d/*.conf
input(type="imuxsock" socket="/run/other.sock" rateLimit.interval="0")
*.* action(type="omfile" file="/var/log/other")
END
contrib_mounts=("$TMP/nginx:/etc/nginx" "$TMP/log:/var/log" "$TMP/lib:/var/lib" "$TMP/run:/run" "$TMP/spool:/var/spool"
	"$TMP/sbin:/usr/local/sbin" "$TMP/rsyslog.d:/etc/rsyslog.d" "$TMP/tmpfiles.d:/etc/tmpfiles.d")
mkdir "$TMP/lib/nginx" "$TMP/lib/haproxy"
in_ns server sysctl -qw net.unix.max_dgram_qlen=512 # the value that systemd sets; a new namespace has 10
events=$TMP/log/anomdetect.jsonl
n=0 # number of the next client

rsyslog_start() {
	contrib_become server rsyslogd -n -iNONE -f "$TMP/rsyslog.conf" >>"$TMP/rsyslog.err" 2>&1 &
	rsyslog=$!
	ends_with_test $rsyslog
	within 10 in_ns server ss -Hlx src "$TMP/run/other.sock"
	within 10 other_gets started
}

rsyslog_end() {
	kill "$rsyslog"
	ok "$way: rsyslog ends" within 10 gone "$rsyslog"
	wait "$rsyslog"
}

# Sends a message of another program to rsyslog, and checks that it arrives in the file /var/log/other.
other_gets() {
	python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.sendto(("<14>Nov 22 04:16:00 test: " + sys.argv[2]).encode(), sys.argv[1])' "$TMP/run/other.sock" "$1"
	within 2 grep -qs "$1" "$TMP/log/other"
}

nginx_run() {
	contrib_become server nginx -g 'daemon off;' >"$TMP/nginx.err" 2>&1 &
	nginx=$!
	ends_with_test $nginx
	ok "$way: nginx serves" within 10 in_ns server curl -sf -o /dev/null --max-time 5 http://127.0.0.1/
}

# request SOURCE [TIMES [PATH]]: makes requests. A timeout of 2 s is right for a banned client; other clients try again.
request() {
	local server=203.0.113.254
	case $1 in *:*) server='[2001:db8:1::fe]' ;; esac
	in_ns client curl -s --fail-early -o /dev/null --max-time 2 --interface "$1" -H 'Connection: close' \
		"http://$server/${3-}[1-${2-1}]"
}

# For `within`: repeats requests, because lines that arrive during a start may be lost.
banned() {
	request "$1" 12
	in_ns server ipset -q test "$2" "$1"
}

# Two new clients, one of each family, flood.
bans() {
	n=$((n + 1))
	ok "$way: $1: an IPv4 client is banned" within 20 banned 203.0.113.$n anomdetect4
	ok "$way: $1: an IPv6 client is banned" within 20 banned "2001:db8:1:$n::1" anomdetect6
	not_ok "$way: $1: the banned client is not served" request 203.0.113.$n
	ok "$way: $1: the IPv4 ban is in the events" within 5 grep -qs "\"client\":\"203.0.113.$n\".*\"enforced\":true" "$events"
}

detector_pids() { # the detector of this test's namespace, without the keeper of the firewall rules
	ip netns pids "${NS}server" | xargs -r ps -o pid=,comm= -p 2>/dev/null | awk '$2 == "anomdetect" { print $1 }'
}
no_detector() { [ -z "$(detector_pids)" ]; }
another_detector() { [ -n "$(detector_pids)" ] && [ "$(detector_pids)" != "$1" ]; }
stops_n() { grep -c '^{"event":"stop"' "$events"; }

way_begin() {
	way=$1
	rm -f "$TMP"/rsyslog.d/* "$TMP"/spool/rsyslog/* "$TMP"/log/anomdetect.jsonl* "$TMP"/log/other "$TMP"/log/nginx/*
	sed "${3-}" "$CONTRIB/nginx.conf" >"$TMP/nginx/conf.d/anomdetect.conf"
	sed "${4-}" "$CONTRIB/rsyslog/$2" >"$TMP/rsyslog.d/anomdetect.conf"
	: >"$TMP/log/nginx/access.json"
	like "$way: rsyslog accepts the file" "$(contrib_said server rsyslogd -N1 -f "$TMP/rsyslog.conf" | grep -c .)" '^2$'
	rsyslog_start
	nginx_run
}

way_end() {
	kill $nginx
	within 10 gone $nginx
	rsyslog_end
	ok "$way: anomdetect ends with rsyslog" within 10 no_detector
}

# anomdetect under omprog: its behaviour when rsyslog ends, when rsyslog gets HUP, and when anomdetect is killed.
under_omprog() {
	local first
	bans "after the start"
	first=$(detector_pids)
	ok "$way: restart: rsyslog gets SIGTERM" kill "$rsyslog"
	ok "$way: restart: rsyslog ends" within 10 gone "$rsyslog"
	wait "$rsyslog"
	ok "$way: restart: anomdetect has ended, too" gone "$first"
	is "$way: restart: anomdetect prints its stop event" "$(stops_n)" 1
	rsyslog_start
	bans "restart"
	is "$way: restart: the bans are still in force" "$(grep '"event":"start"' "$events" | tail -n 1 | jq .bans)" 2

	mv "$events" "$events.1"
	echo 203.0.113.$n >"$TMP/allow"
	kill -HUP "$rsyslog"
	ok "$way: HUP: anomdetect reads its allow-list again" \
		within 10 grep -qsh "\"client\":\"203.0.113.$n\",\"reason\":\"allowed\"" "$events" "$events.1"
	: >"$TMP/allow"
	bans "HUP"
	is "$way: HUP: anomdetect continues" "$(stops_n)" 0

	first=$(detector_pids)
	kill -KILL "$first"
	ok "$way: killed: the next lines start another anomdetect" within 20 killed_and_back "$first"
	bans "killed"

	# A stopped anomdetect reads nothing, and the pipe is soon full. rsyslog still passes on messages of other programs.
	first=$(detector_pids)
	kill -STOP "$first"
	request 203.0.113.39 300 "$(printf 'x%.0s' {1..7000})"
	ok "$way: stalled: rsyslog still passes on messages of other programs" other_gets stalled
	kill -CONT "$first"
	bans "stalled"
}

killed_and_back() {
	request 203.0.113.40 2
	another_detector "$1"
}

long_lines() {
	rsyslog_end
	[ "$way" = UDP ] || request 203.0.113.38 # this line is lost, and nginx then connects to the new socket
	rm -f "$events"
	rsyslog_start
	for _ in 1 2 3; do request 203.0.113.38 1 "$(printf '%%22%.0s' {1..9000})"; done
	ok "$way: long lines arrive" within 10 requests_are 3
	rsyslog_end
	is "$way: long lines are whole" "$(grep '^{"event":"stop"' "$events" | jq -c '[.requests, .truncated, .not_json]')" '[3,0,0]'
	rsyslog_start
}

requests_are() { [ "$(jq .counters.requests "$TMP/lib/anomdetect/state.json")" = "$1" ]; }

# In contrib/nginx.conf, the first line for syslog uses the socket, the second UDP.
by_socket='s/^access_log/#&/; s/^#\(access_log syslog:server=unix\)/\1/'
by_udp='s/^access_log/#&/; s/^#\(access_log syslog:server=127\)/\1/'
way_begin file file.conf
under_omprog
way_end

ok "socket: the directory of the socket is made" contrib_prepare server rsyslog/syslog.conf
is "socket: only root and nginx's group may enter the directory" \
	"$(stat -c '%U:%G %a' "$TMP/run/anomdetect-log")" "root:www-data 750"
way_begin socket syslog.conf "$by_socket"
bans "after the start"
long_lines
# Another user writes lines of a client that made no request. The same lines from nginx's user are accepted.
socket=/run/anomdetect-log/log.sock
stranger='{"remote_addr":"198.51.100.66","request":"GET / HTTP/1.1","status":200}'
strange_lines() { for _ in {1..30}; do echo "<14>Nov 22 04:16:00 nginx: $stranger"; done; }
is "$way: another user cannot write to the socket" "$(strange_lines | contrib_lets server nobody $socket)" "Permission denied"
bans "after another user's try"
not_ok "$way: another user's lines ban nobody" in_ns server ipset -q test anomdetect4 198.51.100.66
is "$way: nginx's user can write to the socket" "$(strange_lines | contrib_lets server www-data $socket)" ""
ok "$way: lines of nginx's user are accepted" within 10 in_ns server ipset -q test anomdetect4 198.51.100.66
way_end

# HAProxy's socket, below its chroot directory.
ok "HAProxy: the directory of the socket is made" contrib_prepare server haproxy.cfg
way_begin HAProxy syslog.conf "$by_socket" 's/^#\(input(type="imuxsock"\)/\1/'
socket=/var/lib/haproxy/anomdetect/log.sock
stranger='{"client_ip":"198.51.100.67","request_date":"%t","status_code":200}'
strange_lines() { for _ in {1..30}; do echo "<134>Nov 22 04:16:00 haproxy[7]: ${stranger/\%t/$(date +%d/%b/%Y:%T\ %z)}"; done; }
for user in nobody www-data; do
	is "$way: $user cannot write to the socket" "$(strange_lines | contrib_lets server $user $socket)" "Permission denied"
done
bans "after other users' tries"
not_ok "$way: lines of other users ban nobody" in_ns server ipset -q test anomdetect4 198.51.100.67
is "$way: HAProxy's user can write to the socket" "$(strange_lines | contrib_lets server haproxy $socket)" ""
ok "$way: lines of HAProxy's user are accepted" within 10 in_ns server ipset -q test anomdetect4 198.51.100.67
way_end

way_begin UDP syslog.conf "$by_udp" 's/^input/#&/; s/^#\(module(load="imudp"\|input(type="imudp"\)/\1/'
bans "after the start"
long_lines
way_end

# Two settings of omprog that require answers. The file advises against them, but they must not hang rsyslog.
way_begin confirmMessages syslog.conf "$by_socket" 's/signalOnClose/confirmMessages="on" useTransactions="on" &/'
request 203.0.113.37 300
ok "$way: rsyslog still passes on messages of other programs" other_gets confirmed
way_end

# A FIFO that a service manager keeps open, and a detector that is not a child of rsyslog.
mkfifo -m 600 "$TMP/run/anomdetect.fifo"
exec {fifo}<>"$TMP/run/anomdetect.fifo"
fifo_detector() {
	contrib_become server /usr/local/sbin/anomdetect --ban <&"$fifo" >>"$events" 2>>"$TMP/fifo.err" &
	detector=$!
	ends_with_test $detector
}
way_begin FIFO fifo.conf "$by_socket"
fifo_detector
bans "after the start"
rsyslog_end
rsyslog_start
bans "rsyslog restarted"
is "$way: the detector was not restarted" "$(detector_pids)" $detector
kill $detector
within 10 gone $detector
request 203.0.113.36 3
rm -f "$TMP/lib/anomdetect/state.json"
fifo_detector
ok "$way: lines that were logged without a detector are read" within 10 requests_are 3
bans "detector restarted"
kill -STOP $detector
request 203.0.113.35 300 "$(printf 'x%.0s' {1..7000})"
ok "$way: stalled: rsyslog still passes on messages of other programs" other_gets stalled
kill -CONT $detector
bans stalled
kill $nginx
rsyslog_end
kill $detector
ok "$way: the detector ends" within 10 gone $detector
if [ "$tap_failed" != 0 ]; then
	tail -n 20 "$TMP/rsyslog.err" | sed 's/^/# rsyslog: /'
	tail -n 20 "$events" | cut -c1-300 | sed 's/^/# events: /'
	tail -n 20 "$TMP/fifo.err" | sed 's/^/# stderr: /'
fi
done_testing
