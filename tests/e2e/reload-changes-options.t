#!/bin/bash
# SIGHUP makes a run read its options again. Lists, events, schedule and messages change. Every other changed option is
# named in a warning. A file with a mistake changes nothing. The run notifies systemd. Clients use IPv4 and IPv6.
# shellcheck disable=SC2016,SC2317 # the functions are called by within; the expressions are for eval
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/detector.sh
. "$(dirname "$0")/detector.sh"
need_root
need ip ipset iptables ip6tables jq python3
need_built anomdetect

ns_add s
need_kernel_sets s

# A service manager, which prints each datagram as a line.
cat >"$TMP/manager.py" <<'END'
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("listens", flush=True)
while True:
    print(s.recv(4096).decode().replace("\n", " "), flush=True)
END
python3 "$TMP/manager.py" "$TMP/notify" >"$TMP/told" &
ends_with_test $!
ok "a service manager listens" within 10 grep -q listens "$TMP/told"

conf() { printf '%s\n' "$@" >"$TMP/d.conf"; }
conf 'schedule 1h' 'severe 3'
: >"$TMP/extra"
export NOTIFY_SOCKET=$TMP/notify
detector_start d s --config "$TMP/d.conf" --allow "@$TMP/extra"
unset NOTIFY_SOCKET
ok "the service manager is notified of the start" within 5 grep -qx READY=1 "$TMP/told"
said() { grep -qF -- "$1" "$TMP/d.err"; }
refusals_n() { grep -c 'the settings stay as they were' "$TMP/d.err"; }
reload() { kill -HUP "${detector_pid[d]}"; }
reloads_n() { grep -c RELOADING=1 "$TMP/told"; }
reloaded() { [ "$(reloads_n)" = "$1" ] && [ "$(tail -n 1 "$TMP/told")" = READY=1 ]; }

offend d 203.0.113.1 2001:db8:1:1::1
ok "IPv4: before the reload, the client is banned for an hour" within 10 event d ban 203.0.113.1 '"seconds":3600'
ok "IPv6: before the reload, the client is banned for an hour" within 10 event d ban 2001:db8:1:1:: '"seconds":3600'

conf 'schedule 2h' 'severe 3' 'allow 203.0.113.1' 'allow 2001:db8:1:1::/64' 'events start,ban,stop' verbose
reload
ok "after the reload, the run logs the messages of -v" within 10 said 'info: options, allow-list and trusted proxies read again'
unbanned() { ! in_ns s ipset -q test d4 203.0.113.1 && ! in_ns s ipset -q test d6 2001:db8:1:1::1; }
ok "IPv4 and IPv6: newly allowed clients are unbanned" within 10 unbanned
offend d 203.0.113.2 2001:db8:1:2::1
ok "IPv4: the new schedule is used" within 10 event d ban 203.0.113.2 '"seconds":7200'
ok "IPv6: the new schedule is used" within 10 event d ban 2001:db8:1:2:: '"seconds":7200'
is "unban events are no longer printed" "$(events_n d '"event":"unban"')" 0
like "systemd is notified of the start of a reload, with the time" "$(grep RELOADING=1 "$TMP/told")" '^RELOADING=1 MONOTONIC_USEC=[0-9]+$'
is "systemd is notified of the end of a reload" "$(grep -A 1 RELOADING=1 "$TMP/told" | tail -n 1)" READY=1
not_ok "no warning reports that an option needs a restart" said 'restart anomdetect to use it'

forwarded() {
	for _ in {1..25}; do
		printf '{"remote_addr":"192.0.2.9","http_x_forwarded_for":"%s","request":"GET / HTTP/1.1","status":200}\n' "$1"
	done >&"${detector_fd[d]}"
}
conf 'schedule 2h' 'severe 3' 'trust-proxy 192.0.2.9'
reload
ok "a reload adds a trusted proxy" within 10 reloaded 2
forwarded 203.0.113.3
forwarded 2001:db8:1:3::1
ok "IPv4: the client behind the new proxy is banned" within 10 event d ban 203.0.113.3
ok "IPv6: the client behind the new proxy is banned" within 10 event d ban 2001:db8:1:3::
is "the new proxy is not banned" "$(events_n d '"event":"ban"' '"client":"192.0.2.9"')" 0

conf 'schedule 3h' 'severe 4' 'state /elsewhere' 'trust-proxy 192.0.2.9' 'ipv6-prefix 56'
reload
for option in severe ipv6-prefix; do
	ok "a warning names --$option, which needs a restart" within 10 said "warning: --$option has changed: restart anomdetect to use it"
done
not_ok "no warning names --state, which the command line sets" said '--state has changed'
offend d 203.0.113.4 2001:db8:1:4::1
ok "IPv4: options that can change have changed" within 10 event d ban 203.0.113.4 '"seconds":10800'
ok "IPv6: options that can change have changed, and a client is still a /64" within 10 event d ban 2001:db8:1:4::/64 '"seconds":10800'
is "each option that needs a restart is named once" "$(grep -c 'restart anomdetect to use it' "$TMP/d.err")" 2

# Valid lines are followed by a line with a mistake, so no setting changes.
n=4
for line in 'alow 1' 'severe x' 'burst 3' 'allow 1.2.3' 'tz Mars' 'format x' 'trust-proxy ::/0' 'schedule permanent,1h' "allow @$TMP/none"; do
	conf 'schedule 5h' 'events stop' 'allow 203.0.113.0/24' 'allow 2001:db8:1::/48' "$line"
	before=$(refusals_n)
	reload
	ok "a file with the line '${line#allow @*}' is refused" within 10 eval '[ "$(refusals_n)" -gt "$before" ]'
	n=$((n + 1))
	offend d 203.0.113.$n 2001:db8:1:$n::1
	ok "IPv4: a mistake changes no setting" within 10 event d ban 203.0.113.$n '"seconds":10800'
	ok "IPv6: a mistake changes no setting" within 10 event d ban 2001:db8:1:$n:: '"seconds":10800'
done
before=$(refusals_n)
: >"$TMP/d.conf"
reload
ok "an empty file, as during a write, is refused" within 10 eval '[ "$(refusals_n)" -gt "$before" ]'
ok "a warning names the empty file" said "warning: '$TMP/d.conf' is empty now; the settings stay as they were"
offend d 203.0.113.30 2001:db8:1:30::1
ok "IPv4: an empty file changes no setting" within 10 event d ban 203.0.113.30 '"seconds":10800'
ok "IPv6: an empty file changes no setting" within 10 event d ban 2001:db8:1:30:: '"seconds":10800'
ok "a warning names the mistake with its file and line" said "warning: $TMP/d.conf: line 5: --allow: '1.2.3' is not an address or network"
ok "a warning names a removed option with its file and line" said "warning: $TMP/d.conf: line 5: --burst was removed in 1.0.0; its value is 2 now: delete this line"
rm "$TMP/d.conf"
reload
ok "a missing file changes nothing" within 10 \
	said "warning: --config: unable to read '$TMP/d.conf': No such file or directory; the settings stay as they were"
conf 'schedule 6h' 'trust-proxy 192.0.2.9'
before=$(reloads_n)
reload
ok "a valid file is read at the next SIGHUP" within 10 reloaded $((before + 1))
offend d 203.0.113.40 2001:db8:1:40::1
ok "IPv4: the schedule of the valid file is used" within 10 event d ban 203.0.113.40 '"seconds":21600'
ok "IPv6: the schedule of the valid file is used" within 10 event d ban 2001:db8:1:40:: '"seconds":21600'
detector_end d
ok "systemd is notified of the end of the run" within 5 grep -qx STOPPING=1 "$TMP/told"

# The run becomes a user that cannot read the file at a SIGHUP.
conf 'schedule 1h'
chmod 600 "$TMP/d.conf"
detector_start e s --config "$TMP/d.conf" --user nobody --state none
ok "a warning at the start names a file that a SIGHUP could not read" within 5 grep -qF \
	"warning: --config: unable to read '$TMP/d.conf': Permission denied; it belongs to root:root, mode 0600: let 'nobody' read it; it was read at the start, but a SIGHUP cannot read it again" "$TMP/e.err"
detector_end e
detector_explain d e
done_testing
