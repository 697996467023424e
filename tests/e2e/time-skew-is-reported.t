#!/bin/bash
# A live log with times of another time zone is reported once on standard output and once on standard error. A log that
# a buffer delays by 5 seconds is not reported.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need python3 jq
need_built anomdetect

# lines.py OFFSET_S: prints ten lines per second, without end.
cat >"$TMP/lines.py" <<'END'
import sys, time
while True:
    at = time.gmtime(time.time() + int(sys.argv[1]))
    for client in ("198.51.100.7", "2001:db8::7"):
        print(f'{{"remote_addr":"{client}","status":200,"time":"{time.strftime("%Y-%m-%dT%H:%M:%S", at)}"}}', flush=True)
    time.sleep(0.2)
END

run() { # NAME OFFSET_S
	mkfifo "$TMP/$1.in"
	python3 "$TMP/lines.py" "$2" >"$TMP/$1.in" 2>/dev/null &
	ends_with_test $!
	"$BUILD/anomdetect" --state none --tz UTC <"$TMP/$1.in" >"$TMP/$1.events" 2>"$TMP/$1.err" &
	ends_with_test $!
}
run behind -7200
run ahead 3600
run late -5

told() { grep -q '"reason":"time_skew"' "$TMP/$1.events"; }
ok "times that are behind are reported" within 60 told behind
ok "times that are ahead are reported" within 60 told ahead
messages=$(jq -r 'select(.reason == "time_skew") | .message' "$TMP/behind.events" "$TMP/ahead.events")
like "the message has the difference and the cause" "$messages" "^the log's times are 720[0-9] s behind this host's clock: they have no time zone \
or a wrong one; see --tz.the log's times are 3(59[0-9]|600) s ahead of this host's clock: they have no time zone or a wrong \
one; see --tz$"
is "each message is logged once on standard error, too" "$(grep -h "the log's times are" "$TMP"/{behind,ahead}.err)" \
	"$(sed 's/^/anomdetect: warning: /' <<<"$messages")"
is "times that are 5 s late are not reported" "$(grep time_skew "$TMP/late.events") $(cat "$TMP/late.err")" " "
done_testing
