#!/usr/bin/env bash
# tests/tap.sh PROGRAM  -  runs a test for prove, with its exit code.
#
# check.sh's sudo makes prove and this root: then all but the end-to-end tests run as the user who called it, whom
# CHECK_USER (uid:gid:name:home) names. And cmocka 1.1.5 prints a skipped test as "not ok 6 # SKIP name", which TAP
# takes as failed.
set -o pipefail
# shellcheck source=tests/environment.sh
. "${BASH_SOURCE%/*}/environment.sh"

test=("$@")
case ${CHECK_USER-}:$1 in
:* | *:tests/e2e/*.t | *:*/tests/e2e/*.t | *:tests/fault/*.t | *:*/tests/fault/*.t) ;;
*)
	IFS=: read -r uid gid name home <<<"$CHECK_USER"
	test=(setpriv --reuid="$uid" --regid="$gid" --init-groups
		env -u CHECK_USER USER="$name" LOGNAME="$name" HOME="$home" "$@")
	;;
esac
"${test[@]}" | sed -u 's/^not ok \([0-9]* # SKIP\)/ok \1/'
