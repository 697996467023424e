#!/bin/bash
# anomdetect --doctor says ok for each link that holds, and of one that does not what to do; and what it calls ok really
# drops: a second host's packets are gone while its address is in the set.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/detector.sh
. "$(dirname "$0")/detector.sh"
need_root
need ip ipset iptables ip6tables jq python3 setpriv curl script
need_built anomdetect

ns_add s
need_kernel_sets s
ns_add peer
ns_join peer eth0 s peer
ns_address s peer 198.51.100.1/24 2001:db8:1::1/64
ns_address peer eth0 198.51.100.9/24 2001:db8:1::9/64

# doctor ARGUMENT...: what it says in $said, its exit code in $code; standard input is the caller's.
doctor() {
	said=$(in_ns s "$BUILD/anomdetect" --doctor --set a --state "$TMP/a.json" "$@" 2>&1)
	code=$?
}

# A log that is written now.
printf '{"remote_addr":"203.0.113.9","status":200,"msec":%s}\n' "$(date +%s.%3N)" >"$TMP/good"

link() { grep "^.... $1: " <<<"$said"; }

# fails PROMISE LINK REGEX: that link alone is FAIL, with that text, and the exit code is 1.
fails() {
	like "$1" "$(link "$2")" "^FAIL $2: .*$3"
	is "that link alone fails" "$(grep '^FAIL' <<<"$said" | cut -d: -f1 | sort -u) exit $code" "FAIL $2 exit 1"
}

# The command that a line ends with.
command_of() { sed 's/^.*: \(ip6\{0,1\}tables \)/\1/' <<<"$1"; }

# ---- before the first start

doctor <"$TMP/good"
fails "sets that are not there yet are said, with what to do" sets 'do not exist yet, .*start anomdetect --ban.* run --doctor again$'
like "the rule is for the same start, and no riddle of iptables" "$(link rule)" '^skip rule: .* the same start adds it$'
is "it leaves none behind, which a start would take as bans ended by hand" "$(in_ns s ipset list -n)" ""

# ---- after a start

detector_start a s
offend a 203.0.113.1 2001:db8:5::1
within 3 has_events 2 a '"event":"ban"' '"enforced":true'
doctor <"$TMP/good"
is "after a start every link holds" "$(grep -v '^ok' <<<"$said"; echo "exit $code")" "exit 0"
is "each is named" "$(cut -c6- <<<"$said" | cut -d: -f1 | tr '\n' ' ')" "capability sets rule boot drop allowed state confinement clock input "
like "the sets and what they hold" "$(link sets)" 'a4 and a6 hold 2 entries; 192.0.2.1 and 2001:db8::1 were banned, found in the sets and unbanned'
like "a packet of each family was dropped in a scratch namespace" "$(link drop)" \
	'packets of 192.0.2.1 and 2001:db8::1 passed, were dropped in raw/PREROUTING while banned, and passed again$'
is "no test address stays" "$(entries_n s a4) $(entries_n s a6)" "1 1"
like "the addresses of the host" "$(link allowed)" '198\.51\.100\.1.*2001:db8:1::1.*logged in by SSH: none'
let_bans_settle
is "a detector that runs is not disturbed" "$(events_n a '"event":"unban"') $(events_n a '"event":"error"')" "0 0"
doctor --user nobody <"$TMP/good"
like "another user who cannot write the state" "$(link state)" '^FAIL state: .*Permission denied; make its directory writable'

# ---- what it calls ok really drops

ns_become s python3 -m http.server --bind :: --directory "$TMP" 8080 >"$TMP/http.out" 2>&1 &
ends_with_test $!
# 1 s is right for what is dropped; what is served is asked again until it is.
answers() { in_ns peer curl -s -o /dev/null --max-time 1 "http://$1:8080/"; }
ok "a second host is answered" within 5 answers 198.51.100.1
ok "over IPv6 too" answers "[2001:db8:1::1]"
in_ns s ipset add a4 198.51.100.9 timeout 60
in_ns s ipset add a6 2001:db8:1:: timeout 60
not_ok "in the set, it is not" answers 198.51.100.1
not_ok "over IPv6 neither" answers "[2001:db8:1::1]"
in_ns s ipset del a4 198.51.100.9
in_ns s ipset del a6 2001:db8:1::
ok "taken out, it is again" within 5 answers 198.51.100.1
ok "over IPv6 too" within 5 answers "[2001:db8:1::1]"

# ---- each link broken

in_ns s iptables -w -t raw -F PREROUTING
doctor <"$TMP/good"
fails "a rule that is missing" rule 'the IPv4 rule is not in raw/PREROUTING'
ok "the command that it says" in_ns s bash -c "$(command_of "$(link rule)")"
in_ns s ip6tables -w -t raw -F PREROUTING
doctor <"$TMP/good"
fails "the IPv6 one, with the other there" rule 'the IPv6 rule is not in raw/PREROUTING'
ok "the command that it says" in_ns s bash -c "$(command_of "$(link rule)")"
doctor <"$TMP/good"
is "mend it" $code 0

for tables in iptables ip6tables; do
	in_ns s $tables -w -t raw -F PREROUTING
	in_ns s $tables -w -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
	in_ns s $tables -w -A INPUT -m set --match-set "a$([ $tables = iptables ] && echo 4 || echo 6)" src -j DROP
done
doctor --chain filter/INPUT <"$TMP/good"
fails "rules behind an accept of ESTABLISHED connections" rule "stands behind '-A INPUT .*ESTABLISHED -j ACCEPT', which lets open"
is "in both families" "$(link rule | wc -l)" 2
while read -r line; do in_ns s bash -c "$(command_of "$line")"; done < <(link rule)
doctor --chain filter/INPUT <"$TMP/good"
is "the commands that it says mend it" "$(link rule | cut -c1-4) $code" "ok   0"
for tables in 4:iptables 6:ip6tables; do
	in_ns s "${tables#*:}" -w -t raw -I PREROUTING -m set --match-set "a${tables%:*}" src -j DROP
done
doctor <"$TMP/good"
fails "rules of an earlier run elsewhere" rule 'a firewall rule of an earlier run, for another chain or other ports, is in force'
is "in both families, too" "$(link rule | wc -l)" 2
while read -r line; do in_ns s bash -c "$(command_of "$line")"; done < <(link rule)
doctor <"$TMP/good"
is "the commands that it says take them out" "$(link rule | cut -c1-4) $code" "ok   0"
in_ns s iptables -w -I FORWARD -i peer -m set --match-set a4 src -j LOG
doctor <"$TMP/good"
like "what others do with a set is a warning" "$(link rule | head -n 1) $code" \
	"^warn rule: another firewall rule names set 'a4': iptables -t filter -A FORWARD -i peer .* -j LOG 0$"
in_ns s iptables -w -D FORWARD 1
for tables in iptables ip6tables; do in_ns s $tables -w -t raw -I PREROUTING -p udp -j ACCEPT; done
doctor <"$TMP/good"
fails "rules behind an accept in raw" rule "in raw/PREROUTING stands behind '-A PREROUTING -p udp -j ACCEPT'"
while read -r line; do in_ns s bash -c "$(command_of "$line")"; done < <(link rule)
doctor <"$TMP/good"
is "the commands that it says mend it, too" "$(link rule | cut -c1-4) $code" "ok   0"
in_ns s iptables -w -t raw -I PREROUTING -s 192.0.2.7 -j ACCEPT
doctor <"$TMP/good"
is "what only some get through is a warning" "$(link rule | cut -c1-4 | xargs) $code" "warn ok 0"
like "with the rule's text" "$(link rule)" "behind '-A PREROUTING -s 192.0.2.7/32 -j ACCEPT', which may let"
in_ns s iptables -w -t raw -D PREROUTING 1
for tables in iptables ip6tables; do in_ns s $tables -w -t raw -F PREROUTING && in_ns s $tables -w -N own; done
for tables in 4:iptables 6:ip6tables; do
	in_ns s "${tables#*:}" -w -A own -m set --match-set "a${tables%:*}" src -j DROP
done
doctor --chain filter/own <"$TMP/good"
fails "a chain that nothing jumps to" rule 'in filter/own drops nothing: no packet of a client reaches'
for tables in 4:iptables 6:ip6tables; do
	in_ns s "${tables#*:}" -w -F own
	in_ns s "${tables#*:}" -w -t raw -I PREROUTING -m set --match-set "a${tables%:*}" src -j DROP
done
doctor --rule none <"$TMP/good"
like "a rule that is left to the administrator is not looked for" "$(link rule)" '^ok .*--rule none'
doctor --ports 80,443 <"$TMP/good"
like "with ports, the rules for ports" "$(link rule | grep -- '-p udp' | tail -n 1)" \
	'ip6tables -w -t raw -I PREROUTING -p udp -m multiport --dports 80,443 -m set --match-set a6 src -j DROP$'

in_ns s ipset create wrong4 hash:net
in_ns s ipset create wrong6 hash:net family inet6
doctor --set wrong <"$TMP/good"
like "a set of that name that is another's" "$(link sets)" "^FAIL sets: set 'wrong4' exists but .*ipset destroy wrong4"

for_others "$BUILD/anomdetect"
said=$(in_ns s "${as_other[@]}" --inh-caps=-all "$OTHERS/anomdetect" --doctor --set a --state "$TMP/a.json" <"$TMP/good" 2>&1)
is "without privileges it works and fails" $? 1
like "and says that a drop was not tried" "$(link drop)" '^skip drop: not tested: no scratch network namespace: '
like "and says which are missing" "$(link capability)" '^FAIL capability: CAP_NET_ADMIN is missing'
is "and looks at the rest" "$(link clock | cut -c1-4)$(link input | cut -c1-4)" "ok  ok  "

printf 'file\n' >"$TMP/file"
doctor --state "$TMP/file/state.json" <"$TMP/good"
fails "a state that cannot be written" state "unable to write a file beside '$TMP/file/state.json'"
doctor --state "$TMP/none/x/state.json" <"$TMP/good"
fails "a state whose directory has no parent" state "'$TMP/none' is missing; make it, or correct --state"
doctor --state "$TMP/new/state.json" <"$TMP/good"
like "a directory that is made is named so" "$(link state)" "^ok   state: .* can be replaced; its directory was missing"
doctor --state none <"$TMP/good"
is "none is none" "$(link state | cut -c1-4) $code" "ok   0"
doctor --allow "@$TMP/nothing" <"$TMP/good"
fails "a list of allowed clients that is not there" allowed "$TMP/nothing"

# ---- the drop, in a scratch namespace

# But for what time changes: what is left of bans, and counters, since hosts speak of themselves in IPv6.
everything() {
	in_ns s sh -c 'iptables-save; ip6tables-save; ipset save; ip -o address; ip -o link' |
		sed 's/timeout [0-9]*//; s/\[[0-9]*:[0-9]*\]//; /^#/d'
}
before=$(everything)
for arguments in "" "--ports 80,443" "--chain filter/INPUT" "--chain filter/FORWARD" "--ipv4-prefix 8 --ipv6-prefix 16"; do
	# shellcheck disable=SC2086 # words
	doctor $arguments <"$TMP/good"
	like "packets are dropped with '$arguments'" "$(link drop)" '^ok   drop: .* of 192.0.2.1 and 2001:db8::1 passed, were dropped in '
done
is "and nothing of this namespace has changed" "$(everything)" "$before"
for kind in nft legacy; do
	if ! iptables_kind $kind; then
		skip "packets are dropped with iptables-$kind" "iptables-$kind is missing"
		continue
	fi
	programs_of "$TMP/$kind"
	doctor --set k <"$TMP/good"
	programs_of
	is "packets are dropped with iptables-$kind" "$(link drop | cut -c1-4)" "ok  "
done
# An iptables that only says that all is well, in one family.
mkdir "$TMP/fake"
for tables in iptables:192.0.2.1 ip6tables:2001:db8::1; do
	rm -f "$TMP/fake/"*
	printf '#!/bin/sh\nexit 0\n' >"$TMP/fake/${tables%%:*}"
	chmod 755 "$TMP/fake/${tables%%:*}"
	programs_of "$TMP/fake"
	doctor <"$TMP/good"
	programs_of
	fails "a rule that does not drop (${tables%%:*})" drop "packets of ${tables#*:} arrive while it is banned, so the firewall rule drops nothing"
done
said=$(in_ns s "${as_other[@]}" --inh-caps=-all,+net_admin,+net_raw --ambient-caps=-all,+net_admin,+net_raw \
	"$OTHERS/anomdetect" --doctor --set a --state none <"$TMP/good" 2>&1)
is "where none can be made, that is no failure" "$? $(link drop | cut -c1-20)" "0 skip drop: not teste"

# ---- standard input

# log_lines N AGO [STATUS]: lines one second apart, the last of which is AGO seconds old; without a status for "".
log_lines() {
	awk -v n="$1" -v last=$(($(date +%s) - $2)) -v status="${3-200}" 'BEGIN {
		for (i = n - 1; i >= 0; i--)
			printf "{\"remote_addr\":\"203.0.113.9\",\"request\":\"GET / HTTP/1.1\",\"msec\":%d.5%s}\n", last - i, status == "" ? "" : ",\"status\":" status }'
}

doctor < <(log_lines 1500 305)
like "at most 1000 lines are looked at" "$(link input)" '1000 of 1000 lines'
log_lines 1000 305 >"$TMP/log"
doctor <"$TMP/log"
like "lines of a log are recognised" "$(link input)" '^ok   input: 1000 of 1000 lines are requests; the newest is of .*, 5m [0-9]*s ago$'
doctor < <(log_lines 100 961240)
fails "a log that ended days ago" input ', 11d 3h ago, so nothing is judged now; check that the server still writes .* tail -n 1000 FILE'
doctor < <(log_lines 100 8000)
like "one that ended hours ago is a warning, since the site may be small" "$(link input | cut -c1-4) $code $(link input)" \
	'^warn 0 .*, 2h 13m ago, longer than any gap between earlier lines'
doctor < <(log_lines 1 30000; log_lines 1 8000)
like "unless it was silent for as long before" "$(link input)" '^ok   input: .*, 2h 13m ago, and there were gaps as long between earlier lines$'
doctor < <(log_lines 100 -7200)
fails "times of another zone" input 'ahead of this clock, as times of another time zone would be; if they name no zone, give --tz [+]02:00, or'
for status in "" '"-"' 0 99; do
	doctor < <(log_lines 100 0 "$status")
	fails "a log whose lines have this status: $status" input '; 100 have no status.*name the member with --status'
done
doctor < <(log_lines 60 0; log_lines 40 0 "")
like "some lines without a status are told" "$(link input | cut -c1-4) $(link input)" '^ok .*; 40 have no status; the newest'
doctor </dev/null
fails "an input without a line" input 'no line came, and the input has ended; .*: tail -n 1000 FILE [|] anomdetect --doctor$'
began=$SECONDS
doctor < <(exec sleep 100)
ends_with_test $!
fails "one that does not end" input 'no line came; .*: tail -n 1000 FILE [|] anomdetect --doctor$'
is "is not waited for" "$((SECONDS - began < 60))" 1
{
	printf 'garbage\n{"no":"client"}\n{"remote_addr":"nobody"}\n{"cut\n'
	head -n 3 "$TMP/log"
} >"$TMP/mixed"
doctor <"$TMP/mixed"
fails "lines that are not" input '3 of 7 lines are requests, not_json 1, bad_client 1, other 2'
began=$SECONDS
doctor < <(log_lines 1 0; exec sleep 100)
ends_with_test $!
is "one line is enough, and it does not wait for the end of the input" "$(link input | cut -c1-4) $((SECONDS - began < 60))" "ok   1"
# script makes a terminal.
said=$(in_ns s script -qec "$BUILD/anomdetect --doctor --set a --state none" /dev/null </dev/null | tr -d '\r')
like "a terminal is not looked at, with what to do" "$(link input)" '^skip input: standard input is a terminal; .*: tail -n 1000 FILE [|]'
is "which is no failure" "$(grep -c '^FAIL' <<<"$said")" 0

# ---- the log of a service

# service TEXT: the file of its variables.
service() { printf '%b' "$1" >"$TMP/service"; }

log_lines 3000 0 >"$TMP/access log.json"
service "# as it stands in /etc/default\nLOG=\"$TMP/access log.json\"\nOPTIONS=--learn 0s \\\\\n  --allow @$TMP/allowed\n"
: >"$TMP/allowed"
doctor --config "$TMP/service" </dev/null
like "the last lines of the log that a service follows" "$(link input)" \
	"^ok   input: '$TMP/access log.json': 1000 of 1000 lines are requests; the newest is of .*, which is now$"
is "and all else, with its options" $code 0
rm "$TMP/allowed"
doctor --config "$TMP/service" </dev/null
fails "its options hold" allowed "$TMP/allowed"
service "LOG=$TMP/access log.json\nOPTIONS=--client req.ip --status nothing\n"
doctor --config "$TMP/service" </dev/null
fails "for its lines, too" input "'$TMP/access log.json': 0 of 1000 lines are requests"
service "LOG=$TMP/access log.json\nOPTIONS=--lern 0s\n"
doctor --config "$TMP/service" </dev/null
is "a wrong option is named with file and variable" "$code $said" "2 anomdetect: fatal: $TMP/service: OPTIONS: unknown option --lern; did you mean --learn?"
for log in none:'No such file' "":'it is no regular file'; do
	service "LOG=$TMP/${log%:*}\n"
	doctor --config "$TMP/service" </dev/null
	fails "a log that is none: ${log#*:}" input "'$TMP/${log%:*}': ${log#*:}.*; LOG in the file of --config names it"
done
: >"$TMP/empty"
service "LOG=$TMP/empty\n"
doctor --config "$TMP/service" </dev/null
fails "a log without a line" input "'$TMP/empty': it is empty: the server writes to another file"
service 'LOG=\nOPTIONS=--set a\n'
doctor --config "$TMP/service" < <(log_lines 2 0)
like "an empty LOG means standard input" "$(link input)" '^ok   input: 2 of 2 lines'
service "LOG=$TMP/access log.json\n"
# A mode and an owner of the log, and of a directory that it is in; nobody has the group adm from the service alone.
mkdir "$TMP/logs"
log_lines 3000 0 >"$TMP/logs/access log.json"
service "LOG=$TMP/logs/access log.json\n"
as_service() {
	chown "$2" "$TMP/logs/access log.json" && chmod "$1" "$TMP/logs/access log.json"
	chown "$4" "$TMP/logs" && chmod "$3" "$TMP/logs"
	doctor --config "$TMP/service" --state none --user nobody </dev/null
}
as_service 600 root:root 755 root:root
fails "a log that the service's user may not read" input \
	"the user 'nobody' may not read the log '$TMP/logs/access log.json': Permission denied; .*: chgrp adm '.*'; chmod g[+]r '.*'$"
is "has no other line of its link" "$(link input | wc -l)" 1
in_ns s sh -c "$(link input | sed 's/.*: \(chgrp \)/\1/')"
doctor --config "$TMP/service" --state none --user nobody </dev/null
like "the commands that it says mend it" "$(link input) exit $code" "^ok   input: '$TMP/logs/access log.json': .* exit 0$"
as_service 604 root:adm 755 root:root
fails "one that the group may not, though others may" input "Permission denied; let the group adm"
as_service 640 root:adm 700 root:root
fails "one in a directory that is closed" input "a directory above it is closed .*: namei -l '$TMP/logs/access log.json'; then chgrp adm"
as_service 640 root:adm 710 root:adm
is "but not in one that the group adm may pass" "$(link input | cut -c1-4) exit $code" "ok   exit 0"
as_service 640 root:nogroup 755 root:root
is "nor one of the user's own group" "$(link input | cut -c1-4) exit $code" "ok   exit 0"
as_service 400 nobody:root 700 nobody:root
is "nor one of the user's own" "$(link input | cut -c1-4) exit $code" "ok   exit 0"

# What the service does when the file does not name the log.
is "the log is the unit's own unless it is named" \
	"$(sed -n 's/^Environment=LOG=\([^ ]*\) .*/\1/p' "${0%/*}/../../contrib/systemd/anomdetect.service")" \
	"$(sed -n 's/^#define SERVICE_FILE_LOG "\(.*\)"/\1/p' "${0%/*}/../../src/io/config/service_file.h")"

is "the detector was not disturbed by all that" "$(events_n a '"event":"unban"')" 0
detector_end a

detector_explain a
done_testing
