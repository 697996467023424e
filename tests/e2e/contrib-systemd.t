#!/bin/bash
# Tests the units of contrib/systemd/ without changes. systemd accepts the units, rates them as safe, and runs them with
# their hardening. Path: log file (of nginx) or FIFO (of rsyslog) -> the service -> the kernel's sets. The test starts a
# systemd with only these units, in separate namespaces. The machine's systemd is not changed.
# shellcheck disable=SC2317,SC2016 # the functions are called by ok and within; the variables are for other shells
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/contrib.sh
. "$(dirname "$0")/contrib.sh"
need_root
need ip ipset iptables ip6tables iptables-legacy jq unshare nsenter systemctl systemd-analyze /lib/systemd/systemd
need_built anomdetect anomcount

ns_add server
ns_add client
in_ns server ipset create probe hash:ip 2>/dev/null || skip_all "the kernel has no ipset"
in_ns server ipset destroy probe
ns_join server eth0 client eth0
ns_address server eth0 203.0.113.254/24 2001:db8:1::fe/48

# The test's directories are mounted at the paths of a real machine. A user has the name of the service.
mkdir -p "$TMP"/{log/nginx,lib,run,sbin,default,units/anomdetect.service.d}
cp "$BUILD"/anom{detect,count} "$TMP/sbin/"
chmod 755 "$TMP"/sbin/*
{ grep -v ^anomdetect: /etc/passwd; echo "anomdetect:x:987:987::/nonexistent:/usr/sbin/nologin"; } >"$TMP/passwd"
{ grep -v ^anomdetect: /etc/group; echo "anomdetect:x:987:"; } >"$TMP/group"
cp "$CONTRIB"/systemd/anomdetect{.service,@.service,.socket,-sets.service} "$CONTRIB/systemd/anomcount.service" "$TMP/units/"
# This systemd has no journal.
printf '[Service]\nStandardError=append:/var/log/stderr\n' >"$TMP/units/anomdetect.service.d/stderr.conf"
mkdir "$TMP/units/anomdetect@.service.d"
printf '[Service]\nStandardError=append:/var/log/shop.err\n' >"$TMP/units/anomdetect@.service.d/stderr.conf"
mkdir "$TMP/units/anomcount.service.d"
printf '[Service]\nStandardError=append:/var/log/counts.err\nStandardOutput=append:/var/log/counts\n' \
	>"$TMP/units/anomcount.service.d/files.conf"
# The targets that every unit needs. These targets need no other units.
for target in sysinit basic sockets shutdown; do
	printf '[Unit]\nDefaultDependencies=no\n' >"$TMP/units/$target.target"
done
cat >"$TMP/default/anomdetect" <<'END'
; both systemd and --doctor --config must read this file alike
LOG="/var/log/nginx/"'access.json'
OPTIONS="--learn 0s --memory-interval 1s "--severe\ 5 --requests-floor \
  6 --proxy-share 1 --allow @/var/log/allow
# for a build with sanitizers: the leak check needs ptrace, which the unit forbids
ASAN_OPTIONS=detect_leaks=0
END
: >"$TMP/log/allow"
contrib_mounts=("$TMP/log:/var/log" "$TMP/lib:/var/lib" "$TMP/run:/run" "$TMP/sbin:/usr/local/sbin"
	"$TMP/passwd:/etc/passwd" "$TMP/group:/etc/group" "$TMP/default:/etc/default")
events=$TMP/log/anomdetect.jsonl
log=$TMP/log/nginx/access.json

touch "$TMP/console"
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
	exec /lib/systemd/systemd --system --unit=anomdetect.service --show-status=no' sh "$tmp"
END

analyze() { contrib_said server env SYSTEMD_UNIT_PATH="$TMP/units:/lib/systemd/system" systemd-analyze "$@"; }

is "verify: systemd accepts the units" "$(analyze verify --man=no anomdetect{.service,@shop.service,.socket,-sets.service} anomcount.service)" ""
ok "security: exposure of anomcount is below 2 of 10" analyze security --offline=yes --threshold=20 "$TMP/units/anomcount.service"
ok "security: exposure of anomdetect is below 2 of 10" analyze security --offline=yes --threshold=20 "$TMP/units/anomdetect.service"
ok "security: exposure of an instance is below 2 of 10" analyze security --offline=yes --threshold=20 "$TMP/units/anomdetect@.service"
ok "security: exposure of the unit for the sets is below 4 of 10" analyze security --offline=yes --threshold=40 "$TMP/units/anomdetect-sets.service"
cp "$CONTRIB/systemd/fifo.conf" "$TMP/units/anomdetect.service.d/"
is "verify: systemd accepts the unit with the FIFO" "$(analyze verify --man=no anomdetect.service anomdetect.socket)" ""
rm "$TMP/units/anomdetect.service.d/fifo.conf"

# The cgroup can be removed when its processes have ended. A mount namespace provides cgroup2, because not every machine
# has it.
cgroup_remove() {
	ns_become server sh -c 'mount -t cgroup2 cgroup2 /mnt && find "/mnt/$1" -depth -type d -exec rmdir {} +' sh "$1"
}

finish() {
	[ -z "$inner" ] || systemd_end
	if [ "$tap_failed" != 0 ]; then
		tail -n 30 "$TMP/log/stderr" | sed 's/^/# stderr: /'
		tail -n 10 "$events" | cut -c1-300 | sed 's/^/# events: /'
	fi
	done_testing
}

# Waits for the service; if it does not run, the test ends.
service_runs() {
	if within 20 runs; then pass "$1: the service runs"; else
		flunk "$1: the service runs" "$(systemctl_there status anomdetect)"
		finish
	fi
}

systemd_start() {
	booted=$1
	contrib_become server sh "$TMP/boot" "$TMP" "$NS$1" >"$TMP/systemd.log" 2>&1 </dev/null &
	outer=$!
	ends_with_test $outer
	inner=
	within 10 systemd_inner && within 10 systemctl_there list-units && return
	flunk "$1: systemd starts" "$(cat "$TMP/systemd.log")"
	finish
}
systemd_inner() { inner=$(pgrep -P "$outer" -x systemd); }
systemctl_there() { nsenter -t "$inner" -m -p -C systemctl "$@"; }
systemd_end() {
	kill -KILL "$inner"
	within 10 gone $outer
	wait $outer 2>/dev/null
	inner=
	ok "$booted: no process is left" within 10 eval "(cgroup_remove '$NS$booted')"
}

main_pid() { # in this test's PID namespace
	ip netns pids "${NS}server" | xargs -r -n 1 ps -o pid=,comm= -p | awk '$2 == "anomdetect" { print $1 }'
}
runs() { [ -n "$(main_pid)" ] && [ "$(main_pid)" != "${1-}" ] && [ "$(starts_n)" -gt "${2-0}" ]; }
starts_n() { grep -sc '^{"event":"start"' "$events"; }
status() { awk -v name="$2:" '$1 == name { print $2 }' "/proc/$1/status"; }

# Prints 25 lines of each of two clients. No nginx runs here, because other tests run nginx.
n=0
lines() {
	local _
	for _ in {1..25}; do
		printf '{"remote_addr":"%s","msec":%s,"request":"GET / HTTP/1.1","status":200}\n' "203.0.113.$n" "$(date +%s)" "2001:db8:1:$n::1" "$(date +%s)"
	done
}
banned() {
	lines >"$1"
	in_ns server ipset -q test anomdetect4 "203.0.113.$n" && in_ns server ipset -q test anomdetect6 "2001:db8:1:$n::1"
}
append() { in_ns server ipset -q test anomdetect4 "203.0.113.$n" || lines >>"$log"; banned /dev/null; }
bans() {
	n=$((n + 1))
	ok "$1: clients of both families are banned" within 20 "${@:2}"
}

: >"$log"
chmod 640 "$log"
chgrp adm "$log"
systemd_start file
service_runs file
bans file append
pid=$(main_pid)
is "file: the service has notified systemd that it runs" "$(systemctl_there show -P Type -P ActiveState anomdetect | xargs)" "notify active"
status_has() { systemctl_there show -P StatusText anomdetect | grep -qE "$1"; }
ok "file: the service shows its status in systemd" within 25 status_has '^[1-9][0-9]* lines read, [1-9][0-9]* are requests; 2 bans, 2 in force$'
is "file: the service runs as its own user" "$(ps -o user:20= -p "$pid" | tr -d ' ')" 987
is "file: the service has only the right to ban (CAP_NET_ADMIN)" "$(status "$pid" CapEff)" 0000000000001000
is "file: the service cannot gain more rights" "$(status "$pid" NoNewPrivs) $(status "$pid" CapPrm) $(status "$pid" CapAmb)" \
	"1 0000000000001000 0000000000000000"
is "file: the service confines itself by landlock, which the unit's filter allows" "$(grep -c 'unable to confine' "$TMP/log/stderr")" 0
is "file: the service has a filter of system calls" "$(status "$pid" Seccomp)" 2
is "file: the firewall rules are made" "$(in_ns server sh -c 'iptables -t raw -S; ip6tables -t raw -S' | grep -c 'match-set anomdetect[46] src -j DROP')" 2
in_ns server iptables -t raw -F
ok "file: the state is in STATE_DIRECTORY" within 10 test -s "$TMP/lib/anomdetect/state.json"
is "file: anomstat's group may read the state" "$(stat -c '%u:%G %a' "$TMP/lib/anomdetect/state.json")" "987:adm 640"

# anomcount with a client program that only prints.
ok "counts: the detector saves its memory" within 20 test -s "$TMP/lib/anomdetect/state.json.memory"
ok "counts: without a client program the service does not start" eval '! systemctl_there start anomcount'
is "counts: without a client program the service is not restarted" "$(systemctl_there show -P NRestarts anomcount)" 0
like "counts: the message names the missing setting CLIENT" "$(cat "$TMP/log/counts.err")" 'CLIENT is not set in /etc/default/anomcount'
printf '%s\n' "CLIENT='sed -u s/^/got:/'" 'OPTIONS=--origin web1 -v --trust-proxy @/var/log/allow' ASAN_OPTIONS=detect_leaks=0 \
	>"$TMP/default/anomcount"
ok "counts: with a client program the service starts" systemctl_there start anomcount
counted() { lines >>"$log"; grep -F "\"origin\":\"web1\"" "$TMP/log/counts" | grep -F "[\"203.0.113.$n\"," | grep -F "[\"2001:db8:1:$n::/64\","; }
ok "counts: clients of both families are published" within 20 counted
count_pid() { systemctl_there show -P MainPID anomcount; }
like "counts: anomcount reads the detector's paths" "$(cat "$TMP/log/counts.err")" "paths are known from '/var/lib/anomdetect/state.json.memory'"
is "counts: anomcount confines itself by landlock, which the unit's filter allows" "$(grep -c 'unable to confine' "$TMP/log/counts.err")" 0
before=$(count_pid)
is "counts: anomcount has notified systemd that it runs" "$(systemctl_there show -P ActiveState anomcount)" active
counted_status() { systemctl_there show -P StatusText anomcount | grep -qE '^[1-9][0-9]* lines read, [1-9][0-9]* are requests; [1-9]'; }
ok "counts: anomcount shows its status in systemd" within 25 counted_status
ok "counts: reload succeeds" systemctl_there reload anomcount
ok "counts: reload reads the list of trusted proxies again" within 10 grep -q 'trusted proxies read again' "$TMP/log/counts.err"
is "counts: reload does not restart the service" "$(count_pid)" "$before"
kill "$(pgrep -x sed --ns "$inner" --nslist pid)"
anew() { [ "$(count_pid)" != "$before" ] && [ "$(count_pid)" != 0 ]; }
ok "counts: when the client program dies, the service is restarted" within 20 anew
published() { sed -n 's/.* published \([0-9]*\).*/\1/p' "$TMP/log/counts.err" | tail -n 1; }
lines >>"$log"
ok "counts: stop succeeds" systemctl_there stop anomcount
is "counts: stop: the client program receives the last line" "$(grep -c "$(grep -o '"run":[0-9]*' "$TMP/log/counts" | tail -n 1)" "$TMP/log/counts")" \
	"$(published)"
is "counts: stop: the result is success" "$(systemctl_there show -P Result anomcount)" success

echo 203.0.113.$n >"$TMP/log/allow"
ok "file: reload succeeds" systemctl_there reload anomdetect
ok "file: reload reads the allow-list again" within 10 grep -qs "203.0.113.$n\",\"reason\":\"allowed\"" "$events"
: >"$TMP/log/allow"
is "file: reload does not restart the service" "$(main_pid)" "$pid"

# A reload with changed OPTIONS.
cp "$TMP/default/anomdetect" "$TMP/default/kept"
sed -i "s,--allow @/var/log/allow,--allow 203.0.113.77 --allow 2001:db8:1:77::/64 --severe 4," "$TMP/default/anomdetect"
ok "file: reload with other OPTIONS succeeds" systemctl_there reload anomdetect
ok "file: a warning names the option that needs a restart" within 10 grep -q 'warning: --severe has changed: restart anomdetect to use it' "$TMP/log/stderr"
n=77
lines >>"$log"
for client in 203.0.113.77 2001:db8:1:77::; do
	ok "file: other options take effect: $client" within 10 grep -qs "\"client\":\"$client.*\"hold\":\"allowed\"" "$events"
done
n=2
echo 'OPTIONS=--alow 203.0.113.77' >>"$TMP/default/anomdetect"
ok "file: with a mistake in OPTIONS the reload fails" eval '! systemctl_there reload anomdetect 2>/dev/null'
like "file: the mistake is reported" "$(cat "$TMP/log/stderr")" 'anomdetect: fatal: /etc/default/anomdetect: OPTIONS: unknown option'
mv "$TMP/default/kept" "$TMP/default/anomdetect"
ok "file: the next reload succeeds" systemctl_there reload anomdetect
is "file: the process was the same for all reloads" "$(main_pid)" "$pid"
is "file: the check of the options prints nothing among the events" "$(grep -vc '^{' "$events")" 0

kill "$(pgrep -P "$pid" -x tail)"
ok "file: when tail dies, the service is restarted" within 20 runs "$pid" 1
bans "file: after the restart" append
ok "file: restart succeeds" systemctl_there restart anomdetect
ok "file: restart: the service runs again" within 20 runs "$pid" 2
is "file: restart: the bans are kept" "$(grep '"event":"start"' "$events" | tail -n 1 | jq .bans)" 3
bans "file: after systemctl restart" append
# A second site, with its own log and options.
printf '%s\n' "OPTIONS='--learn 0s --requests-floor 6 --proxy-share 1'" \
	ASAN_OPTIONS=detect_leaks=0 >"$TMP/default/anomdetect-shop"
ok "shop: without LOG the service does not start" eval '! systemctl_there start anomdetect@shop 2>/dev/null'
like "shop: the message names the missing LOG" "$(cat "$TMP/log/shop.err")" 'LOG is not set in /etc/default/anomdetect-shop'
echo LOG=/var/log/nginx/shop.json >>"$TMP/default/anomdetect-shop"
install -m 640 -g adm /dev/null "$TMP/log/nginx/shop.json"
pid=$(main_pid)
ok "shop: with LOG the service starts" systemctl_there start anomdetect@shop
to_shop() { in_ns server ipset -q test anomdetect4 "203.0.113.$n" || lines >>"$TMP/log/nginx/shop.json"; banned /dev/null; }
bans shop to_shop
is "shop: the other site has not banned these clients" "$(grep -c '"event":"ban".*"client":"203.0.113.'"$n\"" "$events")" 0
is "shop: the site has its own events" "$(grep -c '"event":"ban"' "$TMP/log/anomdetect-shop.jsonl")" 2
ok "shop: the site has its own state" within 10 test -s "$TMP/lib/anomdetect-shop/state.json"
is "shop: both sites share one firewall rule per family" "$(in_ns server sh -c 'iptables -t raw -S; ip6tables -t raw -S' | grep -c 'match-set anomdetect[46] src -j DROP')" 2
ok "shop: the service stops" systemctl_there stop anomdetect@shop
ok "shop: the bans stay after the stop" banned /dev/null
is "shop: the other site's service continues" "$(main_pid)" "$pid"

ok "file: the flushed rule is restored" in_ns server iptables -t raw -C PREROUTING -m set --match-set anomdetect4 src -j DROP
ok "file: stop succeeds" systemctl_there stop anomdetect
is "file: stop: the service has ended" "$(main_pid)" ""
is "file: stop: each run printed a stop event" "$(grep -c '^{"event":"stop"' "$events")" 3
contrib_said server "$BUILD/anomdetect" --doctor --user anomdetect --config /etc/default/anomdetect </dev/null >"$TMP/doctor"
like "file: --doctor reads the service's file as systemd does" "$(grep ' input: ' "$TMP/doctor")" \
	"^ok   input: '/var/log/nginx/access.json': [0-9]* of [0-9]* lines are requests; the newest is of .*$"
is "file: every step of --doctor is ok" "$(grep -v '^ok ' "$TMP/doctor")" ""
in_ns server sh -c 'iptables -t raw -F; ip6tables -t raw -F; ipset destroy'
ok "sets: the unit for the sets runs with its hardening" systemctl_there start anomdetect-sets
is "sets: the unit makes the sets" "$(in_ns server ipset list -n | sort | xargs)" "anomdetect4 anomdetect6"
is "sets: the unit counts as active" "$(systemctl_there is-active anomdetect-sets)" active
is "sets: the sets have the marker of new sets" "$(in_ns server ipset save | grep -c 'add anomdetect4 238.255.255.255 timeout 0$')" 1
in_ns server ipset destroy
echo 'set other' >"$TMP/log/own.conf" && chown 987:987 "$TMP/log/own.conf" && chmod 600 "$TMP/log/own.conf"
printf '%s\n' 'OPTIONS=--config /var/log/own.conf' ASAN_OPTIONS=detect_leaks=0 >"$TMP/default/anomdetect.own"
cp "$TMP/default/anomdetect" "$TMP/default/kept" && cp "$TMP/default/anomdetect.own" "$TMP/default/anomdetect"
ok "sets: the unit reads a file of options that only the service's user may read" systemctl_there restart anomdetect-sets
is "sets: the unit makes the sets of these options" "$(in_ns server ipset list -n | sort | xargs)" "other4 other6"
mv "$TMP/default/kept" "$TMP/default/anomdetect"
in_ns server ipset destroy
is "file: stop: the result is success" "$(systemctl_there show -P Result anomdetect)" success
systemd_end

# If the detector is unable to ban, a restart does not help.
printf '%s\n' 'OPTIONS=--chain raw/NOSUCH' ASAN_OPTIONS=detect_leaks=0 >"$TMP/default/anomdetect.bad"
mv "$TMP/default/anomdetect" "$TMP/default/kept"
mv "$TMP/default/anomdetect.bad" "$TMP/default/anomdetect"
systemd_start wrong
ok "wrong: the service is not restarted without end" within 10 eval '[ "$(systemctl_there show -P ActiveState anomdetect)" = failed ]'
is "wrong: the exit status is 3" "$(systemctl_there show -P ExecMainStatus anomdetect)" 3
is "wrong: the service is never restarted" "$(systemctl_there show -P NRestarts anomdetect)" 0
systemd_end

# If the fault may vanish, the service is restarted without end. RestartSec of 1 s avoids systemd's limit of 5 starts in
# 10 s. Here the state cannot be written until its directory exists.
printf '%s\n' 'OPTIONS=--state /var/lib/anomdetect/not/yet/state.json' ASAN_OPTIONS=detect_leaks=0 >"$TMP/default/anomdetect"
rm -f "$events"
systemd_start again
restarts() { [ "$(systemctl_there show -P NRestarts anomdetect)" -ge "$1" ]; }
ok "again: the service is restarted more often than systemd's limit" within 30 restarts 7
install -d -o 987 -g 987 "$TMP/lib/anomdetect/not/yet"
ok "again: the service runs when the fault is gone" within 20 runs
systemd_end
mv "$TMP/default/kept" "$TMP/default/anomdetect"

# Tests the service with the FIFO and with iptables-legacy, which needs a lock file.
cp "$CONTRIB/systemd/fifo.conf" "$TMP/units/anomdetect.service.d/"
rm -f "$events"
iptables_kind legacy && programs_of "$TMP/legacy" # systemd inherits the mount namespace with these programs
systemd_start fifo
service_runs fifo
bans "fifo" banned "$TMP/run/anomdetect.fifo"
in_ns server iptables-legacy -t raw -D PREROUTING -m set --match-set anomdetect4 src -j DROP
pid=$(main_pid)
is "fifo: only root may write to the FIFO" "$(stat -c '%U %a' "$TMP/run/anomdetect.fifo")" "root 600"
is "fifo: the service continues when writers open and close the FIFO" "$(main_pid)" "$pid"
ok "fifo: restart succeeds" systemctl_there restart anomdetect
ok "fifo: restart: the service runs again" within 20 runs "$pid" 1
bans "fifo: after restart" banned "$TMP/run/anomdetect.fifo"
ok "fifo: restart: iptables-legacy has made its rules" \
	in_ns server iptables-legacy -t raw -C PREROUTING -m set --match-set anomdetect4 src -j DROP
is "fifo: the service has only the right to ban" "$(status "$(main_pid)" CapEff)" 0000000000001000
systemd_end
finish
