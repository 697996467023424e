# contrib.sh - what the tests of contrib/ share: a program that finds our directories where Debian has its own.
#
# Source it behind lib.sh. contrib/'s files name paths of a real machine. `ip netns exec` makes a mount namespace for
# each program that it runs; there, and only there, directories of the test are bound over those paths.
#
#     contrib_mounts=("$TMP/etc:/etc/nginx" "$TMP/log:/var/log")
#     contrib_become site nginx -g 'daemon off;' &
#     contrib_said site nginx -t                    # what it prints, both streams
# shellcheck shell=bash

# shellcheck disable=SC2034 # for who sources this
CONTRIB=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../contrib" && pwd)
contrib_mounts=()

# shellcheck disable=SC2016 # the other shell is to expand it
contrib_become() {
	local name=$1
	shift
	ns_become "$name" sh -c '
		n=$1; shift
		while [ "$n" -gt 0 ]; do mount --bind "${1%%:*}" "${1#*:}" || exit 1; shift; n=$((n - 1)); done
		exec "$@"' sh ${#contrib_mounts[@]} "${contrib_mounts[@]}" "$@"
}

contrib_said() { (contrib_become "$@") 2>&1; }
