# root.sh - a minimal Debian for a test, made once and unpacked as often as it is wanted.
#
# Source it behind tests/e2e/lib.sh. debootstrap takes a minute or more, so its result is kept as a file in
# $BUILD/debian, which `make check-image` and `make check-readme` share. It names the mirror that this host's apt uses.
#
#     given_debian bookworm || ...           # $BUILD/debian/bookworm.tar is there; else why not, on standard error
#     debian_into bookworm "$TMP/root"       # a root of one's own
# shellcheck shell=bash

# The release of this host, by its name.
# shellcheck source=/dev/null
host_release() { (. /etc/os-release && echo "$VERSION_CODENAME"); }

# The mirror that has Debian's packages, as apt knows it; the host's own release may be another one than RELEASE.
debian_mirror() {
	# shellcheck disable=SC2016 # apt-get fills these in
	apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(ORIGIN)' 'Created-By: Packages' |
		awk -v release="$(host_release)" '$2 == release && $3 == "Debian" { print $1; exit }'
}

# Two tests that want the same one at the same time wait for each other; a file that is there is whole.
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
		# What debootstrap says on its way is kept; its last line says why it ended.
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
