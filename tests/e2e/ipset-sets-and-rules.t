#!/bin/bash
# Tests the firewall with a real kernel: sets are made or checked, each address family has one firewall rule, and bans
# expire after their time. If the kernel refuses something, a message names the reason. Uses src/io/firewall/firewall.h
# through $BUILD/tests/firewall_driver.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_root
driver=$BUILD/tests/firewall_driver
need ip ipset iptables ip6tables setpriv
need_built tests/firewall_driver

ns_add a
in_ns a ipset create probe hash:ip 2>/dev/null || skip_all "the kernel has no ipset"
in_ns a ipset destroy probe

# Runs the driver in namespace a; sets $said to its output on both streams and $code to its exit code.
drive() {
	said=$(in_ns a "$driver" "$@" 2>&1)
	code=$?
}

drive_ok() {
	local promise=$1
	shift
	drive "$@"
	if [ "$code" = 0 ]; then pass "$promise"; else flunk "$promise" "exit $code" "$said"; fi
}

# refused PROMISE CODE REGEX ARGUMENTS...: checks the exit code, and one line with the reason.
refused() {
	local promise=$1 want=$2 regex=$3
	shift 3
	drive "$@"
	if [ "$code" = "$want" ] && [[ $said =~ $regex ]] && [ "$(wc -l <<<"$said")" = 1 ]; then
		pass "$promise"
	else
		flunk "$promise" "exit $code, wanted $want" "$said" "like: $regex"
	fi
}

header() { in_ns a ipset list -t "$1" | sed -n 's/^Header: //p'; }

# Prints the seconds that an entry has left; "" if there is no such entry.
left() { in_ns a ipset save "$1" | awk -v ip="$2" '$1 == "add" && $3 == ip { print $5 }'; }

between() { [ -n "$1" ] && [ "$1" -ge "$2" ] && [ "$1" -le "$3" ]; }

rules() { in_ns a "${1}tables" -t raw -S PREROUTING 2>/dev/null | grep -c -- "--match-set $2 src -j DROP"; }

# If iptables hangs, the driver ends it after 10 s. The test of this runs in the background while other things are
# tested.
ns_add slow
mkdir "$TMP/slow"
printf '#!/bin/sh\nexec sleep 60\n' >"$TMP/slow/iptables"
chmod 755 "$TMP/slow/iptables"
programs_of "$TMP/slow"
ns_become slow "$driver" -s ban list >"$TMP/slow.said" 2>&1 &
slow=$!
ends_with_test $slow
programs_of

# --- missing sets and rules are made

drive_ok "missing sets and rules are made" -s ban list made
is "a new firewall has no bans and reports that it made both sets" "$said" 2
drive_ok "the next start succeeds" -s ban made
is "the next start reports that both sets existed" "$said" 0
in_ns a ipset create half4 hash:ip timeout 600
drive_ok "a start with one of two sets succeeds" -s half -n made
is "a start with one of two sets reports that it made the other" "$said" 1
like "the IPv4 set has the requested size" "$(header ban4)" '^family inet hashsize 65536 maxelem 65536 timeout 600'
like "the IPv6 set has networks as entries" "$(header ban6)" '^family inet6 hashsize 65536 maxelem 65536 netmask 64 timeout 600'
is "one IPv4 firewall rule is made" "$(rules ip ban4)" 1
is "one IPv6 firewall rule is made" "$(rules ip6 ban6)" 1

# --- bans

drive_ok "both families are banned in one session" -s ban \
	ban 198.51.100.7 600000 ban 2001:db8:1:2::7 600000
ok "the IPv4 address is in the kernel's set" in_ns a ipset test ban4 198.51.100.7
not_ok "the next address is not in the set" in_ns a ipset test ban4 198.51.100.8
ok "every address of the IPv6 /64 is in the set" in_ns a ipset test ban6 2001:db8:1:2:ffff::1
not_ok "the next /64 is not in the set" in_ns a ipset test ban6 2001:db8:1:3::7
ok "an IPv4 ban has its remaining time" between "$(left ban4 198.51.100.7)" 500 600
ok "an IPv6 ban has its remaining time" between "$(left ban6 2001:db8:1:2::)" 500 600

drive_ok "a ban of an IPv4-mapped address succeeds" -s ban ban ::ffff:198.51.100.9 600000
ok "an IPv4-mapped address is in the IPv4 set" in_ns a ipset test ban4 198.51.100.9

drive_ok "a second start keeps entries and needs no second rule" -s ban list
like "the list names the IPv4 client" "$said" $'(^|\n)198\\.51\\.100\\.7 (59[0-9]|600)(\n|$)'
like "the list names the IPv6 network" "$said" $'(^|\n)2001:db8:1:2::/64 (59[0-9]|600)(\n|$)'
is "there is still one IPv4 rule" "$(rules ip ban4)" 1
is "there is still one IPv6 rule" "$(rules ip6 ban6)" 1

drive_ok "the driver asks the kernel for clients" -s ban has 198.51.100.7 has 198.51.100.8 has ::ffff:198.51.100.7 \
	has 2001:db8:1:2:ffff::9 has 2001:db8:1:3::9 has 198.51.100.7 list
like "the kernel answers for both families" "$said" $'^in\nout\nin\nin\nout\nin\n.*198\\.51\\.100\\.7 '
refused "the address 0.0.0.0 is refused" 1 'unspecified address' -s ban has 0.0.0.0

drive_ok "a second ban of a client is not an error" -s ban ban 198.51.100.7 7200000 ban 2001:db8:1:2::8 7200000
ok "a second ban replaces the IPv4 entry's time" between "$(left ban4 198.51.100.7)" 7100 7200
ok "a second ban replaces the IPv6 entry's time" between "$(left ban6 2001:db8:1:2::)" 7100 7200
drive_ok "a third, shorter ban is not an error" -s ban ban 198.51.100.7 60000
ok "the shorter ban replaces the entry's time" between "$(left ban4 198.51.100.7)" 1 60

drive_ok "times of any length are accepted" -s ban ban 198.51.100.20 1 ban 198.51.100.21 0 \
	ban 198.51.100.22 99500 ban 198.51.100.23 9999999999000 ban 2001:db8:23::1 9999999999000
# An entry of 1 s may have expired before the check. It must not be permanent (0).
like "1 ms becomes one second, not permanent" "$(left ban4 198.51.100.20)" '^1?$'
like "0 ms become one second, not permanent" "$(left ban4 198.51.100.21)" '^1?$'
ok "99.5 s become 100 s" between "$(left ban4 198.51.100.22)" 50 100
ok "a time over the kernel's maximum becomes the maximum (IPv4)" between "$(left ban4 198.51.100.23)" 2147400 2147483
ok "a time over the kernel's maximum becomes the maximum (IPv6)" between "$(left ban6 2001:db8:23::)" 2147400 2147483
ok "a ban expires in the kernel" within 4 not in_ns a ipset test ban4 198.51.100.20

drive_ok "a permanent ban is accepted in both families" -s ban ban 198.51.100.30 permanent ban 2001:db8:30::1 permanent list
is "a permanent ban has no timeout in the kernel (IPv4)" "$(left ban4 198.51.100.30)" 0
is "a permanent ban has no timeout in the kernel (IPv6)" "$(left ban6 2001:db8:30::)" 0
like "a permanent ban is listed as permanent (IPv4)" "$said" $'198\\.51\\.100\\.30 permanent(\n|$)'
like "a permanent ban is listed as permanent (IPv6)" "$said" $'2001:db8:30::/64 permanent(\n|$)'

drive_ok "bans are lifted, and a missing ban is not an error" -s ban \
	unban 198.51.100.30 unban 2001:db8:30::99 unban 192.0.2.99 unban 2001:db8:99::1
not_ok "the IPv4 client is no longer banned" in_ns a ipset test ban4 198.51.100.30
not_ok "the IPv6 network is no longer banned" in_ns a ipset test ban6 2001:db8:30::1

refused "0.0.0.0 is refused" 1 'unspecified address' -s ban ban 0.0.0.0 600000
refused ":: is refused" 1 'unspecified address' -s ban ban :: 600000
refused "a network wider than the entries is refused" 1 "set 'ban6' has /64 networks, but a client is a /32" \
	-s ban ban 2001:db8::/32 600000

drive_ok "IPv4 networks are banned with -4 24" -s net -n -4 24 ban 198.51.100.7 600000 list
like "an IPv4 network is listed with its first address and length" "$said" '^198\.51\.100\.0/24 (59[0-9]|600)$'
drive_ok "single IPv6 addresses are banned with -6 128" -s one -n -6 128 ban 2001:db8:1:2::7 600000
not_ok "with -6 128 the next address is not banned" in_ns a ipset test one6 2001:db8:1:2::8

# A set that was made by hand, with 3000 entries and every extension. The kernel lists so many entries in several
# pieces.
in_ns a ipset create hand4 hash:ip maxelem 5000 timeout 0 counters comment skbinfo
seq 1 3000 | awk '{ printf "add hand4 198.51.%d.%d timeout 900 comment \"add hand4 192.0.2.1 timeout 5\"\n",
	int($1 / 250), $1 % 250 }' | in_ns a ipset restore
drive_ok "a set made by hand is accepted, whatever its maxelem, default time and extensions are" -s hand -n -m 10 \
	ban 203.0.113.1 600000 ban 203.0.113.2 permanent list
is "all entries of a set made by hand are listed" "$(grep -c '^198\.51\.[0-9.]* [0-9]*$' <<<"$said")" 3000
is "the list has only these entries and the two new bans" "$(wc -l <<<"$said")" 3002

# --- a full set

drive -s tiny -n -m 2 ban 198.51.100.1 600000 ban 198.51.100.2 600000 ban 198.51.100.3 600000
is "a ban in a full set fails" "$code" 1
like "the message names the full set" "$said" "^ban: unable to add to set 'tiny4': the set is full \(maxelem 2\); "
drive_ok "an entry of a full set can still be renewed" -s tiny -n -m 2 ban 198.51.100.2 900000
drive_ok "after an unban there is room again" -s tiny -n -m 2 unban 198.51.100.1 ban 198.51.100.3 600000

# --- sets that are in the way

in_ns a ipset create wrong4 hash:net timeout 0
refused "a set of another type is refused" 3 \
	"set 'wrong4' exists but is of type hash:net, not hash:ip; .*ipset destroy wrong4" -s wrong list
in_ns a ipset destroy wrong4
in_ns a ipset create wrong4 hash:ip family inet6 timeout 0
refused "a set of another family is refused" 3 "'wrong4' exists but is of family inet6, not inet; " -s wrong list
in_ns a ipset destroy wrong4
in_ns a ipset create wrong6 hash:ip timeout 0
refused "an IPv6 set of family inet is refused" 3 "'wrong6' exists but is of family inet, not inet6; " -s wrong list
in_ns a ipset destroy wrong6
in_ns a ipset create wrong6 hash:ip family inet6 timeout 0
refused "a set of another netmask is refused" 3 "'wrong6' exists but has netmask 128, not 64; use --ipv6-prefix 128, or .*: anomban --set wrong --ipv6-prefix 128 --teardown" -s wrong list
in_ns a ipset destroy wrong6
in_ns a ipset create wrong6 hash:ip family inet6 netmask 64
refused "a set without timeouts is refused" 3 "'wrong6' exists but was made without timeout support; " -s wrong list
is "no rule is made for a refused set" "$(rules ip wrong4)" 0
in_ns a ipset destroy wrong6
drive_ok "after the command in the message, the start succeeds" -s wrong -n list
refused "a name over the kernel's limit is refused" 3 "name must be 1 to 30" -s 0123456789012345678901234567890 list
long=012345678901234567890123456789
drive_ok "a ban in a set with the longest name succeeds" -s $long -n ban 198.51.100.1 600000
ok "the kernel has the longest name unchanged" in_ns a ipset test ${long}4 198.51.100.1

# --- other programs change the sets during one session

session a "$driver" -s hand -n ban 198.51.100.50 600000 ban 2001:db8:50::1 600000 wait \
	has 198.51.100.50 has 2001:db8:50::2 has 198.51.100.51 wait has 198.51.100.51 made
in_ns a ipset del hand4 198.51.100.50
in_ns a ipset del hand6 2001:db8:50::
in_ns a ipset add hand4 198.51.100.51
echo >&"$say"
hear_line; first=$line
hear_line; second=$line
hear_line
is "changes by another program take effect immediately" "$first $second $line" "out out in"
hear_line
in_ns a ipset destroy hand4
echo >&"$say"
hear_line; first=$line
hear_line
is "a destroyed set has no entries, and the set made instead is counted" "$first $line" "out 1"
session_end

session a "$driver" -s gone -n wait ban 198.51.100.40 600000 ban 2001:db8:40::1 600000 wait list wait ban 198.51.100.41 600000
in_ns a ipset destroy gone4
in_ns a ipset destroy gone6
echo >&"$say"
hear_line
is "after the sets were destroyed, a ban makes the sets again" "$line" waiting
ok "the IPv4 ban is in the new set" in_ns a ipset test gone4 198.51.100.40
ok "the IPv6 ban is in the new set" in_ns a ipset test gone6 2001:db8:40::1
in_ns a ipset destroy gone4
in_ns a ipset create gone4 hash:ip timeout 0
in_ns a ipset destroy gone6
echo >&"$say"
hear_line
is "destroyed sets are listed as empty" "$line" waiting
ok "the list makes destroyed sets again" in_ns a ipset list -t gone6
in_ns a ipset destroy gone4
in_ns a ipset create gone4 hash:ip family inet6 timeout 0
echo >&"$say"
hear_line
like "a set that another program made with another family is reported" "$line" \
	"^ban: set 'gone4' exists but is of family inet6, not inet; "
session_end

# --- rules that were flushed or cannot be made

drive_ok "existing rules are not changed" -s ban keep
is "existing rules are reported as there" "$said" there
session a "$driver" -s ban wait keep keep
in_ns a ip6tables -t raw -F PREROUTING
echo >&"$say"
hear_line
is "a flushed rule is restored" "$line" "put back"
hear_line
is "a restored rule is not restored again" "$line" there
session_end
is "the IPv4 rule is restored once" "$(rules ip ban4)" 1
is "the IPv6 rule is there once" "$(rules ip6 ban6)" 1

drive_ok "flush succeeds" -s hand -n ban 198.51.100.60 permanent ban 2001:db8:60::1 permanent \
	flush list has 198.51.100.60
is "flush empties both sets" "$said" out
ok "flush does not change other sets" in_ns a ipset test ban4 198.51.100.9
drive_ok "teardown succeeds" -s tear -p 80,443 ban 198.51.100.60 permanent teardown
is "teardown removes rules and sets" "$(in_ns a ipset list -n | grep -c tear) $(rules ip tear4) $(rules ip6 tear6)" "0 0 0"
ok "teardown does not change other sets" in_ns a ipset list -t ban6
is "teardown does not change other sets' rules" "$(rules ip ban4) $(rules ip6 ban6)" "1 1"
drive_ok "a set with another program's rule is made" -s held list
refused "teardown without rules does not destroy a set in use" 1 "unable to destroy set 'held4': .*in use.*; a firewall rule refers to the set" -s held -n teardown
drive_ok "teardown with rules destroys the set" -s held teardown

drive_ok "-c selects another table and chain" -s ban -c filter/INPUT list
ok "the rule is in the selected chain" in_ns a iptables -C INPUT -m set --match-set ban4 src -j DROP
refused "a missing chain is reported" 3 \
	"unable to put the rule for set 'ban4' into raw/NOSUCH: iptables" -s ban -c raw/NOSUCH list
drive -s ban -n keep
is "with -n no rule is checked" "$said" there

unprivileged() { # CAPABILITIES ARGUMENTS...
	local caps=$1
	shift
	said=$(in_ns a "${as_other[@]}" --inh-caps="$caps" --ambient-caps="$caps" --bounding-set="$caps" \
		"$OTHERS/firewall_driver" "$@" 2>&1)
	code=$?
}
for_others "$driver"
unprivileged -all -s ban list
is "the driver fails without capabilities" "$code" 3
like "the message without capabilities has a remedy" "$said" "not permitted; run as root, by sudo, or give CAP_NET_ADMIN"
unprivileged -all,+net_admin -s ban -n ban 198.51.100.50 600000
is "CAP_NET_ADMIN alone is enough for bans: $said" "$code" 0
unprivileged -all,+net_admin -s ban list
is "CAP_NET_ADMIN alone is not enough for the rule" "$code" 3
like "the message of the rule has a remedy" "$said" "give CAP_NET_ADMIN and CAP_NET_RAW"

# ip netns exec gives a mount namespace of its own, so no other process sees the empty /usr/sbin.
no_iptables() {
	in_ns a sh -c 'mount --make-rprivate / && mount -t tmpfs none /usr/sbin && exec "$@"' sh \
		"$driver" -s ban list
}
if [ -L /sbin ] && [ ! -e /usr/bin/iptables ]; then
	said=$(no_iptables 2>&1)
	is "without iptables the start fails" $? 3
	like "the message has the command that installs iptables" "$said" "unable to run iptables: No such file or directory in /usr/sbin, .*; install it \(apt install iptables\)"
else
	skip "without iptables the start fails" "iptables is not in /usr/sbin alone"
fi
mkdir "$TMP/foreign"
printf '#!/bin/sh\necho ran >>%s\nexit 0\n' "$TMP/foreign.ran" >"$TMP/foreign/iptables"
chmod 755 "$TMP/foreign/iptables"
cp "$TMP/foreign/iptables" "$TMP/foreign/ip6tables"
for path in "$TMP/foreign:$PATH" /usr/bin:/bin ""; do
	said=$(in_ns a env PATH="$path" "$driver" -s ban keep 2>&1)
	is "iptables is found whatever PATH is ('${path%%:*}')" "$said" there
done
not_ok "an iptables in PATH is not run" [ -e "$TMP/foreign.ran" ]

mkdir "$TMP/noisy"
printf '#!/bin/sh\necho to stdout\ncat\nls -l /proc/self/fd | grep -c "socket:"  >&2\nexit 3\n' >"$TMP/noisy/iptables"
chmod 755 "$TMP/noisy/iptables"
programs_of "$TMP/noisy"
said=$(in_ns a "$driver" -s ban list 2>&1 </dev/zero)
programs_of
is "the child's output is not printed, and the child has no input and no socket of the parent" "$said" \
	"open: unable to put the rule for set 'ban4' into raw/PREROUTING: 0"

# --- both kinds of iptables

for kind in nft legacy; do
	if ! iptables_kind $kind; then
		skip "one rule per family with iptables-$kind" "iptables-$kind is missing"
		continue
	fi
	ns_add $kind
	programs_of "$TMP/$kind"
	for ports in "" "-p 80,443,8000:8080"; do
		for start in first second; do
			# shellcheck disable=SC2086 # ports is no word or two words
			said=$(in_ns $kind "$driver" -s ban $ports list keep 2>&1)
			is "the $start start works with iptables-$kind $ports" "$?$said" 0there
		done
	done
	count=$(in_ns $kind iptables-$kind -t raw -S PREROUTING | grep -c -- '--match-set ban4 src -j DROP')
	count6=$(in_ns $kind ip6tables-$kind -t raw -S PREROUTING | grep -c -- '--match-set ban6 src -j DROP')
	is "with iptables-$kind, each family has one rule without ports, and one rule per protocol with ports" "$count $count6" "3 3"
	like "the rule drops packets only to the ports, with iptables-$kind" "$(in_ns $kind iptables-$kind -t raw -S PREROUTING)" \
		'-A PREROUTING -p udp -m multiport --dports 80,443,8000:8080 -m set --match-set ban4 src -j DROP'
	in_ns $kind iptables-$kind -A INPUT -i eth0 -m set --match-set ban4 src -j DROP
	said=$(in_ns $kind "$driver" -s ban -p 443 teardown 2>&1)
	like "a rule with another condition is left and reported with iptables-$kind" "$said" 'a firewall rule refers to the set'
	in_ns $kind iptables-$kind -C INPUT -i eth0 -m set --match-set ban4 src -j DROP
	is "the set and its rules for iptables-$kind exist" $? 0
	in_ns $kind iptables-$kind -F INPUT
	for ports in "-c mangle/INPUT -p 80" "-c filter/FORWARD"; do
		# shellcheck disable=SC2086 # ports is several words
		in_ns $kind "$driver" -s ban $ports list
	done
	said=$(in_ns $kind "$driver" -s ban -p 443 teardown 2>&1)
	is "rules for any ports in any chain are removed with iptables-$kind" "$?$said" 0
	is "no rule and no set is left with iptables-$kind" "$(in_ns $kind sh -c "iptables-$kind-save; ip6tables-$kind-save" | grep -c ban) $(in_ns $kind ipset list -n)" "0 "
	programs_of
done

# --- a child that never ends

ok "the driver ends an iptables that hangs" within 15 gone $slow
wait $slow
is "if iptables hangs, the start fails" $? 3
is "an iptables that hangs is reported" "$(cat "$TMP/slow.said")" \
	"open: iptables did not end properly within 10 s; is the machine overloaded?"

done_testing
