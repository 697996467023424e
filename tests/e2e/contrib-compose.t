#!/bin/bash
# Tests contrib/nextcloud-compose without a container engine. Its files fit together. nginx accepts its configuration
# and logs clients of both families. The detector starts as in its container, with the same capabilities; it bans these
# clients and saves its memory when it is stopped. A small HTTP server replaces Nextcloud.
. "$(dirname "$0")/lib.sh"
need_root
need ip nginx curl openssl python3 jq setpriv ipset iptables
need_built anomdetect

dir=$(cd "$(dirname "$0")/../../contrib/nextcloud-compose" && pwd)
json=$TMP/compose.json
if ! /usr/bin/python3 -c 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)' \
	<"$dir/compose.yaml" >"$json" 2>"$TMP/err"; then
	flunk "compose.yaml is valid YAML" "$(tail -n 1 "$TMP/err")"
fi
holds() { ok "$1" jq -e "$2" "$json"; }
holds "nginx and the detector are on the host's network, Nextcloud and its database are not" \
	'[.services | to_entries[] | select(.value.network_mode == "host").key] | sort == ["anomdetect", "web"]'
holds "Nextcloud listens only on loopback" '.services.app.ports == ["127.0.0.1:8080:80"]'
holds "the detector has two capabilities and may write only to its state" '.services.anomdetect |
	.cap_drop == ["ALL"] and .cap_add == ["NET_ADMIN", "NET_RAW"] and .read_only and
	([.volumes[] | select(endswith(":ro") | not)] == ["state:/var/lib/anomdetect"])'
is "all mounted files exist, except ./tls, which the administrator makes" "$(jq -r '.services[].volumes[] | split(":")[0] | select(startswith("./"))' \
	"$json" | sort -u | while read -r file; do [ -e "$dir/$file" ] || echo "$file"; done)" "./tls"
is "every volume is declared" "$(jq -c '([.services[].volumes[] | split(":")[0] | select(startswith(".") | not)] | unique) -
	(.volumes | keys)' "$json")" "[]"
is "every network is declared" "$(jq -c '([.services[].networks // [] | .[]] | unique) - (.networks | keys)' "$json")" "[]"
ok "the detector follows the log that nginx writes" \
	grep -q "access_log $(jq -r .services.anomdetect.environment.LOG "$json") anomdetect;" "$dir/nginx.conf"
ok "the Dockerfile exists" [ -e "$dir/$(jq -r '.services.anomdetect.build | .context + "/" + .dockerfile' "$json")" ]
is "the log format is the same as in contrib/nginx.conf" "$(sed -n '/log_format anomdetect /,/;$/p' "$dir/nginx.conf" | sed 's/^ *//')" \
	"$(sed -n '/log_format anomdetect /,/;$/p' "$dir/../nginx.conf" | sed 's/^ *//')"

# A host, and clients of both families. The IPv6 client is outside the host's /64.
ns_add host
ns_add client
ns_join host out client in
ns_address host out 203.0.113.1/24 2001:db8:1::1/64
ns_address client in 203.0.113.7/24 203.0.113.8/24 2001:db8:1::7/64
ns_address client lo 2001:db8:2::7/128
ip -n "${NS}host" route add 2001:db8:2::/64 via 2001:db8:1::7

mkdir -p "$TMP/etc/tls" "$TMP/state" "$TMP/log"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$TMP/etc/tls/site.key" \
	-out "$TMP/etc/tls/site.crt" -subj /CN=cloud.example.org -days 2 2>/dev/null
sed "s|/var/log/anomdetect|$TMP/log|; s|/run/nginx.pid|$TMP/nginx.pid|; s|/dev/stderr|$TMP/nginx.err|; s/^user nginx/user nobody nogroup/
	s|^http {|&\nclient_body_temp_path $TMP/b;proxy_temp_path $TMP/p;fastcgi_temp_path $TMP/f;uwsgi_temp_path $TMP/u;scgi_temp_path $TMP/s;|" \
	"$dir/nginx.conf" >"$TMP/etc/nginx.conf"
ok "nginx accepts its configuration" in_ns host nginx -t -c "$TMP/etc/nginx.conf"
ns_become host nginx -c "$TMP/etc/nginx.conf" -g 'daemon off;' >"$TMP/nginx.out" 2>&1 &
ends_with_test $!
ns_become host python3 -c '
import http.server, json
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = json.dumps(dict(self.headers)).encode()
        self.send_response(200)
        self.send_header("Content-Length", len(body))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", 8080), Handler).serve_forever()' &
ends_with_test $!
get() { in_ns client curl -sk --max-time 20 "$@"; }
ok "requests reach the server that replaces Nextcloud" within 10 get -f https://203.0.113.1/
is "this server gets the client's real address, even if the client forges one" \
	"$(get -H 'X-Forwarded-For: 192.0.2.66' 'https://[2001:db8:1::1]/' | jq -r '."X-Forwarded-For"')" "2001:db8:1::7"
is "this server gets the requested host name" "$(get -H 'Host: cloud.example.org' https://203.0.113.1/ | jq -r .Host)" cloud.example.org
is "plain HTTP is redirected to HTTPS" "$(get -o /dev/null -w '%{http_code}' http://203.0.113.1/)" 301

# The detector, with the entry point, options and capabilities of its container, and with limits so low that a few
# requests are enough.
sed "s|/var/lib/anomdetect|$TMP/state|" "$dir/anomdetect.conf" >"$TMP/anomdetect.conf"
caps=$(jq -r '[.services.anomdetect.cap_add[] | "+" + ascii_downcase] | join(",")' "$json")
# Without CAP_DAC_OVERRIDE, even root cannot enter a directory of another user. This clone may be in one.
for_others "$BUILD/anomdetect" "$dir/../container/anomdetect-follow"
export PATH=$OTHERS:$PATH
LOG=$TMP/log/access.json ns_become host setpriv --bounding-set="-all,$caps" --inh-caps=-all --no-new-privs \
	"$OTHERS/anomdetect-follow" --ban --config "$TMP/anomdetect.conf" --learn 0s --requests-floor 12 --proxy-share 1 \
	>"$TMP/events" 2>"$TMP/err" &
follow=$!
ends_with_test $follow
has() { jq -se "any(.[]; $1)" "$TMP/events"; }
seen() { within "$@" || { cat "$TMP/events" "$TMP/err"; return 1; }; }
ok "the detector starts and enforces bans" seen 15 has '.event == "start" and .enforced'
# flood ADDRESS URL: makes requests until the client is banned, at most 200.
flood() {
	for _ in $(seq 200); do get -o /dev/null --interface "$1" "$2" || return; done
}
flood 203.0.113.7 https://203.0.113.1/
flood 2001:db8:2::7 'https://[2001:db8:1::1]/'
ok "an IPv4 client that floods is banned" seen 15 has '.event == "ban" and .client == "203.0.113.7" and .enforced'
ok "an IPv6 client that floods is banned" seen 15 has '.event == "ban" and .client == "2001:db8:2::/64" and .enforced'
not_ok "the site does not answer the banned IPv4 client" get --interface 203.0.113.7 https://203.0.113.1/
not_ok "the site does not answer the banned IPv6 client" get --interface 2001:db8:2::7 'https://[2001:db8:1::1]/'
ok "the site answers other clients" get -f --interface 203.0.113.8 https://203.0.113.1/
is "only the two clients that flooded are banned" \
	"$(jq -rs '[.[] | select(.event == "ban").client] | sort | join(" ")' "$TMP/events")" "2001:db8:2::/64 203.0.113.7"
kill "$follow"
ok "when the container stops, the detector prints a stop event" seen 15 has '.event == "stop"'
ok "the stopped detector has saved a memory file with the banned client" seen 5 grep -q 203.0.113.7 "$TMP/state/state.json.memory"

done_testing
