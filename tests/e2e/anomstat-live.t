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

ok "a run without a line is fine" within 10 says '^OK - ' --check
ok "and says on which host" says "^anomdetect on $(hostname | cut -c -63) RUNNING "
offend a 203.0.113.1
ok "a ban is told with what the firewall has" within 10 says '(^|
)ban      banned until .*; the firewall has it' --client 203.0.113.1
ok "and why" within 10 says 'why      requests' --client 203.0.113.1
ok "it is in force" within 10 says '^OK - .*, 1 bans in force ' --check
is "lines of now have no lag" "$(jq -c '[.lag_s < 5, .last_line != null]' "$state")" '[true,true]'
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
done_testing
