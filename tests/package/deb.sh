#!/usr/bin/env bash
# The Debian package, in a Debian of its own: it installs, bans only when told to, keeps bans over an upgrade, and takes
# its things along when it is removed or purged; autopkgtest runs its own test (contrib/debian/tests). `make check-deb`
# builds the package first; RELEASE=trixie takes a Debian of that name, for the package of this host's.
#
# Not one of `make check`: a Debian is made in build/, which takes minutes, and packages are fetched, from where apt takes
# them here. What is tested runs in mount and network namespaces of its own.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
need_root
need debootstrap unshare chroot
SELF=$(realpath "$0")
cd "$BUILD/deb" || exit 1

# The mirror and the release of this host.
mirror() {
	# shellcheck disable=SC2016 # apt-get fills these in
	apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(ORIGIN)' 'Created-By: Packages' |
		awk -v release="$1" '$2 == release && $3 == "Debian" { print $1; exit }'
}

# A minimal Debian with what the package and its own test depend on, in ./root; once for a release.
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
	# What was not asked for is not there: its dependencies alone, then the package is taken off again.
	chroot root sh -ec 'apt-get -qq update; DEBIAN_FRONTEND=noninteractive apt-get -qq -y install \
		--no-install-recommends ipset iproute2 logrotate ./anomdetect.deb; dpkg --purge anomdetect' >>root.log 2>&1 &&
		echo "$release" >root.done
}

if [ "${1-}" != inside ]; then
	given_root || { echo "Bail out! no Debian to install it in: $(tail -n 1 root.log)"; exit 1; }
	cp anomdetect_*.deb root/anomdetect.deb
	# With the host's network, from which apt fetches; the test has its own, and so has what takes the package off: its
	# removal lifts bans. Isolation and a testbed that may break are what this root is.
	# shellcheck disable=SC2016 # the other shell is to expand it
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

# Everything but what dpkg and ldconfig note down for themselves.
tree_of_root() {
	find root -xdev \( -path root/proc -o -path root/var/lib/dpkg -o -path root/var/log -o -path root/var/cache \
		-o -path root/etc/ld.so.cache \) -prune -o -printf '%p %y %m %l\n' | sort
}

# shellcheck disable=SC2317 # ok calls it
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

ok "it installs" dpkg_says -i anomdetect.deb
for program in anomdetect anomban anomstat anomcount; do
	ok "$program runs" in_root $program --version
done
is "it is whole" "$(dpkg_says -V anomdetect)" ""
is "what is to be copied is not compressed" "$(cd root/usr/share/doc/anomdetect && find . -name '*.gz' | sort | tr '\n' ' ')" \
	"./changelog.Debian.gz ./changelog.gz "
is "configuration is where the service and logrotate look" "$(dpkg_says -s anomdetect | sed -n '/^Conffiles:/,/^[A-Z]/s/^ \([^ ]*\) .*/\1/p' | xargs)" \
	"/etc/default/anomdetect /etc/logrotate.d/anomdetect-events"
ok "the service's file is one that the program takes" in_root anomdetect --check-config -c /etc/default/anomdetect
echo '{}' | tee root/var/log/anomdetect.jsonl >root/var/log/anomdetect-shop.jsonl
is "logrotate takes its own" "$(in_root logrotate -f -s /run/logrotate.status /etc/logrotate.d/anomdetect-events 2>&1; rm -f root/run/logrotate.status)" ""
is "and rotates the events of the service and of an instance" "$(cd root/var/log && echo anomdetect*)" \
	"anomdetect-shop.jsonl anomdetect-shop.jsonl.1 anomdetect.jsonl anomdetect.jsonl.1"
ok "the README is there to be read" grep -q '^# anomdetect' root/usr/share/doc/anomdetect/README.md
like "the user who builds it is its maintainer, unless make names another" "$(dpkg_says -s anomdetect | grep ^Maintainer:)" \
	"^Maintainer: .* <.*@.*>$"
is "no field of it is a placeholder" "$(dpkg_says -s anomdetect | grep -E '@[A-Z]+@')" ""
ok "no process was started" nothing_runs
is "no unit was enabled" "$(links_to_units)" ""
is "no rule was made" "$(rules)" 0
is "no set was made" "$(sets)" ""
for unit in root/lib/systemd/system/anom*.service; do
	[ -e "$unit" ] || continue
	like "${unit##*/}: it runs what is there" "$(grep '^ExecStart=' "$unit")" '"/usr/sbin/anomdetect" --(ban|make-sets)|"/usr/bin/anomcount" '
	user=$(sed -n 's/^User=//p' "$unit")
	ok "${unit##*/}: its user is there" in_root getent passwd "${user:-root}"
done

ok "it bans IPv4 when told to" in_root anomban --ban 192.0.2.1 permanent
ok "it bans IPv6 when told to" in_root anomban --ban 2001:db8::1 permanent
is "each family has its rule" "$(rules)" 2
mkdir -p root/var/lib/anomdetect root/var/lib/anomdetect-shop
echo '{}' >root/var/lib/anomdetect-shop/state.json
echo '{}' | tee root/var/lib/anomdetect/state.json >root/var/log/anomdetect.jsonl
ok "it is installed over itself, as by an upgrade" dpkg_says -i anomdetect.deb
like "the bans stay" "$(in_root anomban --list)" '192\.0\.2\.1.*2001:db8::'

ok "it is removed" dpkg_says -r anomdetect
is "its rules are gone" "$(rules)" 0
is "its sets are gone" "$(sets)" ""
ok "its state stays" [ -s root/var/lib/anomdetect/state.json ]
ok "it is purged" dpkg_says -P anomdetect
is "its events are gone" "$(find root/var/log -name "anomdetect*")" ""
is "nothing is left, nothing else is gone" "$(diff <(echo "$before") <(tree_of_root))" ""
ok "no process is left" nothing_runs

done_testing
