#!/usr/bin/env bash
# A full disk under the file of counts ends no run and leaves no torn line: counts wait, and anomcount writes them when
# there is room. Also, a run that cannot allocate its table of clients does not start, and logs the reason.
# shellcheck disable=SC2317 # the functions are called by ok and within
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
need_root
need jq unshare nsenter
need_built anomcount

mkdir "$TMP/disk"
unshare -m sh -c "mount -t tmpfs -o size=64k none '$TMP/disk' && echo mounted && exec sleep 3600" >"$TMP/mounted" &
holder=$!
ends_with_test $holder
within 5 grep -q mounted "$TMP/mounted" || skip_all "no file system can be mounted here"
disk=/proc/$holder/root$TMP/disk

mkfifo "$TMP/in"
exec {in}<>"$TMP/in"
# shellcheck disable=SC2016 # the expressions are for the inner shell
nsenter -t $holder -m -- sh -c 'exec "$1" --origin full --state none -v >>"$2"' sh "$BUILD/anomcount" "$TMP/disk/counts" \
	<"$TMP/in" 2>"$TMP/err" {in}>&- &
run=$!
ends_with_test $run
ask() { # FIRST: 100 clients of each family make one request each; their numbers begin at FIRST
	awk -v first="$1" 'BEGIN { for (c = first; c < first + 100; c++) {
		printf "{\"remote_addr\":\"198.51.%d.%d\",\"status\":200}\n", c / 250, c % 250
		printf "{\"remote_addr\":\"2001:db8:%x::1\",\"status\":404}\n", c } }' >&"$in"
}
clients() { jq '.counts[][0]' "$disk/counts" 2>/dev/null | sort -u | grep -c .; }
has_clients() { [ "$(clients)" = "$1" ]; }
ask 0
ok "counts are written while there is room" within 10 has_clients 200
nsenter -t $holder -m -- dd if=/dev/zero of="$TMP/disk/filler" bs=1k 2>/dev/null
for first in 100 200 300 400; do
	ask $first
	sleep 0.3 # so that the requests spread over several seconds
done
ok "a full disk is reported" within 10 grep -q 'warning: unable to write counts: No space left on device; they wait' "$TMP/err"
not_ok "a full disk does not end the run" gone $run
rm "$disk/filler"
ok "all counts are written when there is room again" within 10 has_clients 1000
is "each line is whole" "$(jq -c .seq "$disk/counts" | wc -l)" "$(wc -l <"$disk/counts")"
is "no line is missing, and no line is written twice" "$(jq -s 'map(.seq) == [range(1; length + 1)]' "$disk/counts")" true
kill $run
wait $run
is "the run ends with exit status 0" $? 0

# In run n, the n-th allocation of the start fails. The last runs have fewer than n allocations, so none fails.
echo '{"remote_addr":"192.0.2.1","msec":1790000000,"status":200}' >"$TMP/line"
wrong='' ended=0
for n in {1..25}; do
	LD_PRELOAD="$BUILD/tests/fault.so" FAULT_CALL=malloc FAULT_AT=$n \
		"$BUILD/anomcount" -r --origin a --state none <"$TMP/line" >"$TMP/out" 2>"$TMP/err"
	code=$?
	case $code$(cat "$TMP/err") in
	0 | '0anomcount: warning: '*) [ "$(grep -c 192.0.2.1 "$TMP/out")" = 1 ] || wrong+=" $n: $(cat "$TMP/out")" ;;
	'1anomcount: fatal: '*'memory'*) ended=$((ended + 1)) ;;
	*) wrong+=" $n: $code $(cat "$TMP/err")" ;;
	esac
done
is "a failed allocation ends the start with its reason, or changes nothing" "$wrong" ""
ok "at least 7 failed allocations end the start" [ "$ended" -ge 7 ]

done_testing
