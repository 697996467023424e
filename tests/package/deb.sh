#!/usr/bin/env bash
# The Debian package, in a Debian of its own. It installs, bans only on demand, keeps bans over an upgrade, and removes
# its files when it is removed or purged. autopkgtest runs the package's own test (contrib/debian/tests). `make
# check-deb` builds the package first. RELEASE=trixie tests the package of this host's release in a Debian of that name.
#
# It is not part of `make check`, because it makes a Debian in build/, which takes minutes, and fetches packages from
# this host's apt mirror. The tested programs run in mount and network namespaces of their own.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
need_root
need debootstrap unshare chroot
SELF=$(realpath "$0")
cd "$BUILD/deb" || exit 1

# mirror RELEASE: prints the address from which this host's apt fetches RELEASE of Debian.
mirror() {
	# shellcheck disable=SC2016 # apt-get replaces the names in $()
	apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(ORIGIN)' 'Created-By: Packages' |
		awk -v release="$1" '$2 == release && $3 == "Debian" { print $1; exit }'
}

# Makes a minimal Debian in ./root, once per release, with the dependencies of the package and of its own test.
given_root() {
	local release=${RELEASE-} uri
	# shellcheck source=/dev/null
	[ -n "$release" ] || release=$(. /etc/os-release && echo "$VERSION_CODENAME")
	[ "$(cat root.done 2>/dev/null)" != "$release" ] || return 0
	uri=$(mirror "$release")
	[ -n "$uri" ] || uri=$(mirror "$(. /etc/os-release && echo "$VERSION_CODENAME")")
	[ -n "$uri" ] || return
	rm -rf root root.done
	debootstrap --variant=minbase "$release" root "$uri" >root.log 2>&1 || return
	cp anomdetect_*.deb root/anomdetect.deb
	# Installs only the dependencies: the package is installed with them and then removed.
	chroot root sh -ec 'apt-get -qq update; DEBIAN_FRONTEND=noninteractive apt-get -qq -y install \
		--no-install-recommends ipset iproute2 logrotate ./anomdetect.deb; dpkg --purge anomdetect' >>root.log 2>&1 &&
		echo "$release" >root.done
}

if [ "${1-}" != inside ]; then
	given_root || { echo "Bail out! no Debian to install it in: $(tail -n 1 root.log)"; exit 1; }
	cp anomdetect_*.deb root/anomdetect.deb
	# autopkgtest has the host's network, from which apt fetches. The test and the removal of the package, which lifts
	# bans, have networks of their own. The root directory provides the test's isolation, and the test may break it.
	# shellcheck disable=SC2016 # the expressions are for the inner shell
	unshare --mount sh -c 'mount -t proc proc root/proc && exec "$@"' sh \
		autopkgtest --ignore-restrictions=isolation-container,breaks-testbed --no-built-binaries \
		anomdetect_*_*.deb anomdetect_*.dsc -- chroot "$PWD/root" >autopkgtest.log 2>&1
	echo $? >autopkgtest.status
	unshare --mount --net chroot root dpkg --purge anomdetect >>autopkgtest.log 2>&1
	tap_done=1
	unshare --mount --net "$SELF" inside
	exit
fi

in_root() { chroot "$PWD/root" "$@"; }
dpkg_says() { in_root env DEBIAN_FRONTEND=noninteractive dpkg "$@"; }

# Lists all files except the files of dpkg and ldconfig.
tree_of_root() {
	find root -xdev \( -path root/proc -o -path root/var/lib/dpkg -o -path root/var/log -o -path root/var/cache \
		-o -path root/etc/ld.so.cache \) -prune -o -printf '%p %y %m %l\n' | sort
}

# shellcheck disable=SC2317 # the function is called by ok
nothing_runs() {
	local root
	for root in /proc/[0-9]*/root; do
		[ "$(readlink "$root")" != "$PWD/root" ] || { echo "$root: $(tr '\0' ' ' <"${root%/root}/cmdline")"; return 1; }
	done
}

links_to_units() { find root/etc/systemd -lname '*anom*'; }
sets() { in_root ipset list -n | sort | tr '\n' ' '; }
rules() { { in_root iptables-save; in_root ip6tables-save; } 2>/dev/null | grep -c -- '--match-set anomdetect'; }

is "autopkgtest runs the package's own test" "$(cat autopkgtest.status)" 0
[ "$(cat autopkgtest.status)" = 0 ] || tail -n 20 autopkgtest.log | sed 's/^/# /'

mount -t proc proc root/proc || exit 1
before=$(tree_of_root)

ok "the package is installed" dpkg_says -i anomdetect.deb
for program in anomdetect anomban anomstat anomcount; do
	ok "$program runs" in_root $program --version
done
is "dpkg --verify finds no changed file" "$(dpkg_says -V anomdetect)" ""
is "files that users copy are not compressed" "$(cd root/usr/share/doc/anomdetect && find . -name '*.gz' | sort | tr '\n' ' ')" \
	"./changelog.Debian.gz ./changelog.gz "
is "configuration files are where the service and logrotate read them" "$(dpkg_says -s anomdetect | sed -n '/^Conffiles:/,/^[A-Z]/s/^ \([^ ]*\) .*/\1/p' | xargs)" \
	"/etc/default/anomdetect /etc/logrotate.d/anomdetect-events"
ok "the program accepts the service's configuration" in_root anomdetect --check-config -c /etc/default/anomdetect
echo '{}' | tee root/var/log/anomdetect.jsonl >root/var/log/anomdetect-shop.jsonl
is "logrotate accepts its configuration" "$(in_root logrotate -f -s /run/logrotate.status /etc/logrotate.d/anomdetect-events 2>&1; rm -f root/run/logrotate.status)" ""
is "logrotate rotates the events of the service and of an instance" "$(cd root/var/log && echo anomdetect*)" \
	"anomdetect-shop.jsonl anomdetect-shop.jsonl.1 anomdetect.jsonl anomdetect.jsonl.1"
ok "the README is installed" grep -q '^# anomdetect' root/usr/share/doc/anomdetect/README.md
like "the maintainer is the builder, unless make names another" "$(dpkg_says -s anomdetect | grep ^Maintainer:)" \
	"^Maintainer: .* <.*@.*>$"
is "no field of the package is a placeholder" "$(dpkg_says -s anomdetect | grep -E '@[A-Z]+@')" ""
ok "the installation starts no process" nothing_runs
is "the installation enables no unit" "$(links_to_units)" ""
is "the installation makes no firewall rule" "$(rules)" 0
is "the installation makes no set" "$(sets)" ""
for unit in root/lib/systemd/system/anom*.service; do
	[ -e "$unit" ] || continue
	like "${unit##*/}: the unit runs an installed program" "$(grep '^ExecStart=' "$unit")" '"/usr/sbin/anomdetect" --(ban|make-sets)|"/usr/bin/anomcount" '
	user=$(sed -n 's/^User=//p' "$unit")
	ok "${unit##*/}: the user of the unit exists" in_root getent passwd "${user:-root}"
done

ok "anomban --ban bans an IPv4 client" in_root anomban --ban 192.0.2.1 permanent
ok "anomban --ban bans an IPv6 client" in_root anomban --ban 2001:db8::1 permanent
is "each family has its firewall rule" "$(rules)" 2
mkdir -p root/var/lib/anomdetect root/var/lib/anomdetect-shop
echo '{}' >root/var/lib/anomdetect-shop/state.json
echo '{}' | tee root/var/lib/anomdetect/state.json >root/var/log/anomdetect.jsonl
ok "an installation over itself succeeds, as in an upgrade" dpkg_says -i anomdetect.deb
like "the bans stay after the upgrade" "$(in_root anomban --list)" '192\.0\.2\.1.*2001:db8::'

ok "the package is removed" dpkg_says -r anomdetect
is "after removal there is no firewall rule" "$(rules)" 0
is "after removal there is no set" "$(sets)" ""
ok "after removal the state stays" [ -s root/var/lib/anomdetect/state.json ]
ok "the package is purged" dpkg_says -P anomdetect
is "after the purge there is no file of events" "$(find root/var/log -name "anomdetect*")" ""
is "after the purge no file is left and no other file is missing" "$(diff <(echo "$before") <(tree_of_root))" ""
ok "after the purge no process is left" nothing_runs

done_testing
