#!/bin/bash
# contrib/fleet/ with a real mosquitto. An edge publishes only under its own name. Only the root publishes bans and
# reads counts. Nobody connects without a certificate of the fleet's own CA. IPv4 and IPv6.
# shellcheck disable=SC2317 # the functions are called by ok and within
# shellcheck disable=SC2016,SC2119 # a topic begins with $; broker_end needs no argument
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/contrib.sh
. "$(dirname "$0")/contrib.sh"
# shellcheck source=tests/e2e/fleet.sh
. "$(dirname "$0")/fleet.sh"
need_fleet
fleet_hosts root web1 web2 stranger
fleet_certs root web1 web2
is "only root may read the keys" "$(cd "$TMP/ca" && find . -perm /077 | sort)" ""
not_ok "no edge may have the root's name" fleet_certs_say edge root
not_ok "no edge may have a wildcard as name" fleet_certs_say edge '#'
not_ok "a certificate is not replaced" fleet_certs_say edge web1
not_ok "an edge's certificate cannot be a server's" openssl verify -purpose sslserver -CAfile "$TMP/ca/ca.pem" "$TMP/ca/web1/host.pem"
ok "the root's certificate can be a server's" openssl verify -purpose sslserver -CAfile "$TMP/ca/ca.pem" "$TMP/ca/root/host.pem"
broker_start

# reads NAME HOST CERTIFICATE TOPIC ARGUMENTS...: prints messages to $TMP/NAME.
reads() {
	local name=$1 host=$2 tls topic=$4
	tls_of "$3"
	shift 4
	ns_become "$host" mosquitto_sub "${tls[@]}" -q 1 -t "$topic" "$@" >"$TMP/$name" 2>&1 &
	ends_with_test $!
}
reads counts root root 'counts/#' -R -F %j
reads bans web1 web1 bans
reads bans6 web2 web2 bans -h 2001:db8:f::1
reads spies web2 web2 '#'
reads system web2 web2 '$SYS/#'

# The broker delivers messages in their order. So when the last message has arrived, an earlier message that is still
# missing will not arrive any more.
has() { grep -qsF -- "$2" "$TMP/$1"; }
until_arrives() { publish "$1" "$2" -t "$3" -m "$4" && within 1 has "$5" "$4"; }
ok "an edge publishes its counts" within 10 until_arrives web1 web1 counts/web1 first-counts counts
ok "an edge publishes its counts over IPv6" publish web1 web1 -h 2001:db8:f::1 -t counts/web1 -m counts-by-6
for name in bans bans6 spies; do
	ok "the root's messages arrive: $name" within 10 until_arrives root root bans first-ban $name
done

publish web1 web1 -t bans -m forged-ban
publish web1 web1 -V 5 -t bans -m forged-ban
publish web1 web1 -t counts/web2 -m as-another
publish web1 web1 -t counts/web1/x -m below-its-own
publish web1 web1 -t counts -m as-all
publish web1 web1 -u root -t bans -m as-root-by-name
publish web1 web1 -i root -t bans -m as-root-by-id
publish web1 web1 -t counts/web1 -m $'x\ncounts/web2 {"forged":"by a newline"}'
publish web1 web1 -t counts/web1 -m "$(printf 'y%.0s' {1..5000})"
publish web1 web1 -r -t counts/web1 -m retained
publish web2 web2 -t counts/web2 -m its-own
publish root root -t bans -m last-ban
publish web1 web1 -t counts/web1 -m last-counts
ok "the root's later messages arrive" within 10 has bans last-ban
ok "the edge's later messages arrive" within 10 has counts last-counts
for text in forged-ban as-root-by-name as-root-by-id; do
	not_ok "an edge cannot publish bans: $text" has bans "$text"
done
for text in as-another below-its-own as-all; do
	not_ok "an edge cannot publish as another edge: $text" has counts "$text"
done
is "a newline in a message forges no line of another edge" \
	"$(jq -r 'select(.payload | contains("by a newline")) | .topic' "$TMP/counts")" counts/web1
not_ok "a message over 4096 bytes is dropped" has counts yyyyy
not_ok "no message is kept for later subscribers" has counts retained
is "every line of the root is one JSON object" "$(jq -c 'type' "$TMP/counts" | sort -u)" '"object"'
ok "an edge reads bans" has spies last-ban
is "an edge reads no counts but its own" "$(grep -v -e ban -e known "$TMP/spies")" its-own
is "an edge reads nothing of the broker's system topics" "$(cat "$TMP/system")" ""

# A host without a certificate of the fleet tries to publish. mosquitto_pub exits with 0 for some refusals, so the test
# checks which messages arrived.
FLEET_DIR=$TMP/other sh "$FLEET/fleet-certs" ca >/dev/null
FLEET_DIR=$TMP/other sh "$FLEET/fleet-certs" root 192.0.2.1 >/dev/null
knock() { in_ns stranger timeout 10 mosquitto_pub -h "$1" -p 8883 -q 1 -t bans -m "${2-stranger}" "${@:3}"; }
with() { echo --cafile "$TMP/ca/ca.pem" --cert "$TMP/$1/root/host.pem" --key "$TMP/$1/root/host.key"; }
for address in 192.0.2.1 2001:db8:f::1; do
	not_ok "$address: nobody connects without TLS" knock $address
	not_ok "$address: nobody connects without a certificate" knock $address stranger --cafile "$TMP/ca/ca.pem"
	not_ok "$address: nobody connects with a name and a password" knock $address stranger --cafile "$TMP/ca/ca.pem" -u root -P x
	# shellcheck disable=SC2046 # the function prints several words
	not_ok "$address: nobody connects with a certificate of another CA" knock $address stranger $(with other)
	# shellcheck disable=SC2046 # the function prints several words
	ok "$address: the root connects with its own certificate" knock $address "known by $address" $(with ca)
	ok "$address: the root's message arrives" within 10 has bans "known by $address"
done
not_ok "no message of a stranger arrived" has bans stranger
# The edge knows only another CA here. That an edge's certificate cannot be a server's is tested above.
not_ok "an edge does not trust a broker with a certificate of another CA" in_ns web1 timeout 10 mosquitto_pub -h 192.0.2.1 -p 8883 -q 1 \
	--cafile "$TMP/other/ca.pem" --cert "$TMP/ca/web1/host.pem" --key "$TMP/ca/web1/host.key" -t counts/web1 -m x

ok "an edge is revoked" fleet_certs_say revoke web2
cp "$TMP/ca/crl.pem" "$TMP/root/mosquitto/certs/crl.pem"
broker_end
broker_start
mv "$TMP"/ca/web2.revoked.* "$TMP/ca/web2"
not_ok "a revoked certificate does not connect" publish web2 web2 -t counts/web2 -m revoked
ok "other edges' certificates connect after a revocation" within 20 until_arrives web1 web1 counts/web1 after-revoking counts
not_ok "no message of the revoked edge arrived" has counts revoked

# The CA's directory has moved, and a relative path names it. Then the test makes the files as if a revocation had been
# interrupted after openssl had revoked the certificate, and revokes the certificate again.
mv "$TMP/ca" "$TMP/moved"
in_moved() { (cd "$TMP/moved/.." && FLEET_DIR=moved sh "$FLEET/fleet-certs" "$@"); }
serials() { openssl crl -in "$TMP/moved/crl.pem" -noout -text | grep -c 'Serial Number'; }
ok "a CA that has moved revokes an edge" in_moved revoke web1
is "two certificates are revoked" "$(serials)" 2
mv "$TMP"/moved/web1.revoked.* "$TMP/moved/web1"
ok "revoking a certificate again succeeds" in_moved revoke web1
is "two certificates are still revoked" "$(serials)" 2
echo broken >"$TMP/moved/index.txt"
mkdir "$TMP/moved/web9" && cp "$TMP/moved/ca.pem" "$TMP/moved/web9/host.pem"
said=$(in_moved revoke web9 2>&1)
is "a failure has exit status 1" $? 1
like "a failure is reported with its reason" "$said" 'unable to revoke web9'
fleet_explain
done_testing
