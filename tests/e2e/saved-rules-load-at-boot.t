#!/bin/bash
# Firewall rules that were saved while anomdetect ran name its sets. At boot these sets do not exist, so no rule of the
# file is loaded. --doctor warns of this. contrib/systemd/anomdetect-sets.service makes the sets first, and the start
# adopts them. Then no rule is in its chain twice, and no ban is lost.
# shellcheck disable=SC2317,SC2016 # the functions are called by ok and within; the expressions are for other shells
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

# unit OPTIONS: runs the command of the unit's ExecStart in its shell, with OPTIONS as the unit would set them.
mkdir "$TMP/default" "$TMP/bin"
ln -s "$BUILD/anomdetect" "$TMP/bin/anomdetect"
line=$(sed -n "s/^ExecStart=\/bin\/bash -c '\(.*\)'$/\1/p" "$CONTRIB/systemd/anomdetect-sets.service")
like "the unit has a line of bash" "$line" '^exec anomdetect --make-sets [$][$]OPTIONS$'
unit() { in_ns s env PATH="$TMP/bin:$PATH" OPTIONS="$1" bash -c "${line//\$\$/\$}"; }

listing() { in_ns s ipset list -t "$1" | grep -E '^(Name|Type|Header)' | sed 's/ initval .*//'; }
rules() { in_ns s sh -c 'iptables -t raw -S; ip6tables -t raw -S' | grep -c -- "--match-set $1[46] src -j DROP"; }
own() { in_ns s iptables -S INPUT | grep -c -- '--dport 2222 -j ACCEPT'; }
reboot() { # removes rules and sets
	local tables
	for tables in iptables ip6tables; do
		in_ns s $tables -w -t raw -F
		in_ns s $tables -w -F
	done
	in_ns s ipset destroy
}

# ---- the unit makes the same sets as a start

for options in "" "--ipv4-prefix 24 --ipv6-prefix 48 --max-strikes 5000" "--set other --learn 0s"; do
	set=anomdetect
	[[ $options != *other* ]] || set=other
	ok "the unit makes sets with '$options'" unit "$options"
	made=$(listing ${set}4; listing ${set}6)
	is "a second run of the unit changes nothing" "$(unit "$options" 2>&1; listing ${set}4; listing ${set}6)" "$made"
	reboot
	# shellcheck disable=SC2086 # options is several words
	in_ns s "$BUILD/anomdetect" --ban --state none $options </dev/null >/dev/null 2>&1
	is "a start with '$options' makes the same sets" "$(listing ${set}4; listing ${set}6)" "$made"
	reboot
done
in_ns s ipset create anomdetect4 hash:net
said=$(unit "" 2>&1)
is "if a set of another type has this name, the unit exits with 3" $? 3
like "if a set of another type has this name, the message has a remedy" "$said" "unable to make the sets: set 'anomdetect4' exists but .*ipset destroy anomdetect4"
is "if a set of another type has this name, no new set is left" "$(in_ns s ipset list -n)" anomdetect4
in_ns s ipset destroy
unit "--lern 0s" 2>/dev/null
is "with a wrong option, the unit exits with 2" $? 2

# ---- a boot, with each iptables

for kind in nft legacy; do
	if ! iptables_kind $kind; then
		skip "saved rules with iptables-$kind" "iptables-$kind is missing"
		continue
	fi
	for tables in iptables ip6tables; do ln -sf "$(command -v $tables-$kind-restore)" "$TMP/$kind/$tables-restore"; done
	programs_of "$TMP/$kind"
	in_ns s iptables -A INPUT -p tcp --dport 2222 -j ACCEPT # the administrator's own rule
	detector_start $kind s --schedule 600s --memory-interval 1s
	offend $kind 203.0.113.1 2001:db8:5::1
	ok "$kind: clients of both families are banned" within 5 has_events 2 $kind '"event":"ban"' '"enforced":true'
	in_ns s iptables-save >"$TMP/rules.v4"
	in_ns s ip6tables-save >"$TMP/rules.v6"
	detector_end $kind
	reboot
	said=$(in_ns s iptables-restore <"$TMP/rules.v4" 2>&1)
	is "$kind: without the sets, iptables-restore refuses the saved rules" "$? $(rules $kind)" "2 0"
	like "$kind: iptables-restore reports the missing set" "$said" "Set ${kind}4 doesn't exist"
	reboot
	ok "$kind: the unit makes the sets" unit "--set $kind"
	ok "$kind: with the sets, the saved rules are loaded" in_ns s iptables-restore "$TMP/rules.v4"
	ok "$kind: with the sets, the saved IPv6 rules are loaded" in_ns s ip6tables-restore "$TMP/rules.v6"
	is "$kind: the administrator's own rule is loaded, too" "$(own)" 1
	is "$kind: anomdetect's own rules are loaded" "$(rules $kind)" 2
	is "$kind: the new sets have no bans" "$(in_ns s "$BUILD/anomban" --set $kind --list)" "Nobody is banned."
	detector_start $kind s --schedule 600s
	is "$kind: the start event has the number of restored bans" "$(grep '"event":"start"' "$TMP/$kind.events" | tail -n 1 | jq .bans)" 2
	in_both() { in_ns s ipset -q test "${kind}4" 203.0.113.1 && in_ns s ipset -q test "${kind}6" 2001:db8:5::; }
	ok "$kind: bans from before the boot are in force again" within 5 in_both
	is "$kind: no ban counts as lifted by hand" "$(events_n $kind '"event":"unban"')" 0
	is "$kind: the marker of new sets is removed" "$(in_ns s ipset save | grep -c '238.255.255.255\|fffd:')" 0
	ok "$kind: a second host gets an answer" within 5 in_ns peer curl -s -o /dev/null --max-time 1 http://198.51.100.1:8080/
	ok "$kind: the second host gets an answer over IPv6" within 5 in_ns peer curl -s -o /dev/null --max-time 1 'http://[2001:db8:1::1]:8080/'
	offend $kind 198.51.100.9 2001:db8:1:9::9
	in_force() { in_ns s ipset -q test "${kind}4" 198.51.100.9 && in_ns s ipset -q test "${kind}6" 2001:db8:1:9::; }
	ok "$kind: the second host is banned" within 5 in_force
	not_ok "$kind: the saved rule drops the banned host's packets" in_ns peer curl -s -o /dev/null --max-time 1 http://198.51.100.1:8080/
	not_ok "$kind: the saved rule drops the banned host's IPv6 packets" in_ns peer curl -s -o /dev/null --max-time 1 'http://[2001:db8:1::1]:8080/'
	is "$kind: no firewall rule is in its chain twice" "$(rules $kind)" 2
	detector_end $kind
	# the sets are flushed by hand here, and there is no boot in between
	in_ns s ipset flush ${kind}4
	in_ns s ipset flush ${kind}6
	detector_start $kind s --schedule 600s
	ok "$kind: bans that are lifted later count as lifted by hand" within 5 has_events 4 $kind '"event":"unban"' '"reason":"manual"'
	detector_end $kind
	reboot
done
programs_of

# ---- --doctor, with a private /etc

mkdir -p "$TMP"/etc/{upper,work}
printf '{"remote_addr":"203.0.113.9","status":200}\n' >"$TMP/good"
# doctor FILE TEXT [FILE TEXT...]: makes files below /etc (link:PATH is a link) and prints the step boot of --doctor.
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

is "no saved rule is ok" "$(doctor)" "$no"
is "saved rules that name other sets are ok" \
	"$(doctor iptables/rules.v4 '-A X -m set --match-set b44 src\n-A X -m set --match-set anomdetect4 src\n#-m set --match-set b4 src\n--match-set\nb4\n')" "$no"
like "saved rules of netfilter-persistent that name a set give a warning" "$(doctor iptables/rules.v4 "$v4")" \
	"^warn boot: line 3 of '/etc/iptables/rules.v4' names the set b4, which does not exist at boot, .*: systemctl enable anomdetect-sets.service$"
like "saved IPv6 rules that name a set give a warning" "$(doctor iptables/rules.v6 "${v4//b4/b6}")" "^warn boot: line 3 of '/etc/iptables/rules.v6' names the set b6,"
like "a saved rule with an earlier match and an inverted set gives a warning" "$(doctor sysconfig/iptables '-A X -p tcp -m set ! --match-set "b4" src -j ACCEPT')" \
	"^warn boot: line 1 of '/etc/sysconfig/iptables' names the set b4,"
like "a rule of ufw that names a set gives a warning" "$(doctor ufw/before.rules "$v4")" "^warn boot: line 3 of '/etc/ufw/before.rules' "
is "if both files of saved rules name a set, --doctor names both files" "$(doctor iptables/rules.v4 "$v4" iptables/rules.v6 "${v4//b4/b6}" | wc -l)" 2
wants=systemd/system/multi-user.target.wants/anomdetect-sets.service
is "with the enabled unit, saved rules are ok" "$(doctor iptables/rules.v4 "$v4" $wants '')" \
	"ok   boot: '/etc/iptables/rules.v4' names the detector's sets; anomdetect-sets.service makes them first"
is "a unit enabled by a link is enabled" "$(doctor iptables/rules.v4 "$v4" $wants 'link:../unit' systemd/system/unit '')" \
	"ok   boot: '/etc/iptables/rules.v4' names the detector's sets; anomdetect-sets.service makes them first"
like "a dangling link does not enable the unit" "$(doctor iptables/rules.v4 "$v4" $wants link:/nonexistent | xargs -d '\n')" \
	"^warn boot: '/etc/$wants' leads to no file, .*: systemctl reenable anomdetect-sets.service warn boot: line 3 of '/etc/iptables/rules.v4' names"
like "a dangling link gives a warning also without saved rules" "$(doctor $wants link:/nonexistent | xargs -d '\n')" \
	"^warn boot: '/etc/$wants' leads to no file, .*: systemctl reenable anomdetect-sets.service$"
is "a dangling link beside a valid one gives no warning" "$(doctor $wants link:/nonexistent "${wants/multi-user/basic}" '')" "$no"
like "saved sets give a warning" "$(doctor iptables/ipsets 'create b4 hash:ip\nadd b4 192.0.2.1 timeout 3\n' $wants '')" \
	"^warn boot: line 1 of '/etc/iptables/ipsets' contains the set b4 with saved bans, .*: sed -i '/\^\[a-z\]\* b\[46\] /d' /etc/iptables/ipsets; with"
in_ns s ipset create b4 hash:ip
in_ns s iptables -A INPUT -m set --match-set b4 src -j DROP
like "rules saved by nft give a warning" "$(doctor nftables.conf "$(in_ns s nft list ruleset)\n")" \
	"^warn boot: line [0-9]* of '/etc/nftables.conf' is an iptables rule with a set, which nft cannot load"
in_ns s nft list ruleset >"$TMP/nftables.conf"
in_ns s iptables -F INPUT
not_ok "nft refuses to load these saved rules" in_ns s nft -f "$TMP/nftables.conf"
is "an empty file of saved rules is ok" "$(doctor iptables/rules.v4 '')" "$no"
mkfifo "$TMP/pipe"
exec {pipe}<>"$TMP/pipe"
printf '%b' "$v4" >&"$pipe"
is "a named pipe in the place of saved rules is not read" "$(doctor iptables/rules.v4 "link:$TMP/pipe")" "$no"
exec {pipe}<&-
like "the file's text is not printed" "$(doctor iptables/rules.v4 "\\033[2J evil --match-set b4 src\\n")" "^warn boot: line 1 of '/etc/iptables/rules.v4' names the set b4, [ -~]*$"

done_testing
