#!/bin/sh
# --explain cannot write its report because the disk is full: it logs an error and its exit status is 1. TAP.
BUILD=${BUILD:-build}

echo 1..1
if ! [ -c /dev/full ]; then
	echo "ok 1 # SKIP no /dev/full"
	exit
fi
err=$(echo '{"remote_addr":"2001:db8::7"}' | "$BUILD/anomdetect" --explain 2>&1 >/dev/full)
code=$?
want='anomdetect: error: unable to write to standard output: No space left on device'
[ "$code $err" = "1 $want" ] || printf 'not '
echo "ok 1 - a full disk is reported, and the exit status is 1"
[ "$code $err" = "1 $want" ] || echo "# $code $err"
