#!/bin/bash
# anomstat beside a real detector: what it is told in a state is what the kernel and the log are like.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/detector.sh"
need_root
need ipset iptables ip6tables jq
need_built anomdetect anomstat

ns_add server
in_ns server ipset create a4 hash:ip family inet netmask 32 timeout 0 maxelem 1 2>/dev/null ||
	in_ns server ipset create a4 hash:ip family inet timeout 0 maxelem 1
detector_start a server
state=$TMP/a.json

# says REGEX ARGS...: what anomstat prints is like it.
says() {
	local regex=$1
	shift
	[[ $("$BUILD/anomstat" -s "$state" "$@" 2>&1) =~ $regex ]]
}

ok "a run without a request is unknown" within 10 says '^UNKNOWN - no request since the start, ' --check
is "with exit 3" "$("$BUILD/anomstat" -s "$state" --check >/dev/null; echo $?)" 3
ok "the page says so first" says "RUNNING  NO REQUEST YET  .*
input: no request since the start, "
ok "and the metrics" says 'anomdetect_blind\{reason="no_line"\} 1' --prometheus
echo 'the line of another program' >&"${detector_fd[a]}"
ok "a line that is no request changes nothing" within 10 says ' lines=1c' --check
ok "of that" says '^UNKNOWN - no request since the start, ' --check
ok "and says on which host" says "^anomdetect on $(hostname | cut -c -63) RUNNING "
offend a 203.0.113.1
ok "a ban is told with what the firewall has" within 10 says '(^|
)ban      banned until .*; the firewall has it' --client 203.0.113.1
ok "and why" within 10 says 'why      requests' --client 203.0.113.1
ok "it is in force" within 10 says '^OK - .*, 1 ban in force ' --check
ok "the page has the time without a request" says '"blind":"","blind_why":""' --json
is "which is short, and a day is not known yet" "$(jq -c '[.silence_s < 60, .silence_limit_s > 86000]' "$state")" '[true,true]'
is "lines of now have no lag" "$(jq -c '[.lag_s < 5, .last_line != null]' "$state")" '[true,true]'
# A process that is stopped reads no line; the rest of the test begins with lines.
kill -STOP "${detector_pid[a]}"
sleep 7 # over 5 s, from which on it is known
kill -CONT "${detector_pid[a]}"
unread() { jq -e '[.saved, .last_line] | map(sub("\\.[0-9]+";"") | fromdate) as [$s, $l] | $s - $l >= 7' "$state"; }
ok "a process that was stopped" within 10 unread
is "has not seen that time as a silence" "$(jq '[.saved, .last_line, .silence_s] as [$s, $l, $silence] |
	([$s, $l] | map(sub("\\.[0-9]+";"") | fromdate) | .[0] - .[1]) - $silence > 5' "$state")" true
offend a 203.0.113.2 2001:db8::2
ok "a ban that the kernel refuses is not in force" within 10 says '^CRITICAL - bans not in force: ' --check
ok "the page says so" within 10 says 'NOT IN FORCE
bans: .*full'
ok "and marks the client" within 10 says '203\.0\.113\.2 .* ! requests'
ok "what it does say of the other is that it is" within 10 says 'the firewall has it' --client 2001:db8::2
in_ns server ipset del a4 203.0.113.1
ok "when there is room again, all are in force" within 60 says '^OK - .* 2 bans in force ' --check
in_ns server iptables -t raw -I PREROUTING -j ACCEPT
in_ns server ipset flush # all sets, which makes it look after its rules at once
ok "a rule that all pass before is told" within 20 says '^CRITICAL - bans not in force: .*(before|behind|pass)' --check
in_ns server iptables -t raw -D PREROUTING -j ACCEPT
detector_end a
ok "the end of a run is told" within 10 says '^CRITICAL - anomdetect has stopped, ' --check
ok "the memory file tells of strikes that are over" within 10 says 'strikes  [1-9]' --client 203.0.113.2

# A week of silences in a moment: a day's longest is 200 s, as if an earlier run had seen that.
like "the silences of the run are in its memory file" "$(jq -c '.silences.days' "$state.memory")" \
	"^\[\"$(($(date +%s) / 86400)) [0-9]+ [0-9]+\"\]$"
jq -c ".silences.days = [\"$(($(date +%s) / 86400)) 200000 86400000\"]" "$state.memory" >"$TMP/edited"
cat "$TMP/edited" >"$state.memory"
detector_start a server
ok "the next run has them" within 10 says '"silence_longest_s":200.*,"silence_limit_s":2000.*,' --json
ok "but it knows of no request" says '^UNKNOWN - no request since the start, ' --check
offend a 203.0.113.9
ok "until one comes" within 10 says '^[^U].* silence=[0-9.]*s;2000;;0 ' --check
detector_end a
done_testing
