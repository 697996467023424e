#!/usr/bin/env bash
# If memory is short at a SIGHUP, a warning reports this and no message claims a reload. The old lists stay in use.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/detector.sh
. "$(dirname "$0")/detector.sh"
need_root
need ipset iptables cc
need_built anomdetect anomban

ns_add s
need_kernel_sets s

# While the file `short` exists, each malloc of over 6 MB fails. The only malloc of this size is for the copy of a
# list of 200000 networks.
cat >"$TMP/short.c" <<END
#include <errno.h>
#include <stddef.h>
#include <unistd.h>
void *__libc_malloc(size_t n);
void *malloc(size_t n)
{
	if (n > 6000000 && access("$TMP/short", F_OK) == 0) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_malloc(n);
}
END
cc -shared -fPIC -o "$TMP/short.so" "$TMP/short.c"
# Every second address, so that no networks merge.
many() { awk 'BEGIN { for (i = 0; i < 200000; i++) printf "11.%d.%d.%d\n", i / 32768, i / 128 % 256, i % 128 * 2 }'; }

echo 203.0.113.7 >"$TMP/allowed"
mkfifo "$TMP/orders"
exec {orders}<>"$TMP/orders"
export LD_PRELOAD="$TMP/short.so"
detector_start p s --allow "@$TMP/allowed" -v
ns_become s "$BUILD/anomban" --set q --allow "@$TMP/allowed" -v <"$TMP/orders" >"$TMP/q.out" 2>"$TMP/q.err" {orders}>&- &
ban=$!
ends_with_test $ban
unset LD_PRELOAD
ok "anomban starts" within 5 in_ns s ipset list -n q4
many >"$TMP/allowed"
touch "$TMP/short"
kill -HUP "${detector_pid[p]}" "$ban"
ok "anomdetect reports that memory is short" within 10 grep -q 'warning: out of memory; the settings stay as they were' "$TMP/p.err"
ok "anomban reports that memory is short" within 10 grep -q 'warning: out of memory; the allow-list stays as it was' "$TMP/q.err"
offend p 203.0.113.7 11.0.0.0
ok "the new list is not used" within 5 event p ban 11.0.0.0
ok "the old list is used" within 5 event p alert 203.0.113.7 '"hold":"allowed"'
rm "$TMP/short"
kill -HUP "${detector_pid[p]}" "$ban"
ok "the next SIGHUP reads the list" within 10 grep -q 'info: options, allow-list and trusted proxies read again' "$TMP/p.err"
ok "the next SIGHUP makes anomban read its list" within 10 grep -q 'info: allow-list read again' "$TMP/q.err"
is "the failed SIGHUP did not report a reload" "$(grep -c 'read again' "$TMP/p.err") $(grep -c 'read again' "$TMP/q.err")" "1 1"
ok "the new list is used after the next SIGHUP" within 5 event p unban 11.0.0.0 '"reason":"allowed"'
detector_end p
exec {orders}>&-
ok "anomban ends" within 5 gone "$ban"
detector_explain p
done_testing
