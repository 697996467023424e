#!/usr/bin/env bash
# README.md keeps its promise. The test runs the commands of "Try it" and "Five minutes to a protected site", unchanged
# and in order. They run in a Debian that has only nginx and make, with real visitors and attackers.
#
#     make check-readme
#     make check-readme RELEASE=trixie
#     make check-readme PACKAGE=yes       # with the README's command for the package instead of make install
#
# It is not part of `make check`, because it makes a Debian in build/readme once, boots it, fetches packages from this
# host's apt mirror, and keeps them. The machine has the addresses of the README's examples:
#
#     visitors 203.0.113.10-29, 2001:db8:100+n::1 --+
#     administrator 192.0.2.10                      +-- machine: 203.0.113.1, 192.0.2.1, 198.51.100.1, 2001:db8::1
#     attackers 198.51.100.7-9, 2001:db8:7-9::7   --+
# shellcheck disable=SC2317 # the functions are called by ok and within
# shellcheck disable=SC2016,SC2031 # the expressions are for eval and other shells; no variable of a subshell is used outside
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
# shellcheck source=tests/package/machine.sh
. "$(dirname "$0")/machine.sh"
need_root
need debootstrap unshare nsenter pivot_root chroot ip curl pgrep python3
SOURCES=$(cd "$(dirname "$0")/../.." && pwd)
RELEASE=${RELEASE:-$(. /etc/os-release && echo "$VERSION_CODENAME")}
PACKAGE=${PACKAGE-}
began=$SECONDS

mkdir -p "$BUILD/readme"
machine_root "$RELEASE" "$BUILD/readme" || { echo "Bail out! no Debian: $(tail -n 3 "$BUILD/readme/$RELEASE.log")"; exit 1; }
in_time() { echo "# $((SECONDS - began)) s: $*"; }
in_time "a minimal $RELEASE"

ns_add server
ns_add world
ns_join server eth0 world eth0
ns_address server eth0 203.0.113.1/24 192.0.2.1/24 198.51.100.1/24 2001:db8::1/32
ns_address world eth0 192.0.2.10/24 198.51.100.{7,8,9}/24 2001:db8:{7,8,9}::7/32
for n in {10..29}; do ns_address world eth0 "203.0.113.$n/24" "2001:db8:1$n::1/32"; done

# ---- the text ----

# commands SECTION: prints each command as LINE-NUMBER COMMAND, with a NUL after it. Code is indented by 4. A line that
# ends in | && or \ continues on the next line.
commands() {
	awk -v section="## $1" '
		/^## / { inside = $0 == section }
		inside && /^    / {
			text = text (text == "" ? NR " " : "\n") substr($0, 5)
			if (text !~ /(\||&&|\\)$/) { printf "%s%c", text, 0; text = "" }
		}' "$SOURCES/README.md"
}

# way_of COMMAND: prints the command that the test runs. With PACKAGE, the README's command for the package replaces
# `make install`, and the package makes the user.
way_of() {
	case $PACKAGE,$1 in
	yes,'make install'*) grep -o '`make deb && [^`]*' "$SOURCES/README.md" | tr -d '`' ;;
	yes,useradd*) echo 'id anomdetect' ;;
	*) echo "$1" ;;
	esac
}

# ---- the other hosts ----

server_of() {
	case $1 in
	*:*) echo '[2001:db8::1]' ;;
	*) echo "${1%.*}.1" ;;
	esac
}

# Prints the exit code of one request by curl: 0, or 28 for "no answer in time".
asks() {
	in_ns world curl -s -o /dev/null --connect-timeout "${2:-20}" --max-time "${2:-20}" --interface "$1" "http://$(server_of "$1")/"
	echo $?
}
is_served() { [ "$(asks "$1")" = 0 ]; }

# A scanner: asks for missing pages until it gets no answer.
attack() {
	local from
	attackers=()
	for from in "$@"; do
		in_ns world timeout 60 curl -s --fail-early --connect-timeout 3 --max-time 3 --interface "$from" \
			"http://$(server_of "$from")/no/[1-3000]" >/dev/null &
		attackers+=($!)
		ends_with_test $!
	done
}

# visitors_come: 40 visitors load the page one after the other, again and again, until visitors_go.
visitors=
visitors_come() {
	look_around >>"$TMP/visitors" 2>&1 &
	visitors=$!
	ends_with_test $visitors
}
visitors_go() {
	kill $visitors
	within 3 gone $visitors
}
look_around() {
	ns_become world bash -c 'while :; do
		for n in {10..29}; do
			curl -s -o /dev/null --max-time 20 --interface "203.0.113.$n" http://203.0.113.1/ || echo "203.0.113.$n: $?"
			curl -s -o /dev/null --max-time 20 --interface "2001:db8:1$n::1" "http://[2001:db8::1]/" || echo "2001:db8:1$n::1: $?"
			sleep 0.1
		done
	done'
}

# ---- the promises of the README for each command ----

LOG=/var/log/nginx/access.json EVENTS=/var/log/anomdetect.jsonl
tried=
lines_of() { machine_run "cat $LOG" | grep -cF "\"remote_addr\":\"$1\""; }
ban_of() { machine_run "cat $EVENTS" | grep '"event":"ban"' | grep -F "\"client\":\"$1\""; }
has_ban() { ban_of "$1" | grep -q '"enforced":true'; }
is_shut_out() { [ "$(asks "$1" 2)" = 28 ]; }

nobody_reads() {
	local file
	for file in "$@"; do
		not_ok "other users cannot read $file" machine_run "setpriv --reuid=nobody --regid=nogroup --clear-groups cat '$file'"
		ok "the group adm can read $file" machine_run "setpriv --reuid=nobody --regid=adm --clear-groups cat '$file'"
	done
}

# banned IPV4 IPV6: these clients attack, are banned, and their packets are dropped.
banned() {
	local client
	attack "$1" "$2"
	for client in "$1" "${2%::*}::/64"; do ok "$client is banned" within 20 has_ban "$client"; done
	for client in "$@"; do ok "no packet of $client passes" is_shut_out "$client"; done
	ok "visitors are served, by IPv4" is_served 203.0.113.10
	ok "visitors are served, by IPv6" is_served 2001:db8:110::1
}

opened() { is_served 203.0.113.10 && is_served 2001:db8:110::1 && [ "$(machine_run "wc -l <$LOG")" -ge 2 ]; }

before() {
	case $1 in
	*'nginx -s reload'*) visitors_go ;; # the new log must stay empty until the site is opened once, as in the README
	*--explain*)
		said=$(machine_run "$1" 2>&1)
		like "the command reports a log without a line" "$said" 'empty.*request'
		within 10 opened # opens the site once, as the README tells the reader
		;;
	*--ban* | *'enable --now'*) stop_what_runs ;; # two detectors must not use the same state file
	esac
}
stop_what_runs() {
	local name
	for name in $running; do ok "the command ends at SIGTERM: ${name/command/line }" machine_stop "$name"; done
	running=
}

doctor_is_content() {
	is "each step of --doctor is ok" "$(grep -vE '^(ok|skip) ' <<<"$1")" ""
	like "the step drop of --doctor is ok" "$1" $'\nok   drop: '
}

# after COMMAND OUTPUT: checks the promises of the README after a command.
after() {
	case $1 in
	*'make deb'*)
		is "the service does not run yet" "$(machine_run 'systemctl list-units --plain --no-legend "anom*"; systemctl is-enabled anomdetect')" disabled
		for file in /etc/default/anomdetect /etc/logrotate.d/anomdetect-events /lib/systemd/system/anomdetect@.service; do
			ok "the package brings $file" machine_run "[ -s $file ]"
		done
		;;
	*anomdetect.jsonl*chmod*) tried+=' log' ;;
	*'nginx -s reload'*)
		tried+=' reload'
		;;
	*--explain*)
		tried+=' explain'
		for client in 203.0.113.10 2001:db8:110::1; do # the same command, which shows the first of similar lines
			like "$client is the client of its line" "$(machine_run "grep -F '\"$client\"' $LOG | ${1#*| }")" \
				"client +remote_addr = $client "
		done
		is "all lines are requests" "$(sed -nE 's/^([0-9]+) of ([0-9]+) lines are requests$/\1/p' <<<"$2")" "$(machine_run "wc -l <$LOG")"
		nobody_reads $LOG $EVENTS
		visitors_come
		;;
	*--replay*)
		tried+=' replay'
		for client in 198.51.100.7 2001:db8:7::; do like "yesterday's attacker is in the report: $client" "$2" "$client"; done
		is "no visitor is in the report" "$(grep -cE '203\.0\.113|2001:db8:1[0-9]' <<<"$2")" 0
		;;
	*--ban*)
		tried+=' ban'
		banned 198.51.100.7 2001:db8:7::7
		attack 192.0.2.10
		ok "the administrator's flood is in the log" within 20 eval '[ "$(lines_of 192.0.2.10)" -gt 2000 ]'
		ok "the administrator is served during the flood" is_served 192.0.2.10
		is "the administrator is not banned" "$(ban_of 192.0.2.10)" ""
		;;
	*'enable --now'*)
		tried+=' service'
		ok "the service runs" within 5 machine_run "systemctl is-active anomdetect"
		ok "earlier bans are in force" is_shut_out 198.51.100.7
		banned 198.51.100.8 2001:db8:8::7
		;;
	*'make demo'*)
		tried+=' demo'
		like "the attackers are banned" "$2" '203\.0\.113\.7.*2001:db8:bad:'
		like "the demo bans no visitor" "$2" 'ordinary visitors banned: 0 of'
		is "the demo changes no file outside build/" "$(machine_run 'find . -newer /run/began -not -path "./build*" -type f')" ""
		;;
	*'doctor --user'*)
		tried+=' doctor-of-the-service'
		doctor_is_content "$2"
		like "--doctor checks the service's log" "$2" "input: '$LOG': [0-9]+ of [0-9]+ lines are requests"
		;;
	*--doctor*)
		tried+=' doctor'
		doctor_is_content "$2"
		;;
	*--follow*) tried+=' follow' ;;
	*--client*)
		tried+=' client'
		like "the command prints why an IPv4 client is banned" "$2" 'banned.*198\.51\.100\.7|198\.51\.100\.7.*banned'
		like "the command prints why an IPv6 client is banned" "$(machine_run "${1/198.51.100.7/2001:db8:7::7}")" 'banned.*2001:db8:7::|2001:db8:7::.*banned'
		;;
	*--unban*)
		tried+=' unban'
		ok "the unbanned IPv4 client is served again" within 5 is_served 198.51.100.7
		ok "the command lifts the ban of an IPv6 client" machine_run "${1/198.51.100.7/2001:db8:7::}"
		ok "the unbanned IPv6 client is served again" within 5 is_served 2001:db8:7::7
		;;
	esac
}

# on_terminal: gives the command a terminal if it needs one. goes_on: whether the command runs until Ctrl-C.
on_terminal() { if [[ $1 = *--follow* ]]; then printf 'script -qec %q /dev/null' "$1"; else echo "$1"; fi; }
goes_on() { [[ $1 =~ tail\ (-n\ 0\ -F|-f)\ |--follow ]]; }

# try_command LINE COMMAND: runs the command of this line of the README. Returns 0 if it did what a reader expects.
running=
try_command() {
	local said name="README.md, line $1: ${2%%$'\n'*}"
	if [[ $2 = 'make check'* ]]; then
		skip "$name" "it would double the time; .ci/run runs it"
		return
	fi
	before "$2"
	if goes_on "$2"; then
		machine_start "command$1" "$(on_terminal "$2")"
		running+=" command$1"
		sleep 2 # this proves little, but a command that fails immediately has ended by now
		if machine_goes_on "command$1"; then pass "$name"; else
			flunk "$name" "$(machine_run "cat /root/command$1.out /root/command$1.err")"
			return 1
		fi
		after "$2" ""
	elif said=$(machine_run "set -o pipefail; $2" 2>&1); then
		pass "$name"
		after "$2" "$said"
	else
		flunk "$name" "it failed with:" "$said"
		return 1
	fi
}

# try_section NAME: a failed command ends the test, because later commands depend on it.
try_section() {
	local command n=0
	while IFS= read -r -d '' -u 3 command; do
		n=$((n + 1))
		try_command "${command%% *}" "$(way_of "${command#* }")" || finish
		in_time "line ${command%% *}"
	done 3< <(commands "$1")
	ok "'$1' has commands" [ $n -gt 1 ]
}

machine() {
	machine_boot server "$BUILD/readme/$RELEASE" || { flunk "$1: the machine boots" "$(cat "$TMP/boot.log")"; finish; }
	mkdir -p "$machine_tree/root/anomdetect"
	(cd "$SOURCES" && tar -c --exclude=__pycache__ src man tests contrib Makefile ./*.md LICENSE) |
		tar -C "$machine_tree/root/anomdetect" --no-same-owner -x
	machine_run 'echo "APT::Get::Assume-Yes \"true\";" >/etc/apt/apt.conf.d/98yes' # the answer of a person
	in_time "$1: the machine has booted"
}
finish() {
	[ "$tap_failed" = 0 ] || machine_run "tail -n 5 $EVENTS; journalctl --no-pager -n 30" 2>&1 | cut -c1-300 | sed 's/^/# /'
	in_time "the end"
	done_testing
}

machine "Five minutes"
ok "nginx serves" within 10 is_served 203.0.113.10
visitors_come
# Clients attacked yesterday, and the log of that day was rotated.
sleep 5
attack 198.51.100.7 2001:db8:7::7
wait "${attackers[@]}"
sleep 2
machine_run 'cd /var/log/nginx && mv access.log access.log.1 && nginx -s reopen'
in_time "yesterday's attacks are over"

try_section "Five minutes to a protected site"
is "each command of the five minutes was tried" "$tried" " log reload explain replay ban service doctor doctor-of-the-service follow client unban"

# One day later.
stop_what_runs
ok "the logs are rotated" machine_run 'for f in /etc/logrotate.d/anomdetect-*; do logrotate -f "$f"; done'
ok "nginx continues to write the log" within 5 eval 'is_served 203.0.113.10; machine_run "[ -s $LOG ]"'
nobody_reads $LOG $LOG.1 $EVENTS
attack 198.51.100.9 2001:db8:9::7
ok "the service bans an IPv4 client after the rotation" within 20 has_ban 198.51.100.9
ok "the service bans an IPv6 client after the rotation" within 20 has_ban 2001:db8:9::/64
is "no visitor was banned" "$(machine_run "cat $EVENTS*" | grep '"event":"ban"' | grep -cE '203\.0\.113|2001:db8:1[0-9]')" 0
visitors_go
is "every visitor was always served" "$(cat "$TMP/visitors")" ""

# The README's advice is tested for a `server` block of nginx with an access_log of its own. This server writes no JSON
# until it gets the access_log line of contrib/nginx.conf, too. nginx -T shows the server's own log.
asks_shop() { in_ns world curl -sf -o /dev/null --max-time 20 http://203.0.113.1:8080/shop; }
shop_lines() { machine_run "grep -c /shop $LOG"; }
shop='server { listen 8080; access_log /var/log/nginx/shop.log; location / { return 204; }'
machine_run "echo '$shop }' >/etc/nginx/conf.d/shop.conf; nginx -s reload"
ok "a server with a log of its own serves" within 10 asks_shop
is "a server with a log of its own writes no JSON" "$(shop_lines)" 0
like "nginx -T shows the server's own log" "$(machine_run 'nginx -T 2>&1 | grep access_log')" 'access_log /var/log/nginx/shop\.log;'
line=$(grep '^access_log ' "$SOURCES/contrib/nginx.conf")
machine_run "echo '$shop $line }' >/etc/nginx/conf.d/shop.conf; nginx -s reload"
ok "with the line of contrib/nginx.conf, this server writes JSON" within 10 eval 'asks_shop; [ "$(shop_lines)" -gt 0 ]'

# Keeps what the README's commands have built in the Debian, so that the next run of this test need not build it again.
mv "$machine_tree/root/anomdetect/build" "$BUILD/readme/$RELEASE.built"
machine_end
tried=
machine "Try it"
mv "$BUILD/readme/$RELEASE.built" "$machine_tree/root/anomdetect/build"
machine_run 'touch /run/began'
try_section "Try it"
is "each command of 'Try it' was tried" "$tried" " demo"
finish
