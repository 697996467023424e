# contrib.sh - shared by the tests of contrib/: runs programs that see the test's directories under Debian's paths.
#
# Source it after lib.sh. contrib/'s files name paths of a real machine. `ip netns exec` makes a mount namespace for
# each program that it runs; there, and only there, directories of the test are bound over those paths.
#
#     contrib_mounts=("$TMP/etc:/etc/nginx" "$TMP/log:/var/log")
#     contrib_become site nginx -g 'daemon off;' &
#     contrib_said site nginx -t                    # prints the program's output, both streams
#     contrib_prepare site rsyslog/syslog.conf      # runs the commands in the file's head, which make directories
#     contrib_lets site nobody /run/x.sock          # prints why the user cannot write to the socket, or nothing
# shellcheck shell=bash

# shellcheck disable=SC2034 # the variables are for the tests that source this file
CONTRIB=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../contrib" && pwd)
contrib_mounts=()

# shellcheck disable=SC2016 # the text is for the inner shell
contrib_become() {
	local name=$1
	shift
	ns_become "$name" sh -c '
		n=$1; shift
		while [ "$n" -gt 0 ]; do mount --bind "${1%%:*}" "${1#*:}" || exit 1; shift; n=$((n - 1)); done
		exec "$@"' sh ${#contrib_mounts[@]} "${contrib_mounts[@]}" "$@"
}

contrib_said() { (contrib_become "$@") 2>&1; }

# Runs the commands in the head of the file, as a reader would copy them.
contrib_prepare() {
	(contrib_become "$1" sh -e -c "$(sed -nE 's/^# +((echo|install|systemd-tmpfiles) .*)/\1/p' "$CONTRIB/$2")")
}

# Sends each line of standard input as a datagram and prints the kernel's errors. Without a line it only checks whether
# the user may write.
contrib_lets() {
	(contrib_become "$1" python3 -c 'import os, pwd, socket, sys
user = pwd.getpwnam(sys.argv[1])
os.setgroups(os.getgrouplist(user.pw_name, user.pw_gid))
os.setgid(user.pw_gid)
os.setuid(user.pw_uid)
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
try:
	s.connect(sys.argv[2])
	for line in sys.stdin.buffer:
		s.send(line)
except OSError as e:
	print(e.strerror)' "$2" "$3")
}
