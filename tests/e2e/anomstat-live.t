#!/bin/bash
# anomstat while a real detector runs: the state agrees with the kernel and the log.
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

# says REGEX ARGS...: the output of anomstat matches REGEX.
says() {
	local regex=$1
	shift
	[[ $("$BUILD/anomstat" -s "$state" "$@" 2>&1) =~ $regex ]]
}

ok "--check of a run without a request is UNKNOWN" within 10 says '^UNKNOWN - no request since the start, ' --check
is "--check of a run without a request has exit status 3" "$("$BUILD/anomstat" -s "$state" --check >/dev/null; echo $?)" 3
ok "before the first request, the page shows that no request has arrived" says "RUNNING  NO REQUEST YET  .*
input: no request since the start, "
ok "before the first request, the metrics show that no request has arrived" says 'anomdetect_blind\{reason="no_line"\} 1' --prometheus
echo 'the line of another program' >&"${detector_fd[a]}"
ok "a rejected line is counted" within 10 says ' lines=1c' --check
ok "a rejected line leaves --check at UNKNOWN" says '^UNKNOWN - no request since the start, ' --check
ok "the page names the host" says "^anomdetect on $(hostname | cut -c -63) RUNNING "
offend a 203.0.113.1
ok "--client shows that a client is banned and that the firewall has the ban" within 10 says '(^|
)ban      banned until .*; the firewall has it' --client 203.0.113.1
ok "--client shows the reason of the ban" within 10 says 'why      requests' --client 203.0.113.1
ok "--check counts the ban as in force" within 10 says '^OK - .*, 1 ban in force ' --check
ok "--json names no fault of the log" says '"blind":"","blind_why":""' --json
is "the silence is short, and the limit of the first day applies" "$(jq -c '[.silence_s < 60, .silence_limit_s > 86000]' "$state")" '[true,true]'
is "lines with the present time have no lag" "$(jq -c '[.lag_s < 5, .last_line != null]' "$state")" '[true,true]'
# A stopped process reads no line, so this time does not count as a silence of the log.
kill -STOP "${detector_pid[a]}"
sleep 7 # from 5 s on, the detector notices the gap
kill -CONT "${detector_pid[a]}"
unread() { jq -e '[.saved, .last_line] | map(sub("\\.[0-9]+";"") | fromdate) as [$s, $l] | $s - $l >= 7' "$state"; }
ok "after the process was stopped, its last line is over 7 s old" within 10 unread
is "the time while the process was stopped does not count as a silence of the log" "$(jq '[.saved, .last_line, .silence_s] as [$s, $l, $silence] |
	([$s, $l] | map(sub("\\.[0-9]+";"") | fromdate) | .[0] - .[1]) - $silence > 5' "$state")" true
offend a 203.0.113.2 2001:db8::2
ok "--check is CRITICAL when the kernel refuses a ban" within 10 says '^CRITICAL - bans not in force: ' --check
ok "the page shows that a ban is not in force" within 10 says 'NOT IN FORCE
bans: .*full'
ok "the page has a ! in the row of the client whose ban is not in force" within 10 says '203\.0\.113\.2 .* ! requests'
ok "--client shows that the IPv6 ban is in force" within 10 says 'the firewall has it' --client 2001:db8::2
in_ns server ipset del a4 203.0.113.1
ok "all bans are in force when the set has room again" within 60 says '^OK - .* 2 bans in force ' --check
in_ns server iptables -t raw -I PREROUTING -j ACCEPT
in_ns server ipset flush # flushes all sets, so the detector checks its firewall rules immediately
ok "--check is CRITICAL when a firewall rule before ours accepts all packets" within 20 says '^CRITICAL - bans not in force: .*(before|behind|pass)' --check
in_ns server iptables -t raw -D PREROUTING -j ACCEPT
detector_end a
ok "--check is CRITICAL after the end of the run" within 10 says '^CRITICAL - anomdetect has stopped, ' --check
ok "--client prints strikes from the memory file" within 10 says 'strikes  [1-9]' --client 203.0.113.2

# Writes the silences of one day into the memory file, as an earlier run does. The longest silence is 200 s.
like "the memory file has the silences of the run" "$(jq -c '.silences.days' "$state.memory")" \
	"^\[\"$(($(date +%s) / 86400)) [0-9]+ [0-9]+\"\]$"
jq -c ".silences.days = [\"$(($(date +%s) / 86400)) 200000 86400000\"]" "$state.memory" >"$TMP/edited"
cat "$TMP/edited" >"$state.memory"
detector_start a server
ok "the next run uses these silences" within 10 says '"silence_longest_s":200.*,"silence_limit_s":2000.*,' --json
ok "before the first request of the next run, --check is UNKNOWN" says '^UNKNOWN - no request since the start, ' --check
offend a 203.0.113.9
ok "after the first request of the next run, --check is no longer UNKNOWN" within 10 says '^[^U].* silence=[0-9.]*s;2000;;0 ' --check
detector_end a
done_testing
