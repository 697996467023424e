#!/bin/bash
# Caddy gets requests that are hard to log. It logs them with each of its time formats, and with access log and server
# log on one stream. Every line is parsed or counted as rejected, every real client is found, and no address in the text
# of a client counts as a client.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/servers.sh
. "$(dirname "$0")/servers.sh"
need caddy
site_begin

site_config Caddyfile
export HOME=$TMP XDG_DATA_HOME=$TMP XDG_CONFIG_HOME=$TMP # where Caddy keeps its files
TZ=Asia/Kolkata ns_become site caddy run --adapter caddyfile --config "$TMP/Caddyfile" >"$TMP/caddy.err" 2>&1 &
ends_with_test $!
ok "Caddy listens" within 20 site_listens 87
ok "the requests that are hard to log are sent" site_send 80

# Go's HTTP server answers these requests with 400 itself, so Caddy does not log them.
silent="agent-8k-control blank-lines control-in-agent control-in-uri delete-in-uri forged-first forged-line forged-return
	garbage half host-none host-odd http09 length-odd method-long method-odd nothing nul-in-agent nul-in-uri options-star tls
	uri-200k version-none vertical-tab-in-uri"
silent=$(tr -s '\n\t' ' ' <<<"$silent")
ok "default: all requests are logged" within 20 log_holds "$silent" "$TMP/default"
log_check default "$TMP/default" "$silent" ""
log_trusts default "$TMP/default" "$silent"
trust_check default "$TMP/default"
# The status is after the headers, so lines of any length must be read.
status_check default "$TMP/default" "gone header-70k uri-60k"

ok "slow requests are sent" slow_send 80
slow_check default "$TMP/default"

# Caddy's times are in UTC, wherever it runs; only `wall` does not name the zone.
n=80
for log in iso wall nano common milli rfc3339; do
	n=$((n + 1))
	sent=$TMP/sent-$log
	ok "$log: requests are sent" site_send $n plain utf8 forged-xff-list forged-path uri-60k
	ok "$log: these requests are logged" within 20 log_holds "" "$TMP/$log"
	log_check "$log" "$TMP/$log" "" "" --tz UTC
done

# Access log, error log and server log are on one stream. A request without a working backend has a line in two of them,
# and counts once.
sent=$TMP/sent-server
ok "requests are sent" site_send 87 plain gone forged-agent
ok "these requests are logged" within 20 log_holds "" "$TMP/server-log"
cp "$TMP/server-log" "$TMP/stream"
access=$(grep -c '"logger":"http.log.access"' "$TMP/stream")
like "errors and the server's own lines are on the same stream" "$(cat "$TMP/stream")" '"logger":"http.log.error"'
log_check "server log" "$TMP/stream" "" "other=$(($(wc -l <"$TMP/stream") - access))"
done_testing
