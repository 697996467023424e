#!/bin/bash
# Bans stay in force. The kernel's sets decide which clients are banned. The detector notices bans that were lifted by
# hand, restores lost bans, and changes no entries of other programs. Neither a full set nor too many bans stop the
# detector from reading its input.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/detector.sh
. "$(dirname "$0")/detector.sh"
need_root
need ip ipset iptables ip6tables jq python3
need_built anomdetect

ns_add s
need_kernel_sets s

# ---- the kernel's sets decide

detector_start a s
# There are 32 clients, so that one missing entry does not count as a flush of the set.
offend a $(addresses 1 30) 2001:db8:5::1 2001:db8:6::1
ok "all clients are banned" within 5 has_events 32 a '"event":"ban"' '"enforced":true'
is "the kernel has the IPv4 bans" "$(entries_n s a4)" 30
is "the kernel has the IPv6 bans" "$(entries_n s a6)" 2
let_bans_settle

in_ns s ipset del a4 203.0.113.7
ok "an entry deleted by hand is reported" within 4 event a unban 203.0.113.7 '"reason":"manual"'
in_ns s ipset del a6 2001:db8:5::
ok "an IPv6 entry deleted by hand is reported" within 4 event a unban 2001:db8:5:: '"reason":"manual"'
is "no other client is unbanned" "$(events_n a '"event":"unban"')" 2
offend a 203.0.113.7 2001:db8:5::1
ok "the next ban is a first strike again" within 3 has_events 2 a '"client":"203.0.113.7"' '"event":"ban"' '"strike":1,'
ok "the next IPv6 ban is a first strike again" within 3 has_events 2 a '"client":"2001:db8:5::/64"' '"event":"ban"' '"strike":1,'
ok "the next ban is in the kernel" in_ns s ipset test a4 203.0.113.7

in_ns s ipset del a4 203.0.113.8
in_ns s ipset del a6 2001:db8:6::
offend a 203.0.113.8 2001:db8:6::1
ok "lines right after the unban are not treated as lines of a banned client" \
	within 3 has_events 2 a '"client":"203.0.113.8"' '"event":"ban"' '"strike":1,'
ok "IPv6 lines right after the unban are not treated as lines of a banned client" within 3 has_events 2 a '"client":"2001:db8:6::/64"' '"event":"ban"' '"strike":1,'
is "the new bans are printed after the unbans" "$(grep -F -e '"203.0.113.8"' -e '"2001:db8:6::/64"' "$TMP/a.events" |
	jq -r '[.client, .event, .reason // "-", .enforced] | join(" ")' | sort -s -k1,1)" \
	"2001:db8:6::/64 ban - true
2001:db8:6::/64 unban manual 
2001:db8:6::/64 ban - true
203.0.113.8 ban - true
203.0.113.8 unban manual 
203.0.113.8 ban - true"
let_bans_settle

# Flushes both sets by one command. Otherwise the detector could check the sets between two flushes, and would count the
# IPv6 bans, because they are few, as lifted by hand.
in_ns s ipset restore <<'END'
flush a4
flush a6
END
ok "a flush causes an error event" within 4 has_events 1 a '"event":"error"' '"reason":"set_flushed"'
ok "every flushed IPv4 ban is restored" within 4 entries_are s a4 30
ok "every flushed IPv6 ban is restored" within 4 entries_are s a6 2
ok "a restored ban has its remaining time" between "$(entry_left s a4 203.0.113.1)" 500 599
is "a flush unbans no client" "$(events_n a '"event":"unban"')" 4

in_ns s iptables -w -t raw -D PREROUTING -m set --match-set a4 src -j DROP
in_ns s ip6tables -w -t raw -D PREROUTING -m set --match-set a6 src -j DROP
in_ns s ipset restore <<'END'
destroy a4
destroy a6
END
ok "destroyed sets cause an error event" within 4 has_events 2 a '"reason":"set_flushed"'
ok "the IPv4 set is made again and filled" within 4 entries_are s a4 30
ok "the IPv6 set is made again and filled" within 4 entries_are s a6 2
is "destroyed sets unban no client" "$(events_n a '"event":"unban"')" 4

# ---- entries of other programs

in_ns s ipset add a4 192.0.2.50 timeout 300
in_ns s ipset add a4 192.0.2.51 timeout 20 # 20 s are longer than the restart of the detector on a busy machine
in_ns s ipset add a6 2001:db8:50:: timeout 0
detector_end a
detector_start a s
is "a restart adopts all entries of the kernel" "$(grep '"event":"start"' "$TMP/a.events" | tail -n 1 | jq .bans)" 35
is "adopted entries cause no ban event" "$(grep -c '"event":"ban"' "$TMP/a.events")" 36
ok "an entry added by hand is in the state" within 4 eval \
	'[ "$(state a ".bans[] | select(.client == \"192.0.2.50\") | .enforced")" = true ]'
is "a permanent entry has no end in the state" "$(state a '.bans[] | select(.client == "2001:db8:50::/64") | .until')" null
is "an entry added by hand has no strike" "$(state a '.bans[] | select(.client == "192.0.2.50") | .strike')" 0
ok "the end of an entry added by hand is reported" within 20 event a unban 192.0.2.51 '"reason":"expired"'
ok "an entry added by hand keeps its time" between "$(entry_left s a4 192.0.2.50)" 200 300
is "a permanent entry added by hand stays permanent" "$(entry_left s a6 2001:db8:50::)" 0
detector_end a
# If the test has run for a minute by now, the detector has reported the firewall rules that were deleted above.
is "no message is logged about the entries that were added by hand" "$(grep -v -e 'lost entries' -e 'a firewall rule was missing' "$TMP/a.err")" ""

# ---- a full set

detector_start f s --max-strikes 100
for i in {1..100}; do echo "add f4 192.0.2.$i timeout 600"; done | in_ns s ipset restore
offend f 203.0.113.1
ok "a ban without room in the set is reported" within 3 has_events 1 f '"event":"error"' '"reason":"ban_failed"'
ok "the error has a remedy" grep -q 'the set is full (maxelem 100); ' "$TMP/f.events"
ok "a ban without room is reported as not enforced" event f ban 203.0.113.1 '"enforced":false'
offend f 2001:db8:9::1
ok "lines are still read, and an IPv6 client is banned" within 3 event f ban 2001:db8:9:: '"enforced":true'
in_ns s ipset del f4 192.0.2.1
ok "the ban is made as soon as there is room" within 4 in_ns s ipset test f4 203.0.113.1
ok "the state shows that the ban is enforced" within 4 eval \
	'[ "$(state f ".bans[] | select(.client == \"203.0.113.1\") | .enforced")" = true ]'
offend f 203.0.113.2
ok "a second ban finds no room" within 3 event f ban 203.0.113.2 '"enforced":false'
detector_end f
in_ns s ipset del f4 192.0.2.2
detector_start f s --max-strikes 100
ok "after a restart the second ban is tried again" within 4 in_ns s ipset test f4 203.0.113.2
is "the second ban does not count as lifted by hand" "$(events_n f '"event":"unban"')" 0
detector_end f

# ---- too many bans at once

detector_start m s --max-bans-per-minute 5
not_across_a_minute
offend m $(addresses 1 10) 2001:db8:7::1
ok "5 clients are banned" within 3 has_events 5 m '"event":"ban"'
ok "all lines are read while bans wait" within 4 lines_are_read m 275
is "no more clients are banned in this minute" "$(entries_n s m4) $(entries_n s m6)" "5 0"
held=$(state m .counters.bans_held)

# ---- the allow-list read again

printf '203.0.113.200\n' >"$TMP/allowed"
detector_start l s --allow "@$TMP/allowed"
offend l $(addresses 199 3) 2001:db8:8::1
ok "an allowed client raises an alert" within 3 event l alert 203.0.113.200 '"hold":"allowed"'
ok "other clients are banned" within 3 has_events 3 l '"event":"ban"'
is "the allowed client is not banned" "$(events_n l '"event":"ban"' '"203.0.113.200"')" 0
printf '203.0.113.199\n2001:db8:8::/48\n' >"$TMP/allowed"
kill -HUP "${detector_pid[l]}"
ok "a newly allowed client is unbanned immediately" within 2 event l unban 203.0.113.199 '"reason":"allowed"'
ok "a newly allowed IPv6 network is unbanned immediately" within 2 event l unban 2001:db8:8:: '"reason":"allowed"'
not_ok "the newly allowed client is not in the kernel's set" in_ns s ipset test l4 203.0.113.199
is "the newly allowed IPv6 network is not in the kernel's set" "$(entries_n s l6)" 0
ok "a client that is not newly allowed stays banned" in_ns s ipset test l4 203.0.113.201
printf 'not an address\n' >"$TMP/allowed"
kill -HUP "${detector_pid[l]}"
ok "a wrong allow-list is reported" within 2 grep -q 'the settings stay as they were' "$TMP/l.err"
offend l 203.0.113.199 203.0.113.202
within 3 event l ban 203.0.113.202 # the lines of this client arrived after those of 203.0.113.199
is "a wrong allow-list changes nothing" "$(events_n l '"event":"ban"' '"203.0.113.199"')" 1
printf '203.0.113.203\n0.0.0.0/0\n' >"$TMP/allowed"
kill -HUP "${detector_pid[l]}"
ok "an allow-list that is too wide is reported" within 2 grep -q \
	"line 2 is too wide: it would exempt all IPv4 addresses from bans; the widest is /8; the settings stay as they were" "$TMP/l.err"
offend l 203.0.113.203
ok "an allow-list that is too wide allows no client" within 3 event l ban 203.0.113.203

# ---- several detectors

is "each detector has its own sets" "$(entries_n s l4) $(entries_n s m4)" "3 5"
is "each detector has its own firewall rules" "$(in_ns s iptables -t raw -S PREROUTING | grep -c -e 'match-set [lm]4 src -j DROP')" 2
in_ns s ipset flush l4
offend m 2001:db8:7:1::1
let_bans_settle
is "a flush of one detector's set is not reported by another" "$(events_n m '"event":"error"')" 0
detector_end l

# ---- permanent bans

detector_start v s --schedule permanent
offend v 203.0.113.1 2001:db8:5::1
ok "two clients are banned permanently" within 5 has_events 2 v '"event":"ban"' '"seconds":null,"until":null,"length":"schedule","enforced":true'
is "permanent bans have no timeout in the kernel, in both families" "$(entry_left s v4 203.0.113.1) $(entry_left s v6 2001:db8:5::)" "0 0"
detector_end v

# ---- too many bans at once, when the minute is over

sleep_left=$((61 - 10#$(date +%S)))
if [ "$(events_n m max_bans_per_minute)" = 0 ]; then within $sleep_left has_events 1 m max_bans_per_minute; fi
is "the bans over the limit per minute are reported once" "$(events_n m '"event":"alert"' '"scope":"bans"')" 1
is "the alert has the number of bans over the limit per minute" "$(grep max_bans_per_minute "$TMP/m.events" | jq .count)" "$(state m .counters.bans_held)"
ok "at least 6 of the 11 bans were over the limit per minute: $held" [ "$held" -ge 6 ]
offend m 203.0.113.10
ok "in the next minute clients are banned again" within 3 event m ban 203.0.113.10 '"enforced":true'
detector_end m

# ---- a ban without effect

# The lines of two banned clients continue, as if the kernel saw a proxy's packets instead of the clients' packets.
detector_start n s
offend n 203.0.113.1 2001:db8:4::1
ok "two clients are banned" within 3 has_events 2 n '"event":"ban"' '"enforced":true'
offend n 203.0.113.1 2001:db8:4::1
within 3 lines_are_read n 100
is "requests in progress raise no alert" "$(events_n n no_effect)" 0
sleep 90.5 # no request is in progress any more
offend n 203.0.113.1 2001:db8:4::1
ok "later requests raise an alert" within 2 has_events 1 n '"scope":"bans","reason":"no_effect","client":"203.0.113.1"'
ok "later IPv6 requests raise an alert" within 2 has_events 1 n '"scope":"bans","reason":"no_effect","client":"2001:db8:4::/64"'
offend n 203.0.113.1 2001:db8:4::1
within 3 lines_are_read n 200
is "each client raises one alert" "$(events_n n no_effect)" 2
detector_end n

detector_explain a f m n l v
done_testing
