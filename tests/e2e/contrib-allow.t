#!/bin/bash
# anom-allow turns published address ranges, in each format that publishers use, into a list that anomdetect accepts. It
# refuses broken or very wide lists, and the old list stays.
. "$(dirname "$0")/lib.sh"
need gzip python3 jq
need_built anomdetect

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
cd "$TMP" || exit 1
allow() { "$ROOT/contrib/anom-allow" "$@"; }
list() { allow "$@" 2>&1 | sed 1d | tr '\n' ' '; } # without the first line, a comment

# ---- samples in their publishers' formats ----
cat >google.json <<'EOT'
{
  "creationTime": "2026-11-20T15:46:03.000000",
  "prefixes": [{
    "ipv6Prefix": "2001:4860:4801:10::/64"
  }, {
    "ipv6Prefix": "2001:4860:4801:11::/64"
  }, {
    "ipv4Prefix": "66.249.64.0/27"
  }, {
    "ipv4Prefix": "66.249.64.128/27"
  }]
}
EOT
printf '\xef\xbb\xbf{"creationTime":"2026-01-03T10:00:00.121331","prefixes":[{"ipv4Prefix":"157.55.39.0/24"},{"ipv4Prefix":"40.77.167.0/24"}]}' >bing.json
printf '173.245.48.0/20\n103.21.244.0/22\n104.16.0.0/13\n104.24.0.0/14' >cloudflare-v4.txt # no newline at its end
printf '2400:cb00::/32\n2a06:98c0::/29\n' >cloudflare-v6.txt
echo '{"addresses":["23.235.32.0/20","43.249.72.0/22"],"ipv6_addresses":["2a04:4e40::/32","2a04:4e42::/32"]}' >fastly.json
cat >aws.json <<'EOT'
{
  "syncToken": "1700000000", "createDate": "2026-11-20-21-53-14",
  "prefixes": [
    {"ip_prefix": "3.5.140.0/22", "region": "ap-northeast-2", "service": "AMAZON", "network_border_group": "ap-northeast-2"},
    {"ip_prefix": "120.52.22.96/27", "region": "GLOBAL", "service": "CLOUDFRONT", "network_border_group": "GLOBAL"},
    {"ip_prefix": "15.177.0.0/23", "region": "us-east-1", "service": "ROUTE53_HEALTHCHECKS", "network_border_group": "us-east-1"}
  ],
  "ipv6_prefixes": [
    {"ipv6_prefix": "2600:9000:3000::/36", "region": "GLOBAL", "service": "CLOUDFRONT", "network_border_group": "GLOBAL"},
    {"ipv6_prefix": "2600:1ff0::/28", "region": "us-east-1", "service": "AMAZON", "network_border_group": "us-east-1"}
  ]
}
EOT
printf '216.144.248.16\r\n216.144.248.17\r\n2607:ff68:107::3\r\n' >uptimerobot.txt
printf '# probes\n85.195.116.134\n\n  2a02:752:100:e::4  # Stockholm\n' >pingdom.txt

is "Google's JSON is accepted" "$(list google.json)" "66.249.64.0/27 66.249.64.128/27 2001:4860:4801:10::/63 "
is "Bing's JSON, with a byte order mark, is accepted" "$(list bing.json)" "40.77.167.0/24 157.55.39.0/24 "
is "Cloudflare's two lists are merged" "$(list cloudflare-v4.txt cloudflare-v6.txt)" \
	"103.21.244.0/22 104.16.0.0/13 104.24.0.0/14 173.245.48.0/20 2400:cb00::/32 2a06:98c0::/29 "
is "Fastly's JSON is accepted" "$(list fastly.json)" "23.235.32.0/20 43.249.72.0/22 2a04:4e40::/32 2a04:4e42::/32 "
is "--service selects a service of AWS" "$(list --service CLOUDFRONT aws.json)" "120.52.22.96/27 2600:9000:3000::/36 "
is "--service selects two services of AWS" "$(list --service CLOUDFRONT,ROUTE53_HEALTHCHECKS aws.json)" \
	"15.177.0.0/23 120.52.22.96/27 2600:9000:3000::/36 "
is "UptimeRobot's addresses, with carriage returns, are accepted" "$(list uptimerobot.txt)" "216.144.248.16/31 2607:ff68:107::3/128 "
is "Pingdom's addresses, with comments, are accepted on standard input" "$(list <pingdom.txt)" \
	"85.195.116.134/32 2a02:752:100:e::4/128 "
is "the list's first line names its sources" "$(allow google.json - <pingdom.txt | head -1)" "# by anom-allow, from google.json stdin"

# ---- refused input: a message on standard error, exit status 1, and the old file stays ----
allow -o good.txt google.json
cp -p good.txt before.txt
before=$(stat -c %i good.txt)

# refused PROMISE REGEX FILE [OPTION...]
refused() {
	local promise=$1 regex=$2 said code
	shift 2
	said=$(allow -o good.txt "$@" 2>&1)
	code=$?
	if [ $code = 1 ] && [[ $said =~ $regex ]] && [[ $said == *"'good.txt' is unchanged"* ]] && [ "$(wc -l <<<"$said")" = 1 ] &&
		[ "$(stat -c %i good.txt)" = "$before" ] && cmp -s good.txt before.txt; then
		pass "refused: $promise"
	else
		flunk "refused: $promise" "exit status $code" "$said"
	fi
}
# shellcheck disable=SC2059 # the argument is a format with escapes
text() { printf "$1" >bad; }
gzip -c google.json >packed.gz
refused "a compressed file" "'packed.gz': it is compressed; put \`zcat FILE |\` before anom-allow" packed.gz
text '\377\376x' && refused "text in UTF-16" "'bad': it is text in UTF-16; put \`iconv -f UTF-16 -t UTF-8 FILE |\` before anom-allow" bad
text '\377x' && refused "bytes that are not text" "'bad': it is not text; \`file FILE\` prints its type" bad
is "a misspelt option is refused, and the message names the right one" "$(allow --shirnk google.json 2>&1 >good.txt.none)" \
	"anom-allow: fatal: unknown option --shirnk; did you mean --shrink?"
rm -f good.txt.none
text '' && refused "an empty file" "'bad': it has no ranges" bad
text '# nothing\n\n' && refused "comments alone" "it has no ranges" bad
text '<html><head><title>503 Service Unavailable</title>\n' && refused "an error page" "is not an address or network" bad
text '{"error":"rate limited"}' && refused "an error in JSON" "in an unknown format" bad
text '[]' && refused "JSON that is not an object" "in an unknown format" bad
text '{"prefixes":[]}' && refused "JSON without a range" "it has no ranges" bad
text '{"prefixes":[{"ipv4Prefix":"66.249.64.0/27"},{"ipv4Prefix":""}]}' && refused "an empty range" "is not an address" bad
text '{"prefixes":[{"ipv4Prefix":"66.249.64.0/27"},{"ipv5Prefix":"66.249.65.0/27"}]}' &&
	refused "a range of another kind" "must have exactly one of ipv4Prefix, ipv6Prefix" bad
text '{"prefixes":[{"ipv4Prefix":7}]}' && refused "a range that is a number" "is not an address" bad
text '{"prefixes":[{"ipv4Prefix":"66.249.64.0/27"}],"prefixes":[{"ipv4Prefix":"66.249.65.0/27"}]}' &&
	refused "JSON in which a name occurs twice" "a name occurs twice" bad
head -c 150 google.json >bad && refused "half of a JSON file" "half a download" bad
text '66.249.64.0/27\n66.249.64.1' && printf '28/27\n0/0\n' >>bad && refused "a word that is not an address" "is not an address" bad
text '66.249.64.1/27\n' && refused "bits set after a prefix" "bits set after its prefix" bad
text '66.249.64.0/33\n' && refused "a prefix that is too long" "is not an address" bad
text '66.249.64\n' && refused "an address of three numbers" "is not an address" bad
text 'fe80::1%%eth0\n' && refused "an address with a zone" "is not an address" bad
for range in 0.0.0.0/0 ::/0 0.0.0.0/1 10.1.2.0/24 127.0.0.1 169.254.1.1 172.16.0.0/12 192.168.1.0/24 100.64.0.0/10 224.0.0.1 \
	::1 ::ffff:10.1.2.3 fe80::1 fd00::/8 ff02::1; do
	echo "66.249.64.0/27
$range" >bad
	refused "$range" "is not a range of the Internet" bad
done
text '52.0.0.0/11\n' && refused "an IPv4 range wider than /12" "wider than /12; see --widest4" bad
text '2600::/23\n' && refused "an IPv6 range wider than /24" "wider than /24; see --widest6" bad
is "--widest4 and --widest6 accept wider ranges" "$(printf '52.0.0.0/11\n2600:0::/23\n' | list --widest4 11 --widest6 23)" "52.0.0.0/11 2600::/23 "
for i in $(seq 17); do echo "$((20 + i)).16.0.0/12"; done >bad
refused "many wide IPv4 ranges" "the IPv4 ranges together cover more than 16 ranges of /12" bad
for i in $(seq 17); do printf '26%02x:100::/24\n' "$i"; done >bad
refused "many wide IPv6 ranges" "the IPv6 ranges together cover more than 16 ranges of /24" bad
head -16 bad >wide && ok "the largest allowed total of ranges is accepted" allow wide
refused "a list of AWS without --service" "the list has services.*AMAZON, CLOUDFRONT, ROUTE53_HEALTHCHECKS" aws.json
refused "a service that the list does not have" "no service CLOUDFRNT" --service CLOUDFRNT,AMAZON aws.json
refused "--service with a list that has no services" "it has no services" --service CLOUDFRONT google.json
refused "--service with a text list" "it has no services" --service CLOUDFRONT pingdom.txt
text 'moved\n' && refused "a good file and a bad one" "'bad': 'moved' is not an address" google.json bad
text 'caf\xe9\n' && refused "text that is not UTF-8" "it is not text" bad
python3 -c 'print("[" * 100000)' >bad && refused "JSON that is nested too deeply" "not valid JSON" bad
refused "a file that does not exist" "unable to read: No such file" google.json none
refused "a directory" "unable to read: Is a directory" .
text '66.249.64.0/27\n' && refused "a list with less than half of the old ranges" "has 3 ranges, but the new list has 1: give --shrink" bad
refused "input without an end" "longer than" /dev/zero
is "no temporary file is left" "$(compgen -G 'good.txt?*')" ""

# ---- the file ----
allow -o good.txt google.json
is "an unchanged list is not written" "$(stat -c %i good.txt)" "$before"
ok "--shrink accepts a smaller list" allow --shrink -o good.txt bing.json
is "the file is replaced, not rewritten" "$(stat -c %i good.txt | grep -cx "$before"), $(stat -c %a good.txt)" "0, 644"
mkdir closed
cp good.txt closed/list && chmod 500 closed
for_others "$ROOT"/contrib/{anom-allow,anom_events.py,anom_hints.py}
if [ "$(id -u)" = 0 ]; then other=("${as_other[@]}"); else other=(); fi
"${other[@]}" "$OTHERS/anom-allow" -o "$TMP/closed/list" "$TMP/google.json" 2>said
is "if the directory cannot be written to, the exit status is 1" $? 1
like "if the directory cannot be written to, the message names the reason" "$(cat said)" "unable to write: Permission denied; '$TMP/closed/list' is unchanged"
allow google.json >/dev/full 2>said
is "a full disk under standard output causes exit status 1" "$?, $(grep -c 'No space left' said)" "1, 1"
allow --widest4 3 google.json 2>said
is "an option value out of range causes exit status 2" $? 2
is "anom-allow prints its version" "$(allow --version)" "anom-allow $(sed -n 's/.*"\([0-9.]*\)".*/\1/p' "$ROOT/src/core/base/version.h")"

# ---- the list in anomdetect ----
"$ROOT/tests/traffic.py" --minutes 42 --clients 10 --ipv6 0.25 --flood '50@35m+30,198.18.7.7' --flood '50@38m+30,2620:0:db8::1' >log
bans() { "$BUILD/anomdetect" -r -s none -e ban "$@" <log | jq -r .client | sort -u | tr '\n' ' '; }
printf '198.18.7.0/24\n2620:0:db8::/48\n' | allow -o crawlers.txt
is "without the list both floods are banned" "$(bans)" "198.18.7.7 2620:0:db8::/64 "
is "anomdetect --allow @FILE accepts the list: no crawler is banned" "$(bans --allow @crawlers.txt)" ""
# With the list as proxies, the client behind a listed address is banned, and the listed address is not.
sed 's/"remote_addr":"198.18.7.7"/&,"http_x_forwarded_for":"203.0.113.9"/' log >xff && mv xff log
is "anomdetect --trust-proxy @FILE accepts the list" "$(bans --trust-proxy @crawlers.txt)" "203.0.113.9 "

done_testing
