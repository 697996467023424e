#!/bin/bash
# anomban turns events on standard input into bans in this host's sets. It ignores lines that are not events of a live
# run, bans that have ended, and bans of clients that are never banned. An administrator can also list and change the
# sets with it.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_root
need ip ipset iptables ip6tables setpriv python3
need_built anomban anomdetect

ns_add a
in_ns a ipset create probe hash:ip 2>/dev/null || skip_all "the kernel has no ipset"
in_ns a ipset destroy probe
ip -n "${NS}a" link add own type bridge
ip -n "${NS}a" link set own up
ns_address a own 203.0.113.1/24 2001:db8:aaaa::1/64

# Runs anomban in namespace a. Sets $out to its standard output, $err to its standard error, $code to its exit code.
anomban() {
	out=$(in_ns a "$BUILD/anomban" --set web "$@" 2>"$TMP/err")
	code=$?
	err=$(cat "$TMP/err")
}

ends() { # PROMISE CODE: checks the exit code of the last run; prints its output if the code is wrong
	if [ "$code" = "$2" ]; then pass "$1"; else flunk "$1" "exit $code, wanted $2" "$out" "$err"; fi
}

# time_at SECONDS: prints the time that many seconds from now, in the format of events.
time_at() { date -u -d "@$(($(date +%s) + $1))" +%Y-%m-%dT%H:%M:%S.000Z; }

# ban CLIENT SECONDS [AGE] [MODE]: prints a ban event with all members, as anomdetect does. SECONDS 0: a permanent ban.
ban() {
	local age=${3-0} until seconds=$2
	until=\"$(time_at $(($2 - age)))\"
	[ "$2" = 0 ] && until=null seconds=null
	printf '{"event":"ban","time":"%s","mode":"%s","client":"%s","rules":["requests"],"requests":121,"errors":3,' \
		"$(time_at $((0 - age)))" "${4-live}" "$1"
	printf '"window":60,"rate":2.017,"limit":120,"mean":0.41,"stddev":0.62,"z":2.6,"source":"recent","tight":[],'
	printf '"strike":1,"seconds":%s,"until":%s,"enforced":false,' "$seconds" "$until"
	printf '"evidence":[{"rule":"requests","value":121,"limit":120,"unit":"requests/60s"}]}\n'
}

unban() { # CLIENT [REASON]
	printf '{"event":"unban","time":"%s","mode":"live","client":"%s","reason":"%s","strike":1}\n' \
		"$(time_at 0)" "$1" "${2-manual}"
}

# left SET ADDRESS: prints the seconds until the entry expires; "" if there is no such entry.
left() { in_ns a ipset save "$1" | awk -v ip="$2" '$1 == "add" && $3 == ip { print $5 }'; }
# Counts the entries of a set, without the markers that anomban leaves for a detector.
entries() { in_ns a ipset save "$1" | grep ^add | grep -vcE ' (255\.255\.255\.255|237\.255\.255\.255|ffff:|fffc:)'; }
between() { [ -n "$1" ] && [ "$1" -ge "$2" ] && [ "$1" -le "$3" ]; }
rules() { in_ns a "${1}tables" -t raw -S PREROUTING 2>/dev/null | grep -c -- "--match-set $2 src -j DROP"; }

# --- no sets yet

for action in --list --flush --teardown "--unban 198.51.100.7"; do
	anomban $action
	ends "$action without sets succeeds" 0
	is "$action warns that there are no sets" "$err" "anomban: warning: there were no sets 'web4' and 'web6', so no client was banned"
	is "$action without sets prints nothing" "$out" ""
	not_ok "$action without sets makes no set" in_ns a ipset list -t web4
done

# --- too many bans per minute: two runs start here. The second run is checked near the end of this file, because its bans
# wait for over a minute.

# limited NAME: starts an anomban that may make two bans per minute; $to is the pipe to its standard input.
limited() {
	mkfifo "$TMP/$1"
	ns_become a "$BUILD/anomban" --set "$1" -v --max-bans-per-minute 2 <"$TMP/$1" 2>"$TMP/$1.err" &
	pid=$!
	ends_with_test $pid
	exec {to}>"$TMP/$1"
}
limited cut
cut_pid=$pid
{ ban 198.51.100.1 600; ban 2001:db8:1::/64 600; ban 198.51.100.2 600; unban 198.51.100.1; } >&"$to"
ok "bans over the limit per minute are reported" within 8 grep -q \
	'^anomban: warning: over 2 bans per minute: 1 waits$' "$TMP/cut.err"
free_again() { [ "$(left "$1" 198.51.100.1 | wc -w)" = 0 ]; }
ok "an unban does not wait behind bans over the limit" within 5 free_again cut4
is "bans up to the limit are carried out" "$(entries cut4) $(entries cut6)" "0 1"
kill -TERM $cut_pid
ok "SIGTERM ends anomban while a ban waits" within 5 gone $cut_pid
wait $cut_pid
is "a ban that still waits at the end causes exit status 1" $? 1
exec {to}>&-
like "the ban that waited is reported" "$(tail -n 2 "$TMP/cut.err" | head -n 1)" "warning: 1 ban that waited was not carried out, because there are over 2 per minute"
like "the ban that waited is counted" "$(tail -n 1 "$TMP/cut.err")" ' bans 2 unbans 1 .* dropped 1 retried 0 waits 1 '
limited slow
slow_pid=$pid
{ ban 198.51.100.1 600; ban 2001:db8:1::/64 600; unban 198.51.100.99; ban 198.51.100.2 600; unban 198.51.100.1
	ban 2001:db8:2::/64 600; } >&"$to"
slow_to=$to
ok "in a second run, too, bans over the limit wait" within 8 grep -q 'over 2 bans per minute: \(1 waits\|2 wait\)$' "$TMP/slow.err"

# --- events

anomban -v < <(ban 198.51.100.7 600; ban 2001:db8:1:2::/64 900 60; ban 198.51.100.9 0; ban 2001:db8:9::/64 0)
ends "events are read to the end of the input" 0
is "reading events prints nothing" "$out" ""
ok "an IPv4 ban has its remaining time in the kernel" between "$(left web4 198.51.100.7)" 500 600
ok "an IPv6 ban has its remaining time in the kernel" between "$(left web6 2001:db8:1:2::)" 740 840
is "a permanent ban has no timeout (IPv4)" "$(left web4 198.51.100.9)" 0
is "a permanent ban has no timeout (IPv6)" "$(left web6 2001:db8:9::)" 0
is "one firewall rule is made (IPv4)" "$(rules ip web4)" 1
is "one firewall rule is made (IPv6)" "$(rules ip6 web6)" 1
is "-v reports the counters" "$err" "anomban: info: lines 4 bans 4 unbans 0 allowed 0 failed 0 not_event 0 \
other_event 0 replay 0 bad_client 0 bad_time 0 future 0 ended 0 stale 0 older 0 dropped 0 retried 0 waits 0 shortened 0 \
forgotten 0"

anomban < <(unban 198.51.100.9; unban 2001:db8:9::/64 allowed; unban 198.51.100.77; unban 2001:db8:1:3::/64 expired)
ends "unbans are obeyed, and an unban of a client that is not banned is no error" 0
is "without -v no message is logged" "$err" ""
not_ok "the IPv4 client is no longer banned" in_ns a ipset test web4 198.51.100.9
not_ok "the IPv6 network is no longer banned" in_ns a ipset test web6 2001:db8:9::1

before=$(entries web4),$(entries web6)
anomban -v < <(
	ban 198.51.100.20 600 0 replay
	ban 2001:db8:20::/64 600 0 replay
	ban 198.51.100.21 600 600
	ban 2001:db8:21::/64 600 86400
	ban 198.51.100.22 0 3700
	ban 2001:db8:22::/64 0 3700
	ban 198.51.100.23 600 -3700
	echo '{"event":"ban","mode":"live","client":"198.51.100.24","seconds":600}'
	ban example.org 600
	echo "garbage"
	echo
	echo '{"remote_addr":"198.51.100.25","status":200,"event":"GET"}'
	echo "Nov 22 04:16:00 web anomdetect: $(ban 198.51.100.26 600)"
	printf '{"event":"ban"\0}\n'
	head -c 200000 /dev/zero | tr '\0' x
	echo
	echo '{"event":"start","time":"2026-11-22T04:16:00.000Z","mode":"live","version":"1","enforced":false,"bans":0}'
	ban 203.0.113.1 600
	ban 2001:db8:aaaa::/64 600
	ban 192.168.1.7 600
	ban fd00::7 600
	ban 127.0.0.1 600
	ban ::1 600
	ban 0.0.0.0 600
	ban 3fff:1::/32 600
	ban 2001:db8:5::7 600
	printf %s "$(ban 198.51.100.27 600)"
) --allow 2001:db8:5::/48
ends "no line of the input ends anomban, but a failed ban causes exit status 1 at the end" 1
like "each line is counted under its reason" "$err" "lines 26 bans 1 unbans 0 allowed 8 failed 1 not_event 6 \
other_event 1 replay 2 bad_client 1 bad_time 1 future 1 ended 2 stale 2 older 0 dropped 0 retried 1 waits 0 "
# anomban logs the first line of each reason and, at the end, the number of further lines.
refusals=$(grep -E ' not obeyed' <<<"$err" | sed 's/^anomban: warning: //; s/[0-9a-f:.]*[.:][0-9a-f:./]* is not/X is not/; s/ [0-9]*m [0-9]*s / T /g; s/ [0-9]*h [0-9]*m / T /g; s/ [0-9]*s\b/ T/g')
is "events that are not obeyed are reported, each reason once" "$refusals" "an event of a replay is not obeyed; see --force
the ban of X is not obeyed: it had ended before it arrived: the event is T old by this host's clock; the newest event is T behind this host's clock
the permanent ban of X is not obeyed: the event is T old by this host's clock; the newest event is T behind this host's clock
the ban of X is not obeyed: it is T ahead of this host's clock; set the clocks of both hosts; the newest event is T ahead of this host's clock
an event is not obeyed: its 'time', 'seconds' or 'until' is missing or wrong, or they do not agree
an event is not obeyed: its client is not an address or network
a line is not an event of anomdetect, and is not obeyed
the ban of X is not obeyed: this client is never banned on this host
5 more lines that are not events were not obeyed
1 more event of a replay was not obeyed
1 more ban that had ended was not obeyed
1 more permanent ban that is stale was not obeyed
7 more bans of clients that are never banned on this host were not obeyed"
like "a client wider than the sets' entries is reported" "$err" \
	"warning: unable to ban in the kernel: set 'web6' has /64 networks, but a client is a /32"
is "only the one valid line had an effect" "$(entries web4),$(entries web6)" "$((${before%,*} + 1)),${before#*,}"
ok "a last line without a newline is obeyed" in_ns a ipset test web4 198.51.100.27

anomban --ban-private < <(ban 192.168.1.7 600; ban fd00:1::7 600)
ok "--ban-private bans private addresses (IPv4)" in_ns a ipset test web4 192.168.1.7
ok "--ban-private bans private addresses (IPv6)" in_ns a ipset test web6 fd00:1::7
anomban -v < <(ban 64:ff9b::/64 600; ban 64:ff9b:1::/64 600)
like "addresses of NAT64 are not banned" "$err" "lines 2 bans 0 unbans 0 allowed 2 "
anomban --ban-private < <(ban 64:ff9b::/64 600)
ok "--ban-private bans addresses of NAT64" in_ns a ipset test web6 64:ff9b::
anomban --unban 64:ff9b::/64

anomban --force < <(ban 198.51.100.30 600 86400 replay; ban 2001:db8:30::/64 600 86400 replay)
ok "with --force a replay's ban is obeyed, and begins now (IPv4)" between "$(left web4 198.51.100.30)" 500 600
ok "with --force a replay's ban is obeyed, and begins now (IPv6)" between "$(left web6 2001:db8:30::)" 500 600

# Events that anomdetect prints.
python3 - >"$TMP/access.json" <<'END'
import time
now = time.time()
for i in range(3000):
    for client in "198.51.100.40", "2001:db8:40::7":
        print('{"remote_addr":"%s","msec":%.3f,"request":"GET / HTTP/1.1","status":200}' % (client, now - 30 + i / 100))
END
"$BUILD/anomdetect" --state none <"$TMP/access.json" >"$TMP/events"
anomban -v <"$TMP/events"
like "the events of anomdetect are obeyed" "$err" ' bans 2 unbans 0 .* not_event 0 '
ok "the IPv4 ban of anomdetect is in force" between "$(left web4 198.51.100.40)" 500 600
ok "the IPv6 ban of anomdetect is in force" between "$(left web6 2001:db8:40::)" 500 600

# --- many lines

python3 - "$(ban 192.0.2.1 600)" >"$TMP/many" <<'END'
import sys
for i in range(100000):
    if i % 2:
        print(sys.argv[1].replace("192.0.2.1", f"198.18.{i >> 8 & 255}.{i & 255}"))
    else:
        print('{"remote_addr":"198.51.100.1","status":200}')
END
anomban -v --max-bans-per-minute 1000000 <"$TMP/many"
ends "100,000 lines are read" 0
like "all 100,000 lines are counted" "$err" 'lines 100000 bans 50000 unbans 0 allowed 0 failed 0 not_event 50000 '
ok "all 50,000 bans of these lines are obeyed" [ "$(entries web4)" -ge 32768 ]

# --- by hand

anomban --flush
ends "--flush works" 0
is "--flush leaves no ban (IPv4)" "$(entries web4)" 0
is "--flush leaves no ban (IPv6)" "$(entries web6)" 0
anomban --list
is "--list reports that nobody is banned" "$code$out$err" "0Nobody is banned."
anomban --list --json
is "--list --json has an empty list" "$(jq -c '[.set, .bans]' <<<"$out")" '["web",[]]'

anomban --ban 198.51.100.7
ends "--ban bans" 0
anomban --ban 2001:db8:1:2::7 permanent
ends "--ban accepts a time" 0
anomban --ban ::ffff:198.51.100.8 90s
anomban --list --json
is "--list --json prints one object with all bans" \
	"$(jq -c '.bans[] | [.client, .seconds, .until == null, .since, .strike, .rules, .by_others, .lift]' <<<"$out" | sed 's/59[0-9]/600/; s/,8[0-9],/,90,/')" \
	'["198.51.100.7",600,false,null,null,[],false,"anomban --set web --unban 198.51.100.7"]
["198.51.100.8",90,false,null,null,[],false,"anomban --set web --unban 198.51.100.8"]
["2001:db8:1:2::/64",null,true,null,null,[],false,"anomban --set web --unban 2001:db8:1:2::/64"]'
anomban --list
is "--list prints a table" "$(sed -E 's/9m 5[0-9]s/10m 0s/; s/1m 2[0-9]s/1m 30s/' <<<"$out")" \
	'CLIENT             SINCE                      LEFT  STRIKE  REASON
198.51.100.7       -                        10m 0s       -  -
198.51.100.8       -                        1m 30s       -  -
2001:db8:1:2::/64  -                     permanent       -  -

To lift a ban: anomban --set web --unban CLIENT'
anomban --json
ends "--json is refused without --list" 2
anomban --unban 198.51.100.7 2001:db8:1:2::/64 198.51.100.99
ends "--unban accepts several clients, also clients without a ban" 0
anomban --list --json
is "--unban lifts only the bans of the given clients" "$(jq -c '[.bans[].client]' <<<"$out")" '["198.51.100.8"]'

# refused CLIENT WHY: exit status 1 and one line with the reason; no ban is made.
refused() {
	anomban --allow 198.51.100.192/26 --trust-proxy 198.51.100.128/28 --ban "$1"
	is "--ban $1 is refused with the reason" "$code $err" "1 anomban: error: '$1' is not banned: $2"
}
sets_before=$(entries web4),$(entries web6)
refused 203.0.113.1 "203.0.113.1 is this host's own address"
refused 2001:db8:aaaa::9 "2001:db8:aaaa::1 is this host's own address"
refused 198.51.100.200 "it is in a network of --allow; remove it there first"
refused 198.51.100.130 "it is a proxy (--trust-proxy); ban the visitor behind it"
for client in 192.168.0.1 fd00::1; do
	refused $client "it is private; --ban-private bans it"
done
for client in 127.0.0.9 0.0.0.0 :: ::1 224.0.0.1 fe80::5 ff02::1 255.255.255.255; do
	refused $client "no client has this address, because it is loopback, link-local, multicast or unspecified"
done
for client in 64:ff9b::c633:6407 64:ff9b:1:2::/64; do
	refused $client "all IPv4 clients behind a NAT64 share it; --ban-private bans it"
done
is "refused addresses are not banned" "$(entries web4),$(entries web6)" "$sets_before"

# usage PROMISE TEXT ARGUMENTS...: exit status 2, with one line.
usage() {
	local promise=$1 text=$2
	shift 2
	anomban "$@" </dev/null
	is "$promise" "$code $out$err" "2 anomban: fatal: $text"
}
usage "a ban needs an address" "--ban takes an address, and optionally a time (10m)" --ban
usage "a ban of two addresses is refused" "--ban takes one address; call anomban once for each" --ban 198.51.100.1 198.51.100.2
usage "an unban needs an address" "--unban takes addresses; --flush unbans all" --unban
usage "a host name is not accepted as an address" "'example.org' is not an address or network; host names are not resolved; to print the addresses of the named host: \
getent ahosts example.org" --unban 198.51.100.8 example.org
usage "an address with a port is refused" "'192.0.2.1:443' is not an address or network; leave out the port and the brackets: 192.0.2.1" \
	--ban 192.0.2.1:443
usage "an IPv6 address with a port is refused" "'[2001:db8::1]:443' is not an address or network; leave out the port and the brackets: 2001:db8::1" \
	--ban '[2001:db8::1]:443'
usage "the word all is not accepted as an address" "'all' is not an address or network; --flush unbans all" --unban all
usage "a network is refused, with the command for a firewall rule" "'192.0.2.0/24' is a network, but a ban covers only one IPv4 /32; \
drop it by a rule of your own: iptables -t raw -I PREROUTING -s 192.0.2.0/24 -j DROP" --ban 192.0.2.9/24
usage "an IPv6 network is refused, with the command for a firewall rule" "'2001:db8:9::/48' is a network, but a ban covers only one IPv6 /64; \
drop it by a rule of your own: ip6tables -t mangle -I PREROUTING -s 2001:db8:9::/48 -j DROP" \
	--chain mangle/PREROUTING --ban 2001:db8:9::/48
usage "a network with addresses that are never banned is refused" "'192.168.0.0/16' is a network, but a ban covers only one IPv4 /32; \
some of its addresses are never banned (private, in --allow, this host's own or an administrator's)" --ban 192.168.0.0/16
usage "a very wide network is refused" "'32.0.0.0/7' is a network, but a ban covers only one IPv4 /32" --ban 32.0.0.0/7
usage "a network is refused, with the command that lists its bans" "'192.0.2.0/24' is a network, but a ban covers only one IPv4 /32; \
see --list for the bans in this network" --unban 192.0.2.0/24
ok "a refused command changes no ban" in_ns a ipset test web4 198.51.100.8
usage "a second action is refused" "--flush: not together with another action" --list --flush
usage "a file as operand is refused" "'events.jsonl' is not an option; lines are read from standard input; try: anomban <events.jsonl" events.jsonl
usage "a wrong allow-list is reported" "--allow: 'x' is not an address or network (192.0.2.0/24, 2001:db8::/32, @FILE)" --allow x
usage "an option of anomdetect is refused" "unknown option --severe; it is an option of anomdetect" --severe 3

cat >"$TMP/anomdetect.conf" <<END
ban
replay
severe 4
max-strikes 100
set conf
ipv4-prefix 24
END
in_ns a "$BUILD/anomban" --config "$TMP/anomdetect.conf" < <(ban 198.51.100.7 600; ban 203.0.113.1 600)
is "anomban accepts the configuration file of anomdetect" $? 0
ok "options in the file that both programs have take effect in anomban" in_ns a ipset test conf4 198.51.100.99
like "the sets have the size in the file" "$(in_ns a ipset list -t conf4)" 'maxelem 100 '
not_ok "with a configuration file, this host's own addresses are still never banned" in_ns a ipset test conf4 203.0.113.1

# --- bans that the kernel refuses

full() { # N: adds N entries to full4 and N to full6; each set has room for 100 entries
	for i in $(seq "$1"); do echo "add full4 192.0.2.$i timeout 600"; echo "add full6 2001:db8:f:$i:: timeout 600"; done |
		in_ns a ipset restore
}
in_ns a "$BUILD/anomban" --set full --max-strikes 100 </dev/null
full 100
err=$(in_ns a "$BUILD/anomban" --set full -v 2>&1 < <(ban 198.51.100.60 600; ban 2001:db8:60::/64 600))
is "a ban that was refused twice gives exit status 1" $? 1
like "a refused ban is reported" "$err" "warning: unable to ban in the kernel: unable to add to set 'full4': the set is full \(maxelem 100\)"
like "the second refusal is reported" "$err" "warning: unable to ban in the kernel, twice: .* 'full6': the set is full"
like "refused bans are counted" "$err" ' bans 0 unbans 0 allowed 0 failed 2 .* retried 2 waits 0 '
mkfifo "$TMP/full"
ns_become a "$BUILD/anomban" --set full -v <"$TMP/full" 2>"$TMP/full.err" &
pid=$!
ends_with_test $pid
exec {say}>"$TMP/full"
ban 198.51.100.60 600 >&"$say"
ban 2001:db8:60::/64 600 >&"$say"
ok "the kernel refuses a ban" within 5 grep -q 'the set is full' "$TMP/full.err"
in_ns a ipset del full4 192.0.2.7
in_ns a ipset del full6 2001:db8:f:7::
ok "the ban is retried when there is room (IPv4)" within 15 in_ns a ipset test full4 198.51.100.60
ok "the ban is retried when there is room (IPv6)" within 15 in_ns a ipset test full6 2001:db8:60::1
exec {say}>&-
ok "anomban ends after the retry" within 5 gone $pid
wait $pid
is "a successful retry gives exit status 0" $? 0
like "retries are counted" "$(tail -n 1 "$TMP/full.err")" ' bans 2 unbans 0 allowed 0 failed 0 .* retried 2 waits 0 '

# --- a run that reads events until a signal stops it

# Starts an anomban that reads events from the pipe $say.
session() {
	mkfifo "$TMP/say"
	ns_become a "$BUILD/anomban" --set web -v "$@" <"$TMP/say" >"$TMP/session.out" 2>"$TMP/session.err" &
	pid=$!
	ends_with_test $pid
	exec {say}>"$TMP/say"
}
banned() { in_ns a ipset test "$1" "$2"; }

echo "192.0.2.0/24" >"$TMP/allow"
session --allow "@$TMP/allow"
ban 198.51.100.50 600 >&"$say"
ban 2001:db8:50::/64 600 >&"$say"
ban 198.51.100.51 600 >&"$say"
ok "an event is obeyed as soon as it arrives (IPv4)" within 5 banned web4 198.51.100.51
ok "an event is obeyed as soon as it arrives (IPv6)" within 5 banned web6 2001:db8:50::1
in_ns a ipset add web4 10.0.0.7 # a private address, banned by hand
printf '198.51.100.50\n2001:db8:50::7\n' >"$TMP/allow"
kill -HUP $pid
ok "SIGHUP reads the allow-list again and unbans its clients (IPv4)" within 5 not banned web4 198.51.100.50
ok "SIGHUP reads the allow-list again and unbans its clients (IPv6)" within 5 not banned web6 2001:db8:50::1
ok "SIGHUP unbans no other client" banned web4 198.51.100.51
ok "SIGHUP does not unban a client that was banned by hand" banned web4 10.0.0.7
ban 198.51.100.50 600 >&"$say"
ban 198.51.100.52 600 >&"$say"
ok "lines are read after SIGHUP" within 5 banned web4 198.51.100.52
not_ok "no client in the new allow-list is banned" banned web4 198.51.100.50
echo nonsense >"$TMP/allow"
kill -HUP $pid
ok "a wrong allow-list is reported" within 5 grep -q "line 1 is not an address or network.*; the allow-list stays" \
	"$TMP/session.err"
in_ns a iptables -t raw -F PREROUTING
in_ns a ip6tables -t raw -F PREROUTING
kill -HUP $pid
has_rules() { [ "$(rules ip web4),$(rules ip6 web6)" = 1,1 ]; }
ok "flushed firewall rules are restored" within 5 has_rules
ok "the flushed rules are reported" within 5 grep -q "warning: a firewall rule was missing, .* it was put back" "$TMP/session.err"
kill -TERM $pid
ok "SIGTERM ends anomban" within 5 gone $pid
wait $pid
is "the run ends with exit status 0" $? 0
exec {say}>&-
like "the run reports its counters at the end" "$(tail -n 1 "$TMP/session.err")" "info: lines 5 bans 4 unbans 0 allowed 1 "
ok "the bans stay after anomban has ended" banned web4 198.51.100.51

# --- the end

anomban --teardown
ends "--teardown works" 0
is "no rule is left (IPv4)" "$(rules ip web4)" 0
is "no rule is left (IPv6)" "$(rules ip6 web6)" 0
not_ok "no set is left (IPv4)" in_ns a ipset list -t web4
not_ok "no set is left (IPv6)" in_ns a ipset list -t web6
ok "--teardown does not change other sets" in_ns a ipset test conf4 198.51.100.99

anomban --ports 80,443 --chain filter/INPUT --ban 198.51.100.7
ok "--chain and --ports select where and which packets are dropped" \
	in_ns a iptables -C INPUT -p tcp -m multiport --dports 80,443 -m set --match-set web4 src -j DROP
anomban --ports 80,443 --chain filter/INPUT --teardown
ends "--teardown with --chain and --ports succeeds" 0
not_ok "--teardown with --chain and --ports leaves no set" in_ns a ipset list -t web4

anomban --rule none --ban 198.51.100.7
is "--rule none makes no rule" "$(rules ip web4)" 0
in_ns a iptables -I INPUT -m set --match-set web4 src -j DROP
anomban --rule none --teardown
ends "with --rule none, --teardown fails if a rule refers to the set" 1
is "with --rule none, --teardown does not remove a rule" "$(in_ns a iptables -S INPUT | grep -c web4)" 1
in_ns a iptables -F INPUT
in_ns a iptables -I INPUT -i eth0 -m set --match-set web4 src -j DROP
anomban --teardown
ends "--teardown does not destroy a set that another rule refers to" 1
like "the set in use is reported" "$err" "unable to tear down: unable to destroy set 'web4': .*in use"
in_ns a iptables -F INPUT
anomban --teardown
ends "--teardown destroys the set after the rule has been removed" 0
not_ok "--teardown removed the set" in_ns a ipset list -t web4

# --- sets that a run with other prefix lengths made: the printed command removes them

for change in "--ipv4-prefix 24" "--ipv6-prefix 56"; do
	anomban --ban 2001:db8:1::1
	# shellcheck disable=SC2086
	anomban $change --ban 2001:db8:1::1
	ends "with $change, sets of other prefix lengths are refused" 3
	mend=${err##*: }
	like "the message of the refusal contains a command that tears the sets down" "$mend" '^anomban --set web --ipv[46]-prefix [0-9]+ --teardown$'
	# shellcheck disable=SC2086
	ok "the printed command removes the sets" in_ns a "$BUILD/"$mend
	# shellcheck disable=SC2086
	anomban $change --ban 2001:db8:1::1
	ends "after the printed command, a run with $change makes the sets" 0
	# shellcheck disable=SC2086
	anomban $change --teardown
done

# --- sets that a rule of the other kind of iptables (nft, legacy) refers to

if iptables_kind nft && iptables_kind legacy; then
	programs_of "$TMP/nft"
	anomban --ban 198.51.100.7
	programs_of "$TMP/legacy"
	anomban --teardown
	ends "--teardown does not destroy a set that a rule of the other kind refers to" 1
	like "the message names the programs that list the rules" "$err" "iptables-nft-save .* iptables-legacy-save "
	programs_of "$TMP/nft"
	anomban --teardown
	ends "--teardown destroys the set with the kind of iptables that made the rule" 0
	programs_of
else
	skip "--teardown does not destroy a set that a rule of the other kind refers to" "only one kind of iptables is installed"
fi

# --- too many bans per minute: the second run, which started above

slow_all() { [ "$(entries slow4) $(entries slow6)" = "1 2" ]; }
ok "bans that waited are carried out in turn" within 90 slow_all
exec {slow_to}>&-
ok "anomban ends at the end of its input" within 5 gone $slow_pid
wait $slow_pid
is "anomban ends with exit status 0" $? 0
is "no ban that waited is lost" "$(in_ns a ipset save | awk '$2 ~ /^slow/ && $1 == "add" && $3 !~ /^(237|fffc)/ { print $3 }' | sort)" \
	"198.51.100.2
2001:db8:1::
2001:db8:2::"
like "waiting bans are counted" "$(tail -n 1 "$TMP/slow.err")" ' bans 4 unbans 2 .* waits 2 '

# --- input without events

# told KIND HINT: input of this kind causes a message with HINT.
told() {
	err=$(in_ns a "$BUILD/anomban" --set web 2>&1)
	is "$1 is reported" "$(head -n 1 <<<"$err")" "anomban: warning: a line is not an event of anomdetect, and is not obeyed; $2"
}
need gzip
printf '{"remote_addr":"2001:db8::7","status":200}\n' >"$TMP/access.json"
told "an access log" "it is a line of an access log; put \`anomdetect |\` before anomban" <"$TMP/access.json"
ban 198.51.100.7 600 | gzip >"$TMP/events.gz"
told "a compressed file" "the input is compressed by gzip; put \`zcat FILE |\` before this program" <"$TMP/events.gz"

# --- no right to ban

for_others "$BUILD/anomban"
ban 198.51.100.7 600 >"$TMP/one"
for case in ban: list\ the\ bans:--list "ban:--ban 198.51.100.7" "unban:--unban 2001:db8::1" flush:--flush \
	tear\ down:--teardown; do
	action=${case#*:}
	# shellcheck disable=SC2086
	err=$(in_ns a "${as_other[@]}" --inh-caps=-all --ambient-caps=-all --bounding-set=-all "$OTHERS/anomban" $action 2>&1 <"$TMP/one")
	is "without privileges the exit status is 3: ${action:-reading events}" $? 3
	# actions that ban first warn that SSH sessions cannot be found
	like "without privileges the message has a remedy" "$err" \
		"anomban: fatal: unable to ${case%%:*}: .*not permitted; run as root, by sudo, or give CAP_NET_ADMIN"
done
err=$(in_ns a setpriv --inh-caps=-all --bounding-set=-all "$BUILD/anomban" --list 2>&1)
like "root without CAP_NET_ADMIN gets a hint for containers" "$? $err" \
	"^3 anomban: fatal: unable to list the bans: .*; this root lacks CAP_NET_ADMIN: in a container, start it with --cap-add NET_ADMIN"

done_testing
