# machine.sh - boots a Debian in namespaces, with systemd, services and apt. Source it after e2e/lib.sh.
#
#     machine_root bookworm "$BUILD/readme"   # makes $BUILD/readme/bookworm once: minimal, with systemd, nginx and make
#     machine_boot server "$BUILD/readme/bookworm"    # boots a copy of it in the namespace ${NS}server
#     machine_run 'apt-get install -y curl'   # runs a command in a root shell there, in /root/anomdetect
#     machine_start NAME 'tail -f LOG'        # the same in the background, with output to /root/NAME.{out,err}
#     machine_stop NAME                       # ends this command and its children
#     machine_end
#
# There is one machine at a time, and it ends with the test. Its processes see no others, and no other process sees its
# mounts. apt fetches through apt_proxy.py.
# shellcheck shell=bash disable=SC2016 # the expressions are for other shells

MACHINE_HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
MACHINE_PROXY_PORT=3142
# shellcheck source=tests/package/root.sh
. "$MACHINE_HERE/root.sh"
machine_pid=

# The smallest Debian that boots, with the programs that README.md assumes. policy-rc.d prevents the start of services
# before systemd runs.
machine_root() {
	local release=$1 root=$2/$1 log=$2/$1.log
	[ ! -e "$root.done" ] || return 0
	mkdir -p "$2/debs" && rm -rf "$root"
	debian_into "$release" "$root" >"$log" 2>&1 &&
		printf '#!/bin/sh\nexit 101\n' | install -m 755 /dev/stdin "$root/usr/sbin/policy-rc.d" &&
		chroot "$root" sh -ec 'apt-get -qq update; DEBIAN_FRONTEND=noninteractive apt-get -qq -y install \
			--no-install-recommends systemd-sysv nginx make; apt-get clean' </dev/null >>"$log" 2>&1 &&
		rm "$root/usr/sbin/policy-rc.d" && touch "$root.done"
}

cat >"$TMP/boot" <<'END_OF_BOOT'
set -e
root=$1 group=$2
mount -t tmpfs tmpfs /mnt && mkdir /mnt/cgroup && mount -t cgroup2 cgroup2 /mnt/cgroup
mkdir -p "/mnt/cgroup/$group"
echo $$ >"/mnt/cgroup/$group/cgroup.procs"
exec unshare --cgroup --mount --pid --fork --kill-child --uts --ipc sh -e -c '
	mount --make-rprivate /
	mount --bind "$1" "$1"
	cd "$1"
	mount -t proc proc proc
	mount --bind proc/sys proc/sys
	mount -t sysfs -o ro sysfs sys
	mount -t cgroup2 cgroup2 sys/fs/cgroup
	mount -t tmpfs -o mode=755 tmpfs run
	mount -t tmpfs -o mode=755 tmpfs dev
	for node in "null 1 3" "zero 1 5" "full 1 7" "random 1 8" "urandom 1 9" "tty 5 0"; do
		mknod -m 666 dev/${node%% *} c ${node#* }
	done
	mkdir dev/pts dev/shm
	mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts dev/pts
	ln -s pts/ptmx dev/ptmx
	ln -s /proc/self/fd dev/fd
	for link in "stdin 0" "stdout 1" "stderr 2"; do ln -s fd/${link#* } dev/${link% *}; done
	mount -t tmpfs -o mode=1777 tmpfs dev/shm
	pivot_root . mnt
	cd /
	umount -l /mnt
	hostname machine
	exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=test /lib/systemd/systemd --system' sh "$root"
END_OF_BOOT

# machine_boot NAMESPACE ROOT
machine_boot() {
	machine_tree=$2.machine
	machine_group=$NS$1
	machine_namespace=$1
	rm -rf --one-file-system "$machine_tree" && cp -a "$2" "$machine_tree" || return
	echo 'Acquire::http::Proxy "http://127.0.0.1:'$MACHINE_PROXY_PORT'";' >"$machine_tree/etc/apt/apt.conf.d/99proxy"
	ns_become "$1" "$MACHINE_HERE/apt_proxy.py" $MACHINE_PROXY_PORT "/proc/$$/ns/net" \
		"$(sed -n 's/^deb \([^ ]*\) .*/\1/p;q' "$machine_tree/etc/apt/sources.list")" "$BUILD/readme/debs" \
		>"$TMP/proxy.log" 2>&1 &
	ends_with_test $!
	ns_become "$1" sh "$TMP/boot" "$machine_tree" "$machine_group" >"$TMP/boot.log" 2>&1 </dev/null &
	machine_outer=$!
	ends_with_test $machine_outer
	within 20 machine_runs
}
machine_runs() {
	machine_pid=$(pgrep -P "$machine_outer" -x systemd) && [[ $(machine_run 'systemctl is-system-running') =~ running|degraded ]]
}

# Runs a command with the environment of a login shell, and no variable of this test.
machine_run() {
	nsenter -t "$machine_pid" -a env -i HOME=/root TERM=xterm LANG=C.UTF-8 \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		bash -c 'cd /root/anomdetect 2>/dev/null; eval "$1"' bash "$1" </dev/null
}

machine_start() {
	machine_run "setsid bash -c 'echo \$\$ >/run/$1.pid; eval \"\$1\"' bash $(printf %q "$2") >/root/$1.out 2>/root/$1.err" &
	ends_with_test $!
	within 5 machine_run "[ -s /run/$1.pid ]"
}
machine_goes_on() { machine_run "kill -0 -- -\$(cat /run/$1.pid)"; }
machine_stop() {
	machine_run "kill -TERM -- -\$(cat /run/$1.pid)"
	within 5 not machine_goes_on "$1"
}

machine_end() {
	[ -n "$machine_pid" ] || return 0
	kill -KILL "$machine_pid"
	machine_pid=
	within 10 gone "$machine_outer"
	# the cgroup can be removed when its processes have ended
	(ns_become "$machine_namespace" sh -c 'mount -t cgroup2 cgroup2 /mnt && find "/mnt/$1" -depth -type d -exec rmdir {} +' \
		sh "$machine_group")
	rm -rf --one-file-system "$machine_tree"
}

# The end of the test shell ends the machine; the end of a subshell does not.
trap '[ "$BASHPID" != $$ ] || machine_end; lib_cleanup' EXIT
