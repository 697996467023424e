#!/bin/bash
# Caddy, asked oddly, with the times that its encoder knows, and with access and server log on one stream. Every line
# is understood or counted, every client that was there is known, and nobody becomes one by what he writes.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/servers.sh
. "$(dirname "$0")/servers.sh"
need caddy
site_begin

site_config Caddyfile
export HOME=$TMP XDG_DATA_HOME=$TMP XDG_CONFIG_HOME=$TMP # where it keeps what it needs
TZ=Asia/Kolkata ns_become site caddy run --adapter caddyfile --config "$TMP/Caddyfile" >"$TMP/caddy.err" 2>&1 &
ends_with_test $!
ok "Caddy listens" within 20 site_listens 87
ok "the odd requests are sent" site_send 80

# What Go's HTTP server answers with 400 by itself, Caddy never sees.
silent="agent-8k-control blank-lines control-in-agent control-in-uri delete-in-uri forged-first forged-line forged-return
	garbage half host-none host-odd http09 length-odd method-long method-odd nothing nul-in-agent nul-in-uri options-star tls
	uri-200k version-none vertical-tab-in-uri"
silent=$(tr -s '\n\t' ' ' <<<"$silent")
ok "default: all requests are logged" within 20 log_holds "$silent" "$TMP/default"
log_check default "$TMP/default" "$silent" ""
log_trusts default "$TMP/default" "$silent"
trust_check default "$TMP/default"
# Behind the headers: needs lines of any length.
status_check default "$TMP/default" "gone header-70k uri-60k"

ok "slow requests are sent" slow_send 80
slow_check default "$TMP/default"

# Caddy's times are UTC, wherever it runs; only `wall` does not say so.
n=80
for log in iso wall nano common milli rfc3339; do
	n=$((n + 1))
	sent=$TMP/sent-$log
	ok "$log: requests are sent" site_send $n plain utf8 forged-xff-list forged-path uri-60k
	ok "$log: they are logged" within 20 log_holds "" "$TMP/$log"
	log_check "$log" "$TMP/$log" "" "" --tz UTC
done

# One stream of access, error and server log. A request that no backend answers has a line in two of them: it counts
# once.
sent=$TMP/sent-server
ok "requests are sent" site_send 87 plain gone forged-agent
ok "they are logged" within 20 log_holds "" "$TMP/server-log"
cp "$TMP/server-log" "$TMP/stream"
access=$(grep -c '"logger":"http.log.access"' "$TMP/stream")
like "errors and the server's own lines stand between them" "$(cat "$TMP/stream")" '"logger":"http.log.error"'
log_check "server log" "$TMP/stream" "" "other=$(($(wc -l <"$TMP/stream") - access))"
done_testing
