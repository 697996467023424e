#!/bin/bash
# Tests the units of contrib/fleet/ in a real systemd, with their hardening. systemd accepts the units, and they run.
# One host is both the root and an edge: log -> counts -> mosquitto -> root -> mosquitto -> the kernel's sets. If a
# program of a unit dies, systemd starts the unit again. Clients use IPv4 and IPv6.
# shellcheck disable=SC2317,SC2016 # the functions are called by ok and within; the variables are for other shells
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/contrib.sh
. "$(dirname "$0")/contrib.sh"
# shellcheck source=tests/e2e/fleet.sh
. "$(dirname "$0")/fleet.sh"
need_fleet
need unshare nsenter systemctl systemd-analyze /lib/systemd/systemd
need_built anomdetect anomban anomcount
fleet_hosts root
need_fleet_sets
fleet_certs root
broker_start
cp "$BUILD/anomdetect" "$BUILD/anomban" "$BUILD/anomcount" "$TMP/sbin/"

# The certificates are in /etc/default/fleet here, because a test makes no files in /etc. There is no journal.
mkdir -p "$TMP/default" "$TMP/units"
cp -r "$TMP/root/etc" "$TMP/default/fleet"
# anomban uses other sets, so these sets show which bans arrived through the broker
cat >"$TMP/default/anomdetect-fleet" <<END
ROOT_OPTIONS="${fleet_limits[*]} --announce 10s"
BAN_OPTIONS="--set edge"
COUNT_OPTIONS=
# for a build with sanitizers: the leak check needs ptrace, which the units forbid
ASAN_OPTIONS=detect_leaks=0
END
units=(anomdetect-fleet-{root,bans,counts}.service)
for unit in "${units[@]}"; do
	mkdir "$TMP/units/$unit.d"
	printf '[Service]\nStandardError=append:/var/log/%s\n' "$unit" >"$TMP/units/$unit.d/stderr.conf"
	sed 's,/etc/anomdetect-fleet,/etc/default/fleet,' "$FLEET/$unit" >"$TMP/units/$unit"
done
printf '[Unit]\nWants=%s\n' "${units[*]}" >"$TMP/units/fleet.target"
for target in sysinit basic shutdown network-online; do
	printf '[Unit]\nDefaultDependencies=no\n' >"$TMP/units/$target.target"
done
there() {
	contrib_mounts=("$TMP/root/log:/var/log" "$TMP/root/lib:/var/lib" "$TMP/root/run:/run" "$TMP/sbin:/usr/local/sbin"
		"$TMP/sbin:/usr/local/bin" "$TMP/default:/etc/default")
	contrib_become root "$@"
}
analyze() { (there env SYSTEMD_UNIT_PATH="$TMP/units:/lib/systemd/system" systemd-analyze "$@") 2>&1; }
is "verify: systemd accepts the units" "$(analyze verify --man=no "${units[@]}")" ""
for unit in "${units[@]}"; do
	ok "security: exposure of $unit is below 5 of 10" analyze security --offline=yes --threshold=50 "$TMP/units/$unit"
done

# This systemd has separate namespaces, and a cgroup that is removed when its processes have ended, as in
# contrib-systemd.t.
cat >"$TMP/boot" <<'END'
set -e
tmp=$1 group=$2
mount -t tmpfs tmpfs /mnt && mkdir /mnt/cgroup && mount -t cgroup2 cgroup2 /mnt/cgroup
mkdir "/mnt/cgroup/$group"
echo $$ >"/mnt/cgroup/$group/cgroup.procs"
exec unshare --cgroup --mount --pid --fork --kill-child --uts --ipc sh -e -c '
	mount --make-rprivate /
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	mount -t proc proc /proc
	mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys
	export container=test SYSTEMD_UNIT_PATH="$1/units" SYSTEMD_LOG_TARGET=console \
		SYSTEMD_GENERATOR_PATH=/nonexistent SYSTEMD_ENVIRONMENT_GENERATOR_PATH=/nonexistent
	exec /lib/systemd/systemd --system --unit=fleet.target --show-status=no' sh "$tmp"
END
cgroup_remove() {
	ns_become root sh -c 'mount -t cgroup2 cgroup2 /mnt && find "/mnt/$1" -depth -type d -exec rmdir {} +' sh "${NS}fleet"
}
there sh "$TMP/boot" "$TMP" "${NS}fleet" >"$TMP/systemd.out" 2>&1 </dev/null &
outer=$!
ends_with_test $outer
inner_runs() { inner=$(pgrep -P "$outer" -x systemd); }
within 10 inner_runs

runs() { fleet_pid root anomcount && fleet_pid root anomban && [ -s "$TMP/root/lib/anomdetect-fleet/state.json" ]; }
ok "the units run" within 20 runs
n=0
two_banned() {
	local client
	for client in "198.51.100.$n" "2001:db8:1:$n::1"; do
		in_ns root ipset -q test "edge$([ "${client#*:}" = "$client" ] && echo 4 || echo 6)" "$client" || return
	done
}
# `within` repeats these requests, because lines that arrive while a unit starts are lost.
two_offend() {
	ask root "198.51.100.$n" 300
	ask root "2001:db8:1:$n::1" 300
	sleep 1
	two_banned
}
bans() {
	n=$((n + 1))
	ok "$1: clients of both families are banned through the broker" within 20 two_offend
}
bans "after the start"
for program in anomcount anomban anomdetect; do
	old=$(fleet_pid root "$program")
	kill -KILL "$old"
	another() { fleet_pid root "$program" && [ "$(fleet_pid root "$program")" != "$old" ]; }
	ok "$program dies: systemd starts its unit again" within 20 another
	bans "after $program died"
done
is "the root's unit writes its events to standard error" \
	"$(grep '^{"event":"ban".*"client":"198.51.100.1"' "$TMP/root/log/anomdetect-fleet-root.service" | grep -vc '"repeat"')" 1
systemctl_there() { nsenter -t "$inner" -m -p -C systemctl "$@"; }
states() { systemctl_there show -P ActiveState "${units[@]}" | xargs; }
statuses_n() { [ "$(systemctl_there show -P StatusText "${units[@]}" | grep -c 'lines\? read')" = 3 ]; }
is "each unit has notified systemd that it runs" "$(states)" "active active active"
ok "each unit shows its status in systemd" within 25 statuses_n
not_ok "the units' filters forbid nothing that the programs need" grep -h confine "$TMP"/root/log/*.service

kill -KILL "$inner"
within 10 gone $outer
wait $outer 2>/dev/null
ok "no process is left" within 10 eval "(cgroup_remove)"
if [ "$tap_failed" != 0 ]; then
	for file in "$TMP/systemd.out" "$TMP"/root/log/*.service; do tail -n 15 "$file" | cut -c1-300 | sed "s,^,# ${file##*/}: ,"; done
fi
done_testing
