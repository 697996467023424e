#!/usr/bin/env bash
# tests/check.sh TEST...  -  runs all tests by one prove, whose summary comes last. `make check` builds and sets up the
# tests.
#
# The end-to-end tests need root. For a user with sudo, one sudo runs prove as root, and tap.sh runs all other tests as
# this user again. So sudo asks for a password once, however long the tests take. Without sudo, the end-to-end tests are
# skipped.
#
# Most end-to-end tests wait most of their time, so three times as many tests as processors run at a time. On two
# processors, six tests at a time took 380 s, four 534 s.
set -eu

prove=(prove "-j$((3 * $(nproc)))" --exec tests/tap.sh "$@")

# Without a terminal sudo cannot ask for a password. With one it asks, and remembers the answer for the next call.
may_sudo() {
	command -v sudo >/dev/null || return
	if sudo -n true 2>/dev/null; then return; fi
	{ : </dev/tty; } 2>/dev/null || return
	echo 'check: the end-to-end tests need root: sudo asks once'
	sudo -v
}

if [ "$(id -u)" = 0 ] || [[ $* != *tests/e2e/* && $* != *tests/fault/* ]]; then
	exec "${prove[@]}"
elif may_sudo; then
	echo "check: sudo runs the end-to-end tests as root; all other tests run as $(id -un)"
	kept=()
	for name in PATH BUILD CI UPDATE SEED TEST_SEED TMPDIR TZ MAKEFLAGS CMOCKA_MESSAGE_OUTPUT ASAN_OPTIONS UBSAN_OPTIONS; do
		[ -z "${!name+set}" ] || kept+=("$name=${!name}")
	done
	exec sudo -- env "${kept[@]}" CHECK_USER="$(id -u):$(id -g):$(id -un):$HOME" "${prove[@]}"
else
	echo 'check: neither root nor sudo: end-to-end tests that need root are skipped'
	exec "${prove[@]}"
fi
