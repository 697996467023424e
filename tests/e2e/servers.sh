# servers.sh - shared by the tests with real web servers: sends requests that are hard to log to the server
# (tests/servers/odd.py) and checks the server's log.
#
# Source it after lib.sh. Everything runs in the namespace `site`, whose loopback has the server's and all clients'
# addresses.
#
#     site_begin                              # checks for programs, makes the namespace and its addresses
#     site_config nginx.conf                  # copies tests/servers/nginx.conf with this test's directory in it
#     site_send PORT [NAME...]                # sends the requests of odd.py, or only these; their senders are in $sent
#     site_listens PORT                       # tests whether a server listens on the port; for use with `within`
#     log_holds "plain tls" "$TMP/log"        # whether the log has all clients except the senders of these requests
#     log_check "what it is" "$TMP/log" "plain tls" "" OPTION... # checks the clients, the rejected lines and the times
#     log_trusts "what it is" "$TMP/log" "plain tls" OPTION...   # checks the clients if other hosts are trusted proxies
#     status_check "what it is" "$TMP/log" "gone tls" OPTION...  # checks that these requests count as errors
#     trust_check "what it is" "$TMP/log" OPTION...              # checks that the header of trusted proxies is used
#     mixed_check "what it is" "$TMP/log" "$TMP/error.log" "plain tls"    # log_check with both logs on one stream
#     slow_send PORT                          # sends a request of 4 s, whose line contains /slow
#     slow_check "what it is" "$TMP/log" OPTION...    # checks that this request counts at its end
#
# Each request is sent from a different address. So a log is parsed correctly if the clients that anomdetect finds are
# exactly the addresses of the requests that the server logs.
# shellcheck shell=bash

SERVER4=203.0.113.254 SERVER6=2001:db8:1::fe # no client has these addresses
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../servers" && pwd)

site_begin() {
	need_root
	need ip python3 jq
	need_built anomdetect
	ns_add site
	{
		printf '%s/32\n%s/128\n' $SERVER4 $SERVER6
		"$HERE/odd.py" --addresses | tr ' ' '\n'
	} | sed 's/.*/address add & dev lo/; /:/s/$/ nodad/' | ip -n "${NS}site" -batch -
	is "the site has its addresses" $? 0
	began=$(date +%s)
	sent=$TMP/sent
}

site_config() { sed "s,@TMP@,$TMP,g" "$HERE/$1" >"$TMP/$1"; }

site_send() { in_ns site "$HERE/odd.py" $SERVER4 $SERVER6 "$@" >>"$sent"; }

site_listens() { in_ns site ss -Hltnu | grep -qE "[:.]$1 "; }

# clients_but "NAME...": prints the senders of all requests except the named ones.
clients_but() { awk -v but="$1" '
	BEGIN { split(but, names, " "); for (i in names) skip[names[i]] }
	!($1 in skip) { print $2 }' "$sent" | sort -u; }

# Prints the clients' addresses in the log.
named_in() { grep -aoE "203\.0\.113\.[0-9]+|2001:db8:1::[0-9]+" "$1" | sort -u; }

log_holds() {
	[ -z "$(comm -13 <(named_in "$2") <(clients_but "$1"))" ] && [ -z "$(tail -c 1 "$2")" ]
}

# The cold limit is 1.67 requests in 60 s (five thirds of --requests-floor 1), and a burst may have twice as many: 3.33.
# So four copies of a line make the detector ban the line's client.
judge() {
	local log=$1
	shift
	sed 'p;p;p' "$log" | "$BUILD/anomdetect" --replay --state none --events ban,alert --learn 0 --ipv6-prefix 128 \
		--requests-floor 1 --severe 1 "$@"
}

# log_check WHAT LOG "NAME..." "REJECTS" OPTION...: NAMEs are the requests for which this log contains no line with a
# client. REJECTS are the expected reject reasons and counts: "other=2 not_json=1", in alphabetical order, or "any=3".
log_check() {
	local what=$1 log=$TMP/checked but=$3 rejects=$4 any=false sums
	case $rejects in any=*) any=true ;; esac
	cp "$2" "$log" # the server may continue to write
	shift 4
	"$BUILD/anomdetect" --replay --state none --events stop "$@" <"$log" >"$TMP/stop" 2>"$TMP/stop.err"
	sums=$(jq -r '[.not_json, .no_client, .bad_client, .bad_time, .too_long, .nul, .other, .requests] as $all
		| "\(.lines) \($all | add)"' "$TMP/stop")
	is "$what: each line is a request or counted as rejected" "$sums" "$(wc -l <"$log") $(wc -l <"$log")"
	is "$what: the rejected lines are: ${rejects:-none}" "$(jq -r '
		[{not_json, no_client, bad_client, bad_time, too_long, nul, other} | to_entries[] | select(.value > 0)
		| {key: (if $any then "any" else .key end), value}] | group_by(.key)
		| map("\(.[0].key)=\(map(.value) | add)") | join(" ")' --argjson any "$any" "$TMP/stop")" "$rejects"
	judge "$log" "$@" >"$TMP/events" 2>"$TMP/events.err"
	jq -r 'select(.client != null).client' "$TMP/events" | sort -u >"$TMP/clients"
	is "$what: the clients are the real clients" "$(diff "$TMP/clients" <(clients_but "$but") | head -n 20)" ""
	is "$what: no forged address is a client" "$(jq -c 'del(.request, .paths)' "$TMP/events" | grep -cE '192\.0\.2\.|db8:bad')" 0
	is "$what: the times are within the test" "$(jq -r --argjson began "$began" --argjson ended "$(date +%s)" '
		(.time[0:19] + "Z" | fromdate) as $t | select($t < $began - 1 or $t > $ended + 1).time' "$TMP/events")" ""
}

# log_trusts WHAT LOG "NAME..." OPTION...: NAME as in log_check. The header of a client that is not a trusted proxy is
# not used.
log_trusts() {
	local what=$1 log=$TMP/checked but=$3
	cp "$2" "$log"
	shift 3
	judge "$log" --trust-proxy 198.51.100.1 --trust-proxy 2001:db8:c0::/48 "$@" >"$TMP/events" 2>"$TMP/events.err"
	jq -r 'select(.client != null).client' "$TMP/events" | sort -u >"$TMP/clients"
	is "$what: with trusted proxies the clients are the same" "$(diff "$TMP/clients" <(clients_but "$but") | head -n 20)" ""
}

# The clients that send a header with one address (forged-xff) or with a list (forged-xff-list) are trusted proxies
# here, in both families. The rightmost address in each of their headers is the same.
trust_check() {
	local what=$1 log=$2 proxies
	shift 2
	proxies=$(awk '$1 == "forged-xff" || $1 == "forged-xff-list" { print $2 }' "$sent")
	# shellcheck disable=SC2046 # no address has a blank
	judge "$log" $(printf -- '--trust-proxy %s ' $proxies) "$@" >"$TMP/events" 2>"$TMP/events.err"
	is "$what: a trusted proxy's client is the rightmost address that is not a proxy, and no proxy is a client" "$(
		jq -r 'select(.client != null).client' "$TMP/events" | grep -xF -e 192.0.2.66 -e 2001:db8:bad::66 -e "$proxies" | sort -u
	)" 192.0.2.66
}

# mixed_check WHAT LOG ERRORS "NAME..." OPTION...: as log_check, for LOG and ERRORS on one stream, in alternating lines.
mixed_check() {
	local what=$1 errors=$3 but=$4
	paste -d '\n' "$2" <(tr -d '\000' <"$errors") | grep -av '^$' >"$TMP/mixed"
	shift 4
	ok "$what: the error log quotes the requested path" grep -qa '/gone{.*192\.0\.2\.66' "$errors"
	log_check "$what" "$TMP/mixed" "$but" "any=$(grep -ac . "$errors")" "$@"
}

# status_check WHAT LOG "NAME...": all these requests are answered with 4xx or 5xx. If a client has no errors, its
# status was not read.
status_check() {
	local what=$1 log=$2 names=$3 address
	shift 3
	judge "$log" "$@" >"$TMP/events" 2>"$TMP/events.err"
	for address in $(awk -v names="$names" '
		BEGIN { split(names, list, " "); for (i in list) wanted[list[i]] }
		$1 in wanted { print $1 "=" $2 }' "$sent"); do
		is "$what: the status of ${address%%=*} is read, ${address#*=}" "$(jq -s --arg client "${address#*=}" \
			'any(.[]; .event == "ban" and .client == $client and .errors > 0)' "$TMP/events")" true
	done
}

slow_send() { in_ns site "$HERE/slow.py" $SERVER4 $SERVER6 "$1" >"$TMP/slow"; }

slow_is_logged() { [ "$(grep -acE '/slow.*["}]$' "$1")" -ge 2 ]; }

# If a log had only the start of a request, its time would be 4 s earlier.
slow_check() {
	local what=$1 log=$2 client began ended at
	shift 2
	ok "$what: the slow requests are logged" within 20 slow_is_logged "$log"
	is "$what: the slow requests of both families are answered" "$(wc -l <"$TMP/slow")" 2
	while read -r client began ended; do
		grep -a /slow "$log" | grep -awF "$client" >"$TMP/slow.log"
		at=$(judge "$TMP/slow.log" "$@" | jq -r 'select(.event == "ban").time[0:19] + "Z" | fromdate')
		is "$what: the slow request of $client lasted" $((ended - began >= 4)) 1
		is "$what: the request counts at its end, not at its start" "$((at - ended >= -1 && at - ended <= 1))" 1
	done <"$TMP/slow"
}
