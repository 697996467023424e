#!/bin/bash
# Bans survive a stop of the detector, a kill -9 at any moment, and a reboot. The next run adopts the bans that are in
# the kernel, and reports the bans that ended while no detector ran. A reboot removes all bans from the kernel. Then the
# next run restores each ban for the rest of its time.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/detector.sh
. "$(dirname "$0")/detector.sh"
# shellcheck source=tests/e2e/torn_events.sh
. "$(dirname "$0")/torn_events.sh"
need_root
need ip ipset iptables ip6tables jq python3
need_built anomdetect

ns_add s
need_kernel_sets s

# Simulates a reboot: removes firewall rules and sets.
reboot() {
	in_ns s iptables -w -t raw -F PREROUTING
	in_ns s ip6tables -w -t raw -F PREROUTING
	in_ns s ipset destroy
}

start_says() { grep '"event":"start"' "$TMP/$1.events" | tail -n 1 | jq ".$2"; }

strike_of() { state "$1" ".bans[] | select(.client == \"$2\") | .strike"; }

# ---- a restart

detector_start a s --schedule 600s,4s
offend a $(addresses 1 20) 2001:db8:5::1 2001:db8:6::1
ok "22 clients are banned" within 3 has_events 22 a '"event":"ban"' '"enforced":true'
detector_end a
offend_n=$(events_n a '"event":"ban"')
sleep 1 # so that a part of the ban time has passed
detector_start a s --schedule 600s,4s
is "a restart adopts the bans in the kernel" "$(start_says a bans)" 22
is "a restart reports no ban again" "$(events_n a '"event":"ban"')" "$offend_n"
is "a restart ends no ban" "$(events_n a '"event":"unban"')" 0
ok "the state has all bans" within 3 eval '[ "$(state a .bans_total)" = 22 ]'
is "adopted bans keep their strikes" "$(strike_of a 203.0.113.3) $(strike_of a 2001:db8:6::/64)" "1 1"
ok "the remaining time is not changed" between "$(entry_left s a4 203.0.113.1)" 500 599

# Two bans are lifted by hand while no detector runs.
detector_end a
for entry in a4:203.0.113.1 a6:2001:db8:5::; do in_ns s ipset del "${entry%%:*}" "${entry#*:}"; done
detector_start a s --schedule 600s,4s
ok "an unban that was made between runs is reported" within 3 event a unban 203.0.113.1 '"reason":"manual"'
ok "an unban of an IPv6 client between runs is reported" within 3 event a unban 2001:db8:5:: '"reason":"manual"'
is "no other client is unbanned" "$(events_n a '"event":"unban"')" 2
detector_end a

# Bans of 4 s expire while no detector runs.
detector_start e s --schedule 4s,600s
offend e 203.0.113.1 2001:db8:5::1
ok "two clients get short bans" within 3 has_events 2 e '"event":"ban"' '"seconds":4,' '"enforced":true'
detector_end e
sleep 4.5 # until the bans have expired
detector_start e s --schedule 4s,600s
is "expired bans are not adopted" "$(start_says e bans)" 0
ok "the ends of expired bans are reported" within 3 event e unban 203.0.113.1 '"reason":"expired"'
ok "the end of an expired IPv6 ban is reported" within 3 event e unban 2001:db8:5:: '"reason":"expired"'
is "the unban events have the times at which the bans ended" "$(jq -r 'select(.event == "unban") | .time' "$TMP/e.events" | sort)" \
	"$(jq -r 'select(.event == "ban") | .until' "$TMP/e.events" | sort)"
offend e 203.0.113.1
ok "strikes are remembered after the ban expired" within 3 event e ban 203.0.113.1 '"strike":2,'
detector_end e

# ---- a reboot

reboot
detector_start a s
is "after a reboot the bans are read from the memory file" "$(start_says a bans)" 20
ok "after a reboot the IPv4 set is filled" within 4 entries_are s a4 19
ok "after a reboot the IPv6 set is filled" within 4 entries_are s a6 1
ok "restored bans have their remaining time" between "$(entry_left s a4 203.0.113.5)" 500 598
is "after a reboot no ban is reported again" "$(events_n a '"event":"ban"')" "$offend_n"
detector_end a

# ---- bans that were only printed

# printed PROMISE [OPTION...]: starts a run without --ban, then a run with --ban.
printed() {
	rm -f "$TMP"/p.*
	detector_mode=()
	detector_start p s "${@:2}"
	offend p 203.0.113.1 2001:db8:5::1
	ok "$1: two bans are only printed" within 3 has_events 2 p '"event":"ban"' '"enforced":false'
	detector_end p
	detector_mode=(--ban)
	detector_start p s "${@:2}"
	is "$1: a run with --ban does not adopt printed bans" "$(start_says p bans)" 0
	ok "$1: the run with --ban reports the end of the printed ban" within 3 event p unban 203.0.113.1 '"reason":"not_enforced"'
	ok "$1: the run with --ban reports the end of the printed IPv6 ban" within 3 event p unban 2001:db8:5:: '"reason":"not_enforced"'
	let_bans_settle # a restored ban would be in the kernel immediately, or after the first check
	is "$1: no printed ban is in the kernel" "$(entries_n s p4) $(entries_n s p6)" "0 0"
	offend p 203.0.113.1 2001:db8:5::1
	ok "$1: the next verdict bans the clients" within 3 has_events 2 p '"event":"ban"' '"strike":2,' '"enforced":true'
	is "$1: these bans are in the kernel" "$(entries_n s p4) $(entries_n s p6)" "1 1"
	detector_end p
}
printed "new sets"
in_ns s ipset flush p4
in_ns s ipset flush p6
printed "existing sets"
in_ns s ipset flush p4
in_ns s ipset flush p6
printed "permanent bans" --schedule permanent

# A run without --ban between two runs with --ban changes nothing.
reboot
detector_mode=()
detector_start p s
detector_end p
detector_mode=(--ban)
detector_start p s
ok "a ban is in force again after a run that only printed" within 4 entries_are s p4 1
ok "an IPv6 ban is in force again after a run that only printed" within 4 entries_are s p6 1
detector_end p

# ---- kill -9, 50 times, while clients are banned

mkfifo "$TMP/k.in"
: >"$TMP/k.events"
kills=0
for i in {1..50}; do
	ns_become s python3 "$TMP/new_offenders.py" $((i * 65536)) 0.001 >"$TMP/k.in" 2>/dev/null &
	flood=$!
	ends_with_test $flood
	before=$(wc -c <"$TMP/k.events")
	ns_become s "$BUILD/anomdetect" --ban --set k --state "$TMP/k.json" "${detector_limits[@]}" --memory-interval 1s \
		<"$TMP/k.in" >>"$TMP/k.events" 2>>"$TMP/k.err" &
	detector=$!
	ends_with_test $detector
	# every second run is killed only after it has printed bans, even if a busy machine starts it slowly
	((i % 2)) && within 5 eval '[ "$(wc -c <"$TMP/k.events")" -gt '"$((before + 20000))"' ]'
	sleep "0.$((RANDOM % 20 + 15))" # the kill may happen at any moment
	kill -KILL $detector && kills=$((kills + 1))
	wait $detector 2>/dev/null
	within 3 gone $flood || kill -KILL $flood
	wait $flood 2>/dev/null
done
is "the detector is killed 50 times" $kills 50
whole_events "$TMP/k.events" |
	jq -r 'select(.event == "ban" and .enforced).client | rtrimstr("/64")' | sort >"$TMP/k.banned"
in_ns s ipset save | awk '$1 == "add" && $2 ~ /^k/ { print $3 }' | sort >"$TMP/k.kernel"
ok "the runs banned many clients: $(wc -l <"$TMP/k.banned")" [ "$(wc -l <"$TMP/k.banned")" -ge 1000 ]
is "each reported ban is in the kernel" "$(comm -23 "$TMP/k.banned" "$TMP/k.kernel" | head -n 3)" ""
is "no ban is reported twice" "$(uniq -d "$TMP/k.banned" | head -n 3)" ""
is "no client was unbanned" "$(events_n k '"event":"unban"')" 0
is "no run logs a damaged memory file" "$(cat "$TMP/k.err")" ""
rm -f "$TMP/k.in"
detector_start k s
is "the next start adopts all bans" "$(start_says k bans)" "$(wc -l <"$TMP/k.kernel")"
ok "the state has all of these bans" within 3 eval '[ "$(state k .bans_total)" = "$(wc -l <"$TMP/k.kernel")" ]'
detector_end k

# ---- 100,000 bans

detector_start h s
python3 -c '
for n in range(100000):
    client = f"2001:db8:{n >> 16:x}:{n & 0xffff:x}::1" if n % 4 == 0 else f"203.{n >> 16}.{n >> 8 & 255}.{n & 255}"
    print((f"{{\"remote_addr\":\"{client}\",\"request\":\"GET / HTTP/1.1\",\"status\":200}}\n") * 21, end="")
' >&"${detector_fd[h]}"
ok "100,000 clients are banned" within 20 has_events 100000 h '"event":"ban"' '"enforced":true'
detector_end h
is "the kernel has 100,000 entries" "$(($(entries_n s h4) + $(entries_n s h6)))" 100000

# took START: prints the seconds since START. The test prints the time until the start event, and until the last entry
# is in the kernel.
took() { awk -v from="$1" -v to="$(date +%s.%N)" 'BEGIN { printf "%.2f", to - from }'; }
began=$(date +%s.%N)
detector_start h s
echo "# 100,000 bans are adopted in $(took "$began") s"
is "a restart adopts 100,000 bans" "$(start_says h bans)" 100000
detector_end h
reboot
began=$(date +%s.%N)
detector_start h s
echo "# with empty sets the start takes $(took "$began") s"
ok "after a reboot 100,000 entries are restored" within 20 eval '[ $(($(entries_n s h4) + $(entries_n s h6))) = 100000 ]'
echo "# and the sets are filled after $(took "$began") s"
is "none of 100,000 bans is reported again" "$(events_n h '"event":"ban"')" 100000
is "none of 100,000 clients is unbanned" "$(events_n h '"event":"unban"')" 0
echo "# memory: $(awk '/VmHWM/ { print $2 / 1024 }' "/proc/${detector_pid[h]}/status") MiB at most"
detector_end h

detector_explain a e p k h
done_testing
