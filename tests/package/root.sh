# root.sh - a minimal Debian for a test, made once and unpacked for each use.
#
# Source it after tests/e2e/lib.sh. debootstrap takes a minute or more, so its result is kept as a file in
# $BUILD/debian, which `make check-image` and `make check-readme` share. debootstrap uses the mirror of this host's apt.
#
#     given_debian bookworm || ...           # makes $BUILD/debian/bookworm.tar; a failure is reported on standard error
#     debian_into bookworm "$TMP/root"       # unpacks a root directory
# shellcheck shell=bash

# Prints the name of this host's release.
# shellcheck source=/dev/null
host_release() { (. /etc/os-release && echo "$VERSION_CODENAME"); }

# Prints the mirror of Debian's packages from apt's lists. debootstrap may install another release from
# this mirror than the host's.
debian_mirror() {
	# shellcheck disable=SC2016 # apt-get replaces the names in $()
	apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(ORIGIN)' 'Created-By: Packages' |
		awk -v release="$(host_release)" '$2 == release && $3 == "Debian" { print $1; exit }'
}

# Two tests that need the same file at the same time wait for each other. An existing file is complete.
given_debian() {
	local release=$1 kept=$BUILD/debian uri root
	mkdir -p "$kept" || return
	(
		flock 9 || exit
		[ ! -e "$kept/$release.tar" ] || exit 0
		uri=$(debian_mirror)
		[ -n "$uri" ] || { echo "apt knows no mirror of Debian" >&2; exit 1; }
		root=$kept/$release
		rm -rf "$root"
		# The messages of debootstrap are kept; the last line has the reason of a failure.
		if debootstrap --variant=minbase "$release" "$root" "$uri" >"$kept/$release.log" 2>&1; then
			rm -rf "$root/var/cache/apt/archives/"*.deb "$root/var/lib/apt/lists/"*
			tar -C "$root" --numeric-owner -cf "$kept/$release.tar.new" . &&
				mv "$kept/$release.tar.new" "$kept/$release.tar" && rm -rf "$root"
		else
			tail -n 1 "$kept/$release.log" >&2
			rm -rf "$root"
			exit 1
		fi
	) 9>"$kept/$release.lock"
}

debian_into() {
	given_debian "$1" && mkdir -p "$2" && tar -C "$2" --numeric-owner -xpf "$BUILD/debian/$1.tar"
}
