#!/bin/bash
# Rules that were saved while anomdetect's stood name its sets. At boot the sets are not there, and nothing of such a file
# is loaded. --doctor says so; contrib/systemd/anomdetect-sets.service makes the sets first, and a start takes them: no
# rule twice, no ban lost.
# shellcheck disable=SC2317,SC2016 # ok and within call them; other shells are to expand it
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/detector.sh
. "$(dirname "$0")/detector.sh"
# shellcheck source=tests/e2e/contrib.sh
. "$(dirname "$0")/contrib.sh"
need_root
need ip ipset iptables ip6tables jq python3 curl nft
need_built anomdetect anomban

ns_add s
need_kernel_sets s
ns_add peer
ns_join peer eth0 s peer
ns_address s peer 198.51.100.1/24 2001:db8:1::1/48
ns_address peer eth0 198.51.100.9/24 2001:db8:1:9::9/48
ns_become s python3 -m http.server --bind :: --directory "$TMP" 8080 >"$TMP/http.out" 2>&1 &
ends_with_test $!

# The line of the unit, in its shell, with a file of variables as the unit reads it.
mkdir "$TMP/default" "$TMP/bin"
ln -s "$BUILD/anomdetect" "$TMP/bin/anomdetect"
line=$(sed -n "s/^ExecStart=\/bin\/bash -c '\(.*\)'$/\1/p" "$CONTRIB/systemd/anomdetect-sets.service")
like "the unit has a line of bash" "$line" '^exec anomdetect --make-sets [$][$]OPTIONS$'
unit() { in_ns s env PATH="$TMP/bin:$PATH" OPTIONS="$1" bash -c "${line//\$\$/\$}"; }

listing() { in_ns s ipset list -t "$1" | grep -E '^(Name|Type|Header)' | sed 's/ initval .*//'; }
rules() { in_ns s sh -c 'iptables -t raw -S; ip6tables -t raw -S' | grep -c -- "--match-set $1[46] src -j DROP"; }
own() { in_ns s iptables -S INPUT | grep -c -- '--dport 2222 -j ACCEPT'; }
reboot() { # rules and sets are gone
	local tables
	for tables in iptables ip6tables; do
		in_ns s $tables -w -t raw -F
		in_ns s $tables -w -F
	done
	in_ns s ipset destroy
}

# ---- the sets are those of a start

for options in "" "--ipv4-prefix 24 --ipv6-prefix 48 --max-strikes 5000" "--set other --learn 0s"; do
	set=anomdetect
	[[ $options != *other* ]] || set=other
	ok "the unit makes sets with '$options'" unit "$options"
	made=$(listing ${set}4; listing ${set}6)
	is "a second time it changes nothing" "$(unit "$options" 2>&1; listing ${set}4; listing ${set}6)" "$made"
	reboot
	# shellcheck disable=SC2086 # words
	in_ns s "$BUILD/anomdetect" --ban --state none $options </dev/null >/dev/null 2>&1
	is "as a start with '$options' makes them" "$(listing ${set}4; listing ${set}6)" "$made"
	reboot
done
in_ns s ipset create anomdetect4 hash:net
said=$(unit "" 2>&1)
is "a set of that name that is another's: exit status 3" $? 3
like "with what to do" "$said" "unable to make the sets: set 'anomdetect4' exists but .*ipset destroy anomdetect4"
is "and none is left" "$(in_ns s ipset list -n)" anomdetect4
in_ns s ipset destroy
unit "--lern 0s" 2>/dev/null
is "a wrong option: exit status 2" $? 2

# ---- a boot, with each iptables

for kind in nft legacy; do
	if ! iptables_kind $kind; then
		skip "with iptables-$kind" "iptables-$kind is missing"
		continue
	fi
	for tables in iptables ip6tables; do ln -sf "$(command -v $tables-$kind-restore)" "$TMP/$kind/$tables-restore"; done
	programs_of "$TMP/$kind"
	in_ns s iptables -A INPUT -p tcp --dport 2222 -j ACCEPT # the administrator's own
	detector_start $kind s --schedule 600s --memory-interval 1s
	offend $kind 203.0.113.1 2001:db8:5::1
	ok "$kind: clients of both families are banned" within 5 has_events 2 $kind '"event":"ban"' '"enforced":true'
	in_ns s iptables-save >"$TMP/rules.v4"
	in_ns s ip6tables-save >"$TMP/rules.v6"
	detector_end $kind
	reboot
	said=$(in_ns s iptables-restore <"$TMP/rules.v4" 2>&1)
	is "$kind: without the sets the saved rules are refused" "$? $(rules $kind)" "2 0"
	like "$kind: which iptables-restore says" "$said" "Set ${kind}4 doesn't exist"
	reboot
	ok "$kind: the unit makes the sets" unit "--set $kind"
	ok "$kind: then the saved rules are loaded" in_ns s iptables-restore "$TMP/rules.v4"
	ok "$kind: of IPv6 too" in_ns s ip6tables-restore "$TMP/rules.v6"
	is "$kind: with the administrator's own" "$(own)" 1
	is "$kind: and ours" "$(rules $kind)" 2
	is "$kind: the sets ban nobody yet" "$(in_ns s "$BUILD/anomban" --set $kind --list)" "Nobody is banned."
	detector_start $kind s --schedule 600s
	is "$kind: the start says how many bans it puts back" "$(grep '"event":"start"' "$TMP/$kind.events" | tail -n 1 | jq .bans)" 2
	in_both() { in_ns s ipset -q test "${kind}4" 203.0.113.1 && in_ns s ipset -q test "${kind}6" 2001:db8:5::; }
	ok "$kind: bans of before the boot are in force again" within 5 in_both
	is "$kind: none was taken for one that was taken back by hand" "$(events_n $kind '"event":"unban"')" 0
	is "$kind: the mark of new sets is gone" "$(in_ns s ipset save | grep -c '238.255.255.255\|fffd:')" 0
	ok "$kind: a second host is answered" within 5 in_ns peer curl -s -o /dev/null --max-time 1 http://198.51.100.1:8080/
	ok "$kind: over IPv6 too" within 5 in_ns peer curl -s -o /dev/null --max-time 1 'http://[2001:db8:1::1]:8080/'
	offend $kind 198.51.100.9 2001:db8:1:9::9
	in_force() { in_ns s ipset -q test "${kind}4" 198.51.100.9 && in_ns s ipset -q test "${kind}6" 2001:db8:1:9::; }
	ok "$kind: it is banned" within 5 in_force
	not_ok "$kind: and it is not once it is banned, by the rule that was saved" in_ns peer curl -s -o /dev/null --max-time 1 http://198.51.100.1:8080/
	not_ok "$kind: nor over IPv6" in_ns peer curl -s -o /dev/null --max-time 1 'http://[2001:db8:1::1]:8080/'
	is "$kind: no rule is there twice" "$(rules $kind)" 2
	detector_end $kind
	# the sets are taken back by hand: that is no boot
	in_ns s ipset flush ${kind}4
	in_ns s ipset flush ${kind}6
	detector_start $kind s --schedule 600s
	ok "$kind: bans that are taken back later are taken back" within 5 has_events 4 $kind '"event":"unban"' '"reason":"manual"'
	detector_end $kind
	reboot
done
programs_of

# ---- the doctor, with an /etc of its own

mkdir -p "$TMP"/etc/{upper,work}
printf '{"remote_addr":"203.0.113.9","status":200}\n' >"$TMP/good"
# doctor FILE TEXT [FILE TEXT...]: files below /etc, of which link:PATH is a link; what it says of them.
doctor() {
	rm -rf "$TMP/etc/upper" && mkdir "$TMP/etc/upper"
	while [ $# -gt 0 ]; do
		mkdir -p "$TMP/etc/upper/$(dirname "$1")"
		case $2 in
		link:*) ln -s "${2#link:}" "$TMP/etc/upper/$1" ;;
		*) printf '%b' "$2" >"$TMP/etc/upper/$1" ;;
		esac
		shift 2
	done
	in_ns s sh -c 'mount -t overlay -o "lowerdir=/etc,upperdir=$1/upper,workdir=$1/work" overlay /etc && exec "$2" --doctor --set b --state none' \
		sh "$TMP/etc" "$BUILD/anomdetect" <"$TMP/good" 2>&1 | grep '^.... boot: '
}
v4='*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -m set --match-set b4 src -j DROP\nCOMMIT\n'
no='ok   boot: no saved firewall rules name b4 or b6'

is "no saved rule" "$(doctor)" "$no"
is "rules that name other sets" \
	"$(doctor iptables/rules.v4 '-A X -m set --match-set b44 src\n-A X -m set --match-set anomdetect4 src\n#-m set --match-set b4 src\n--match-set\nb4\n')" "$no"
like "saved rules of netfilter-persistent that name a set" "$(doctor iptables/rules.v4 "$v4")" \
	"^warn boot: line 3 of '/etc/iptables/rules.v4' names the set b4, which does not exist at boot, .*: systemctl enable anomdetect-sets.service$"
like "of IPv6" "$(doctor iptables/rules.v6 "${v4//b4/b6}")" "^warn boot: line 3 of '/etc/iptables/rules.v6' names the set b6,"
like "with another match before, and inverted" "$(doctor sysconfig/iptables '-A X -p tcp -m set ! --match-set "b4" src -j ACCEPT')" \
	"^warn boot: line 1 of '/etc/sysconfig/iptables' names the set b4,"
like "of ufw" "$(doctor ufw/before.rules "$v4")" "^warn boot: line 3 of '/etc/ufw/before.rules' "
is "both are told" "$(doctor iptables/rules.v4 "$v4" iptables/rules.v6 "${v4//b4/b6}" | wc -l)" 2
wants=systemd/system/multi-user.target.wants/anomdetect-sets.service
is "that the unit is enabled makes it right" "$(doctor iptables/rules.v4 "$v4" $wants '')" \
	"ok   boot: '/etc/iptables/rules.v4' names our sets, which anomdetect-sets.service makes before"
is "by a link, too" "$(doctor iptables/rules.v4 "$v4" $wants 'link:../unit' systemd/system/unit '')" \
	"ok   boot: '/etc/iptables/rules.v4' names our sets, which anomdetect-sets.service makes before"
like "but not one that leads nowhere" "$(doctor iptables/rules.v4 "$v4" $wants link:/nonexistent | xargs -d '\n')" \
	"^warn boot: '/etc/$wants' leads to no file, .*: systemctl reenable anomdetect-sets.service warn boot: line 3 of '/etc/iptables/rules.v4' names"
like "which is told without saved rules, too" "$(doctor $wants link:/nonexistent | xargs -d '\n')" \
	"^warn boot: '/etc/$wants' leads to no file, .*: systemctl reenable anomdetect-sets.service$"
is "unless another leads to it" "$(doctor $wants link:/nonexistent "${wants/multi-user/basic}" '')" "$no"
like "sets that are saved themselves" "$(doctor iptables/ipsets 'create b4 hash:ip\nadd b4 192.0.2.1 timeout 3\n' $wants '')" \
	"^warn boot: line 1 of '/etc/iptables/ipsets' has the set b4 with the bans that were saved, .*: sed -i '/\^\[a-z\]\* b\[46\] /d' /etc/iptables/ipsets; with"
in_ns s ipset create b4 hash:ip
in_ns s iptables -A INPUT -m set --match-set b4 src -j DROP
like "what nft lists of such a rule" "$(doctor nftables.conf "$(in_ns s nft list ruleset)\n")" \
	"^warn boot: line [0-9]* of '/etc/nftables.conf' is an iptables rule with a set, which nft cannot load"
in_ns s nft list ruleset >"$TMP/nftables.conf"
in_ns s iptables -F INPUT
not_ok "which is so" in_ns s nft -f "$TMP/nftables.conf"
is "a file without an end is none" "$(rm -f "$TMP/x"; mkfifo "$TMP/x"; doctor iptables/rules.v4 '')" "$no"
like "no text of a file is printed" "$(doctor iptables/rules.v4 "\\033[2J evil --match-set b4 src\\n")" "^warn boot: line 1 of '/etc/iptables/rules.v4' names the set b4, [ -~]*$"

done_testing
