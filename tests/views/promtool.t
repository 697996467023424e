#!/bin/bash
# Prometheus' promtool accepts the metrics of a live, a stale and a hostile state.
. "$(dirname "$0")/../e2e/lib.sh"
need jq
need_built anomstat

golden=$(dirname "$0")/../golden/screen-state.json
. "$(dirname "$0")/promtool.sh"

# accepted PROMISE FILTER: for the state that FILTER makes, promtool exits with 0 and prints nothing.
accepted() {
	jq -c "$2" "$golden" >"$TMP/state.json"
	"$BUILD/anomstat" -s "$TMP/state.json" --prometheus >"$TMP/metrics"
	is "promtool accepts $1" "$("$promtool" check metrics <"$TMP/metrics" 2>&1)$?" 0
}

accepted "metrics of a stale state" .
accepted "metrics of a fresh state" ".saved = \"$(date -u +%Y-%m-%dT%H:%M:%S.000Z)\" | .interval_s = 3600"
accepted "metrics of a host whose name has quotes and backslashes" '.host = "a\"b\\c{}\\n"'
accepted "metrics with the largest numbers" '.counters |= map_values(9007199254740991) | .mean = 1e12 | .z = -1e12 | .visits = 1e12'
accepted "metrics of an empty state" '.counters |= map_values(0) | .now = null | .last_line = null | .bans = [] | .top = [] | .host = ""'
sed -i 's/^anomdetect_up 0/anomdetect_up x/' "$TMP/metrics"
not_ok "promtool refuses a wrong metric" "$promtool" check metrics <"$TMP/metrics"
done_testing
