#!/bin/bash
# What an administrator does with anomban holds, also beside a detector that puts back what something flushed: bans
# taken back stay so, time that was given is kept, and what was torn down is not made again.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/detector.sh
. "$(dirname "$0")/detector.sh"
need_root
need ip ipset iptables ip6tables jq python3
need_built anomdetect anomban

ns_add s
need_kernel_sets s

# by_hand NAME ARGUMENT...: anomban on the sets of that detector.
by_hand() {
	in_ns s "$BUILD/anomban" --set "$1" "${@:2}" >"$TMP/out" 2>"$TMP/err"
}
# Entries but the word that anomban leaves.
clients_n() { in_ns s ipset save "$1" 2>/dev/null | grep '^add' | grep -vcE ' (255\.|23[79]\.255\.255\.255|fff[cef]:)'; }
no_clients() { [ "$(clients_n "$1"4) $(clients_n "$1"6)" = "0 0" ]; }
no_word() { [ "$(in_ns s ipset save | grep -cE '^add .* (255\.255\.255\.255|237\.|ffff:|fffc:)')" = 0 ]; }

# nobody_back NAME UNBANS PROMISE [REASON]: after more than two looks nothing is put back, and nothing was taken for a
# flush.
nobody_back() {
	let_bans_settle
	ok "$3: nobody is banned again" no_clients "$1"
	is "$3: it was no flush" "$(events_n "$1" set_flushed)" 0
	is "$3: each is unbanned once" "$(events_n "$1" '"event":"unban"' '"reason":"'"${4-manual}"'"')" "$2"
}

# ---- all of a small set, one by one

detector_start a s
offend a $(addresses 1 3) 2001:db8:5::1 2001:db8:6::1
ok "five are banned" within 5 has_events 5 a '"event":"ban"' '"enforced":true'
let_bans_settle
by_hand a --unban 203.0.113.1 203.0.113.2 203.0.113.3 2001:db8:5::/64 2001:db8:6::7
is "all are taken back at once" $? 0
ok "each is told as taken back by hand" within 5 has_events 5 a '"event":"unban"' '"reason":"manual"'
nobody_back a 5 "--unban of all"

# ---- --flush

offend a $(addresses 1 30) 2001:db8:5::1 2001:db8:6::1
ok "32 are banned" within 5 has_events 37 a '"event":"ban"' '"enforced":true'
by_hand a --flush # at once: those that are too young to be missed are seen when they are not
is "all are flushed by hand" $? 0
in_ns s "$BUILD/anomban" --set a --list >"$TMP/list"
is "the word to the detector is not listed as a ban" "$(cat "$TMP/list")" "Nobody is banned."
ok "each is told" within 12 has_events 37 a '"event":"unban"' '"reason":"manual"'
nobody_back a 37 "--flush"
offend a 203.0.113.1 2001:db8:5::1
ok "strikes are forgotten" within 5 has_events 2 a '"event":"ban"' '"client":"203.0.113.1","rules":["requests"]' '"strike":1,'
by_hand a --flush
detector_end a
detector_start a s
is "a start that finds the word takes it for nobody" "$(grep '"event":"start"' "$TMP/a.events" | tail -n 1 | jq .bans)" 0

# ---- a flush that nobody announced is still put back

ok "the word goes by itself" within 15 no_word
offend a $(addresses 1 5) 2001:db8:5::1 2001:db8:6::1
ok "seven are banned" within 5 eval '[ "$(clients_n a4) $(clients_n a6)" = "5 2" ]'
let_bans_settle
in_ns s ipset restore <<'END'
flush a4
flush a6
END
ok "what another flushes is put back" within 5 eval '[ "$(clients_n a4) $(clients_n a6)" = "5 2" ]'
ok "and told" within 5 has_events 1 a set_flushed

# ---- many

python3 -c '
for n in range(20000):
    client = f"2001:db8:{n:x}::1" if n % 4 == 0 else f"198.18.{n >> 8 & 255}.{n & 255}"
    print((f"{{\"remote_addr\":\"{client}\",\"request\":\"GET / HTTP/1.1\",\"status\":200}}\n") * 21, end="")
' >&"${detector_fd[a]}"
before=$(events_n a '"reason":"manual"')
ok "20,000 are banned" within 20 eval '[ $(($(clients_n a4) + $(clients_n a6))) = 20007 ]'
by_hand a --flush
is "they are flushed by hand" $? 0
ok "each is told" within 30 has_events $((before + 20007)) a '"event":"unban"' '"reason":"manual"'
let_bans_settle
ok "nobody is banned again" no_clients a
is "there was the one flush" "$(events_n a set_flushed)" 1
detector_end a
detector_start a s --ipv4-prefix 32
is "a restart has nobody" "$(grep '"event":"start"' "$TMP/a.events" | tail -n 1 | jq .bans)" 0
detector_end a

# ---- short prefixes

detector_start w s --ipv4-prefix 16 --ipv6-prefix 32
offend w 203.0.113.1 198.51.100.1 2001:db8::1 2001:db9::1
ok "networks are banned" within 5 has_events 4 w '"event":"ban"' '"enforced":true'
by_hand w --ipv4-prefix 16 --ipv6-prefix 32 --flush
ok "and flushed by hand" within 12 has_events 4 w '"event":"unban"' '"reason":"manual"'
in_ns s "$BUILD/anomban" --set w --ipv4-prefix 16 --ipv6-prefix 32 --list >"$TMP/list"
is "the word is not listed there either" "$(cat "$TMP/list")" "Nobody is banned."
nobody_back w 4 "--flush of networks"
detector_end w

# ---- more time

# Long enough for anomban to give more time to two of them on a busy machine.
detector_start t s --schedule 15s
offend t 203.0.113.1 203.0.113.3 2001:db8:1::1 2001:db8:2::1
ok "four are banned for 15 s" within 5 has_events 4 t '"event":"ban"' '"seconds":15,' '"enforced":true'
by_hand t --ban 203.0.113.1 300
by_hand t --ban 2001:db8:1::1 permanent
ok "who was given no more is unbanned" within 19 event t unban 203.0.113.3 '"reason":"expired"'
ok "over IPv6 too" within 19 event t unban 2001:db8:2:: '"reason":"expired"'
let_bans_settle
is "who was given more by hand is not" "$(events_n t '"event":"unban"')" 2
ok "its time is the kernel's" between "$(entry_left s t4 203.0.113.1)" 200 299
is "for ever is for ever" "$(entry_left s t6 2001:db8:1::)" 0
until_of() { state t ".bans[] | select(.client == \"$1\") | .until"; }
left_of() { echo $(($(date -d "$(until_of "$1")" +%s) - $(date +%s))); }
ok "the state has the later end" within 5 eval 'between "$(left_of 203.0.113.1)" 200 300'
is "and none for ever" "$(until_of 2001:db8:1::/64)" null
is "it is no second strike" "$(state t '[.bans[].strike] | unique | join(" ")')" 1

ok "the word goes by itself" within 15 no_word
offend t 203.0.113.50 203.0.113.51 2001:db8:9::1
ok "three more" within 5 has_events 7 t '"event":"ban"' '"seconds":15,' '"enforced":true'
in_ns s ipset -exist add t4 203.0.113.50 timeout 300
in_ns s ipset -exist add t6 2001:db8:9:: timeout 0
ok "who was given no more is unbanned" within 19 event t unban 203.0.113.51 '"reason":"expired"'
let_bans_settle
not_ok "time that was given by other means counts, too" event t unban 203.0.113.50
not_ok "for IPv6, too" event t unban 2001:db8:9::
ok "its time is the kernel's" between "$(entry_left s t4 203.0.113.50)" 200 299
in_ns s ipset -exist add t4 203.0.113.1 timeout 1
ok "less time is taken as taken back" within 9 event t unban 203.0.113.1 '"reason":"manual"'
detector_end t

# ---- an anomban that reads events beside a detector with the same sets

# orders KIND ADDRESS...: events for it.
orders() {
	local kind=$1 more='"reason":"manual","strike":1'
	shift
	[ "$kind" = unban ] || more="\"seconds\":600,\"until\":\"$(date -u -d '600 seconds' +%FT%T.000Z)\""
	printf '%s\n' "$@" | awk -v kind="$kind" -v time="$(date -u +%FT%T.000Z)" -v more="$more" \
		'{ printf "{\"event\":\"%s\",\"time\":\"%s\",\"mode\":\"live\",\"client\":\"%s\",%s}\n", kind, time, $1, more }' >&"$orders"
}
# Bans of 32 that the detector knows of; the word by which it is made to look is over then.
order_bans() {
	orders ban $(addresses 1 30) 2001:db8:5::/64 2001:db8:6::/64
	within 5 entries_are s e4 30
	by_hand e --ban 203.0.113.99
	ok "$1: the detector knows of 33" within 9 eval '[ "$(state e .bans_total)" = 33 ]'
	ok "$1: nothing is left of the word" within 9 no_word
	let_bans_settle # nor of the look that follows it
}

detector_start e s
mkfifo "$TMP/orders"
exec {orders}<>"$TMP/orders"
echo '# nobody' >"$TMP/allow"
ns_become s "$BUILD/anomban" --set e --allow "@$TMP/allow" <"$TMP/orders" >"$TMP/anomban.out" 2>&1 {orders}>&- &
anomban=$!
ends_with_test $anomban
order_bans "many unbans"
orders unban $(addresses 1 30) 2001:db8:5::/64 2001:db8:6::/64 203.0.113.99
nobody_back e 33 "many unbans" ordered
is "none of them by hand: that would be an order for others" "$(events_n e '"event":"unban"' '"reason":"manual"')" 0
order_bans "a new allow-list"
printf '%s\n' 203.0.113.0/24 2001:db8::/32 >"$TMP/allow"
kill -HUP $anomban
nobody_back e 33 "a new allow-list"
kill $anomban
exec {orders}>&-
detector_end e

# ---- --teardown

detector_start d s
offend d $(addresses 1 5) 2001:db8:5::1 2001:db8:6::1
ok "seven are banned" within 5 has_events 7 d '"event":"ban"' '"enforced":true'
by_hand d --teardown
is "sets and rules are taken down: $(cat "$TMP/err")" $? 0
no_sets() { ! in_ns s ipset list -t d4 && ! in_ns s ipset list -t d6; }
no_rules() { ! in_ns s iptables-save | grep -q d4 && ! in_ns s ip6tables-save | grep -q d6; }
ok "there are none then" eval 'no_sets && no_rules'
ok "which the detector tells" within 5 has_events 1 d '"event":"error"' '"reason":"torn_down"'
ok "as it tells each unban" within 5 has_events 7 d '"event":"unban"' '"reason":"manual"'
offend d 203.0.113.1 203.0.113.99 2001:db8:7::1
ok "later bans are printed" within 5 has_events 3 d '"event":"ban"' '"enforced":false'
let_bans_settle
ok "nothing is made anew" eval 'no_sets && no_rules'
is "nor is that an error" "$(events_n d '"event":"error"') $(state d .counters.ban_failed)" "1 0"
detector_end d
is "its end is a good one" "$(tail -n 1 "$TMP/d.events" | jq -r .event)" stop
detector_start d s
ok "the next start makes both" eval '! no_sets && ! no_rules'
is "with nobody in them" "$(clients_n d4) $(clients_n d6)" "0 0"
detector_end d

detector_explain a w t e d
done_testing
