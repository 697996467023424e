#!/bin/bash
# --announce and SIGUSR1 make a detector print all bans in force again. A host that is new, or did not run for a while,
# gets these bans and the unbans that it missed, also after the detector has restarted. A stalled reader loses no ban,
# and the detector never waits for the reader.
# shellcheck disable=SC2317,SC2016 # the functions are called by ok and within; the expressions are for eval
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/detector.sh
. "$(dirname "$0")/detector.sh"
need_root
need ip ipset iptables ip6tables jq python3 tail
need_built anomdetect anomban

ns_add root # this detector only prints bans
ns_add edge
need_kernel_sets edge
detector_mode=()
counter() { state root ".counters.$1"; }

# edge_start: starts anomban on the host edge, which reads only events that are printed from now on
# banned: prints the entries of the sets on the edge
edge_start() {
	(tail -n 0 -F "$TMP/root.events" 2>/dev/null & echo $! >"$TMP/tail"; wait) |
		(ns_become edge "$BUILD/anomban" --set edge 2>>"$TMP/edge.err") &
	edge=$!
	ends_with_test $edge
	within 5 [ -s "$TMP/tail" ]
	ends_with_test "$(cat "$TMP/tail")"
	within 5 in_ns edge ipset list -n edge4
}
edge_end() {
	kill "$(cat "$TMP/tail")"
	within 5 gone $edge
	rm "$TMP/tail"
}
banned() { in_ns edge ipset save | awk '$1 == "add" { print $3 }' | sort | tr '\n' ' '; }
edge_has() { [ "$(banned)" = "$1" ]; }

# ---- a new host, then a restart of the detector

detector_start root root --schedule 600s
offend root 203.0.113.1 203.0.113.2 2001:db8:5::1
ok "three bans are printed" within 5 has_events 3 root '"event":"ban"'
edge_start
is "a new host has no ban" "$(banned)" ""
kill -USR1 "${detector_pid[root]}"
all="2001:db8:5:: 203.0.113.1 203.0.113.2 "
ok "SIGUSR1 brings all bans to the new host" within 5 edge_has "$all"
is "SIGUSR1 causes three repeated events" "$(events_n root '"repeat":true')" 3
first() { jq -c "select(.event == \"ban\" and ((.repeat // false) | $1)) | [.client, .time, .seconds, .until, .strike]" "$TMP/root.events" | sort; }
is "repeated events have the times of the first events" "$(first .)" "$(first not)"
ok "the state counts repeated events and bans separately" within 5 eval '[ "$(counter repeated_events) $(counter bans)" = "3 3" ]'
is "the state does not list repeated events" "$(state root '[.events[] | select(.event == "ban") | 1 + .more] | add')" 3
ok "a repeated ban has its remaining time" between "$(entry_left edge edge4 203.0.113.1)" 500 600
detector_end root
edge_end
in_ns edge ipset flush edge4
in_ns edge ipset flush edge6

edge_start
detector_start root root --schedule 600s --announce 10s
ok "after a restart all bans are announced from the memory file" within 15 edge_has "$all"
is "after a restart repeated events have the times of the first events" "$(first . | sort -u)" "$(first not)"
detector_end root
edge_end

# ---- unbans while the host did not run

echo "203.0.113.2
2001:db8:5::/48" >"$TMP/allowed"
detector_start root root --schedule 600s --announce 10s --allow "@$TMP/allowed"
ok "two clients are allowed at a start" within 5 has_events 2 root '"event":"unban"' '"reason":"allowed"'
detector_end root
ok "the memory file has both unbans" [ "$(jq -c '[.unbans[] | split(" ")[0:2] | join(" ")]' "$TMP/root.json.memory")" = \
	'["203.0.113.2 allowed","2001:db8:5::/64 allowed"]' ]
is "the host that did not run still has the bans of the allowed clients" "$(banned)" "$all"
edge_start
detector_start root root --schedule 600s --announce 10s --allow "@$TMP/allowed"
ok "the announcement lifts the bans of the allowed clients on that host, and no other ban" within 15 edge_has "203.0.113.1 "
detector_end root
edge_end
detector_explain root

# ---- a stalled reader: 5000 bans from a memory file

mkdir "$TMP/many"
python3 - "$TMP/root.json.memory" "$TMP/many/state.memory" <<'END'
import json, sys, time
memory, now = json.load(open(sys.argv[1])), int(time.time() * 1000)
hosts = [f"198.18.{i >> 8}.{i & 255}" if i % 2 else f"2001:db8:{i:x}::/64" for i in range(5000)]
memory["clients"] = [f"{host} active 1 {now - 9000} {now + 900000} 1" for host in hosts]
memory["unbans"] = []
json.dump(memory, open(sys.argv[2], "w"))
END
mkfifo "$TMP/many/in" "$TMP/many/out"
exec {in}<>"$TMP/many/in"
many() { jq ".counters.$1" "$TMP/many/state"; }
"$BUILD/anomdetect" --state "$TMP/many/state" --announce 10s "${detector_limits[@]}" \
	<"$TMP/many/in" >"$TMP/many/out" 2>"$TMP/many/err" &
pid=$!
ends_with_test $pid
exec {out}<"$TMP/many/out"
some() { [ "$(many repeated_events)" -gt 100 ]; }
ok "an announcement begins" within 15 some
rests() {
	local before
	before=$(many repeated_events)
	sleep 7 # over two intervals of the state, so the announcement would have continued
	[ "$(many repeated_events)" = "$before" ]
}
ok "without a reader the announcement pauses" within 15 rests
ok "no more bans are announced than fit into the pipe" [ "$(many repeated_events)" -lt 1000 ]
is "no event is dropped" "$(many events_dropped)" 0
for _ in {1..30}; do echo '{"remote_addr":"203.0.113.7","request":"GET / HTTP/1.1","status":200}'; done >&"$in"
ok "meanwhile a client is banned" within 5 eval '[ "$(many bans)" = 1 ]'
began=$SECONDS
timeout 60 jq --unbuffered -nc 'def all: foreach inputs as $e ([0, {}]; if $e.repeat then .[1][$e.client] = 1 else . end;
	if (.[1] | length) >= 5000 then 5000 else empty end); first(all)' <&"$out" >"$TMP/many/got"
is "all 5000 bans are printed when there is a reader again" "$(cat "$TMP/many/got")" 5000
ok "at most 1000 bans per second are announced" [ $((SECONDS - began)) -ge 3 ]
exec {out}<&-

done_testing
