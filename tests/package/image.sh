#!/usr/bin/env bash
# The image of contrib/container/, built from this tree and run by podman with the commands of its README.md. It has no
# compiler, bans IPv4 and IPv6 clients with two capabilities and a read-only root, and keeps bans over a stop and a
# start.
#
# `make check-image` runs it, not `make check`, because it fetches packages. The image is based on a Debian that
# debootstrap makes. The test imports this Debian under the name in the Dockerfile's FROM. podman keeps all its files in
# a directory of the test. The container's "host" is a network namespace.
# shellcheck disable=SC2317 # the functions are called by ok and within
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
# shellcheck source=tests/package/root.sh
. "$(dirname "$0")/root.sh"
need_root
need podman crun debootstrap unshare ip nginx curl jq
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
README=$ROOT/contrib/container/README.md
mkdir -p "$BUILD" && STORE=$(mktemp -d "$BUILD/image.XXXXXX") || exit

image_cleanup() {
	[ "$BASHPID" = $$ ] || return 0
	docker rm --force --all --time 0 >/dev/null 2>&1
	rm -rf "$STORE"
	lib_cleanup
}
trap image_cleanup EXIT

ns_add host
ns_add client
ns_join host out client in
ns_address host out 203.0.113.1/24 2001:db8:1::1/64
ns_address client in 203.0.113.7/24 203.0.113.8/24 2001:db8:1::8/64
ns_address client lo 2001:db8:2::7/128
ip -n "${NS}host" route add 2001:db8:2::/64 via 2001:db8:1::8
in_ns host ipset create probe hash:ip 2>/dev/null || skip_all "the kernel has no ipset"
in_ns host ipset destroy probe

# Runs podman, with cgroup2 on any machine, and with the test's directory in the place of the host's logs.
engine() {
	# shellcheck disable=SC2016 # the expressions are for the inner shell
	unshare --mount sh -ec 'mkdir -p "$1/log" /var/log/nginx
		mount -t cgroup2 cgroup2 /sys/fs/cgroup; mount --bind "$1/log" /var/log/nginx; store=$1; shift
		exec podman --root "$store/root" --runroot "$store/run" --tmpdir "$store/tmp" --storage-driver vfs --runtime crun \
			--cgroup-manager cgroupfs --events-backend file "$@"' sh "$STORE" "$@"
}

# Runs the README's docker commands by podman, in the network of the test's host. The detector's limits are low, so that
# a few requests are a flood. The container has no cgroup, because the limits of a cgroup need features
# that a test machine may lack.
docker() {
	local verb=$1
	shift
	case $verb in
	build) engine build --isolation=chroot --network=host --format=docker --layers=false "$@" ;;
	run)
		# podman needs systemd to repeat a container's health check, but there is no systemd here. So the test
		# itself checks the health of the container with a name. Other containers get no health check.
		[[ " $* " == *" --name "* ]] || set -- --no-healthcheck "$@"
		set -- --cgroups=disabled --ulimit nofile=1024:4096 --ulimit nproc=4096:4096 --read-only-tmpfs=false \
			--env OPTIONS="--learn 0s --requests-floor 12 --proxy-share 1" "$@"
		in_host engine run "$@"
		;;
	# prints the log until now instead of following it, so that the test ends
	logs) in_host engine logs "${@/#-f/--follow=false}" ;;
	*) in_host engine "$verb" "$@" ;;
	esac
}

# Runs a function such as engine in the namespace of the host, because in_ns can run only programs.
in_host() {
	export -f engine
	export STORE
	# shellcheck disable=SC2016 # the expression is for the inner shell
	in_ns host bash -c '"$@"' bash "$@"
}

# Prints the README's first command that contains TEXT, with its continuation lines and without its comment.
command_of_readme() {
	sed -n 's/^    //p' "$README" | sed -e ':a' -e '/\\$/{N;s/ *\\\n */ /;ba' -e '}' | sed 's/  *#.*//' |
		grep -F -m 1 -- "$1" || echo "false 'README.md has no command with $1'"
}
readme() { (cd "$ROOT" && eval "$(command_of_readme "$1")"); }

if ! why=$(given_debian bookworm 2>&1); then
	echo "Bail out! no Debian to build on: $why"
	exit 1
fi
ok "the base is imported" engine import "$BUILD/debian/bookworm.tar" docker.io/library/debian:bookworm-slim
if ! readme 'docker build' >"$TMP/build.log" 2>&1; then
	flunk "the image builds from the tree" "$(tail -n 30 "$TMP/build.log")"
	done_testing
fi
pass "the image builds from the tree"
# Makes a source tree that contains built programs, and the secrets and keys of a user of the Compose example. Checks
# which files of the tree docker copies.
mkdir -p "$TMP"/tree/{build,src,.git,contrib/nextcloud-compose/tls}
touch "$TMP"/tree/{build/large,src/a.c,.git/config,Makefile,contrib/nextcloud-compose/{secrets.env,secrets.env.example,tls/site.key}}
cp "$ROOT/.dockerignore" "$TMP/tree"
printf 'FROM scratch\nCOPY . /\n' >"$TMP/context"
docker build -t context -f "$TMP/context" "$TMP/tree" >"$TMP/build.log" 2>&1 || flunk "docker copies the tree" "$(tail "$TMP/build.log")"
is "the build context has no secrets, no keys and no built files" "$(engine save context | tar -xO --wildcards '*.tar' |
	tar -t | grep -v '/$' | sort | tr '\n' ' ')" "Makefile contrib/nextcloud-compose/secrets.env.example src/a.c "
size() { engine image inspect --format '{{.Size}}' "$1"; }
added=$((($(size anomdetect) - $(size docker.io/library/debian:bookworm-slim)) / 1000000))
echo "# the image adds $added MB to its base"
ok "the image adds less than 70 MB to its base" [ "$added" -lt 70 ]
# One run answers all questions, because each run copies the image.
docker run --rm --network host --entrypoint sh anomdetect -c 'exec 2>&1
	for name in gcc cc c++ clang ld make pkg-config; do command -v $name; done; ls -d /src /usr/include/* /tmp/* 2>/dev/null
	echo programs; names=$(ls /usr/bin /usr/sbin | grep ^anom); echo "$names" | sort
	echo faults; for name in $names; do [ $name = anomdetect-follow ] || $name --help >/dev/null || echo $name; done' >"$TMP/inside"
is "the image has no compiler, no make and no sources" "$(sed '/^programs$/,$d' "$TMP/inside")" ""
is "the image has the programs of make install and the entry point" "$(sed '0,/^programs$/d; /^faults$/,$d' "$TMP/inside" | tr '\n' ' ')" \
	"$( (sed -nE 's/^(PROGRAMS|FILTERS) := //p' "$ROOT/Makefile"; echo anomdetect-follow) | tr ' ' '\n' | sort | tr '\n' ' ')"
is "each program of the image runs" "$(sed '1,/^faults$/d' "$TMP/inside")" ""

# Starts a web server on the host. The group adm may read its log.
sed -n '/^log_format anomdetect /,/;$/p' "$ROOT/contrib/nginx.conf" >"$TMP/format.conf"
cat >"$TMP/nginx.conf" <<END
pid $TMP/nginx.pid;
error_log $TMP/error.log;
daemon off;
events { worker_connections 1024; }
http {
	include $TMP/format.conf;
	access_log $STORE/log/access.json anomdetect;
	client_body_temp_path $TMP/body; proxy_temp_path $TMP/proxy; fastcgi_temp_path $TMP/fastcgi;
	uwsgi_temp_path $TMP/uwsgi; scgi_temp_path $TMP/scgi;
	server { listen 80; listen [::]:80; return 200 "hello\n"; }
}
END
mkdir -p "$STORE/log"
install -m 640 -o www-data -g adm /dev/null "$STORE/log/access.json"
ns_become host nginx -p "$TMP" -c "$TMP/nginx.conf" >"$TMP/nginx.err" 2>&1 &
ends_with_test $!
get() { in_ns client curl -sf -o /dev/null --max-time 10 --interface "$1" "$2"; }
V4=http://203.0.113.1/ V6='http://[2001:db8:1::1]/'
ok "nginx serves" within 10 get 203.0.113.8 $V4

ok "the container starts with the README's command" readme 'docker run -d'
docker logs --follow anomdetect >"$TMP/events" 2>"$TMP/err" &
ends_with_test $!
has() { jq -se "any(.[]; $1)" "$TMP/events"; }
seen() { within "$@" || { cat "$TMP/events" "$TMP/err"; return 1; }; }
ok "the container's log has the events, and the start event has enforced: true" seen 30 has '.event == "start" and .enforced'
is "the container has two capabilities and cannot gain more" "$(docker exec anomdetect \
	sed -nE 's/^(CapBnd|NoNewPrivs):\t//p' /proc/1/status | tr '\n' ' ')" "0000000000003000 1 "
is "the container can write only to its state and /run" \
	"$(docker exec anomdetect sh -c 'for dir in / /etc /tmp /usr/bin /var/tmp /var/log/nginx /run /var/lib/anomdetect; do
		(: >$dir/probe && rm $dir/probe && echo $dir) 2>/dev/null; done' | tr '\n' ' ')" "/run /var/lib/anomdetect "
flood() {
	for _ in $(seq 200); do get "$1" "$2" || return; done
}
flood 203.0.113.7 $V4
flood 2001:db8:2::7 "$V6"
ok "an IPv4 client that floods is banned" seen 15 has '.event == "ban" and .client == "203.0.113.7" and .enforced'
ok "an IPv6 client that floods is banned" seen 15 has '.event == "ban" and .client == "2001:db8:2::/64" and .enforced'
not_ok "the IPv4 client's packets are dropped" get 203.0.113.7 $V4
not_ok "the IPv6 client's packets are dropped" get 2001:db8:2::7 "$V6"
ok "other IPv4 clients are served" get 203.0.113.8 $V4
ok "other IPv6 clients are served" get 2001:db8:1::8 "$V6"
shows() { readme 'exec anomdetect anomstat' | grep -F "$1"; }
ok "anomstat in the container shows the IPv4 client" within 10 shows 203.0.113.7
ok "anomstat in the container shows the IPv6 client" within 10 shows 2001:db8:2::
like "anomban in the container lists both clients" "$(readme 'anomban --list' | sort | tr '\n' ' ')" '2001:db8:2::.*203\.0\.113\.7|203\.0\.113\.7.*2001:db8:2::'
ok "the container is healthy" docker healthcheck run anomdetect
is "the host has both firewall rules" "$(in_ns host sh -c '{ iptables-save; ip6tables-save; } | grep -c -- "--match-set anomdetect"')" 2
is "a filter reads the container's log" "$(readme 'anomdetect anom-audit' | grep -c -i 'ban.*\(203.0.113.7\|2001:db8:2::\)')" 2

ok "the README's command lifts a ban" readme 'anomban --unban'
ok "the client is served after its ban was lifted" within 10 get 203.0.113.7 $V4
flood 203.0.113.7 $V4
ok "the client is banned again when it floods again" within 15 not get 203.0.113.7 $V4

# Stops the container and starts it again, and then makes a new container.
stops() { [ "$(jq -s '[.[] | select(.event == "stop")] | length' "$TMP/events")" = "$1" ]; }
is "docker stop ends the container with exit status 0" "$(docker stop --time 20 anomdetect >/dev/null; docker inspect --format '{{.State.ExitCode}}' anomdetect)" 0
ok "docker stop lets the detector print its stop event" seen 10 stops 1
not_ok "the IPv4 ban stays after docker stop" get 203.0.113.7 $V4
not_ok "the IPv6 ban stays after docker stop" get 2001:db8:2::7 "$V6"
ok "the container starts again" docker start anomdetect
bans_known() { docker exec anomdetect anomstat --json | jq -e '[.bans[].client] | index("203.0.113.7") and index("2001:db8:2::/64")'; }
ok "the restarted container knows both bans" within 15 bans_known
not_ok "the IPv4 client is still banned after the restart" get 203.0.113.7 $V4
not_ok "the IPv6 client is still banned after the restart" get 2001:db8:2::7 "$V6"
ok "the container is removed" docker rm --force --time 20 anomdetect
ok "a new container starts" readme 'docker run -d'
ok "the new container reads both bans from the volume" within 15 bans_known

kill -STOP "$(docker inspect --format '{{.State.Pid}}' anomdetect)"
ok "the container is unhealthy when the detector hangs" within 60 not docker healthcheck run anomdetect
kill -CONT "$(docker inspect --format '{{.State.Pid}}' anomdetect)"
ok "the container is healthy when the detector continues" within 20 docker healthcheck run anomdetect
docker rm --force --time 20 anomdetect >/dev/null
ok "the README's command removes sets and firewall rules" readme 'anomban --teardown'
is "no set is left" "$(in_ns host ipset list -n)" ""
ok "every client is served after the removal" get 203.0.113.7 $V4
like "with LOG=- the container reads standard input" "$(cp "$STORE/log/access.json" "$TMP/access.json"; cd "$TMP" && eval "$(command_of_readme --replay)" |
	jq -r 'select(.event == "ban").client' | sort -u | tr '\n' ' ')" '2001:db8:2::/64 .*203\.0\.113\.7|203\.0\.113\.7 .*2001:db8:2::/64'
done_testing
