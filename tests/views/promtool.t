#!/bin/bash
# Prometheus' own tool reads the metrics and has nothing to say against them, live, stale and hostile.
. "$(dirname "$0")/../e2e/lib.sh"
need jq
need_built anomstat

golden=$(dirname "$0")/../golden/screen-state.json
. "$(dirname "$0")/promtool.sh"

# accepted PROMISE FILTER: promtool exits with 0 and says nothing.
accepted() {
	jq -c "$2" "$golden" >"$TMP/state.json"
	"$BUILD/anomstat" -s "$TMP/state.json" --prometheus >"$TMP/metrics"
	is "$1" "$("$promtool" check metrics <"$TMP/metrics" 2>&1)$?" 0
}

accepted "a stale state" .
accepted "a fresh one" ".saved = \"$(date -u +%Y-%m-%dT%H:%M:%S.000Z)\" | .interval_s = 3600"
accepted "a host with quotes and backslashes" '.host = "a\"b\\c{}\\n"'
accepted "the largest numbers" '.counters |= map_values(9007199254740991) | .mean = 1e12 | .z = -1e12 | .visits = 1e12'
accepted "nothing at all" '.counters |= map_values(0) | .now = null | .last_line = null | .bans = [] | .top = [] | .host = ""'
sed -i 's/^anomdetect_up 0/anomdetect_up x/' "$TMP/metrics"
not_ok "it would say so if one was wrong" "$promtool" check metrics <"$TMP/metrics"
done_testing
