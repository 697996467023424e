#!/bin/bash
# Prometheus' promtool accepts the alerts and every query of the dashboard, and each alert fires when it should
# (alerts_test.yml).
. "$(dirname "$0")/../e2e/lib.sh"
need jq
. "$(dirname "$0")/promtool.sh"

root=$(cd "$(dirname "$0")/../.." && pwd)
rules=$root/contrib/prometheus/anomdetect-rules.yml
ok "promtool accepts the alerts" "$promtool" check rules "$rules"
ok "each alert fires when it should, and at no other time" "$promtool" test rules "$root/tests/views/alerts_test.yml"
is "alerts_test.yml tests each alert" "$(for name in $(sed -n 's/.* alert: //p' "$rules"); do
	grep -q "$name" "$root/tests/views/alerts_test.yml" || echo "$name"
done)" ""
is "each alert has a severity and a summary" \
	"$(grep -c 'severity: \(critical\|warning\|info\)$' "$rules") $(grep -c ' summary: .' "$rules")" \
	"$(grep -c ' alert: ' "$rules") $(grep -c ' alert: ' "$rules")"

# Makes a recording rule of each query, with a value for each of Grafana's variables.
jq '{groups: [{name: "dashboard", rules: [.panels[].targets[].expr, .annotations.list[].expr] | unique | to_entries | map({
	record: "query:\(.key)", expr: (.value | gsub("\\$instance"; ".*") | gsub("\\$__rate_interval"; "5m"))})}]}' \
	"$root/contrib/grafana/anomdetect.json" >"$TMP/dashboard.yml"
ok "promtool accepts every query of the dashboard" "$promtool" check rules "$TMP/dashboard.yml"
is "the dashboard has over 15 queries" "$(($(jq '.groups[0].rules | length' "$TMP/dashboard.yml") > 15))" 1
sed -i 's/rate(/rat(/' "$TMP/dashboard.yml"
not_ok "promtool refuses a malformed query" "$promtool" check rules "$TMP/dashboard.yml"

done_testing
