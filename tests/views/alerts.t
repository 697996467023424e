#!/bin/bash
# Prometheus' own tool takes the alerts, each of them fires when it should (alerts_test.yml), and it takes every query of the
# dashboard.
. "$(dirname "$0")/../e2e/lib.sh"
need jq
. "$(dirname "$0")/promtool.sh"

root=$(cd "$(dirname "$0")/../.." && pwd)
rules=$root/contrib/prometheus/anomdetect-rules.yml
ok "the alerts are well formed" "$promtool" check rules "$rules"
ok "each fires when it should, and at no other time" "$promtool" test rules "$root/tests/views/alerts_test.yml"
is "each is in that test" "$(for name in $(sed -n 's/.* alert: //p' "$rules"); do
	grep -q "$name" "$root/tests/views/alerts_test.yml" || echo "$name"
done)" ""
is "each has a severity and a summary" \
	"$(grep -c 'severity: \(critical\|warning\|info\)$' "$rules") $(grep -c ' summary: .' "$rules")" \
	"$(grep -c ' alert: ' "$rules") $(grep -c ' alert: ' "$rules")"

# A query as a rule, with a value for each of Grafana's variables.
jq '{groups: [{name: "dashboard", rules: [.panels[].targets[].expr, .annotations.list[].expr] | unique | to_entries | map({
	record: "query:\(.key)", expr: (.value | gsub("\\$instance"; ".*") | gsub("\\$__rate_interval"; "5m"))})}]}' \
	"$root/contrib/grafana/anomdetect.json" >"$TMP/dashboard.yml"
ok "every query of the dashboard is well formed" "$promtool" check rules "$TMP/dashboard.yml"
is "there are queries" "$(($(jq '.groups[0].rules | length' "$TMP/dashboard.yml") > 15))" 1
sed -i 's/rate(/rat(/' "$TMP/dashboard.yml"
not_ok "it would say so if one was not" "$promtool" check rules "$TMP/dashboard.yml"

done_testing
