#!/bin/bash
# anomban gets events late, twice, with a wrong time, in a flood, or from a root that makes mistakes. The set follows
# the newest order for each client, real bans are carried out despite a flood, and the broker is never banned. The test
# uses real sets, IPv4 and IPv6.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_root
need ip ipset iptables ip6tables python3
need_built anomban

ns_add edge
ns_add hub
in_ns edge ipset create probe hash:ip 2>/dev/null || skip_all "the kernel has no ipset"
in_ns edge ipset destroy probe
ip -n "${NS}edge" link add e0 type veth peer name h0 netns "${NS}hub"
ip -n "${NS}edge" link set e0 up
ip -n "${NS}hub" link set h0 up
ns_address edge e0 192.0.2.2/24 2001:db8:f::2/64
# Addresses outside the edge's own /64, which is never banned.
ns_address hub h0 192.0.2.1/24 192.0.2.9/24 2001:db8:f::1/64 2001:db8:c::1/64 2001:db8:e::9/64
ip -n "${NS}edge" route add 2001:db8:c::/64 via 2001:db8:f::1
ip -n "${NS}edge" route add 2001:db8:e::/64 via 2001:db8:f::1

time_at() { date -u -d "@$(($(date +%s) + $1))" +%Y-%m-%dT%H:%M:%S.000Z; }

# ban CLIENT SECONDS [TIME [MORE]]: prints a ban given TIME seconds from now; 0 s is permanent.
ban() {
	local until seconds=$2
	until=\"$(time_at $(($2 + ${3-0})))\"
	[ "$2" = 0 ] && until=null seconds=null
	printf '{"event":"ban","time":"%s","mode":"live","client":"%s","seconds":%s,"until":%s%s}\n' \
		"$(time_at "${3-0}")" "$1" "$seconds" "$until" "${4-}"
}
unban() { # CLIENT [TIME [REASON]]
	printf '{"event":"unban","time":"%s","mode":"live","client":"%s","reason":"%s"}\n' "$(time_at "${2-0}")" "$1" "${3-manual}"
}

# The seconds that an entry has left; 0: permanent; "": there is no such entry.
left() {
	case $1 in
	*:*) in_ns edge ipset save "$set"6 2>/dev/null | awk -v ip="${1%/*}" '$1 == "add" && $3 == ip { print $5 }' ;;
	*) in_ns edge ipset save "$set"4 2>/dev/null | awk -v ip="$1" '$1 == "add" && $3 == ip { print $5 }' ;;
	esac
}
between() { [ -n "$1" ] && [ "$1" -ge "$2" ] && [ "$1" -le "$3" ]; }
lasts() { between "$(left "$1")" "$2" "$3"; } # CLIENT MIN MAX
is_free() { [ -z "$(left "$1")" ]; }

# Starts anomban on the sets $set, with file descriptor $say as input. `stop` ends it and sets $err to its messages.
start() {
	rm -f "$TMP/say"
	mkfifo "$TMP/say"
	ns_become edge "$BUILD/anomban" --set "$set" -v "$@" <"$TMP/say" 2>"$TMP/err" &
	pid=$!
	ends_with_test $pid
	exec {say}>"$TMP/say"
}
stop() {
	exec {say}>&-
	wait $pid
	code=$?
	err=$(cat "$TMP/err")
}
# Waits until all events are carried out: sends one more ban and waits until it is in the set.
mark_n=0
carried_out() {
	mark_n=$((mark_n + 1))
	ban 203.0.113.$mark_n 600 >&"$say"
	within 10 lasts 203.0.113.$mark_n 500 600 || flunk "an order is carried out" "$(cat "$TMP/err")"
}
# Waits for bans that anomban compares with the set, which takes up to two seconds.
settled() {
	carried_out
	sleep 2.2 # no event reports that a second comparison changed nothing
}

both=(198.51.100.7 2001:db8:7::/64)

# --- the order of events

set=order
start
for c in "${both[@]}"; do
	ban "$c" 0 -60
	ban "$c" 600
done >&"$say"
settled
for c in "${both[@]}"; do is "a permanent ban stays when another host orders a shorter ban: $c" "$(left "$c")" 0; done

two=(198.51.100.8 2001:db8:8::/64)
for c in "${two[@]}"; do
	ban "$c" 7200 -10
	ban "$c" 600 -500
done >&"$say"
settled
for c in "${two[@]}"; do ok "an older ban does not shorten a longer one: $c" lasts "$c" 7000 7190; done

three=(198.51.100.9 2001:db8:9::/64)
for c in "${three[@]}"; do
	ban "$c" 600 -60
	unban "$c" -30
	ban "$c" 600 -60
done >&"$say"
settled
for c in "${three[@]}"; do ok "a ban that arrives again does not override a newer unban: $c" is_free "$c"; done

four=(198.51.100.10 2001:db8:10::/64)
for c in "${four[@]}"; do
	ban "$c" 600 -10
	unban "$c" -3600
done >&"$say"
settled
for c in "${four[@]}"; do ok "an unban of an hour ago lifts no new ban: $c" lasts "$c" 500 590; done

five=(198.51.100.11 2001:db8:11::/64)
for c in "${five[@]}"; do
	ban "$c" 600 -20
	ban "$c" 0 -60
	unban "$c" -40
done >&"$say"
settled
for c in "${five[@]}"; do ok "an unban that arrives late lifts only the ban that is older than it: $c" lasts "$c" 500 580; done

six=(198.51.100.12 2001:db8:12::/64)
for c in "${six[@]}"; do
	ban "$c" 0 1800 # from a clock that is ahead
	unban "$c"
	ban "$c" 0 1800
	ban "$c" 600 -1
	unban "$c" 6
done >&"$say"
settled
for c in "${six[@]}"; do ok "an unban lifts a ban from the future, also if the ban arrives again: $c" is_free "$c"; done
seven=(198.51.100.13 2001:db8:13::/64)
for c in "${seven[@]}"; do ban "$c" 60 3500; done >&"$say"
carried_out
for c in "${seven[@]}"; do ok "a ban from the future keeps its length: $c" lasts "$c" 40 60; done
for reason in ordered expired not_enforced; do unban 198.51.100.8 0 $reason >&"$say"; done
carried_out
ok "unbans with the reason ordered, expired or not_enforced are not obeyed" lasts 198.51.100.8 6900 7190
stop
is "events in any order cause no failure" "$code" 0
like "events from the future are reported" "$err" "warning: the ban of 198.51.100.12 is 29m [0-9]+s ahead of this host's clock, and starts now; "
like "older events are counted" "$err" ' future 2 ended 3 stale 0 older 1[0-9] dropped 0 '
like "older events are reported with the clock's offset" "$err" "warning: the ban of 198.51.100.8 is not obeyed: a newer event of this client \
was obeyed, and this one is 8m [0-9]+s old by this host's clock; the newest event is [0-9]+s behind this host's clock"

# --- entries that are in the sets before anomban starts

start
for c in 198.51.100.8 2001:db8:8::/64 "${both[@]}"; do ban "$c" 600; done >&"$say"
settled
ok "after a restart a longer ban stays, IPv4" lasts 198.51.100.8 6900 7190
ok "after a restart a longer ban stays, IPv6" lasts 2001:db8:8::/64 6900 7190
for c in "${both[@]}"; do is "after a restart a permanent ban stays: $c" "$(left "$c")" 0; done
in_ns edge ipset add order4 198.51.100.60 timeout 7200
in_ns edge ipset add order6 2001:db8:60:: timeout 7200
for c in 198.51.100.60 2001:db8:60::/64; do ban "$c" 600; done >&"$say"
settled
ok "a longer ban of a detector with the same sets stays, IPv4" lasts 198.51.100.60 7000 7200
ok "a longer ban of a detector with the same sets stays, IPv6" lasts 2001:db8:60::/64 7000 7200
for c in 198.51.100.60 2001:db8:60::/64; do ban "$c" 86400; done >&"$say"
ok "a longer ban replaces an entry, IPv4" within 5 lasts 198.51.100.60 86000 86400
ok "a longer ban replaces an entry, IPv6" within 5 lasts 2001:db8:60::/64 86000 86400
in_ns edge ipset flush order4
in_ns edge ipset flush order6
for c in 198.51.100.61 2001:db8:61::/64; do ban "$c" 0 -2592000 ',"repeat":true'; done >&"$say"
ok "a repeated ban that is a month old is inserted again after a flush or a boot, IPv4" within 5 lasts 198.51.100.61 0 0
ok "a repeated ban that is a month old is inserted again after a flush or a boot, IPv6" within 5 lasts 2001:db8:61::/64 0 0
in_ns edge ipset flush order4
ban 198.51.100.61 0 -2592000 ',"repeat":true' >&"$say"
ok "a repeated ban is inserted again after a second flush" within 5 lasts 198.51.100.61 0 0
for c in 198.51.100.62 2001:db8:62::/64; do
	ban "$c" 0 -3700
	ban "$c" 0 -3700 ',"repeat":false'
	ban "$c" 0 -3700 ',"repeat":"true"'
done >&"$say"
carried_out
ok "an old ban without repeat is not inserted again, IPv4" is_free 198.51.100.62
ok "an old ban without repeat is not inserted again, IPv6" is_free 2001:db8:62::/64
stop
like "old bans without repeat are counted as stale" "$err" ' stale 6 '

# --- a wrong clock

set=clock
start
for c in 198.51.100.1 198.51.100.2 2001:db8:3::/64; do ban "$c" 600 -660; done >&"$say"
carried_out
stop
like "if this host's clock is 11 minutes ahead of the events, the first event reports it" "$(sed -n 1p <<<"$err")" "warning: the ban of 198.51.100.1 is not \
obeyed: it had ended before it arrived: the event is 11m [0-9]+s old by this host's clock; the newest event is 11m [0-9]+s \
behind this host's clock$"
like "each ban that has ended by this host's clock is counted" "$err" ' ended 3 '
start
ban 2001:db8:3::/64 600 4200 >&"$say"
carried_out
stop
like "if this host's clock is 70 minutes behind the events, a warning reports it" "$err" "warning: the ban of 2001:db8:3::/64 is not obeyed: it is 1h (9|10)m ahead of \
this host's clock; set the clocks of both hosts; the newest event is 1h (9|10)m ahead of this host's clock"

# --- the longest ban time (--longest)

set=longest
start --longest 1h
for c in 198.51.100.1 2001:db8:1::/64; do ban "$c" 0; done >&"$say"
for c in 198.51.100.2 2001:db8:2::/64; do ban "$c" 86400 -600; done >&"$say"
for c in 198.51.100.3 2001:db8:3::/64; do ban "$c" 1200; done >&"$say"
for c in 198.51.100.4 2001:db8:4::/64; do ban "$c" 0 -7200 ',"repeat":true'; done >&"$say"
for c in 198.51.100.5 2001:db8:5::/64; do ban "$c" 0 1800; done >&"$say"
carried_out
for c in 198.51.100.1 2001:db8:1::/64; do ok "--longest shortens a permanent ban: $c" lasts "$c" 3500 3600; done
for c in 198.51.100.2 2001:db8:2::/64; do ok "--longest lets a longer ban end one hour after the time in its event: $c" lasts "$c" 2900 3000; done
for c in 198.51.100.3 2001:db8:3::/64; do ok "--longest does not change a shorter ban: $c" lasts "$c" 1100 1200; done
for c in 198.51.100.4 2001:db8:4::/64; do ok "--longest refuses an old ban that would have ended by now: $c" is_free "$c"; done
for c in 198.51.100.5 2001:db8:5::/64; do ok "--longest shortens a ban from the future: $c" lasts "$c" 3500 3600; done
stop
like "shortened bans are counted" "$err" ' ended 2 .* shortened 8 '

# --- a flood

set=flood
python3 - 20000 >"$TMP/flood" <<'END'
import sys, time
now = time.time()
stamp = lambda t: time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(t))
for i in range(int(sys.argv[1])):
    client = f"2001:db8:{i >> 8:x}:{i & 255:x}::/64" if i % 2 else f"198.18.{i >> 8 & 255}.{i & 255}"
    print('{"event":"ban","time":"%s","mode":"live","client":"%s","seconds":600,"until":"%s"}' % (stamp(now), client, stamp(now + 600)))
END
start
ban 198.51.100.66 600 -1 >&"$say"
ok "before the flood a client is banned" within 5 lasts 198.51.100.66 500 600
{
	cat "$TMP/flood"
	ban 198.51.100.99 600
	ban 2001:db8:ff99::/64 600
	unban 198.51.100.66
} >&"$say"
sent=$(date +%s%N)
real_bans() { lasts 198.51.100.99 500 600 && lasts 2001:db8:ff99::/64 500 600 && is_free 198.51.100.66; }
ok "real bans and an unban are carried out despite 20,000 forged bans" within 8 real_bans
echo "# after $((($(date +%s%N) - sent) / 1000000)) ms, with $(in_ns edge ipset save | grep -c '^add flood') in the sets"
ok "meanwhile most of the flood still waits" [ "$(in_ns edge ipset save | grep -c '^add flood')" -lt 12000 ]
kill -TERM $pid
stop
is "bans that were not carried out give exit status 1" "$code" 1
like "bans that were not carried out are counted" "$err" ' lines 20004 bans [0-9]+ unbans 1 .* dropped 1[0-9]{4} '
sum=0
for name in bans unbans dropped; do sum=$((sum + $(grep -oP "\b$name \K[0-9]+" <<<"${err##*info: }"))); done
is "each line is counted once" "$sum" 20004

# --- the broker

set=broker
cat >"$TMP/hub.py" <<'END'
import socket, sys, time
servers = [socket.create_server(("192.0.2.1", 1883)), socket.create_server(("2001:db8:c::1", 1883), family=socket.AF_INET6),
           socket.create_server(("192.0.2.9", 8883))]
print("up", flush=True)
time.sleep(600)
END
# Connects to the hub, and ends the connections when it has read a line.
cat >"$TMP/edge.py" <<'END'
import socket, sys
mapped = socket.socket(socket.AF_INET6)
mapped.connect(("::ffff:192.0.2.9", 8883))
open_ = [mapped, socket.create_connection(("192.0.2.1", 1883)), socket.create_connection(("2001:db8:c::1", 1883))]
print("connected", flush=True)
sys.stdin.readline()
END
# A stranger that connects from port 1883.
cat >"$TMP/stranger.py" <<'END'
import socket, sys, time
for family, source, to in ((socket.AF_INET, "192.0.2.9", "192.0.2.2"), (socket.AF_INET6, "2001:db8:e::9", "2001:db8:f::2")):
    s = socket.socket(family)
    s.bind((source, 1883))
    s.connect((to, 8080))
    globals()[source] = s
print("in", flush=True)
time.sleep(600)
END
cat >"$TMP/site.py" <<'END'
import signal, socket, time
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
site = socket.create_server(("::", 8080), family=socket.AF_INET6, dualstack_ipv6=True)
print("up", flush=True)
kept = [site.accept() for _ in range(2)]
signal.sigwait([signal.SIGUSR1])
site.close()
print("gone", flush=True)
time.sleep(600)
END
# run_python NAMESPACE NAME [INPUT]: starts a script and waits for its output. Do not call it between `start` and
# `stop`, because the script would keep $say open.
run_python() {
	ns_become "$1" python3 "$TMP/$2.py" >"$TMP/$2.out" 2>&1 <"${3-/dev/null}" &
	ends_with_test $!
	within 10 grep -q . "$TMP/$2.out" || flunk "$2 runs" "$(cat "$TMP/$2.out")"
}
run_python hub hub
run_python edge site
site=$!
mkfifo "$TMP/hold"
exec {hold}<>"$TMP/hold"
# Permanent bans of the hub, as from an anomban that did not check for connections.
for c in 192.0.2.1 2001:db8:c::1; do in_ns edge "$BUILD/anomban" --set broker --rule none --ban $c permanent; done
is "without a connection, the hub can be banned by hand" "$(left 192.0.2.1) $(left 2001:db8:c::)" "0 0"
start
ban 198.51.100.50 600 >&"$say"
carried_out
ok "a ban of a host without a connection stays" [ "$(left 192.0.2.1) $(left 2001:db8:c::)" = "0 0" ]
( # without anomban's input, which would stay open
	exec {say}>&-
	ns_become edge python3 "$TMP/edge.py"
) >"$TMP/edge.out" 2>&1 <"$TMP/hold" &
ends_with_test $!
connects() { in_ns edge ss -tn state syn-sent | grep -q "$1"; }
within 5 connects '192\.0\.2\.1:1883'
sleep 1.1
ban 198.51.100.51 600 >&"$say"
ok "the ban of a broker that does not answer is lifted, IPv4" within 5 is_free 192.0.2.1
within 10 connects '2001:db8:c::1'
sleep 1.1
ban 198.51.100.52 600 >&"$say"
ok "the ban of a broker that does not answer is lifted, IPv6" within 5 is_free 2001:db8:c::/64
within 10 grep -q . "$TMP/edge.out" || flunk "the edge is connected" "$(cat "$TMP/edge.out")"
# A detector with the same sets bans a host with an established connection. anomban does not lift this ban, because an
# unknown host may have opened the connection.
in_ns edge ipset add broker4 192.0.2.1 timeout 600
in_ns edge ipset add broker6 2001:db8:c:: timeout 600
stop
start
ban 198.51.100.53 600 >&"$say"
carried_out
ok "the detector's ban of a connected host stays, IPv4" lasts 192.0.2.1 500 600
ok "the detector's ban of a connected host stays, IPv6" lasts 2001:db8:c::/64 500 600
for c in 192.0.2.1 2001:db8:c::1; do in_ns edge "$BUILD/anomban" --set broker --unban $c; done
for c in 192.0.2.1 192.0.2.9 2001:db8:c::1 2001:db8:c::/64; do ban "$c" 0; done >&"$say"
carried_out
for c in 192.0.2.1 192.0.2.9 2001:db8:c::/64; do ok "no event bans the broker: $c" is_free "$c"; done
err=$(in_ns edge "$BUILD/anomban" --set broker --ban 192.0.2.1 2>&1)
is "anomban --ban does not ban the broker" $? 1
like "an error names the connection to the broker" "$err" "^anomban: error: '192.0.2.1' is not banned: this host is connected to 192.0.2.1, which may be a broker; see --allow-peers$"
echo >&"$hold"
closed() { ! in_ns edge ss -tn state established 2>/dev/null | grep -q ':8883'; }
within 5 closed
for c in 192.0.2.1 192.0.2.9 2001:db8:c::1; do ban "$c" 600; done >&"$say"
carried_out
for c in 192.0.2.1 192.0.2.9 2001:db8:c::/64; do ok "the broker is not banned in the first minutes after its connection has ended: $c" is_free "$c"; done
stop
like "refused bans of the broker are counted" "$err" ' allowed 7 '
run_python hub stranger
kill -USR1 "$site" # closes the listener and keeps its connections
within 5 grep -q gone "$TMP/site.out"
start
for c in 192.0.2.9 2001:db8:e::9; do ban "$c" 600; done >&"$say"
carried_out
ok "a client that connects from the broker's port is banned, IPv4" lasts 192.0.2.9 500 600
ok "a client that connects from the broker's port is banned, IPv6" lasts 2001:db8:e::/64 500 600
stop
in_ns edge "$BUILD/anomban" --set broker --flush
run_python edge edge "$TMP/hold"
start --allow-peers 8080,1
ban 192.0.2.1 600 >&"$say"
ok "connections to other ports exempt nobody" within 5 lasts 192.0.2.1 500 600
stop
start --allow-peers none
ban 2001:db8:c::1 600 >&"$say"
ok "--allow-peers none exempts nobody" within 5 lasts 2001:db8:c::/64 500 600
stop
for list in "" 0 1883,x 65536; do
	err=$(in_ns edge "$BUILD/anomban" --set broker --allow-peers "$list" 2>&1 </dev/null)
	is "--allow-peers '$list' is refused" $? 2
done
like "a port of --allow-peers that is too high is refused" "$err" "^anomban: fatal: --allow-peers: '65536' is not none or a list of at most 64 ports \(1883,8883\)$"
exec {hold}>&-

done_testing
