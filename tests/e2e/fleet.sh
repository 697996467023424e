# fleet.sh - a fleet: each host is a network namespace, and a switch connects the hosts. Source it after lib.sh and
# contrib.sh.
#
#     fleet_hosts root web1 web2             # makes the hosts; root is 192.0.2.1 and 2001:db8:f::1, the next is .2 and ::2, ...
#     fleet_certs root web1 web2             # runs contrib/fleet/fleet-certs; $TMP/HOST/etc is HOST's /etc/anomdetect-fleet
#     broker_start                           # starts mosquitto on root, with the configuration of Debian and contrib/fleet/
#     fleet_unit web1 counts                 # runs contrib/fleet/anomdetect-fleet-counts.service as systemd does
#     fleet_link web1 down                   # makes the switch drop all packets from and to web1
#     fleet_pid web1 anomban                 # prints the PID of the process of this name on web1
#
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # contrib.sh and the tests use these variables

FLEET=$CONTRIB/fleet
declare -A fleet_number fleet_unit_pid rsyslog
fleet_n=0

need_fleet() {
	need_root
	need ip ipset iptables ip6tables jq python3 openssl mosquitto mosquitto_pub mosquitto_sub setsid
}
need_fleet_sets() {
	in_ns root ipset create probe hash:ip 2>/dev/null || skip_all "the kernel has no ipset"
	in_ns root ipset destroy probe
}

# fleet_become HOST COMMAND...: runs a command on a host. The command finds the directories of this host in $TMP/HOST
# under the usual paths, such as /var/log.
fleet_become() {
	local host=$1
	shift
	contrib_mounts=("$TMP/$host/log:/var/log" "$TMP/$host/lib:/var/lib" "$TMP/$host/run:/run" "$TMP/sbin:/usr/local/sbin" "$TMP/sbin:/usr/local/bin"
		"$TMP/$host/mosquitto:/etc/mosquitto" "$TMP/$host/spool:/var/spool" "$TMP/$host/rsyslog.d:/etc/rsyslog.d")
	contrib_become "$host" "$@"
}
in_fleet() { (fleet_become "$@"); }

fleet_hosts() {
	local host
	ns_add switch
	ip -n "${NS}switch" link add name br0 type bridge
	ip -n "${NS}switch" link set br0 up
	mkdir -p "$TMP/sbin"
	for host in "$@"; do
		fleet_n=$((fleet_n + 1))
		fleet_number[$host]=$fleet_n
		ns_add "$host"
		ns_join "$host" eth0 switch "p$fleet_n"
		ip -n "${NS}switch" link set "p$fleet_n" master br0
		ns_address "$host" eth0 192.0.2.$fleet_n/24 2001:db8:f::$fleet_n/64
		if [ "$host" = root ]; then
			ns_address root eth0 2001:db8:e::1/64 # in no network of an edge
		else
			ip -n "$NS$host" route add 2001:db8:e::/64 dev eth0
		fi
		mkdir -p "$TMP/$host"/{etc,log/mosquitto,log/nginx,lib/mosquitto,run,mosquitto,spool/rsyslog,rsyslog.d}
		: >"$TMP/$host/log/nginx/access.json"
	done
}

fleet_certs() {
	local host
	{
		fleet_certs_say ca
		fleet_certs_say root 192.0.2.1 2001:db8:f::1 2001:db8:e::1
		shift
		[ $# = 0 ] || fleet_certs_say edge "$@"
	} >"$TMP/certs.out" 2>&1 || flunk "fleet-certs makes the certificates" "$(cat "$TMP/certs.out")"
	for host in root "$@"; do
		cp "$TMP/ca/$host/"* "$TMP/$host/etc/"
		echo 192.0.2.1 >"$TMP/$host/etc/fleet.txt"
	done
}
fleet_certs_say() { FLEET_DIR=$TMP/ca sh "$FLEET/fleet-certs" "$@"; }

# Does what the first lines of contrib/fleet/mosquitto.conf and mosquitto.acl tell the administrator to do.
broker_prepare() {
	cp -r /etc/mosquitto/. "$TMP/root/mosquitto/"
	cp "$FLEET/mosquitto.conf" "$TMP/root/mosquitto/conf.d/anomdetect.conf"
	cp "$FLEET/mosquitto.acl" "$TMP/root/mosquitto/anomdetect.acl"
	chown mosquitto: "$TMP/root/mosquitto/anomdetect.acl"
	cp "$TMP/ca/crl.pem" "$TMP/root/etc/"
	(cd "$TMP/root/etc" && install -o mosquitto -m 400 ca.pem crl.pem host.pem host.key "$TMP/root/mosquitto/certs/")
	mkdir -p "$TMP/root/run/mosquitto"
	chown -R mosquitto: "$TMP/root"/{lib,log,run}/mosquitto
}

# Starts the broker and tests that it listens. Do not call it inside ok or $(...): the broker would end with
# their subshell.
broker_start() {
	[ -f "$TMP/root/mosquitto/anomdetect.acl" ] || broker_prepare
	fleet_become root mosquitto -c /etc/mosquitto/mosquitto.conf >>"$TMP/mosquitto.err" 2>&1 &
	broker=$!
	ends_with_test $broker
	if within 10 in_ns root sh -c "ss -Hltn 'sport = 8883' | grep -q ."; then
		pass "mosquitto listens"
	else
		flunk "mosquitto listens" "$(cat "$TMP/mosquitto.err")"
	fi
}

# broker_end [SIGNAL]
broker_end() {
	kill "-${1:-TERM}" "$broker"
	within 10 gone "$broker"
	wait "$broker" 2>/dev/null
}

# tls_of HOST [BROKER]: sets $tls to the arguments of a client that uses HOST's certificate, such as web1's. BROKER is
# the broker's address.
tls_of() { tls=(-h "${2:-192.0.2.1}" -p 8883 --cafile "$TMP/root/etc/ca.pem" --cert "$TMP/ca/$1/host.pem" --key "$TMP/ca/$1/host.key"); }

# publish HOST OWNER ARGUMENTS...: publishes one message from HOST, with the certificate of the host OWNER. The timeout
# is needed because mosquitto_pub hangs if no broker answers.
publish() {
	local host=$1 tls
	tls_of "$2"
	shift 2
	in_ns "$host" timeout 10 mosquitto_pub "${tls[@]}" -q 1 "$@"
}

fleet_link() { ip -n "${NS}switch" link set "p${fleet_number[$1]}" "$2"; }

# fleet_command FILE: prints the command that systemd would run. systemd quotes as the shell does, but has its own $$
# and %%.
fleet_command() {
	sed -n '/^ExecStart=./,/[^\\]$/p' "$FLEET/$1" | sed -e '1s/^ExecStart=//' -e 's/\$\$/$/g' -e 's/%%/%/g' -e 's/\\$//' | tr '\n' ' '
}

# Prints a script that runs a unit as systemd does: Restart=always, RestartSec=1, the unit's environment, and
# KillMode=control-group. A process group stands for the control group.
fleet_supervisor() {
	cat <<-'END'
		cd "$2" || exit
		trap '[ -z "$pid" ] || kill -- -"$pid"; exit 0' TERM
		while :; do
			set -a; LOG=/var/log/nginx/access.json COUNT_OPTIONS='' BAN_OPTIONS='' ROOT_OPTIONS=''
			. ./fleet.env; . ./default; set +a
			setsid sh -c "exec $1" &
			pid=$!
			wait "$pid"
			echo "unit ended: $?"
			kill -- -"$pid" 2>/dev/null
			sleep 1 & wait $!
		done
	END
}

# fleet_unit HOST UNIT [DROP-IN]: starts a unit; its output is appended to $TMP/HOST/UNIT.out.
fleet_unit() {
	[ -f "$TMP/$1/etc/default" ] || : >"$TMP/$1/etc/default"
	fleet_become "$1" bash -c "$(fleet_supervisor)" bash "$(fleet_command "${3-anomdetect-fleet-$2.service}")" "$TMP/$1/etc" >>"$TMP/$1/$2.out" 2>&1 &
	fleet_unit_pid[$1/$2]=$!
	ends_with_test $!
}

# fleet_pid HOST PROGRAM [TEXT]: prints the PID of the newest process of this name on HOST with TEXT in its arguments;
# fails if there is none.
fleet_pid() {
	ip netns pids "$NS$1" | xargs -r ps -ww -o pid=,comm=,args= -p 2>/dev/null |
		awk -v name="$2" -v text="${3-}" '$2 == name && index($0, text) { pid = $1 } END { if (pid) print pid; exit !pid }'
}

fleet_explain() {
	local file
	[ "$tap_failed" != 0 ] || return
	for file in "$TMP"/*/*.out "$TMP/mosquitto.err" "$TMP/root/log/mosquitto/mosquitto.log"; do
		[ ! -s "$file" ] || tail -n 15 "$file" | cut -c1-300 | sed "s,^,# ${file#"$TMP/"}: ,"
	done
}

# fleet_start [OPTION]...: starts the broker, the root and the edges of $fleet_edges as their units do. OPTIONs are
# further options of the root's anomdetect. Limits are low: 100 requests in 60 s, on all edges together. An edge named
# web3 uses IPv6.
fleet_limits=(--learn 0s --requests-floor 60 --proxy-share 1)
fleet_start() {
	local edge heard=0
	for edge in anomdetect anomban anomcount; do ln -sf "$BUILD/$edge" "$TMP/sbin/$edge"; done
	broker_start
	root_options "$@"
	[ ! -d "$TMP/web3" ] || echo BROKER=2001:db8:e::1 >"$TMP/web3/etc/default"
	fleet_unit root root
	for edge in "${fleet_edges[@]}"; do
		fleet_unit "$edge" bans
		fleet_unit "$edge" counts
	done
	for edge in "${fleet_edges[@]}"; do
		heard=$((heard + 1))
		ok "lines of $edge arrive" within 10 root_hears "$edge" $heard
		ok "$edge listens" within 10 fleet_pid "$edge" anomban
	done
}

# root_options [OPTION]...: sets the options of the root's anomdetect, for the next start of its unit.
root_options() { echo "ROOT_OPTIONS='${fleet_limits[*]} $*'" >"$TMP/root/etc/default"; }

# root_hears EDGE N: makes a request of EDGE's own client on EDGE. Succeeds when the root knows N clients: this client,
# and the clients of the edges that were started before.
root_hears() {
	ask "$1" 198.51.100.$((230 + fleet_number[$1]))
	sleep 0.5
	jq -e ".clients >= $2" "$TMP/root/lib/anomdetect-fleet/state.json"
}

# ask EDGE CLIENT [TIMES]: writes TIMES lines of nginx's log with the present time.
ask() {
	python3 - "$TMP/$1/log/nginx/access.json" "$2" "${3-1}" <<-'END'
		import sys, time
		path, client, n = sys.argv[1:]
		line = '{"remote_addr":"%s","msec":%.3f,"request":"GET / HTTP/1.1","status":200}\n' % (client, time.time())
		open(path, "a").write(line * int(n))
	END
}

# offend CLIENT: makes 120 requests at once on each edge. The limit of such a burst is 200, so two edges are enough.
offend() {
	local edge
	for edge in "${fleet_edges[@]}"; do ask "$edge" "$1" 120; done
}

# banned_on HOST CLIENT
banned_on() {
	local set=anomdetect4
	case $2 in *:*) set=anomdetect6 ;; esac
	in_ns "$1" ipset -q test $set "$2"
}
banned_everywhere() {
	local host
	for host in root "${fleet_edges[@]}"; do banned_on "$host" "$1" || return; done
}
banned_nowhere() {
	local host
	for host in root "${fleet_edges[@]}"; do not banned_on "$host" "$1" || return; done
}

# relp_prepare HOST SED-SCRIPT [NAME]: makes HOST's rsyslog.conf from contrib/fleet's file for rsyslog, which replaces
# Debian's. The sed script changes the file; the directory of the certificates is changed, too. For example:
#     relp_prepare root "";  relp_prepare web2 's/root.example.org/192.0.2.1/'
relp_prepare() {
	local file=rsyslog-edge.conf
	[ "$1" != root ] || file=rsyslog-root.conf
	{
		echo '$WorkDirectory /var/spool/rsyslog'
		sed -e "s,/etc/anomdetect-fleet,$TMP/$1/etc,g" -e "$2" "$FLEET/$file"
	} >"$TMP/$1/${3-rsyslog}.conf"
}
relp_start() {
	fleet_become "$1" rsyslogd -n "-i/run/${2-rsyslog}.pid" -f "$TMP/$1/${2-rsyslog}.conf" >>"$TMP/$1/rsyslog.out" 2>&1 &
	rsyslog[$1]=$!
	ends_with_test $!
}
