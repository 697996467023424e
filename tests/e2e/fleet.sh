# fleet.sh - a fleet in namespaces: one host each, a switch between them; sourced after lib.sh and contrib.sh.
#
#     fleet_hosts root web1 web2             # makes them; root is 192.0.2.1 and 2001:db8:f::1, the next .2 and ::2, ...
#     fleet_certs root web1 web2             # by contrib/fleet/fleet-certs: $TMP/HOST/etc is its /etc/anomdetect-fleet
#     broker_start                           # mosquitto on root, with Debian's configuration and contrib/fleet/
#     fleet_unit web1 counts                 # as systemd runs contrib/fleet/anomdetect-fleet-counts.service
#     fleet_link web1 down                   # the switch drops everything from and to web1
#     fleet_pid web1 anomban                 # the process of that name there
#
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # contrib.sh has and uses them, and who sources this

FLEET=$CONTRIB/fleet
declare -A fleet_number fleet_unit_pid
fleet_n=0

need_fleet() {
	need_root
	need ip ipset iptables ip6tables jq python3 openssl mosquitto mosquitto_pub mosquitto_sub
}

# Every host has its own of what a real host has in these places.
fleet_become() {
	local host=$1
	shift
	contrib_mounts=("$TMP/$host/log:/var/log" "$TMP/$host/lib:/var/lib" "$TMP/$host/run:/run" "$TMP/sbin:/usr/local/sbin"
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
		mkdir -p "$TMP/$host"/{etc,log/mosquitto,log/nginx,lib/mosquitto,run,mosquitto,spool/rsyslog,rsyslog.d}
		: >"$TMP/$host/log/nginx/access.json"
	done
}

fleet_certs() {
	local host
	{
		fleet_certs_say ca
		fleet_certs_say root 192.0.2.1 2001:db8:f::1
		shift
		fleet_certs_say edge "$@"
	} >"$TMP/certs.out" 2>&1 || flunk "fleet-certs makes the certificates" "$(cat "$TMP/certs.out")"
	for host in root "$@"; do cp "$TMP/ca/$host/"* "$TMP/$host/etc/"; done
}
fleet_certs_say() { FLEET_DIR=$TMP/ca sh "$FLEET/fleet-certs" "$@"; }

# What the heads of mosquitto.conf say.
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

# Waits until it listens, and is a test of that; not inside ok or $(...), whose end would be its end.
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

# The arguments of a client with the certificate of a directory: tls_of web1
tls_of() { tls=(-h "${2:-192.0.2.1}" -p 8883 --cafile "$TMP/root/etc/ca.pem" --cert "$TMP/ca/$1/host.pem" --key "$TMP/ca/$1/host.key"); }

# publish HOST CERTIFICATE ARGUMENTS...: one message; mosquitto_pub hangs where no broker answers.
publish() {
	local host=$1 tls
	tls_of "$2"
	shift 2
	in_ns "$host" timeout 10 mosquitto_pub "${tls[@]}" -q 1 "$@"
}

fleet_link() { ip -n "${NS}switch" link set "p${fleet_number[$1]}" "$2"; }

# fleet_command UNIT: what systemd would run. Its quotes are the shell's; $$ and %% are its own.
fleet_command() {
	sed -n '/^ExecStart=/,/[^\\]$/p' "$FLEET/anomdetect-fleet-$1.service" | sed -e '1s/^ExecStart=//' -e 's/\$\$/$/g' -e 's/%%/%/g' \
		-e 's/\\$//' | tr '\n' ' '
}

# Restart=always, RestartSec=1, the unit's environment, and KillMode=control-group as a process group.
fleet_supervisor() {
	cat <<-'END'
		cd "$2" || exit
		set -a; LOG=/var/log/nginx/access.json COUNT_OPTIONS='' BAN_OPTIONS='' ROOT_OPTIONS=''
		. ./fleet.env; . ./default; set +a
		trap '[ -z "$pid" ] || kill -- -"$pid"; exit 0' TERM
		while :; do
			setsid sh -c "exec $1" &
			pid=$!
			wait "$pid"
			echo "unit ended: $?"
			kill -- -"$pid" 2>/dev/null
			sleep 1 & wait $!
		done
	END
}

# fleet_unit HOST UNIT: what it prints goes to $TMP/HOST/UNIT.out.
fleet_unit() {
	[ -f "$TMP/$1/etc/default" ] || : >"$TMP/$1/etc/default"
	fleet_become "$1" bash -c "$(fleet_supervisor)" bash "$(fleet_command "$2")" "$TMP/$1/etc" >>"$TMP/$1/$2.out" 2>&1 &
	fleet_unit_pid[$1/$2]=$!
	ends_with_test $!
}

# The process of that name in that host, the newest; nothing when there is none.
fleet_pid() {
	ip netns pids "$NS$1" | xargs -r ps -o pid=,comm= -p 2>/dev/null | awk -v name="$2" '$2 == name { pid = $1 } END { if (pid) print pid; exit !pid }'
}

fleet_explain() {
	local file
	[ "$tap_failed" != 0 ] || return
	for file in "$TMP"/*/*.out "$TMP/mosquitto.err" "$TMP/root/log/mosquitto/mosquitto.log"; do
		[ ! -s "$file" ] || tail -n 15 "$file" | cut -c1-300 | sed "s,^,# ${file#"$TMP/"}: ,"
	done
}
