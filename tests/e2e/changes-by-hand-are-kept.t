#!/bin/bash
# Changes that an administrator makes with anomban stay in effect, even beside a detector, which restores flushed bans.
# Bans that were lifted stay lifted, longer times are kept, and sets and rules that were torn down are not made again.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/detector.sh
. "$(dirname "$0")/detector.sh"
need_root
need ip ipset iptables ip6tables jq python3
need_built anomdetect anomban

ns_add s
need_kernel_sets s

# by_hand NAME ARGUMENT...: runs anomban on the sets of the detector NAME.
by_hand() {
	in_ns s "$BUILD/anomban" --set "$1" "${@:2}" >"$TMP/out" 2>"$TMP/err"
}
# Entries, without the marker that anomban leaves for the detector.
clients_n() { in_ns s ipset save "$1" 2>/dev/null | grep '^add' | grep -vcE ' (255\.|23[79]\.255\.255\.255|fff[cef]:)'; }
no_clients() { [ "$(clients_n "$1"4) $(clients_n "$1"6)" = "0 0" ]; }
no_marker() { [ "$(in_ns s ipset save | grep -cE '^add .* (255\.255\.255\.255|237\.|ffff:|fffc:)')" = 0 ]; }

# nobody_back NAME UNBANS PROMISE [REASON]: the detector has checked the sets more than twice, restored no ban, and
# reported no flush.
nobody_back() {
	let_bans_settle
	ok "$3: no client is banned again" no_clients "$1"
	is "$3: the detector reports no flush" "$(events_n "$1" set_flushed)" 0
	is "$3: each client is unbanned once" "$(events_n "$1" '"event":"unban"' '"reason":"'"${4-manual}"'"')" "$2"
}

# ---- all bans of a small set, one by one

detector_start a s
offend a $(addresses 1 3) 2001:db8:5::1 2001:db8:6::1
ok "five clients are banned" within 5 has_events 5 a '"event":"ban"' '"enforced":true'
let_bans_settle
by_hand a --unban 203.0.113.1 203.0.113.2 203.0.113.3 2001:db8:5::/64 2001:db8:6::7
is "one anomban --unban lifts all five" $? 0
ok "each unban is reported with the reason manual" within 5 has_events 5 a '"event":"unban"' '"reason":"manual"'
nobody_back a 5 "--unban of all"

# ---- --flush

offend a $(addresses 1 30) 2001:db8:5::1 2001:db8:6::1
ok "32 clients are banned" within 5 has_events 37 a '"event":"ban"' '"enforced":true'
by_hand a --flush # immediately: the detector notices the youngest bans later, when they are old enough to be checked
is "anomban --flush succeeds" $? 0
in_ns s "$BUILD/anomban" --set a --list >"$TMP/list"
is "the marker for the detector is not listed as a ban" "$(cat "$TMP/list")" "Nobody is banned."
ok "each unban by --flush is reported" within 12 has_events 37 a '"event":"unban"' '"reason":"manual"'
nobody_back a 37 "--flush"
offend a 203.0.113.1 2001:db8:5::1
ok "--flush makes the detector forget strikes" within 5 has_events 2 a '"event":"ban"' '"client":"203.0.113.1","rules":["requests"]' '"strike":1,'
by_hand a --flush
detector_end a
detector_start a s
is "a start does not count the marker as a ban" "$(grep '"event":"start"' "$TMP/a.events" | tail -n 1 | jq .bans)" 0

# ---- bans that another program flushed are restored

ok "the marker expires by itself" within 15 no_marker
offend a $(addresses 1 5) 2001:db8:5::1 2001:db8:6::1
ok "seven clients are banned" within 5 eval '[ "$(clients_n a4) $(clients_n a6)" = "5 2" ]'
let_bans_settle
in_ns s ipset restore <<'END'
flush a4
flush a6
END
ok "the detector restores bans that another program flushed" within 5 eval '[ "$(clients_n a4) $(clients_n a6)" = "5 2" ]'
ok "the detector reports the flush by another program" within 5 has_events 1 a set_flushed

# ---- many bans

python3 -c '
for n in range(20000):
    client = f"2001:db8:{n:x}::1" if n % 4 == 0 else f"198.18.{n >> 8 & 255}.{n & 255}"
    print((f"{{\"remote_addr\":\"{client}\",\"request\":\"GET / HTTP/1.1\",\"status\":200}}\n") * 21, end="")
' >&"${detector_fd[a]}"
before=$(events_n a '"reason":"manual"')
ok "20,000 clients are banned" within 20 eval '[ $(($(clients_n a4) + $(clients_n a6))) = 20007 ]'
by_hand a --flush
is "anomban --flush of many bans succeeds" $? 0
ok "each unban of many is reported" within 30 has_events $((before + 20007)) a '"event":"unban"' '"reason":"manual"'
let_bans_settle
ok "no client is banned again after --flush" no_clients a
is "the only flush that the detector reports is the flush by another program" "$(events_n a set_flushed)" 1
detector_end a
detector_start a s --ipv4-prefix 32
is "a restart restores no ban" "$(grep '"event":"start"' "$TMP/a.events" | tail -n 1 | jq .bans)" 0
detector_end a

# ---- short prefixes

detector_start w s --ipv4-prefix 16 --ipv6-prefix 32
offend w 203.0.113.1 198.51.100.1 2001:db8::1 2001:db9::1
ok "networks with short prefixes are banned" within 5 has_events 4 w '"event":"ban"' '"enforced":true'
by_hand w --ipv4-prefix 16 --ipv6-prefix 32 --flush
ok "--flush of networks is reported as unbans by hand" within 12 has_events 4 w '"event":"unban"' '"reason":"manual"'
in_ns s "$BUILD/anomban" --set w --ipv4-prefix 16 --ipv6-prefix 32 --list >"$TMP/list"
is "the marker in a set of networks is not listed as a ban" "$(cat "$TMP/list")" "Nobody is banned."
nobody_back w 4 "--flush of networks"
detector_end w

# ---- longer bans

# 15 s are enough for anomban to lengthen two of the bans, even on a busy machine.
detector_start t s --schedule 15s
offend t 203.0.113.1 203.0.113.3 2001:db8:1::1 2001:db8:2::1
ok "four clients are banned for 15 s" within 5 has_events 4 t '"event":"ban"' '"seconds":15,' '"enforced":true'
by_hand t --ban 203.0.113.1 300
by_hand t --ban 2001:db8:1::1 permanent
ok "a client whose ban was not lengthened is unbanned" within 19 event t unban 203.0.113.3 '"reason":"expired"'
ok "an IPv6 client whose ban was not lengthened is unbanned" within 19 event t unban 2001:db8:2:: '"reason":"expired"'
let_bans_settle
is "clients whose bans were lengthened are not unbanned" "$(events_n t '"event":"unban"')" 2
ok "a lengthened ban has its time in the kernel" between "$(entry_left s t4 203.0.113.1)" 200 299
is "a ban that was made permanent is permanent in the kernel" "$(entry_left s t6 2001:db8:1::)" 0
until_of() { state t ".bans[] | select(.client == \"$1\") | .until"; }
left_of() { echo $(($(date -d "$(until_of "$1")" +%s) - $(date +%s))); }
ok "the state has the later end" within 5 eval 'between "$(left_of 203.0.113.1)" 200 300'
is "the state has no end for the permanent ban" "$(until_of 2001:db8:1::/64)" null
is "a longer ban is not a second strike" "$(state t '[.bans[].strike] | unique | join(" ")')" 1

ok "the marker expires by itself after bans were lengthened" within 15 no_marker
offend t 203.0.113.50 203.0.113.51 2001:db8:9::1
ok "three more clients are banned" within 5 has_events 7 t '"event":"ban"' '"seconds":15,' '"enforced":true'
in_ns s ipset -exist add t4 203.0.113.50 timeout 300
in_ns s ipset -exist add t6 2001:db8:9:: timeout 0
ok "a client whose ban was not lengthened is unbanned, although another entry was changed" within 19 event t unban 203.0.113.51 '"reason":"expired"'
let_bans_settle
not_ok "a ban that another program lengthened is not unbanned" event t unban 203.0.113.50
not_ok "an IPv6 ban that another program lengthened is not unbanned" event t unban 2001:db8:9::
ok "a ban that another program lengthened has its time in the kernel" between "$(entry_left s t4 203.0.113.50)" 200 299
in_ns s ipset -exist add t4 203.0.113.1 timeout 1
ok "a ban that was shortened counts as lifted by hand" within 9 event t unban 203.0.113.1 '"reason":"manual"'
detector_end t

# ---- an anomban that reads events beside a detector with the same sets

# orders KIND ADDRESS...: sends anomban events for these addresses.
orders() {
	local kind=$1 more='"reason":"manual","strike":1'
	shift
	[ "$kind" = unban ] || more="\"seconds\":600,\"until\":\"$(date -u -d '600 seconds' +%FT%T.000Z)\""
	printf '%s\n' "$@" | awk -v kind="$kind" -v time="$(date -u +%FT%T.000Z)" -v more="$more" \
		'{ printf "{\"event\":\"%s\",\"time\":\"%s\",\"mode\":\"live\",\"client\":\"%s\",%s}\n", kind, time, $1, more }' >&"$orders"
}
# order_bans PROMISE: makes 32 bans by events and one by hand. Waits until the detector knows them, and until the
# marker that made the detector check the sets has expired.
order_bans() {
	orders ban $(addresses 1 30) 2001:db8:5::/64 2001:db8:6::/64
	within 5 entries_are s e4 30
	by_hand e --ban 203.0.113.99
	ok "$1: the detector knows 33 bans" within 9 eval '[ "$(state e .bans_total)" = 33 ]'
	ok "$1: the marker has expired" within 9 no_marker
	let_bans_settle # the check that follows the marker must have ended, too
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
is "no unban is reported as made by hand, because other hosts would obey it" "$(events_n e '"event":"unban"' '"reason":"manual"')" 0
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
ok "seven clients are banned before --teardown" within 5 has_events 7 d '"event":"ban"' '"enforced":true'
by_hand d --teardown
is "--teardown succeeds: $(cat "$TMP/err")" $? 0
no_sets() { ! in_ns s ipset list -t d4 && ! in_ns s ipset list -t d6; }
no_rules() { ! in_ns s iptables-save | grep -q d4 && ! in_ns s ip6tables-save | grep -q d6; }
ok "--teardown removes sets and firewall rules" eval 'no_sets && no_rules'
ok "the detector reports that sets and firewall rules were torn down" within 5 has_events 1 d '"event":"error"' '"reason":"torn_down"'
ok "the detector reports each unban by --teardown" within 5 has_events 7 d '"event":"unban"' '"reason":"manual"'
offend d 203.0.113.1 203.0.113.99 2001:db8:7::1
ok "later bans are only printed" within 5 has_events 3 d '"event":"ban"' '"enforced":false'
let_bans_settle
ok "sets and firewall rules are not made again" eval 'no_sets && no_rules'
is "later bans cause no error" "$(events_n d '"event":"error"') $(state d .counters.ban_failed)" "1 0"
detector_end d
is "the run ends with a stop event" "$(tail -n 1 "$TMP/d.events" | jq -r .event)" stop
detector_start d s
ok "the next start makes sets and firewall rules" eval '! no_sets && ! no_rules'
is "the new sets are empty" "$(clients_n d4) $(clients_n d6)" "0 0"
detector_end d

detector_explain a w t e d
done_testing
