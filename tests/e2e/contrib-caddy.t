#!/bin/bash
# A site imports contrib/Caddyfile without changes. Caddy accepts the file, and anomdetect parses each line that Caddy logs
# for real requests.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/servers.sh
. "$(dirname "$0")/servers.sh"
# shellcheck source=tests/e2e/contrib.sh
. "$(dirname "$0")/contrib.sh"
need caddy
site_begin

mkdir -p "$TMP/etc" "$TMP/log/caddy"
cp "$CONTRIB/Caddyfile" "$TMP/etc/anomdetect.caddyfile"
cat >"$TMP/etc/Caddyfile" <<'END'
{
	admin off
	auto_https off
	servers {
		max_header_size 100kb
	}
}
import anomdetect.caddyfile
http://:80 {
	import anomdetect
	route {
		respond / hello
		respond 404
	}
}
http://:81 {
	import anomdetect
	respond hello
}
END
contrib_mounts=("$TMP/etc:/etc/caddy" "$TMP/log:/var/log")
export HOME=$TMP XDG_DATA_HOME=$TMP XDG_CONFIG_HOME=$TMP # where Caddy keeps its files
like "Caddy accepts the file" "$(contrib_said site caddy validate --config /etc/caddy/Caddyfile)" 'Valid configuration'
contrib_become site caddy run --config /etc/caddy/Caddyfile >"$TMP/caddy.err" 2>&1 &
ends_with_test $!
ok "Caddy listens" within 20 site_listens 81
ok "the requests that are hard to log are sent" site_send 80
ok "three of the requests that are hard to log are sent to the second site, too" site_send 81 plain utf8 forged-path

# Go's HTTP server answers these requests with 400 itself, so Caddy does not log them.
silent="agent-8k-control blank-lines control-in-agent control-in-uri delete-in-uri forged-first forged-line forged-return
	garbage half host-none host-odd http09 length-odd method-long method-odd nothing nul-in-agent nul-in-uri options-star tls
	uri-200k version-none vertical-tab-in-uri"
silent=$(tr -s '\n\t' ' ' <<<"$silent")
log=$TMP/log/caddy/access.json
ok "all requests are logged" within 20 log_holds "$silent" "$log"
log_check log "$log" "$silent" ""
is "both sites write to the log" "$(jq -r 'select(.request.uri == "/plain").request.remote_ip' "$log" | sort | uniq -c |
	awk '{ print $1 }' | sort -u)" 2
done_testing
