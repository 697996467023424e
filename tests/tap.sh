#!/usr/bin/env bash
# tests/tap.sh PROGRAM  -  runs a test for prove and returns its exit code.
#
# Under check.sh's sudo, prove and this script run as root. Then all tests but the end-to-end tests run as the user who
# called sudo, whom CHECK_USER (uid:gid:name:home) names. Also, cmocka 1.1.5 prints a skipped test as "not ok 6 # SKIP
# name", which prove would count as failed.
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
