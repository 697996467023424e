#!/bin/bash
# Bans hold: what the kernel's sets hold is what is banned. What is taken back by hand is noticed, what is lost is put
# back, what others added is left alone, and a full set or too many bans never stop the input.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/detector.sh
. "$(dirname "$0")/detector.sh"
need_root
need ip ipset iptables ip6tables jq python3
need_built anomdetect

ns_add s
need_kernel_sets s

# ---- the kernel is the truth

detector_start a s
# In dots: enough others that one gone is not a flush.
offend a $(addresses 1 30) 2001:db8:5::1 2001:db8:6::1
ok "all of them are banned" within 5 has_events 32 a '"event":"ban"' '"enforced":true'
is "the kernel holds the IPv4 ones" "$(entries_n s a4)" 30
is "and the IPv6 ones" "$(entries_n s a6)" 2
let_bans_settle

in_ns s ipset del a4 203.0.113.7
ok "one deleted by hand is told" within 4 event a unban 203.0.113.7 '"reason":"manual"'
in_ns s ipset del a6 2001:db8:5::
ok "an IPv6 one too" within 4 event a unban 2001:db8:5:: '"reason":"manual"'
is "nobody else is unbanned" "$(events_n a '"event":"unban"')" 2
offend a 203.0.113.7 2001:db8:5::1
ok "the next ban is the first again" within 3 has_events 2 a '"client":"203.0.113.7"' '"event":"ban"' '"strike":1,'
ok "for IPv6 too" within 3 has_events 2 a '"client":"2001:db8:5::/64"' '"event":"ban"' '"strike":1,'
ok "and it is in the kernel" in_ns s ipset test a4 203.0.113.7

in_ns s ipset del a4 203.0.113.8
in_ns s ipset del a6 2001:db8:6::
offend a 203.0.113.8 2001:db8:6::1
ok "lines that come at once are not taken as those of a banned client" \
	within 3 has_events 2 a '"client":"203.0.113.8"' '"event":"ban"' '"strike":1,'
ok "for IPv6 too" within 3 has_events 2 a '"client":"2001:db8:6::/64"' '"event":"ban"' '"strike":1,'
is "after the unban was told" "$(grep -F -e '"203.0.113.8"' -e '"2001:db8:6::/64"' "$TMP/a.events" |
	jq -r '[.client, .event, .reason // "-", .enforced] | join(" ")' | sort -s -k1,1)" \
	"2001:db8:6::/64 ban - true
2001:db8:6::/64 unban manual 
2001:db8:6::/64 ban - true
203.0.113.8 ban - true
203.0.113.8 unban manual 
203.0.113.8 ban - true"
let_bans_settle

# At one blow: were a look at the sets to come between, what the IPv6 one lost would be a few bans taken back by hand.
in_ns s ipset restore <<'END'
flush a4
flush a6
END
ok "a flush is an error event" within 4 has_events 1 a '"event":"error"' '"reason":"set_flushed"'
ok "and every IPv4 ban is put back" within 4 entries_are s a4 30
ok "and every IPv6 ban" within 4 entries_are s a6 2
ok "with the time that is left" between "$(entry_left s a4 203.0.113.1)" 500 599
is "nobody was unbanned by it" "$(events_n a '"event":"unban"')" 4

in_ns s iptables -w -t raw -D PREROUTING -m set --match-set a4 src -j DROP
in_ns s ip6tables -w -t raw -D PREROUTING -m set --match-set a6 src -j DROP
in_ns s ipset restore <<'END'
destroy a4
destroy a6
END
ok "sets that vanish are an error event" within 4 has_events 2 a '"reason":"set_flushed"'
ok "they are made anew and filled" within 4 entries_are s a4 30
ok "the IPv6 one too" within 4 entries_are s a6 2
is "nobody was unbanned by that" "$(events_n a '"event":"unban"')" 4

# ---- what others added

in_ns s ipset add a4 192.0.2.50 timeout 300
in_ns s ipset add a4 192.0.2.51 timeout 20 # outlasts the restart on a busy machine
in_ns s ipset add a6 2001:db8:50:: timeout 0
detector_end a
detector_start a s
is "takes over what the kernel holds" "$(grep '"event":"start"' "$TMP/a.events" | tail -n 1 | jq .bans)" 35
is "without a ban event" "$(grep -c '"event":"ban"' "$TMP/a.events")" 36
ok "an entry added by hand is shown" within 4 eval \
	'[ "$(state a ".bans[] | select(.client == \"192.0.2.50\") | .enforced")" = true ]'
is "a permanent one as such" "$(state a '.bans[] | select(.client == "2001:db8:50::/64") | .until')" null
is "and has no strike" "$(state a '.bans[] | select(.client == "192.0.2.50") | .strike')" 0
ok "its end is told" within 20 event a unban 192.0.2.51 '"reason":"expired"'
ok "and it is left alone" between "$(entry_left s a4 192.0.2.50)" 200 300
is "a permanent one too" "$(entry_left s a6 2001:db8:50::)" 0
detector_end a
# The rules that were deleted above are missed when a minute is over, if the test takes as long.
is "nothing was said against it" "$(grep -v -e 'lost entries' -e 'a firewall rule was missing' "$TMP/a.err")" ""

# ---- a full set

detector_start f s --max-strikes 100
for i in {1..100}; do echo "add f4 192.0.2.$i timeout 600"; done | in_ns s ipset restore
offend f 203.0.113.1
ok "a ban that finds no room is told" within 3 has_events 1 f '"event":"error"' '"reason":"ban_failed"'
ok "with what to do" grep -q 'the set is full (maxelem 100); ' "$TMP/f.events"
ok "and as not enforced" event f ban 203.0.113.1 '"enforced":false'
offend f 2001:db8:9::1
ok "the input goes on, and the other family is banned" within 3 event f ban 2001:db8:9:: '"enforced":true'
in_ns s ipset del f4 192.0.2.1
ok "as soon as there is room the ban is carried out" within 4 in_ns s ipset test f4 203.0.113.1
ok "which the state shows" within 4 eval \
	'[ "$(state f ".bans[] | select(.client == \"203.0.113.1\") | .enforced")" = true ]'
offend f 203.0.113.2
ok "one more finds no room" within 3 event f ban 203.0.113.2 '"enforced":false'
detector_end f
in_ns s ipset del f4 192.0.2.2
detector_start f s --max-strikes 100
ok "after a restart it is tried again" within 4 in_ns s ipset test f4 203.0.113.2
is "and not taken for one taken back by hand" "$(events_n f '"event":"unban"')" 0
detector_end f

# ---- too many at once

detector_start m s --max-bans-per-minute 5
not_across_a_minute
offend m $(addresses 1 10) 2001:db8:7::1
ok "5 are banned" within 3 has_events 5 m '"event":"ban"'
ok "and all lines were read" within 4 lines_are_read m 275
is "no more" "$(entries_n s m4) $(entries_n s m6)" "5 0"
held=$(state m .counters.bans_held)

# ---- the allow-list read again

printf '203.0.113.200\n' >"$TMP/allowed"
detector_start l s --allow "@$TMP/allowed"
offend l $(addresses 199 3) 2001:db8:8::1
ok "the allowed one is an alert" within 3 event l alert 203.0.113.200 '"hold":"allowed"'
ok "the others are banned" within 3 has_events 3 l '"event":"ban"'
is "it is not" "$(events_n l '"event":"ban"' '"203.0.113.200"')" 0
printf '203.0.113.199\n2001:db8:8::/48\n' >"$TMP/allowed"
kill -HUP "${detector_pid[l]}"
ok "who is newly allowed is unbanned at once" within 2 event l unban 203.0.113.199 '"reason":"allowed"'
ok "an IPv6 network too" within 2 event l unban 2001:db8:8:: '"reason":"allowed"'
not_ok "the kernel lets it through" in_ns s ipset test l4 203.0.113.199
is "an IPv6 one too" "$(entries_n s l6)" 0
ok "the other stays banned" in_ns s ipset test l4 203.0.113.201
printf 'not an address\n' >"$TMP/allowed"
kill -HUP "${detector_pid[l]}"
ok "a file that is wrong is said" within 2 grep -q 'the settings stay as they were' "$TMP/l.err"
offend l 203.0.113.199 203.0.113.202
within 3 event l ban 203.0.113.202 # whose lines came later
is "and changes nothing" "$(events_n l '"event":"ban"' '"203.0.113.199"')" 1
printf '203.0.113.203\n0.0.0.0/0\n' >"$TMP/allowed"
kill -HUP "${detector_pid[l]}"
ok "so is one that allows everybody" within 2 grep -q \
	"line 2 is too wide: it would exempt all IPv4 addresses from bans; the widest is /8; the settings stay as they were" "$TMP/l.err"
offend l 203.0.113.203
ok "which allows nobody" within 3 event l ban 203.0.113.203

# ---- side by side

is "other detectors' sets are their own" "$(entries_n s l4) $(entries_n s m4)" "3 5"
is "as are their rules" "$(in_ns s iptables -t raw -S PREROUTING | grep -c -e 'match-set [lm]4 src -j DROP')" 2
in_ns s ipset flush l4
offend m 2001:db8:7:1::1
let_bans_settle
is "a flush of one's is not the other's" "$(events_n m '"event":"error"')" 0
detector_end l

# ---- for ever

detector_start v s --schedule permanent
offend v 203.0.113.1 2001:db8:5::1
ok "two are banned for ever" within 5 has_events 2 v '"event":"ban"' '"seconds":null,"until":null,"length":"schedule","enforced":true'
is "in the kernel too, in both families" "$(entry_left s v4 203.0.113.1) $(entry_left s v6 2001:db8:5::)" "0 0"
detector_end v

# ---- too many at once, when the minute is over

sleep_left=$((61 - 10#$(date +%S)))
if [ "$(events_n m max_bans_per_minute)" = 0 ]; then within $sleep_left has_events 1 m max_bans_per_minute; fi
is "how many bans were held back is told once" "$(events_n m '"event":"alert"' '"scope":"bans"')" 1
is "with their number" "$(grep max_bans_per_minute "$TMP/m.events" | jq .count)" "$(state m .counters.bans_held)"
ok "which is more than none: $held" [ "$held" -ge 6 ]
offend m 203.0.113.10
ok "the next minute bans again" within 3 event m ban 203.0.113.10 '"enforced":true'
detector_end m

# ---- a ban without effect

# Their lines come on, as if the requests came through a proxy that the kernel sees instead.
detector_start n s
offend n 203.0.113.1 2001:db8:4::1
ok "two are banned" within 3 has_events 2 n '"event":"ban"' '"enforced":true'
offend n 203.0.113.1 2001:db8:4::1
within 3 lines_are_read n 100
is "requests in flight are no sign of it" "$(events_n n no_effect)" 0
sleep 90.5 # none is in flight any more
offend n 203.0.113.1 2001:db8:4::1
ok "later ones are an alert" within 2 has_events 1 n '"scope":"bans","reason":"no_effect","client":"203.0.113.1"'
ok "for IPv6 too" within 2 has_events 1 n '"scope":"bans","reason":"no_effect","client":"2001:db8:4::/64"'
offend n 203.0.113.1 2001:db8:4::1
within 3 lines_are_read n 200
is "and no more than one each" "$(events_n n no_effect)" 2
detector_end n

detector_explain a f m n l v
done_testing
