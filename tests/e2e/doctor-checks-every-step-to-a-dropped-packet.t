#!/bin/bash
# anomdetect --doctor prints "ok" for each step that works, and a remedy for each step that fails. If every step is
# "ok", the firewall really drops packets: a second host's packets are dropped while its address is in the set.
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

# doctor ARGUMENT...: runs --doctor on the caller's standard input; sets $said to its output and $code to its exit code.
doctor() {
	said=$(in_ns s "$BUILD/anomdetect" --doctor --set a --state "$TMP/a.json" "$@" 2>&1)
	code=$?
}

# A log with present times.
printf '{"remote_addr":"203.0.113.9","status":200,"msec":%s}\n' "$(date +%s.%3N)" >"$TMP/good"

# Prints the lines of --doctor about a step.
step() { grep "^.... $1: " <<<"$said"; }

# fails PROMISE STEP REGEX: only this step is FAIL, its text matches, and the exit code is 1.
fails() {
	like "$1: the step $2 fails" "$(step "$2")" "^FAIL $2: .*$3"
	is "$1: only the step $2 fails" "$(grep '^FAIL' <<<"$said" | cut -d: -f1 | sort -u) exit $code" "FAIL $2 exit 1"
}

# Prints the iptables command at the end of a line.
command_of() { sed 's/^.*: \(ip6\{0,1\}tables \)/\1/' <<<"$1"; }

# ---- before the first start

doctor <"$TMP/good"
fails "missing sets are reported with a remedy" sets 'do not exist yet, .*start anomdetect --ban.* run --doctor again$'
like "the step rule is skipped, because the next start makes the sets and the firewall rule" "$(step rule)" '^skip rule: .* the next start adds both$'
is "--doctor leaves no set behind, because the next start would mistake an empty set for a flushed set" "$(in_ns s ipset list -n)" ""

# ---- after a start

detector_start a s
offend a 203.0.113.1 2001:db8:5::1
within 3 has_events 2 a '"event":"ban"' '"enforced":true'
doctor <"$TMP/good"
is "after a start every step is ok" "$(grep -v '^ok' <<<"$said"; echo "exit $code")" "exit 0"
is "--doctor prints each step" "$(cut -c6- <<<"$said" | cut -d: -f1 | tr '\n' ' ')" "capability sets rule boot drop allowed state confinement clock input "
like "the step sets counts the entries" "$(step sets)" 'a4 and a6 contain 2 entries; 192.0.2.1 and 2001:db8::1 were banned, found in the sets and unbanned'
like "the step drop drops a packet of each family in a temporary namespace" "$(step drop)" \
	'packets of 192.0.2.1 and 2001:db8::1 passed, were dropped in raw/PREROUTING while banned, and passed again$'
is "no test address stays in the sets" "$(entries_n s a4) $(entries_n s a6)" "1 1"
like "the step allowed names the host's addresses" "$(step allowed)" '198\.51\.100\.1.*2001:db8:1::1.*logged in by SSH: none'
let_bans_settle
is "a running detector is not disturbed" "$(events_n a '"event":"unban"') $(events_n a '"event":"error"')" "0 0"
doctor --user nobody <"$TMP/good"
like "the step state fails for a user that cannot write the state" "$(step state)" '^FAIL state: .*Permission denied; make its directory writable'

# ---- if every step is ok, the firewall really drops packets

ns_become s python3 -m http.server --bind :: --directory "$TMP" 8080 >"$TMP/http.out" 2>&1 &
ends_with_test $!
# A timeout of 1 s is long enough to detect dropped packets. A request that must be answered is repeated until an answer
# arrives.
answers() { in_ns peer curl -s -o /dev/null --max-time 1 "http://$1:8080/"; }
ok "a second host gets an answer" within 5 answers 198.51.100.1
ok "a second host gets an answer over IPv6" answers "[2001:db8:1::1]"
in_ns s ipset add a4 198.51.100.9 timeout 60
in_ns s ipset add a6 2001:db8:1:: timeout 60
not_ok "the second host gets no answer while its address is in the set" answers 198.51.100.1
not_ok "the second host gets no answer over IPv6 while its address is in the set" answers "[2001:db8:1::1]"
in_ns s ipset del a4 198.51.100.9
in_ns s ipset del a6 2001:db8:1::
ok "the second host gets an answer after its address was removed" within 5 answers 198.51.100.1
ok "the second host gets an answer over IPv6 after its address was removed" within 5 answers "[2001:db8:1::1]"

# ---- each step broken

in_ns s iptables -w -t raw -F PREROUTING
doctor <"$TMP/good"
fails "a missing IPv4 rule" rule 'the IPv4 rule is not in raw/PREROUTING'
ok "the printed command succeeds" in_ns s bash -c "$(command_of "$(step rule)")"
in_ns s ip6tables -w -t raw -F PREROUTING
doctor <"$TMP/good"
fails "a missing IPv6 rule" rule 'the IPv6 rule is not in raw/PREROUTING'
ok "the printed command succeeds for IPv6" in_ns s bash -c "$(command_of "$(step rule)")"
doctor <"$TMP/good"
is "the printed commands mend both families" $code 0

for tables in iptables ip6tables; do
	in_ns s $tables -w -t raw -F PREROUTING
	in_ns s $tables -w -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
	in_ns s $tables -w -A INPUT -m set --match-set "a$([ $tables = iptables ] && echo 4 || echo 6)" src -j DROP
done
doctor --chain filter/INPUT <"$TMP/good"
fails "firewall rules after a rule that accepts ESTABLISHED connections" rule "is after '-A INPUT .*ESTABLISHED -j ACCEPT', which lets open"
is "the fault is reported for both families" "$(step rule | wc -l)" 2
while read -r line; do in_ns s bash -c "$(command_of "$line")"; done < <(step rule)
doctor --chain filter/INPUT <"$TMP/good"
is "the printed commands mend the firewall rules" "$(step rule | cut -c1-4) $code" "ok   0"
for tables in 4:iptables 6:ip6tables; do
	in_ns s "${tables#*:}" -w -t raw -I PREROUTING -m set --match-set "a${tables%:*}" src -j DROP
done
doctor <"$TMP/good"
fails "firewall rules of an earlier run in another chain" rule 'a firewall rule of an earlier run, for another chain or other ports, is in force'
is "old rules are reported for both families" "$(step rule | wc -l)" 2
while read -r line; do in_ns s bash -c "$(command_of "$line")"; done < <(step rule)
doctor <"$TMP/good"
is "the printed commands remove the old rules" "$(step rule | cut -c1-4) $code" "ok   0"
in_ns s iptables -w -I FORWARD -i peer -m set --match-set a4 src -j LOG
doctor <"$TMP/good"
like "another program's rule with our set gives a warning" "$(step rule | head -n 1) $code" \
	"^warn rule: another firewall rule names set 'a4': iptables -t filter -A FORWARD -i peer .* -j LOG 0$"
in_ns s iptables -w -D FORWARD 1
for tables in iptables ip6tables; do in_ns s $tables -w -t raw -I PREROUTING -p udp -j ACCEPT; done
doctor <"$TMP/good"
fails "firewall rules after a rule that accepts packets in raw" rule "in raw/PREROUTING is after '-A PREROUTING -p udp -j ACCEPT'"
while read -r line; do in_ns s bash -c "$(command_of "$line")"; done < <(step rule)
doctor <"$TMP/good"
is "the printed commands mend the firewall rules in raw" "$(step rule | cut -c1-4) $code" "ok   0"
in_ns s iptables -w -t raw -I PREROUTING -s 192.0.2.7 -j ACCEPT
doctor <"$TMP/good"
is "a rule that accepts some clients' packets before ours gives a warning" "$(step rule | cut -c1-4 | xargs) $code" "warn ok 0"
like "the warning quotes the rule that accepts packets" "$(step rule)" "after '-A PREROUTING -s 192.0.2.7/32 -j ACCEPT', which may let"
in_ns s iptables -w -t raw -D PREROUTING 1
for tables in iptables ip6tables; do in_ns s $tables -w -t raw -F PREROUTING && in_ns s $tables -w -N own; done
for tables in 4:iptables 6:ip6tables; do
	in_ns s "${tables#*:}" -w -A own -m set --match-set "a${tables%:*}" src -j DROP
done
doctor --chain filter/own <"$TMP/good"
fails "a chain that no rule jumps to" rule 'in filter/own drops nothing: no packet of a client reaches'
for tables in 4:iptables 6:ip6tables; do
	in_ns s "${tables#*:}" -w -F own
	in_ns s "${tables#*:}" -w -t raw -I PREROUTING -m set --match-set "a${tables%:*}" src -j DROP
done
doctor --rule none <"$TMP/good"
like "with --rule none, no firewall rule is checked" "$(step rule)" '^ok .*--rule none'
doctor --ports 80,443 <"$TMP/good"
like "with --ports, the printed command contains the ports" "$(step rule | grep -- '-p udp' | tail -n 1)" \
	'ip6tables -w -t raw -I PREROUTING -p udp -m multiport --dports 80,443 -m set --match-set a6 src -j DROP$'

in_ns s ipset create wrong4 hash:net
in_ns s ipset create wrong6 hash:net family inet6
doctor --set wrong <"$TMP/good"
like "a set of another type with our name is reported" "$(step sets)" "^FAIL sets: set 'wrong4' exists but .*ipset destroy wrong4"

for_others "$BUILD/anomdetect"
said=$(in_ns s "${as_other[@]}" --inh-caps=-all "$OTHERS/anomdetect" --doctor --set a --state "$TMP/a.json" <"$TMP/good" 2>&1)
is "without privileges --doctor runs and fails" $? 1
like "without privileges the step drop is skipped with a reason" "$(step drop)" '^skip drop: not tested: no scratch network namespace: '
like "without privileges the missing capability is named" "$(step capability)" '^FAIL capability: CAP_NET_ADMIN is missing'
is "without privileges the other steps are checked" "$(step clock | cut -c1-4)$(step input | cut -c1-4)" "ok  ok  "

printf 'file\n' >"$TMP/file"
doctor --state "$TMP/file/state.json" <"$TMP/good"
fails "a state that cannot be written" state "unable to write a file beside '$TMP/file/state.json'"
doctor --state "$TMP/none/x/state.json" <"$TMP/good"
fails "a state whose directory has no parent" state "'$TMP/none' is missing; make it, or correct --state"
doctor --state "$TMP/new/state.json" <"$TMP/good"
like "a directory that was made is reported" "$(step state)" "^ok   state: .* can be replaced; its directory was missing"
doctor --state none <"$TMP/good"
is "--state none passes the step state" "$(step state | cut -c1-4) $code" "ok   0"
doctor --allow "@$TMP/nothing" <"$TMP/good"
fails "a missing allow-list" allowed "$TMP/nothing"

# ---- the step drop, in a temporary namespace

# Firewall, sets, addresses and links, without the remaining times and without packet counters, which IPv6 hosts raise
# by themselves.
everything() {
	in_ns s sh -c 'iptables-save; ip6tables-save; ipset save; ip -o address; ip -o link' |
		sed 's/timeout [0-9]*//; s/\[[0-9]*:[0-9]*\]//; /^#/d'
}
before=$(everything)
for arguments in "" "--ports 80,443" "--chain filter/INPUT" "--chain filter/FORWARD" "--ipv4-prefix 8 --ipv6-prefix 16"; do
	# shellcheck disable=SC2086 # arguments is several words
	doctor $arguments <"$TMP/good"
	like "packets are dropped with '$arguments'" "$(step drop)" '^ok   drop: .* of 192.0.2.1 and 2001:db8::1 passed, were dropped in '
done
is "the step drop changes nothing outside its temporary namespace" "$(everything)" "$before"
for kind in nft legacy; do
	if ! iptables_kind $kind; then
		skip "packets are dropped with iptables-$kind" "iptables-$kind is missing"
		continue
	fi
	programs_of "$TMP/$kind"
	doctor --set k <"$TMP/good"
	programs_of
	is "packets are dropped with iptables-$kind" "$(step drop | cut -c1-4)" "ok  "
done
# A fake iptables of one family, which succeeds but does nothing.
mkdir "$TMP/fake"
for tables in iptables:192.0.2.1 ip6tables:2001:db8::1; do
	rm -f "$TMP/fake/"*
	printf '#!/bin/sh\nexit 0\n' >"$TMP/fake/${tables%%:*}"
	chmod 755 "$TMP/fake/${tables%%:*}"
	programs_of "$TMP/fake"
	doctor <"$TMP/good"
	programs_of
	fails "a rule that drops nothing (${tables%%:*})" drop "packets of ${tables#*:} arrive while it is banned, so the firewall rule drops nothing"
done
said=$(in_ns s "${as_other[@]}" --inh-caps=-all,+net_admin,+net_raw --ambient-caps=-all,+net_admin,+net_raw \
	"$OTHERS/anomdetect" --doctor --set a --state none <"$TMP/good" 2>&1)
is "if no namespace can be made, the step drop is skipped without a failure" "$? $(step drop | cut -c1-20)" "0 skip drop: not teste"

# ---- standard input

# log_lines N AGO [STATUS]: lines one second apart, the last AGO seconds old; STATUS "" leaves the status out.
log_lines() {
	awk -v n="$1" -v last=$(($(date +%s) - $2)) -v status="${3-200}" 'BEGIN {
		for (i = n - 1; i >= 0; i--)
			printf "{\"remote_addr\":\"203.0.113.9\",\"request\":\"GET / HTTP/1.1\",\"msec\":%d.5%s}\n", last - i, status == "" ? "" : ",\"status\":" status }'
}

doctor < <(log_lines 1500 305)
like "at most 1000 lines are checked" "$(step input)" '1000 of 1000 lines'
log_lines 1000 305 >"$TMP/log"
doctor <"$TMP/log"
like "the step input counts requests and gives the newest time" "$(step input)" '^ok   input: 1000 of 1000 lines are requests; the newest is of .*, 5m [0-9]*s ago$'
doctor < <(log_lines 100 961240)
fails "a log that ended days ago" input ', 11d 3h ago, so nothing is judged now; check that the server still writes .* tail -n 1000 FILE'
doctor < <(log_lines 100 8000)
like "a log that ended hours ago gives a warning, because the site may be small" "$(step input | cut -c1-4) $code $(step input)" \
	'^warn 0 .*, 2h 13m ago, longer than any gap between earlier lines'
doctor < <(log_lines 1 30000; log_lines 1 8000)
like "a log that ended hours ago is ok if it had such a gap before" "$(step input)" '^ok   input: .*, 2h 13m ago, and earlier lines had a gap of at least this length$'
doctor < <(log_lines 100 -7200)
fails "times in another time zone" input 'ahead of this clock, as times of another time zone would be; if they name no zone, give --tz [+]02:00, or'
for status in "" '"-"' 0 99; do
	doctor < <(log_lines 100 0 "$status")
	fails "a log whose lines have this status: $status" input '; 100 have no status.*name the member with --status'
done
doctor < <(log_lines 60 0; log_lines 40 0 "")
like "some lines without a status are reported" "$(step input | cut -c1-4) $(step input)" '^ok .*; 40 have no status; the newest'
doctor </dev/null
fails "an input without a line" input 'no line came, and the input has ended; .*: tail -n 1000 FILE [|] anomdetect --doctor$'
began=$SECONDS
doctor < <(exec sleep 100)
ends_with_test $!
fails "an input without a line that does not end" input 'no line came; .*: tail -n 1000 FILE [|] anomdetect --doctor$'
is "--doctor does not wait for the end of the input" "$((SECONDS - began < 60))" 1
{
	printf 'garbage\n{"no":"client"}\n{"remote_addr":"nobody"}\n{"cut\n'
	head -n 3 "$TMP/log"
} >"$TMP/mixed"
doctor <"$TMP/mixed"
fails "lines that are not requests" input '3 of 7 lines are requests, not_json 1, bad_client 1, other 2'
began=$SECONDS
doctor < <(log_lines 1 0; exec sleep 100)
ends_with_test $!
is "after one line, --doctor does not wait for the end of the input" "$(step input | cut -c1-4) $((SECONDS - began < 60))" "ok   1"
# script(1) makes a terminal.
said=$(in_ns s script -qec "$BUILD/anomdetect --doctor --set a --state none" /dev/null </dev/null | tr -d '\r')
like "a terminal as input is skipped with a hint" "$(step input)" '^skip input: standard input is a terminal; .*: tail -n 1000 FILE [|]'
is "a terminal as input is not a failure" "$(grep -c '^FAIL' <<<"$said")" 0

# ---- the log of a service

# service TEXT: writes the file of the service's variables.
service() { printf '%b' "$1" >"$TMP/service"; }

log_lines 3000 0 >"$TMP/access log.json"
service "# as it stands in /etc/default\nLOG=\"$TMP/access log.json\"\nOPTIONS=--learn 0s \\\\\n  --allow @$TMP/allowed\n"
: >"$TMP/allowed"
doctor --config "$TMP/service" </dev/null
like "the last lines of the service's log are checked" "$(step input)" \
	"^ok   input: '$TMP/access log.json': 1000 of 1000 lines are requests; the newest is of .*, which is now$"
is "with the service's options all steps are ok" $code 0
rm "$TMP/allowed"
doctor --config "$TMP/service" </dev/null
fails "the service's options are used" allowed "$TMP/allowed"
service "LOG=$TMP/access log.json\nOPTIONS=--client req.ip --status nothing\n"
doctor --config "$TMP/service" </dev/null
fails "the service's options are used for its lines" input "'$TMP/access log.json': 0 of 1000 lines are requests"
service "LOG=$TMP/access log.json\nOPTIONS=--lern 0s\n"
doctor --config "$TMP/service" </dev/null
is "a wrong option in the file is reported with file and variable" "$code $said" "2 anomdetect: fatal: $TMP/service: OPTIONS: unknown option --lern; did you mean --learn?"
for log in none:'No such file' "":'it is not a regular file'; do
	service "LOG=$TMP/${log%:*}\n"
	doctor --config "$TMP/service" </dev/null
	fails "a log that is not a file: ${log#*:}" input "'$TMP/${log%:*}': ${log#*:}.*; LOG in the file of --config names it"
done
: >"$TMP/empty"
service "LOG=$TMP/empty\n"
doctor --config "$TMP/service" </dev/null
fails "a log without a line" input "'$TMP/empty': it is empty: no request arrived since the log was rotated, or the server writes to another file"
service 'LOG=\nOPTIONS=--set a\n'
doctor --config "$TMP/service" < <(log_lines 2 0)
like "an empty LOG means standard input" "$(step input)" '^ok   input: 2 of 2 lines'
service "LOG=$TMP/access log.json\n"
mkdir "$TMP/logs"
log_lines 3000 0 >"$TMP/logs/access log.json"
service "LOG=$TMP/logs/access log.json\n"
# as_service MODE OWNER MODE OWNER: sets mode and owner of the log, then of its directory, and runs --doctor. The user
# nobody gets the group adm only from the service.
as_service() {
	chown "$2" "$TMP/logs/access log.json" && chmod "$1" "$TMP/logs/access log.json"
	chown "$4" "$TMP/logs" && chmod "$3" "$TMP/logs"
	doctor --config "$TMP/service" --state none --user nobody </dev/null
}
as_service 600 root:root 755 root:root
fails "a log that the service's user may not read" input \
	"the user 'nobody' may not read the log '$TMP/logs/access log.json': Permission denied; .*: chgrp adm '.*'; chmod g[+]r '.*'$"
is "a log that is not readable gives only one line of the step input" "$(step input | wc -l)" 1
in_ns s sh -c "$(step input | sed 's/.*: \(chgrp \)/\1/')"
doctor --config "$TMP/service" --state none --user nobody </dev/null
like "the printed commands make the log readable" "$(step input) exit $code" "^ok   input: '$TMP/logs/access log.json': .* exit 0$"
as_service 604 root:adm 755 root:root
fails "a log that the group may not read, though others may" input "Permission denied; let the group adm"
as_service 640 root:adm 700 root:root
fails "a log in a closed directory" input "a directory above it is closed .*: namei -l '$TMP/logs/access log.json'; then chgrp adm"
as_service 640 root:adm 710 root:adm
is "a log in a directory that the group adm may enter is ok" "$(step input | cut -c1-4) exit $code" "ok   exit 0"
as_service 640 root:nogroup 755 root:root
is "a log that belongs to the user's group is ok" "$(step input | cut -c1-4) exit $code" "ok   exit 0"
as_service 400 nobody:root 700 nobody:root
is "a log that belongs to the user, in the user's directory, is ok" "$(step input | cut -c1-4) exit $code" "ok   exit 0"

# If the file of --config does not name the log, --doctor reads the log that the unit names.
is "the default log is the unit's log" \
	"$(sed -n 's/^Environment=LOG=\([^ ]*\) .*/\1/p' "${0%/*}/../../contrib/systemd/anomdetect.service")" \
	"$(sed -n 's/^#define SERVICE_FILE_LOG "\(.*\)"/\1/p' "${0%/*}/../../src/io/config/service_file.h")"

is "the running detector was never disturbed" "$(events_n a '"event":"unban"')" 0
detector_end a

detector_explain a
done_testing
