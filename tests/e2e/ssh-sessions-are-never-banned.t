#!/usr/bin/env bash
# A client that has logged in by SSH is exempt from bans while its connection is open, and for 10 minutes after the end
# of the connection. A connection without a login does not exempt a client. The test runs a real sshd on port 22 and on
# a second port. root and another user log in, by IPv4 and by IPv6.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/detector.sh
. "$(dirname "$0")/detector.sh"
need_root
need /usr/sbin/sshd ssh ssh-keygen ipset iptables jq cc
need_built anomdetect anomban tests/ssh_sessions_driver

ns_add s
ns_add admin
need_kernel_sets s
ns_join admin eth0 s admin
ns_address s admin 198.51.100.1/24 2001:db8:1::1/64
ns_address admin eth0 198.51.100.9/24 198.51.100.10/24 198.51.100.66/24 198.51.100.67/24 198.51.100.68/24 198.51.100.69/24 198.51.100.70/24 \
	2001:db8:1::2/64 2001:db8:9::9/128 2001:db8:66::66/128
# An IPv6 client is a /64, and the /64 of the server's own address is never banned.
in_ns s ip route add 2001:db8:9::/64 dev admin
in_ns s ip route add 2001:db8:66::/64 dev admin

ssh-keygen -q -t ed25519 -N '' -f "$TMP/host_key"
ssh-keygen -q -t ed25519 -N '' -f "$TMP/key"
cat >"$TMP/sshd_config" <<END
Port 22
Port 2222
HostKey $TMP/host_key
PidFile none
AuthorizedKeysFile $TMP/key.pub
StrictModes no
PermitRootLogin yes
MaxStartups 200
UsePAM no
# sshd ends a session whose client has vanished, also after the test.
ClientAliveInterval 60
END
# sshd needs a directory in /run. A new /run is mounted for sshd, so that the host's /run does not change.
ns_become s unshare -m sh -c 'mount -t tmpfs none /run && mkdir /run/sshd && exec /usr/sbin/sshd -D -e -f "$1"' - \
	"$TMP/sshd_config" >"$TMP/sshd.log" 2>&1 &
ends_with_test $!
within 10 grep -q 'listening on 0.0.0.0 port 2222' "$TMP/sshd.log"
pass "sshd: $(/usr/sbin/sshd -V 2>&1 | head -n 1)"

# log_in FROM TO PORT USER: makes a session without a shell; sets $session to the PID of the ssh client.
ssh_options=(-N -i "$TMP/key" -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -F none)
log_in() {
	local before
	before=$(grep -c 'Accepted publickey' "$TMP/sshd.log")
	ns_become admin ssh "${ssh_options[@]}" -b "$1" -p "$3" "$4@$2" </dev/null >"$TMP/ssh.out" 2>&1 &
	session=$!
	ends_with_test $!
	within 20 accepted_are $((before + 1)) || flunk "a login of $4 from $1" "$(cat "$TMP/ssh.out")"
}
accepted_are() { [ "$(grep -c 'Accepted publickey' "$TMP/sshd.log")" -ge "$1" ]; }
driver() { in_ns s "$BUILD/tests/ssh_sessions_driver" 2>"$TMP/took" | sort | tr '\n' ' '; }
driver_says() { [ "$(driver)" = "$1" ]; }

# Connections without a login: bare, with a greeting, and at the password prompt of an existing user.
cat >"$TMP/stranger.py" <<'END'
import select, socket, sys
def connect(source, port, text=b""):
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    s = socket.socket(family)
    s.bind((source, 0))
    s.connect(("2001:db8:1::1" if family == socket.AF_INET6 else "198.51.100.1", port))
    s.sendall(text)
    return s
kept = [connect(source, port, text) for source in ("198.51.100.66", "2001:db8:66::66") for port in (22, 2222)
        for text in (b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"SSH-2.0-root@pts/0\r\n")]
print("connected", flush=True)
select.select([], [], [])
END
ns_become admin python3 "$TMP/stranger.py" >"$TMP/stranger.out" 2>&1 &
ends_with_test $!
cat >"$TMP/askpass" <<END
#!/bin/sh
echo asked >>"$TMP/asked"
exec sleep 600
END
chmod 755 "$TMP/askpass"
ns_become admin env SSH_ASKPASS="$TMP/askpass" SSH_ASKPASS_REQUIRE=force ssh -N -F none -b 198.51.100.67 -o StrictHostKeyChecking=no \
	-o UserKnownHostsFile=/dev/null -o PubkeyAuthentication=no -o PreferredAuthentications=password nobody@198.51.100.1 \
	</dev/null >"$TMP/asking.out" 2>&1 &
ends_with_test $!
ok "strangers are connected" within 10 grep -q connected "$TMP/stranger.out"
ok "one stranger is asked for a password" within 20 grep -q asked "$TMP/asked"
is "connections without a login are not sessions" "$(driver)" ""

log_in 198.51.100.9 198.51.100.1 22 root
v4=$session
log_in 2001:db8:9::9 2001:db8:1::1 2222 nobody
v6=$session
both="198.51.100.9 2001:db8:9::9 "
ok "the logins of root and of another user, each on its own port, are sessions" within 10 driver_says "$both"

detector_start p s
is "the start event names only the logged-in clients" "$(grep '"event":"start"' "$TMP/p.events" | jq -c '.ssh_peers | sort')" \
	'["198.51.100.9","2001:db8:9::9"]'
offend p 198.51.100.9 2001:db8:9::9 198.51.100.66 198.51.100.67 2001:db8:66::66 198.51.100.10
ok "a bare connection does not exempt a client" within 5 event p ban 198.51.100.66 '"enforced":true'
ok "a bare IPv6 connection does not exempt a client" within 5 event p ban 2001:db8:66:: '"enforced":true'
ok "a connection at the password prompt does not exempt a client" within 5 event p ban 198.51.100.67 '"enforced":true'
ok "a logged-in client is not banned" within 5 event p alert 198.51.100.9 '"hold":"allowed"'
ok "a logged-in IPv6 client is not banned" within 5 event p alert 2001:db8:9:: '"hold":"allowed"'
is "a logged-in client is not in the kernel's sets" "$(entries_n s p4) $(entries_n s p6)" "3 1"
is "no message names SSH" "$(grep -c SSH "$TMP/p.err")" 0
like "--doctor names the logged-in clients" "$(in_ns s "$BUILD/anomdetect" --doctor --set p --state none </dev/null 2>&1 | grep ' allowed: ')" \
	'logged in by SSH: (198\.51\.100\.9, 2001:db8:9::9|2001:db8:9::9, 198\.51\.100\.9)$'
for client in 198.51.100.9 2001:db8:9::9; do
	like "anomban does not ban $client" "$(in_ns s "$BUILD/anomban" --set p --ban $client 2>&1)" 'logged in by SSH$'
done
ok "anomban bans another client" in_ns s "$BUILD/anomban" --set p --ban 198.51.100.68

# ---- logins after the start

in_ns s "$BUILD/anomban" --set p --unban 198.51.100.10
within 5 event p unban 198.51.100.10
log_in 198.51.100.10 198.51.100.1 22 nobody
later=$session
offend p 198.51.100.10
within 5 has_events 2 p '"event":"ban"' 198.51.100.10 # this ban comes before the next check for logins, which is made once per minute
kill -HUP "${detector_pid[p]}"
ok "at a SIGHUP the detector checks for logins, and unbans a client that has logged in" within 5 event p unban 198.51.100.10 '"reason":"allowed"'

detector_start q s
log_in 198.51.100.69 198.51.100.1 2222 root
offend q 198.51.100.69
within 5 event q ban 198.51.100.69
ok "at its check in each minute the detector unbans a client that has logged in" within 62 event q unban 198.51.100.69 '"reason":"allowed"'
detector_end q

# ---- the end of the exemption; the detector has a clock that the test can set ahead

cat >"$TMP/ahead.c" <<END
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t which, struct timespec *t)
{
	char text[32] = "";
	int fd = open("$TMP/ahead", O_RDONLY);
	long result = syscall(SYS_clock_gettime, which, t);
	if (fd >= 0 && read(fd, text, sizeof text - 1) > 0)
		t->tv_sec += atol(text);
	if (fd >= 0)
		close(fd);
	return (int)result;
}
END
cc -shared -fPIC -o "$TMP/ahead.so" "$TMP/ahead.c"
put_ahead() { echo "$1" >"$TMP/new" && mv "$TMP/new" "$TMP/ahead"; }
put_ahead 0
detector_end p
export LD_PRELOAD="$TMP/ahead.so" ASAN_OPTIONS="${ASAN_OPTIONS-}:verify_asan_link_order=0"
detector_start t s --state none --user nobody -v
unset LD_PRELOAD
like "with --user, the start event names the sessions" "$(grep '"event":"start"' "$TMP/t.events" | jq -c '.ssh_peers | sort')" \
	'"198.51.100.9".*"2001:db8:9::9"'
put_ahead 7200
offend t 198.51.100.9 2001:db8:9::9
ok "a client whose IPv4 session has lasted for two hours is still exempt" within 5 event t alert 198.51.100.9 '"hold":"allowed"'
kill "$v4" "$v6" "$later"
within 5 gone "$v4" && within 5 gone "$v6"
put_ahead 7320 # 2 minutes later, so that the detector checks again and finds that the connections have ended
offend t 198.51.100.69
within 5 event t alert 198.51.100.69
offend t 203.0.113.70 # when this client is banned, the detector has made that check
within 5 event t ban 203.0.113.70
put_ahead 7860 # 9 minutes after the check
offend t 198.51.100.9 2001:db8:9::9 203.0.113.1
ok "nine minutes after the end of the connections, another client is banned" within 5 event t ban 203.0.113.1
is "nine minutes after the end of its connection, a client is not banned" "$(events_n t '"event":"ban"' 198.51.100.9) $(events_n t '"event":"ban"' 2001:db8:9::)" "0 0"
put_ahead 8000 # over 11 minutes after the check
ok "the end of an exemption is reported with -v" within 5 grep -q 'info: 198.51.100.9 is no longer exempt from bans' "$TMP/t.err"
ok "the end of an IPv6 exemption is reported with -v" within 5 grep -q 'info: 2001:db8:9::9 is no longer exempt from bans' "$TMP/t.err"
put_ahead 12000 # now the mute that began with the earlier alerts about these clients is over
offend t 198.51.100.9 2001:db8:9::9 198.51.100.69
ok "when the exemption has ended, the IPv4 client is banned" within 5 event t ban 198.51.100.9
ok "when the exemption has ended, the IPv6 client is banned" within 5 event t ban 2001:db8:9::
is "a client whose connection is still open is not banned" "$(events_n t '"event":"ban"' 198.51.100.69)" 0
detector_end t

# ---- a user that may not read sshd's processes, with and without logind

log_in 198.51.100.70 198.51.100.1 22 root
mkdir -p "$TMP/logind"
cat >"$TMP/logind/5" <<END
UID=0
USER=root
STATE=active
REMOTE_HOST=198.51.100.70
SERVICE=sshd
END
for_others "$BUILD/tests/ssh_sessions_driver"
is "a user without rights finds no session" "$(in_ns s unshare -m sh -c 'mount -t tmpfs none /run && exec "$@"' - "${as_other[@]}" \
	"$OTHERS/ssh_sessions_driver" 2>"$TMP/took")" ""
like "the driver reports that a user without rights is blind" "$(cat "$TMP/took")" blind
is "with logind, a user without rights finds the sessions" "$(in_ns s unshare -m sh -c 'mount -t tmpfs none /run && mkdir -p /run/systemd/sessions &&
	cp "$1/5" /run/systemd/sessions && shift && exec "$@"' - "$TMP/logind" "${as_other[@]}" \
	"$OTHERS/ssh_sessions_driver" 2>"$TMP/took")" 198.51.100.70

is "root without CAP_SYS_PTRACE finds no session" "$(in_ns s unshare -m sh -c 'mount -t tmpfs none /run && exec "$@"' - \
	setpriv --bounding-set -sys_ptrace "$BUILD/tests/ssh_sessions_driver" 2>"$TMP/took")" ""
like "the driver reports that root without CAP_SYS_PTRACE is blind" "$(cat "$TMP/took")" blind
# ProtectProc=invisible of a service mounts /proc with hidepid=2.
is "a user with hidden processes finds no session" "$(in_ns s unshare -m sh -c 'mount -t tmpfs none /run &&
	mount -t proc -o hidepid=2 none /proc && exec "$@"' - "${as_other[@]}" "$OTHERS/ssh_sessions_driver" 2>"$TMP/took")" ""
like "the driver reports that processes are hidden" "$(cat "$TMP/took")" hidden

# ---- the cost of a check

for _ in $(seq $((1000 - $(ps -e | wc -l)))); do
	sleep 300 &
	ends_with_test $!
done
driver >"$TMP/driver.out"
pass "with $(ps -e | wc -l) processes, a check takes $(cat "$TMP/took")"
like "a check of all these processes is complete" "$(cat "$TMP/took")" '^[0-9]+ us$'

detector_explain p q t
done_testing
