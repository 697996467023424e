#!/usr/bin/env bash
# make install installs every file in its place, with any PREFIX, and make uninstall restores the tree.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
need make
need_built anomdetect anomban anomstat anomcount

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
# Installs the built programs. When make runs this test, MAKEFLAGS has the flags of the build.
run_make() { make -C "$ROOT" BUILD="$BUILD" "$@"; }

# Prints each path with its kind, mode, target and content.
tree_of() {
	(cd "$1" && find . -printf '%p %y %m %l\n' | sort && find . -type f -exec md5sum {} + | sort)
}

# Makes the directories of a system. Some are empty, and some have files of other programs.
given_system() {
	local prefix=$1/$2
	mkdir -p "$prefix"/{bin,sbin,share/man/man{1,5,7,8},share/doc/other,share/zsh/site-functions,lib/systemd/system} \
		"$prefix/share/bash-completion/completions"
	echo other | tee "$prefix/bin/anom" "$prefix/share/man/man8/anom.8" "$prefix/share/doc/other/README" \
		"$prefix/share/zsh/site-functions/_anom" "$prefix/lib/systemd/system/anom.service" >"$prefix/sbin/anom"
}

# shellcheck disable=SC2317 # the function is called by ok
# Every path that an installed text names exists.
names_what_is_there() {
	local path wrong=0
	[ "$2" = /usr/local ] || ! grep -rn /usr/local/ "$1$2/share/doc" "$1$2/lib" || return
	while IFS= read -r path; do
		[ -e "$1$path" ] || { echo "named, but missing: $path"; wrong=1; }
	done < <(grep -rhoE "$2/(s?bin|share|lib)/[A-Za-z0-9_./-]+[a-z]" "$1$2/share/doc" "$1$2/lib" | sort -u |
		grep -v "^/usr/lib/rsyslog/") # this path belongs to rsyslog
	grep -rn '^ExecStart=.' "$1$2/lib/systemd" | grep -vF -e "\"$2/sbin/anomdetect\" --" -e "exec \"$2/bin/anomcount\" " && wrong=1
	return "$wrong"
}

try() {
	local prefix=$1 dest="$TMP/$2" before
	given_system "$dest" "$prefix"
	before=$(tree_of "$dest")
	ok "install under '$prefix' succeeds" run_make PREFIX="$prefix" DESTDIR="$dest" install
	is "'$prefix': shells complete exactly the installed programs" \
		"$(cd "$dest$prefix" && find bin sbin -name 'anom?*' -printf '%f\n' | sort | tr '\n' ' ')" \
		"$(head -n 1 "$ROOT/contrib/completion/_anomdetect" | tr ' ' '\n' | grep anom | sort | tr '\n' ' ')"
	for program in anomdetect anomban; do
		ok "'$prefix': sbin/$program runs" "$dest$prefix/sbin/$program" --version
	done
	is "'$prefix': each manual page is in man's directory" \
		"$(cd "$dest$prefix/share/man" && find . -type f ! -name anom.8 | sort)" \
		"$(cd "$ROOT/man" && for page in *.[1-8]; do echo "./man${page##*.}/$page"; done | sort)"
	for program in anomstat anomcount; do
		ok "'$prefix': bin/$program runs" "$dest$prefix/bin/$program" --version
	done
	ok "'$prefix': installed texts name installed files" names_what_is_there "$dest" "$prefix"
	ok "uninstall under '$prefix' succeeds" run_make PREFIX="$prefix" DESTDIR="$dest" uninstall
	is "'$prefix': uninstall leaves no file and removes no other file" "$(diff <(echo "$before") <(tree_of "$dest"))" ""
}

try /usr/local one
try '/opt/a b' two
try /usr 'dest with blanks'

dest=$TMP/twice
ok "an install succeeds" run_make DESTDIR="$dest" install
ok "install over an installation succeeds" run_make DESTDIR="$dest" install
echo mine >"$dest/usr/local/share/doc/anomdetect/mine"
ok "an uninstall after two installs succeeds" run_make DESTDIR="$dest" uninstall
is "uninstall keeps a foreign file in our directory" "$(cd "$dest" && find . -type f)" ./usr/local/share/doc/anomdetect/mine
ok "a second uninstall succeeds" run_make DESTDIR="$dest" uninstall

# Every manual page and file of contrib/ is installed. Exceptions: packaging, the README's picture, and files that need
# the whole tree.
run_make DESTDIR="$TMP/all" install >/dev/null
missing=
while IFS= read -r file; do
	[ -n "$(find "$TMP/all" -name "${file##*/}")" ] || missing+=" $file"
done < <(cd "$ROOT/contrib" && find . ../man -type f ! -path './debian/*' ! -path './nextcloud-compose/*' ! -path './container/*' \
	! -name install.mk ! -name anomstat.svg ! -name '*.pyc')
is "every manual page and every other file of contrib/ is installed" "$missing" ""

is "the Debian package has the programs' version" \
	"anomdetect $(sed -n '1s/.*(\(.*\)).*/\1/p' "$ROOT/contrib/debian/changelog")" "$("$BUILD/anomdetect" --version)"

done_testing
