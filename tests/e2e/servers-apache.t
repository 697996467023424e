#!/bin/bash
# Apache gets requests that are hard to log. mod_log_config logs them in formats that look like JSON, but contain \xHH,
# \v, and a - without quotes in the place of a number. Every line is parsed or counted as rejected, every real client is
# found, and no address in the text of a client counts as a client.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/servers.sh
. "$(dirname "$0")/servers.sh"
need apache2
site_begin

mkdir "$TMP/htdocs"
echo hello | tee "$TMP/htdocs/index.html" >"$TMP/htdocs/slow"
site_config apache.conf
ns_become site apache2 -d "$TMP" -f "$TMP/apache.conf" -DFOREGROUND >"$TMP/apache.err" 2>&1 &
ends_with_test $!
ok "Apache listens" within 10 site_listens 82
ok "the requests that are hard to log are sent" site_send 80

silent="nothing half blank-lines tls" # not logged: the client leaves before its request line ends
for log in bare common epoch; do
	ok "$log: all requests are logged" within 20 log_holds "$silent" "$TMP/$log"
	log_check "$log" "$TMP/$log" "$silent" ""
	log_trusts "$log" "$TMP/$log" "$silent"
done
# The client is after the request, so lines of any length must be read.
for log in bare common; do status_check "$log" "$TMP/$log" "gone header-70k uri-70k"; done

# A log of the older kind, with start and duration. Their sum is the end of the request.
ok "slow requests are sent" slow_send 80
slow_check bare "$TMP/bare"
slow_check combined-end "$TMP/combined-end" --format combined

# Client and status are after the request and a long header, so lines of any length must be read.
ok "quoted: all requests are logged" within 20 log_holds "$silent" "$TMP/quoted"
log_check quoted "$TMP/quoted" "$silent" ""
log_trusts quoted "$TMP/quoted" "$silent"
trust_check quoted "$TMP/quoted"
status_check quoted "$TMP/quoted" "gone header-70k uri-70k"

everyone=$(cut -d' ' -f1 "$sent" | sort -u | tr '\n' ' ')
cp "$TMP/error.log" "$TMP/errors"
log_check "error log" "$TMP/errors" "$everyone" "other=$(wc -l <"$TMP/errors")"
# Not with --prefix-any: lines of this log end with the requested path, without a quote before it.
mixed_check mixed "$TMP/bare" "$TMP/errors" "$silent"

# mod_remoteip has already resolved the client, with its own list of trusted proxies.
sent=$TMP/sent-remoteip
ok "requests through a proxy are sent" site_send 82 plain forged-xff forged-xff-list forged-headers
sed -i 's/^\(forged-xff\) .*/\1 192.0.2.66/' "$sent" # the trusted proxy sent this request
ok "these requests are logged" within 20 log_holds forged-xff "$TMP/remoteip"
judge "$TMP/remoteip" >"$TMP/events"
is "the clients are the addresses of mod_remoteip" \
	"$(diff <(jq -r 'select(.client != null).client' "$TMP/events" | sort -u) <(clients_but ""))" ""
done_testing
