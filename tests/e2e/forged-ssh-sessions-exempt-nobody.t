#!/usr/bin/env bash
# A program of root that is not sshd does not make a stranger's connection an SSH session, whatever its name and title
# are. A local user can start sudo through a link named sshd. In this test, copies of sleep(1) run as root, in place of
# sudo and of sshd.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_root
need python3
need_built tests/ssh_sessions_driver

ns_add s
ns_add admin
ns_join admin eth0 s admin
ns_address s admin 198.51.100.1/24 2001:db8:1::1/64
ns_address admin eth0 198.51.100.66/24 2001:db8:1::66/64
driver() { in_ns s "$BUILD/tests/ssh_sessions_driver" 2>"$TMP/took" | sort | tr '\n' ' '; }

cp "$(command -v sleep)" "$TMP/program" && ln -s "$TMP/program" "$TMP/sshd"
cat >"$TMP/forge.py" <<'END'
import os, socket, sys
for host in ("198.51.100.1", "2001:db8:1::1"):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    server = socket.socket(family)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((host, 8022))
    server.listen()
    for fd, title in ((server, "sshd: x [listener] 0 of 10-100 startups"), (None, "sshd: root@pts/9")):
        if not fd:
            fd = server.accept()[0]
        if os.fork() == 0:
            os.dup2(fd.fileno(), 0)
            os.execv(sys.argv[1], [title, "60"])
print("forged", flush=True)
os.wait()
END
cat >"$TMP/meet.py" <<'END'
import socket, time
kept = []
for host, source in (("198.51.100.1", "198.51.100.66"), ("2001:db8:1::1", "2001:db8:1::66")):
    while True:
        try:
            kept.append(socket.create_connection((host, 8022), source_address=(source, 0)))
            break
        except ConnectionRefusedError:
            time.sleep(0.05)
time.sleep(60)
END
all_are_sshd() { [ "$(ps -o comm= --ppid "$1" | grep -c ^sshd)" = 4 ]; }
for program in sshd sshd-real; do
	[ $program = sshd ] || cp "$TMP/program" "$TMP/sshd-real"
	ns_become s python3 "$TMP/forge.py" "$TMP/$program" >"$TMP/$program.out" 2>&1 &
	forger=$!
	ends_with_test $!
	ns_become admin python3 "$TMP/meet.py" >"$TMP/meet.out" 2>&1 &
	meets=$!
	ends_with_test $!
	within 10 grep -q forged "$TMP/$program.out" || flunk "$program is started" "$(cat "$TMP/$program.out" "$TMP/meet.out")"
	within 5 all_are_sshd "$forger" || flunk "$program runs" "$(ps --ppid "$forger")"
	if [ $program = sshd ]; then
		is "a link named sshd makes no session" "$(driver)" ""
	else
		like "a real sshd makes sessions in this test" "$(driver)" '198\.51\.100\.66 .*2001:db8:1::66'
	fi
	mapfile -t pids < <(ps -o pid= --ppid "$forger" | tr -d ' ')
	kill "${pids[@]}" "$forger" "$meets" 2>/dev/null
	within 5 gone "$meets"
done
done_testing
