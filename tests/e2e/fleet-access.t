#!/bin/bash
# contrib/fleet/ with a real mosquitto: an edge speaks for itself alone, only the root publishes bans and reads counts,
# and nobody connects without a certificate of the fleet's own CA. IPv4 and IPv6.
# shellcheck disable=SC2317,SC2016,SC2119 # ok and within call them; a topic begins with a dollar; broker_end's signal is its own
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/contrib.sh
. "$(dirname "$0")/contrib.sh"
# shellcheck source=tests/e2e/fleet.sh
. "$(dirname "$0")/fleet.sh"
need_fleet
fleet_hosts root web1 web2 stranger
fleet_certs root web1 web2
is "keys are root's alone" "$(cd "$TMP/ca" && find . -perm /077 | sort)" ""
not_ok "no edge can have the root's name" fleet_certs_say edge root
not_ok "no edge has a wildcard's name" fleet_certs_say edge '#'
not_ok "a certificate is not replaced" fleet_certs_say edge web1
not_ok "an edge's certificate cannot be a server's" openssl verify -purpose sslserver -CAfile "$TMP/ca/ca.pem" "$TMP/ca/web1/host.pem"
ok "the root's can" openssl verify -purpose sslserver -CAfile "$TMP/ca/ca.pem" "$TMP/ca/root/host.pem"
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

# What is sent last and must come shows that what came before did not.
has() { grep -qsF -- "$2" "$TMP/$1"; }
until_arrives() { publish "$1" "$2" -t "$3" -m "$4" && within 1 has "$5" "$4"; }
ok "an edge publishes its counts" within 10 until_arrives web1 web1 counts/web1 first-counts counts
ok "over IPv6 too" publish web1 web1 -h 2001:db8:f::1 -t counts/web1 -m counts-by-6
for name in bans bans6 spies; do
	ok "what the root publishes comes: $name" within 10 until_arrives root root bans first-ban $name
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
ok "what the root publishes still comes" within 10 has bans last-ban
ok "what the edge may publish still comes" within 10 has counts last-counts
for text in forged-ban as-root-by-name as-root-by-id; do
	not_ok "an edge cannot publish bans: $text" has bans "$text"
done
for text in as-another below-its-own as-all; do
	not_ok "an edge cannot publish as another: $text" has counts "$text"
done
is "a newline in a message makes no line of another edge" \
	"$(jq -r 'select(.payload | contains("by a newline")) | .topic' "$TMP/counts")" counts/web1
not_ok "a message over 4096 bytes is dropped" has counts yyyyy
not_ok "no message is kept for later subscribers" has counts retained
is "every line of the root is one JSON object" "$(jq -c 'type' "$TMP/counts" | sort -u)" '"object"'
ok "an edge reads bans, whatever it subscribes to" has spies last-ban
is "and of the counts its own alone" "$(grep -v -e ban -e known "$TMP/spies")" its-own
is "and nothing of the broker's own" "$(cat "$TMP/system")" ""

# Strangers. mosquitto_pub says 0 for some refusals, so what counts is what came.
FLEET_DIR=$TMP/other sh "$FLEET/fleet-certs" ca >/dev/null
FLEET_DIR=$TMP/other sh "$FLEET/fleet-certs" root 192.0.2.1 >/dev/null
knock() { in_ns stranger timeout 10 mosquitto_pub -h "$1" -p 8883 -q 1 -t bans -m "${2-stranger}" "${@:3}"; }
with() { echo --cafile "$TMP/ca/ca.pem" --cert "$TMP/$1/root/host.pem" --key "$TMP/$1/root/host.key"; }
for address in 192.0.2.1 2001:db8:f::1; do
	not_ok "$address: nobody connects without TLS" knock $address
	not_ok "$address: nor without a certificate" knock $address stranger --cafile "$TMP/ca/ca.pem"
	not_ok "$address: nor with a name and a password" knock $address stranger --cafile "$TMP/ca/ca.pem" -u root -P x
	# shellcheck disable=SC2046 # words
	not_ok "$address: nor with a certificate of another CA" knock $address stranger $(with other)
	# shellcheck disable=SC2046 # words
	ok "$address: the root's own certificate does" knock $address "known by $address" $(with ca)
	ok "$address: and what it publishes comes" within 10 has bans "known by $address"
done
not_ok "no stranger's did" has bans stranger
# A broker with another CA's certificate is not believed, nor an edge that poses as one.
not_ok "an edge does not believe another CA's broker" in_ns web1 timeout 10 mosquitto_pub -h 192.0.2.1 -p 8883 -q 1 \
	--cafile "$TMP/other/ca.pem" --cert "$TMP/ca/web1/host.pem" --key "$TMP/ca/web1/host.key" -t counts/web1 -m x

ok "an edge is revoked" fleet_certs_say revoke web2
cp "$TMP/ca/crl.pem" "$TMP/root/mosquitto/certs/crl.pem"
broker_end
broker_start
mv "$TMP"/ca/web2.revoked.* "$TMP/ca/web2"
not_ok "its certificate connects no more" publish web2 web2 -t counts/web2 -m revoked
ok "the others' do" within 20 until_arrives web1 web1 counts/web1 after-revoking counts
not_ok "and nothing of its came" has counts revoked

# The CA has moved, and is named from where it is; an earlier call was interrupted behind openssl's part.
mv "$TMP/ca" "$TMP/moved"
in_moved() { (cd "$TMP/moved/.." && FLEET_DIR=moved sh "$FLEET/fleet-certs" "$@"); }
serials() { openssl crl -in "$TMP/moved/crl.pem" -noout -text | grep -c 'Serial Number'; }
ok "a CA that has moved revokes an edge" in_moved revoke web1
is "two are revoked" "$(serials)" 2
mv "$TMP"/moved/web1.revoked.* "$TMP/moved/web1"
ok "one that is revoked already is no fault" in_moved revoke web1
is "they are still revoked" "$(serials)" 2
echo broken >"$TMP/moved/index.txt"
mkdir "$TMP/moved/web9" && cp "$TMP/moved/ca.pem" "$TMP/moved/web9/host.pem"
said=$(in_moved revoke web9 2>&1)
is "a failure ends with 1" $? 1
like "and says why" "$said" 'unable to revoke web9'
fleet_explain
done_testing
