#!/bin/bash
# nginx gets requests that are hard to log. Each line, in each usual format, is parsed or counted as rejected, every
# real client is found, and no address in the text of a client counts as a client.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/servers.sh
. "$(dirname "$0")/servers.sh"
need nginx
site_begin

site_config nginx.conf
ns_become site "$HERE/syslog.py" 127.0.0.1 5140 "$TMP/syslog" "$TMP/syslog-nohost" 2>"$TMP/syslog.err" &
ends_with_test $!
ok "a receiver of syslog listens" within 10 site_listens 5141
ns_become site nginx -p "$TMP" -c "$TMP/nginx.conf" >"$TMP/nginx.err" 2>&1 &
ends_with_test $!
ok "nginx listens" within 10 site_listens 81
ok "the requests that are hard to log are sent" site_send 80

silent="nothing" # the client called "nothing" connects and sends no byte, so nginx does not log it
# In the logs `headers` and `nested`, the client and the status come after a long header or URI. So the parser must read
# lines of any length.
for log in bare quoted plain flat message headers nested; do
	ok "$log: all requests are logged" within 20 log_holds "$silent" "$TMP/$log"
	log_check "$log" "$TMP/$log" "$silent" ""
	log_trusts "$log" "$TMP/$log" "$silent"
done
# In these logs, the status comes after the request. So the parser must read lines of any length to find it.
for log in bare headers nested; do status_check "$log" "$TMP/$log" "gone header-70k uri-200k"; done
# In the log `nobody`, the only known member with an address is a header. The address in a header is not the client.
everyone=$(cut -d' ' -f1 "$sent" | sort -u | tr '\n' ' ')
log_check nobody "$TMP/nobody" "$everyone" "any=$(wc -l <"$TMP/nobody")"

# nginx drops lines that do not fit into a datagram.
silent="$silent uri-60k-quotes uri-70k uri-200k"
for log in syslog syslog-nohost; do
	ok "$log: all requests are logged" within 20 log_holds "$silent" "$TMP/$log"
	log_check "$log" "$TMP/$log" "$silent" ""
done

ok "slow requests are sent" slow_send 80
slow_check bare "$TMP/bare"

for log in quoted headers; do trust_check $log "$TMP/$log"; done
# With --forwarded, only the header that it names is read.
named=$(awk '$1 == "forged-names" { print $2; exit }' "$sent")
xff=$(awk '$1 == "forged-xff" { print $2; exit }' "$sent")
judge "$TMP/headers" --trust-proxy "$named" --trust-proxy "$xff" --forwarded http_cf_connecting_ip >"$TMP/events"
is "with --forwarded, only its header names the client; a trusted proxy that does not send this header is the client" \
	"$(jq -r 'select(.client != null).client' "$TMP/events" | grep -xF -e 192.0.2.66 -e "$named" -e "$xff" | sort -u | tr '\n' ' ')" \
	"192.0.2.66 $xff "

# nginx cuts the lines of its error log at 2048 bytes, so a client can make a line end after a quoted object.
cut=$(grep -a '/gone{.*aaa$' "$TMP/error.log" | grep -aF 'client: 203.' | head -n 1)
before=${cut%%/gone*}
object='{"remote_addr":"192.0.2.66","status":200}'
printf -v fill '%*s' $((${#cut} - ${#before} - 5 - ${#object})) ''
in_ns site curl -sg -o /dev/null --interface "$(awk '$1 == "forged-cut" { print $2; exit }' "$sent")" \
	"http://$SERVER4/gone${fill// /a}$object"
ok "a line of the error log ends with the object that the client requested" within 5 grep -qa "gonea.*$object\$" "$TMP/error.log"

# error.log has texts and addresses of clients, but no line of it is a request.
cp "$TMP/error.log" "$TMP/errors"
nul=$(grep -caP '\x00' "$TMP/errors")
log_check "error log" "$TMP/errors" "$everyone" "nul=$nul other=$(($(wc -l <"$TMP/errors") - nul))"
mixed_check mixed "$TMP/message" "$TMP/errors" nothing
mixed_check "mixed, --prefix-any" "$TMP/message" "$TMP/errors" nothing --prefix-any

# One socket for both families: nginx logs IPv4 clients as ::ffff:203.0.113.1.
sent=$TMP/sent-mapped
ok "requests to a socket of both families are sent" site_send 81 plain tls forged-path uri-60k
ok "these requests are logged" within 20 log_holds "" "$TMP/mapped"
like "nginx logs IPv4-mapped addresses" "$(cat "$TMP/mapped")" '"::ffff:203\.0\.113\.1"'
log_check mapped "$TMP/mapped" "" ""
done_testing
