#!/bin/bash
# contrib/fleet/ with real rsyslogs: counts of two edges reach the root by RELP over TLS and cause a ban. Nothing is
# lost while the root's rsyslog does not run, and no edge can send under another edge's name. IPv4 and IPv6.
# shellcheck disable=SC2317,SC2016 # the functions are called by ok and within; the text with $ is for rsyslog
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/contrib.sh
. "$(dirname "$0")/contrib.sh"
# shellcheck source=tests/e2e/fleet.sh
. "$(dirname "$0")/fleet.sh"
need_fleet
need rsyslogd nc
find /usr/lib -name imrelp.so | grep -q . || skip_all "rsyslog-relp is missing"
need_built anomdetect anomban anomcount
fleet_hosts root web1 web2
need_fleet_sets
fleet_certs root web1 web2
fleet_edges=(web1 web2)

# The test keeps the lines that the root's rsyslog passes to anomdetect.
cat >"$TMP/sbin/anomdetect" <<END
#!/bin/bash
tee -a /var/log/lines | exec "$BUILD/anomdetect" "\$@" ${fleet_limits[*]}
END
chmod +x "$TMP/sbin/anomdetect"
ln -s "$BUILD/anomcount" "$BUILD/anomban" "$TMP/sbin/"
mkdir "$TMP/root/lib/anomdetect-fleet"
lines=$TMP/root/log/lines
: >"$lines"

relp_prepare root ''
relp_prepare web1 's/root.example.org/192.0.2.1/'
relp_prepare web2 's/root.example.org/2001:db8:f::1/; s/port="20501"/port="20502"/'
for host in root web1 web2; do
	is "$host: rsyslog accepts its configuration" \
		"$(in_fleet $host rsyslogd -N1 -f "$TMP/$host/rsyslog.conf" 2>&1 | grep -c .)" 2
	relp_start $host
done
for edge in web1 web2; do
	within 10 [ -S "$TMP/$edge/run/anomdetect-fleet.sock" ]
	is "$edge: only the user root may write to the socket" "$(stat -c %a "$TMP/$edge/run/anomdetect-fleet.sock")" 600
	fleet_unit $edge counts counts-by-relp.conf
done
from() { grep -c "^counts/$1 {\"event\":\"counts\",.*\"origin\":\"$1\"" "$lines"; }
come_from() { [ "$(from "$1")" -gt "$2" ]; }
for edge in web1 web2; do ok "$edge: its counts arrive" within 10 come_from $edge 0; done

offend 198.51.100.1
offend 2001:db8:1:1::1
both() { banned_on root "198.51.100.$1" && banned_on root "2001:db8:1:$1::1"; }
ok "a client of both edges is banned, over IPv4 and IPv6" within 15 both 1
# a ban may be reported more than once
events_are() {
	[ "$(jq -rR 'fromjson? | select(.event == "ban") | .client' "$TMP/root/log/anomdetect-fleet.jsonl" | sort -u | tr '\n' ' ')" = "$1" ]
}
ok "the bans are in the events" within 5 events_are "198.51.100.1 2001:db8:1:1::/64 "

# The root's rsyslog ends twice, by SIGKILL and later by SIGTERM, and is started again each time. The edges store their
# lines until then.
feed() { # EDGE FIRST LAST: sends further lines beside anomcount's lines
	in_fleet "$1" sh -c "seq $2 $3 | sed 's/.*/{\"n\":&,\"of\":\"$1\"}/' | nc -N -U /run/anomdetect-fleet.sock"
}
have() { [ "$(grep "^counts/$1 {\"n\":.*\"of\":\"$1\"" "$lines" | sort -u | wc -l)" = "$2" ]; }
feed web1 1 100
feed web2 1 100
for edge in web1 web2; do ok "$edge: 100 lines arrive" within 10 have $edge 100; done
first=-899
for signal in KILL TERM; do
	kill -$signal "${rsyslog[root]}"
	within 10 gone "${rsyslog[root]}"
	wait "${rsyslog[root]}" 2>/dev/null
	first=$((first + 1000))
	feed web1 $first $((first + 999))
	feed web2 $first $((first + 999))
	relp_start root
	for edge in web1 web2; do ok "SIG$signal to the root's rsyslog: all lines of $edge arrive" within 20 have $edge $((first + 999)); done
done
offend 198.51.100.2
offend 2001:db8:1:2::1
ok "clients are still banned after the root's rsyslog was killed and restarted" within 20 both 2

# Three attacks by web2: it connects to web1's port with its own certificate; it sends a message with a newline; it uses
# a certificate of another CA.
FLEET_DIR=$TMP/other sh "$FLEET/fleet-certs" ca >/dev/null
FLEET_DIR=$TMP/other sh "$FLEET/fleet-certs" root 192.0.2.1 >/dev/null
FLEET_DIR=$TMP/other sh "$FLEET/fleet-certs" edge web1 >/dev/null
evil='s/root.example.org/192.0.2.1/; s,anomdetect-fleet.sock,evil.sock,; s/queue.type="Disk" queue.filename="[^"]*" queue.maxDiskSpace="1g" queue.checkpointInterval="1"//'
relp_prepare web2 "$evil" as-web1
relp_prepare web2 "$evil"'; s/port="20501"/port="20502"/; s,string="%rawmsg%",string="x\\ncounts/web1 %rawmsg%",' newline
relp_prepare web2 "$evil; s,$TMP/web2/etc/host,$TMP/other/web1/host,g" stranger
refused() {
	case $1 in
	as-web1) grep -q "imrelp.20501.: authentication error 'no permited name found'" "$TMP/root/rsyslog.out" ;;
	stranger) grep -q "imrelp.20501.: authentication error .*signer\|certificate validation failed\|not trusted" "$TMP/root/rsyslog.out" ;;
	esac
}
for kind in as-web1 stranger newline; do
	relp_start web2 $kind
	within 10 [ -S "$TMP/web2/run/evil.sock" ]
	in_fleet web2 sh -c "echo '{\"forged\":\"$kind\"}' | nc -N -U /run/evil.sock"
	# newline is the last kind: when its message arrives, the messages of the other kinds would have arrived, too
	[ $kind != newline ] || ok "a message that an edge sends to its own port arrives" within 10 grep -q '"forged":"newline"' "$lines"
	[ $kind = newline ] || ok "$kind: the root refuses the connection" within 10 refused $kind
	kill "${rsyslog[web2]}"
	within 10 gone "${rsyslog[web2]}" || kill -KILL "${rsyslog[web2]}"
	rm -f "$TMP/web2/run/evil.sock"
done
is "a newline in a message forges no line of another edge" "$(grep '"forged":' "$lines")" \
	'counts/web2 x#012counts/web1 {"forged":"newline"}'
fleet_explain
done_testing
