#!/bin/sh
# A live run reads an old log: it judges nobody and warns why. TAP.
BUILD=${BUILD:-build}

echo 1..1
err=$(printf '%s\n' '{"remote_addr":"2001:db8::7","status":200,"time":"2020-11-22T10:00:00Z"}' \
	'{"remote_addr":"203.0.113.7","status":200,"time":1300000000.123}' '{"status":200}' |
	"$BUILD/anomdetect" --state none 2>&1 >/dev/null)
want='anomdetect: warning: none of 3 lines is a request: 1 has no client, '
want="${want}2 are older than a minute (for an old log, give --replay)"
case $err in "$want"*) ;; *) want= ;; esac
[ "$want" ] || printf 'not '
echo "ok 1 - a warning names lines that are too old to be judged"
[ "$want" ] || echo "# $err"
