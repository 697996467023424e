#!/bin/bash
# Three edges, a root and a real mosquitto run as contrib/fleet/'s units run them. The root bans clients that no edge
# alone would ban, in the kernel of every edge. A new edge gets the bans in force, and an unban on the root lifts a ban
# everywhere. IPv4 and IPv6.
# shellcheck disable=SC2317 # the functions are called by ok and within
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/contrib.sh
. "$(dirname "$0")/contrib.sh"
# shellcheck source=tests/e2e/fleet.sh
. "$(dirname "$0")/fleet.sh"
need_fleet
need_built anomdetect anomban anomcount
fleet_hosts root web1 web2 web3 web4
need_fleet_sets
fleet_certs root web1 web2 web3 web4
fleet_edges=(web1 web2 web3)
fleet_start --announce 10s
tls_of web1
ns_become web1 mosquitto_sub "${tls[@]}" -q 1 -t bans >"$TMP/bans" 2>&1 &
ends_with_test $!

# Beside each edge, a detector reads only this edge's log, with the same limits.
for edge in "${fleet_edges[@]}"; do
	ns_become "$edge" "$BUILD/anomdetect" --state none "${fleet_limits[@]}" --events ban \
		< <(exec tail -n 0 -F "$TMP/$edge/log/nginx/access.json") >"$TMP/$edge/alone" 2>&1 &
	ends_with_test $!
done

# Each of 5 clients makes 2.5 requests per second on each edge: in 30 s, 75 requests on each edge, and 225 on all three.
# The visitor makes a tenth as many.
clients=(198.51.100.1 198.51.100.2 198.51.100.3 2001:db8:1:1::1 2001:db8:1:2::2)
visitor=198.51.100.200
python3 - "$visitor" "${clients[@]}" <<END &
import sys, time
logs = [open("$TMP/%s/log/nginx/access.json" % edge, "a", 1) for edge in "${fleet_edges[*]}".split()]
line = '{"remote_addr":"%s","msec":%.3f,"request":"GET / HTTP/1.1","status":200}\n'
begin = time.time()
for n in range(75):
    time.sleep(max(0, begin + n / 2.5 - time.time()))
    for log in logs:
        for client in sys.argv[2:] + sys.argv[1:2] * (n % 10 == 0):
            log.write(line % (client, time.time()))
END
traffic=$!
ends_with_test $traffic
for client in "${clients[@]}"; do
	ok "$client: the root bans the client on all hosts" within 30 banned_everywhere "$client"
done
wait $traffic
for edge in "${fleet_edges[@]}"; do
	is "$edge alone bans nobody" "$(cat "$TMP/$edge/alone")" ""
	is "$edge has only the root's bans" "$(in_ns "$edge" ipset save | awk '$1 == "add" { print $3 }' | sort | tr '\n' ' ')" \
		"198.51.100.1 198.51.100.2 198.51.100.3 2001:db8:1:1:: 2001:db8:1:2:: "
done
not_ok "a visitor is not banned" banned_on root $visitor

# A ban ends at the same time on the root and on the edges: compares the remaining times at one moment.
left() { in_ns "$1" "$BUILD/anomban" --list --json | jq ".bans[] | select(.client | startswith(\"$2\")) | .seconds"; }
for client in 198.51.100.1 2001:db8:1:1::; do
	for edge in "${fleet_edges[@]}"; do
		difference=$(($(left "$edge" $client) - $(left root $client)))
		like "$client: $edge bans as long as the root" "$difference" '^(-?[0-2])$'
	done
done

# A mistake of the root: it orders a ban of the broker, which each edge reaches by one of its two addresses. A third
# order bans another client, 198.51.100.99: this ban shows that the edge has read the orders before it.
for client in 192.0.2.1 2001:db8:e::/64 198.51.100.99; do
	jq -nc --arg client "$client" '(now | floor) as $t | {event: "ban", time: ($t | todate), mode: "live", client: $client,
		seconds: 600, until: ($t + 600 | todate)}'
done >"$TMP/orders"
tls_of root
ok "the root orders to ban the broker" in_ns root timeout 10 mosquitto_pub "${tls[@]}" -q 1 -l -t bans <"$TMP/orders"
for edge in "${fleet_edges[@]}"; do
	ok "$edge: a later order is obeyed" within 10 banned_on "$edge" 198.51.100.99
	address=192.0.2.1
	[ "$edge" != web3 ] || address=2001:db8:e::1
	not_ok "$edge: the broker's address, $address, is not banned" banned_on "$edge" $address
	in_ns "$edge" ipset flush
done
ok "the next announcement brings the bans back" within 15 banned_everywhere 198.51.100.2

# A new edge has no session at the broker and gets the announced bans.
fleet_unit web4 bans
fleet_edges+=(web4)
for client in "${clients[@]}"; do
	ok "$client: a new edge gets the ban in force" within 20 banned_on web4 "$client"
done

for client in 198.51.100.1 2001:db8:1:1::1; do
	ok "$client: the client is unbanned on the root" in_ns root "$BUILD/anomban" --unban $client
	ok "$client: the unban on the root lifts the ban everywhere" within 20 banned_nowhere $client
done
ok "other clients stay banned" banned_everywhere 198.51.100.2
repeats() { grep -F 198.51.100.2 "$TMP/bans" | grep -c '"repeat":true'; }
before=$(repeats)
announced_again() { [ "$(repeats)" -gt "$before" ]; }
# a later announcement must not bring the ban back
ok "the next announcement arrives" within 15 announced_again
not_ok "the announcement does not restore a lifted ban" banned_on web1 198.51.100.1
fleet_explain
done_testing
