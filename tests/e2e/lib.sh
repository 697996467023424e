# lib.sh - shared by the end-to-end tests: TAP, temporary network namespaces, polling, nginx.
#
# Source it first. It makes $TMP. At exit it ends the processes of ends_with_test, removes its namespaces and $TMP, and
# prints the plan. Nothing here or in a test changes the root namespace's firewall or ends processes by name.
#
#     need_root; need ipset iptables         # skips the whole test, with the reason, if something is missing
#     need_built anomdetect                  # fails the test if the program is not in $BUILD (build)
#     ns_add server                          # makes the namespace ${NS}server
#     in_ns server ip link show              # runs a program in this namespace
#     programs_of "$TMP/fake"                # from now on in_ns runs these programs instead of the system's iptables
#     ok "promise" command...                # prints TAP from the exit status
#     is "promise" "$got" "$wanted";  like "promise" "$text" 'regex'
#     within 5 command...                    # polls until the command succeeds; on an idle machine 5 s are enough
#     for_others "$BUILD/anomban"            # copies files to $OTHERS, for another user to run
#     "${as_other[@]}" "$OTHERS/anomban"     # runs a program there as uid 65534
#
# A test ends with `done_testing`.
# shellcheck shell=bash

set -u
# shellcheck source=tests/environment.sh
. "$(dirname "${BASH_SOURCE[0]}")/../environment.sh"
BUILD=${BUILD:-build}
case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
NS="anom$$-" # unique while this shell runs
umask 022 # other users read a test's files
export LC_ALL=C

# Prints a directory for temporary files that every user may enter, because TMPDIR may be closed to other users.
public_directory() {
	local directory path
	for directory in "${TMPDIR:-/tmp}" /tmp /var/tmp; do
		path=$(realpath "$directory") || continue
		until [ "$path" = / ]; do
			[[ $(stat -c %A "$path") == *[xt] ]] || continue 2
			path=$(dirname "$path")
		done
		echo "$directory"
		return
	done
	return 1
}
TMP=$(public_directory) && TMP=$(mktemp -d "$TMP/anomdetect-test.XXXXXX") || exit 1
chmod 755 "$TMP" # nginx workers and other users' programs read it

tap_n=0
tap_failed=0
tap_done=0
lib_namespaces=()
lib_pids=()
lib_programs=()
lib_programs_n=0

lib_cleanup() {
	local pid name
	[ "$BASHPID" = $$ ] || return # the end of a subshell is not the end of the test
	for pid in "${lib_pids[@]}"; do kill "$pid" 2>/dev/null; done
	for pid in "${lib_pids[@]}"; do
		within 3 gone "$pid" || kill -KILL "$pid" 2>/dev/null
	done
	for name in "${lib_namespaces[@]}"; do ip netns del "$name" 2>/dev/null; done
	chmod -R u+rwX "$TMP" # an ordinary user could not remove files in a closed directory
	rm -rf "$TMP"
	[ "$tap_done" = 1 ] || echo "Bail out! the test ended early"
}
trap lib_cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

gone() { ! kill -0 "$1" 2>/dev/null || [ "$(ps -o stat= -p "$1" | cut -c1)" = Z ]; }

# Under .ci/run every test can run, so there a skip would hide a failure.
skip_all() {
	if [ "${CI-}" = true ]; then
		echo "Bail out! skipped, which CI may not: $*"
		tap_done=1
		exit 1
	fi
	echo "1..0 # SKIP $*"
	tap_done=1
	exit 0
}

need_root() { [ "$(id -u)" = 0 ] || skip_all "needs root, for network namespaces"; }

need() {
	local program
	for program in "$@"; do
		command -v "$program" >/dev/null || [ -x "$program" ] || skip_all "$program is missing"
	done
}

# Fails the test if make has not built a program: a skip would hide the fault.
need_built() {
	local program
	for program in "$@"; do
		[ -x "$BUILD/$program" ] && continue
		echo "Bail out! $BUILD/$program is not built"
		tap_done=1
		exit 1
	done
}

pass() {
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1"
}

# Reports a broken promise, with the details as TAP comments.
flunk() {
	tap_n=$((tap_n + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_n - $1"
	shift
	[ $# = 0 ] || printf '%s\n' "$@" | sed 's/^/#   /'
}

ok() {
	local promise=$1 said
	shift
	if said=$("$@" 2>&1); then pass "$promise"; else flunk "$promise" "failed: $*" "$said"; fi
}

not_ok() {
	local promise=$1 said
	shift
	if said=$("$@" 2>&1); then flunk "$promise" "did not fail: $*" "$said"; else pass "$promise"; fi
}

is() { if [ "$2" = "$3" ]; then pass "$1"; else flunk "$1" "got:    $2" "wanted: $3"; fi; }

like() { if [[ $2 =~ $3 ]]; then pass "$1"; else flunk "$1" "got:  $2" "like: $3"; fi; }

skip() {
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1 # SKIP $2"
}

done_testing() {
	echo "1..$tap_n"
	tap_done=1
	exit $((tap_failed > 0))
}

# Polls every 50 ms. The deadline only ends a test that fails, so it is long enough for a busy machine.
PATIENCE=4
within() {
	local deadline=$((SECONDS + $1 * PATIENCE + 1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$deadline" ] || return 1
		sleep 0.05
	done
}

# For `within`: within 5 not COMMAND.
not() { ! "$@"; }

# For tests of counts per minute of the clock: waits for the next minute if fewer than 20 s of the current minute are
# left.
not_across_a_minute() {
	local left=$((60 - 10#$(date +%S)))
	[ $left -ge 20 ] || sleep $((left + 1))
}

# Ends a process at exit. For `ns_become ... &` in a test: ends_with_test $!
ends_with_test() { lib_pids+=("$1"); }

ns_add() {
	local why
	why=$(ip netns add "$NS$1" 2>&1) || skip_all "no network namespaces here: $why"
	lib_namespaces+=("$NS$1")
	why=$(ip netns exec "$NS$1" true 2>&1) || skip_all "no network namespace can be entered here: $why"
	ip -n "$NS$1" link set lo up
}

in_ns() {
	local name=$1
	shift
	ip netns exec "$NS$name" "${lib_programs[@]}" "$@"
}

# Like in_ns, for the background: `ns_become server tail -F x &`. $! is then the program itself. It is not a shell
# around the program, which would receive signals and leave the program running.
ns_become() {
	local name=$1
	shift
	exec ip netns exec "$NS$name" "${lib_programs[@]}" "$@"
}

# programs_of [DIRECTORY...]: from now on in_ns and ns_become run the programs of these directories instead of the
# system's iptables, ip6tables, iptables-save and ip6tables-save. Programs are replaced as by update-alternatives(1),
# but in the mount namespace that `ip netns exec` makes. A file NAME.none removes NAME. Without a directory, the
# system's programs are used again.
programs_of() {
	local all=$TMP/alternatives.$((lib_programs_n++)) directory program
	lib_programs=()
	[ $# != 0 ] || return 0
	[ "$(readlink /usr/sbin/iptables)" = /etc/alternatives/iptables ] || skip_all "iptables is no alternative here"
	mkdir "$all" && cp -a /etc/alternatives/. "$all"
	for directory in "$@"; do
		for program in "$directory"/*; do
			[ -L "$program" ] || ln -sf "$program" "$all"
			# a link keeps its target, also where $TMP is not visible
			[ ! -L "$program" ] || cp -P --remove-destination "$program" "$all"
		done
	done
	for program in "$all"/*.none; do rm -f "$program" "${program%.none}"; done
	# shellcheck disable=SC2016 # the text is for the inner shell
	lib_programs=(sh -c 'mount --bind "$0" /etc/alternatives && exec "$@"' "$all")
}

# The directories of a source tree or of $BUILD may be closed to other users. So the files of a program that runs as
# another user are copied first: for_others FILE... copies them to $OTHERS, which is then also the working directory.
OTHERS=$TMP/others
as_other=(env -C "$OTHERS" setpriv --reuid=65534 --regid=65534 --clear-groups)
for_others() {
	mkdir -p "$OTHERS" && cp "$@" "$OTHERS" && chmod -R a+rX "$OTHERS"
}

# ns_join A if-a B if-b: makes a veth pair with both ends up.
ns_join() {
	ip -n "$NS$1" link add "$2" type veth peer name "$4" netns "$NS$3" &&
		ip -n "$NS$1" link set "$2" up && ip -n "$NS$3" link set "$4" up
}

# ns_address NAMESPACE INTERFACE ADDRESS/LEN...: adds addresses that are usable immediately (without duplicate address
# detection).
ns_address() {
	local name=$1 interface=$2 address
	shift 2
	for address in "$@"; do
		case $address in
		*:*) ip -n "$NS$name" address add "$address" dev "$interface" nodad ;;
		*) ip -n "$NS$name" address add "$address" dev "$interface" ;;
		esac
	done
}

# session NAMESPACE PROGRAM...: starts a program. The test writes to it through $say, and reads its output through
# $hear. $line is the program's first line. This is not a coproc, because bash closes a coproc's pipes at its end, even
# with unread output.
session() {
	rm -f "$TMP/say" "$TMP/hear"
	mkfifo "$TMP/say" "$TMP/hear"
	ns_become "$@" <"$TMP/say" >"$TMP/hear" 2>&1 &
	pid=$!
	ends_with_test $pid
	exec {say}>"$TMP/say" {hear}<"$TMP/hear"
	hear_line
}

# Sets $line to the next line; "" if no line arrives. The deadline only ends a test that fails.
hear_line() {
	line=
	read -r -t 60 line <&"$hear"
}

session_end() {
	exec {say}>&- {hear}<&-
	wait "$pid"
}

# iptables_kind nft|legacy: makes $TMP/KIND, for programs_of, with the iptables and ip6tables of this kind.
iptables_kind() {
	command -v "iptables-$1" >/dev/null && command -v "ip6tables-$1" >/dev/null || return
	mkdir -p "$TMP/$1"
	ln -sf "$(command -v "iptables-$1")" "$TMP/$1/iptables"
	ln -sf "$(command -v "ip6tables-$1")" "$TMP/$1/ip6tables"
	ln -sf "$(command -v "iptables-$1-save")" "$TMP/$1/iptables-save"
	ln -sf "$(command -v "ip6tables-$1-save")" "$TMP/$1/ip6tables-save"
}

# nginx_start NAMESPACE [WORKERS]: serves "hello" on port 80 of all addresses and logs JSON to $TMP/access.json. Do not
# call it inside ok or $(...), because they would wait for the end of nginx.
nginx_start() {
	cat >"$TMP/nginx.conf" <<-END
		worker_processes ${2:-1};
		pid $TMP/nginx.pid;
		error_log $TMP/error.log;
		daemon off;
		events { worker_connections 1024; }
		http {
			log_format anom escape=json '{"remote_addr":"\$remote_addr","time":"\$time_iso8601","msec":\$msec,'
				'"request":"\$request","status":\$status,"bytes":\$body_bytes_sent,"rt":\$request_time,'
				'"host":"\$host","ua":"\$http_user_agent","xff":"\$http_x_forwarded_for"}';
			access_log $TMP/access.json anom;
			client_body_temp_path $TMP/body;
			proxy_temp_path $TMP/proxy;
			fastcgi_temp_path $TMP/fastcgi;
			uwsgi_temp_path $TMP/uwsgi;
			scgi_temp_path $TMP/scgi;
			server {
				listen 80;
				listen [::]:80;
				location = / { return 200 "hello\n"; }
				location / { return 404; }
			}
		}
	END
	: >"$TMP/access.json"
	ns_become "$1" nginx -p "$TMP" -c "$TMP/nginx.conf" >"$TMP/nginx.err" 2>&1 &
	ends_with_test $!
	within 5 in_ns "$1" curl -sf -o /dev/null --max-time 5 http://127.0.0.1/ &&
		within 5 in_ns "$1" curl -sf -o /dev/null --max-time 5 'http://[::1]/'
}
