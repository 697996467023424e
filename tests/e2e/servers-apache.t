#!/bin/bash
# Apache, asked oddly, with logs that mod_log_config makes look like JSON: \xHH, \v, and a bare - for a number. Every
# line is understood or counted, every client that was there is known, and nobody becomes one by what he writes.
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
ok "the odd requests are sent" site_send 80

silent="nothing half blank-lines tls" # Apache waits for the end of a line, and we leave
for log in bare common epoch; do
	ok "$log: all requests are logged" within 20 log_holds "$silent" "$TMP/$log"
	log_check "$log" "$TMP/$log" "$silent" ""
	log_trusts "$log" "$TMP/$log" "$silent"
done
# Behind the request: needs lines of any length.
for log in bare common; do status_check "$log" "$TMP/$log" "gone header-70k uri-70k"; done

# A log of the older kind, with the beginning and the duration: their sum is the end.
ok "slow requests are sent" slow_send 80
slow_check bare "$TMP/bare"
slow_check combined-end "$TMP/combined-end" --format combined

# Client and status stand behind the request and a long header: needs lines of any length.
ok "quoted: all requests are logged" within 20 log_holds "$silent" "$TMP/quoted"
log_check quoted "$TMP/quoted" "$silent" ""
log_trusts quoted "$TMP/quoted" "$silent"
trust_check quoted "$TMP/quoted"
status_check quoted "$TMP/quoted" "gone header-70k uri-70k"

everyone=$(cut -d' ' -f1 "$sent" | sort -u | tr '\n' ' ')
cp "$TMP/error.log" "$TMP/errors"
log_check "error log" "$TMP/errors" "$everyone" "other=$(wc -l <"$TMP/errors")"
# Not with --prefix-any: lines of this log end with the path that was asked for, without a quote before it.
mixed_check mixed "$TMP/bare" "$TMP/errors" "$silent"

# mod_remoteip has looked already: what it says is the client, and its own trust is what counts.
sent=$TMP/sent-remoteip
ok "requests through a proxy are sent" site_send 82 plain forged-xff forged-xff-list forged-headers
sed -i 's/^\(forged-xff\) .*/\1 192.0.2.66/' "$sent" # its sender is the proxy that is trusted
ok "they are logged" within 20 log_holds forged-xff "$TMP/remoteip"
judge "$TMP/remoteip" >"$TMP/events"
is "the clients are those that mod_remoteip found" \
	"$(diff <(jq -r 'select(.client != null).client' "$TMP/events" | sort -u) <(clients_but ""))" ""
done_testing
