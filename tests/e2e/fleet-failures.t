#!/bin/bash
# In a fleet, programs die and links fail, one after the other. Each program is restarted as its unit would restart it.
# The broker delivers every message that it acknowledged, and every edge has the same bans in the end. IPv4 and IPv6.
#
# The first part runs without --announce, so that the broker alone must deliver. In the second part the root announces
# its bans, because messages are lost when a program dies.
# shellcheck disable=SC2317 # the functions are called by ok and within
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/contrib.sh
. "$(dirname "$0")/contrib.sh"
# shellcheck source=tests/e2e/fleet.sh
. "$(dirname "$0")/fleet.sh"
need_fleet
need_built anomdetect anomban anomcount
fleet_hosts root web1 web2 web3
need_fleet_sets
fleet_certs root web1 web2 web3
fleet_edges=(web1 web2 web3)
fleet_start --announce 0

# A new client of each family offends.
n=0
two_offend() {
	n=$((n + 1))
	offend 198.51.100.$n
	offend 2001:db8:1:$n::1
}
both_banned() { banned_everywhere "198.51.100.$n" && banned_everywhere "2001:db8:1:$n::1"; }
comes() { ok "$1: bans reach every host" within "${2-15}" both_banned; }

two_offend
comes "after the start"

# dies HOST PROGRAM UNIT [TEXT]: kill -9, and immediately two clients flood; the unit must run again with new processes.
dies() {
	local old ends
	old=$(fleet_pid "$1" "$2" "${4-}")
	ends=$(grep -c '^unit ended' "$TMP/$1/$3.out")
	kill -KILL "$old"
	two_offend
	ok "$2 on $1 dies: its unit ends" within 10 more_ends "$1" "$3" "$ends"
	ok "$2 on $1 dies: another process is started" within 10 another "$old" "$1" "$2" "${4-}"
}
more_ends() { [ "$(grep -c '^unit ended' "$TMP/$1/$2.out")" -gt "$3" ]; }
another() {
	local old=$1 now
	now=$(fleet_pid "${@:2}") && [ "$now" != "$old" ]
}

# Each edge sends a line at least every 10 s.
tls_of root
heard_again() { in_ns root timeout 12 mosquitto_sub "${tls[@]}" -C 1 -W 12 -t "counts/$1" | grep -q .; }
for program in anomcount mosquitto_pub tail mosquitto_sub; do
	dies web1 $program counts "$([ $program != mosquitto_sub ] || echo counts/web1)"
	comes "$program on an edge dies"
done
for program in mosquitto_sub anomban; do
	dies web2 $program bans "$([ $program != mosquitto_sub ] || echo '-t bans')"
	comes "$program on an edge dies"
done
for program in mosquitto_sub anomdetect mosquitto_pub; do
	dies root $program root
	comes "$program on the root dies"
done

# After the broker has died, mosquitto_pub -l over TLS stays without a connection and does not end, so the units end it.
# Counts that the broker did not acknowledge are lost.
broker_end KILL
sleep 1
broker_start
for edge in "${fleet_edges[@]}"; do ok "the broker dies: lines of $edge arrive again" within 20 heard_again "$edge"; done
two_offend
comes "the broker died"

broker_end TERM
two_offend
sleep 2
broker_start
comes "the broker is restarted"

# Only the link of the edge that uses IPv6 fails.
fleet_link web3 down
two_offend
ok "a link is down: the root bans" within 15 banned_on root "2001:db8:1:$n::1"
ok "a link is down: other edges get the ban" within 15 banned_on web2 198.51.100.$n
sleep 60 # both ends of the connection notice the failure, and the clients' requests leave the window
not_ok "a link is down: the edge without a link gets no ban" banned_on web3 198.51.100.$n
two_offend
fleet_link web3 up
comes "the link is up again" 40

# The end of the first part: no ban and no line of counts is missing.
bans_of() { in_ns "$1" ipset save | awk '$1 == "add" { print $3 }' | sort; }
same_everywhere() {
	local host
	for host in "${fleet_edges[@]}"; do [ "$(bans_of "$host")" = "$(bans_of root)" ] || return; done
}
ok "every edge has the root's bans" same_everywhere
is "every edge has all $((2 * n)) bans" "$(bans_of root | wc -l)" $((2 * n))
is "no line of counts is missing" "$(jq .counters.counts_missing "$TMP/root/lib/anomdetect-fleet/state.json")" 0

# The second part: an announcement repeats the messages that were lost when a program died.
root_options --announce 10s
dies root anomdetect root
comes "the root announces its bans"
in_ns web1 ipset flush
not_ok "an edge has lost its bans" same_everywhere
ok "the edge gets its bans from the next announcement" within 15 same_everywhere
fleet_explain
done_testing
