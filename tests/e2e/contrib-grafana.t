#!/bin/bash
# Grafana's dashboard and Prometheus' alerts query only metrics that `anomstat --prometheus` prints, with their labels.
# (tests/views/alerts.t checks the queries of the dashboard and of the alerts with promtool.)
. "$(dirname "$0")/lib.sh"
need jq
need_built anomdetect anomstat

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
board=$ROOT/contrib/grafana/anomdetect.json
rules=$ROOT/contrib/prometheus/anomdetect-rules.yml

# The state of a real run, because a state made by hand could have wrong members.
"$ROOT/tests/traffic.py" --minutes 6 --clients 5 | "$BUILD/anomdetect" -r -s "$TMP/state.json" >/dev/null
"$BUILD/anomstat" -s "$TMP/state.json" --prometheus >"$TMP/metrics"
# The metrics of hosts come from a run that reads counts.
(cd "$ROOT/tests/golden/silent-hosts-and-missing-lines-are-reported" && ./in.py) |
	"$BUILD/anomdetect" -r --format counts -s "$TMP/root.json" >/dev/null
"$BUILD/anomstat" -s "$TMP/root.json" --prometheus | grep '^anomdetect_origin' >>"$TMP/metrics"
ok "anomstat prints metrics" grep -q '^anomdetect_up ' "$TMP/metrics"
grep -o '^anomdetect_[a-z_]*' "$TMP/metrics" | sort -u >"$TMP/names"

# holds PROMISE FILTER: the filter is true for the dashboard.
holds() { ok "$1" jq -e "$2" "$board"; }
ok "the dashboard is JSON" jq -e . "$board"
holds "the dashboard can be imported: it has a title, a uid, a schema version and panels" \
	'.title != "" and (.uid | test("^[a-z-]{1,40}$")) and .schemaVersion >= 36 and (.panels | length) > 5 and (has("id") | not)'
holds "the dashboard has variables for data source and hosts" \
	'[.templating.list[] | [.name, .type]] == [["datasource", "datasource"], ["instance", "query"]]'
holds "each panel has its own number, a title, a description and a type that Grafana knows" \
	'(.panels | map(.id) | unique | length) == (.panels | length) and
	 all(.panels[]; .title != "" and (.description | length) > 5 and (.type == "stat" or .type == "timeseries"))'
holds "each panel is within the 24 columns, and no panel covers another" \
	'[.panels[].gridPos] as $p | all($p[]; .x >= 0 and .x + .w <= 24 and .w > 0 and .h > 0) and
	 all(range(0; $p | length) as $i | range(0; $i) as $j | [$p[$i], $p[$j]];
	     .[0].x + .[0].w <= .[1].x or .[1].x + .[1].w <= .[0].x or .[0].y + .[0].h <= .[1].y or .[1].y + .[1].h <= .[0].y)'
holds "each panel queries the chosen data source for the chosen hosts" \
	'all(.panels[] | ., .targets[]; .datasource == {type: "prometheus", uid: "${datasource}"}) and
	 all(.panels[].targets[].expr | [scan("anomdetect_[a-z_]+[^ )\\[]*")][]; contains("{instance=~\"$instance\""))'
holds "each query of a panel has its own letter" \
	'all(.panels[]; [.targets[].refId] | length > 0 and (unique | length) == length)'

jq -r '.panels[].targets[].expr, .annotations.list[].expr, .templating.list[].definition // empty' "$board" >"$TMP/asked"
sed -n '/^ *expr:/,/^ *\(for\|labels\):/p' "$rules" >"$TMP/alerted"
declare -A who=([asked]="the dashboard queries" [alerted]="the alerts query")
for what in asked alerted; do
	grep -o 'anomdetect_[a-z_]*' "$TMP/$what" | sort -u >"$TMP/$what.names"
	ok "${who[$what]} at least 10 metrics" [ "$(wc -l <"$TMP/$what.names")" -ge 10 ]
	is "anomstat prints every metric that ${who[$what]}" "$(comm -23 "$TMP/$what.names" "$TMP/names" | tr '\n' ' ')" ""
	# name="value" and name=~"a|b" beside instance: the metric has each of these values
	missing=$(grep -o 'anomdetect_[a-z_]*{[^}]*}' "$TMP/$what" | sort -u | while IFS='{' read -r name labels; do
		grep -oE '[a-z_]+(=~?|!=)"[^"]*"' <<<"$labels" | grep -v '^instance' | while IFS='"' read -r label values _; do
			for value in ${values//[| ]/ }; do
				grep -qE "^$name\{.*${label%%[!=]*}=\"([^\"]* )?$value( [^\"]*)?\"" "$TMP/metrics" || echo "$name{$label\"$value\"}"
			done
		done
	done)
	is "anomstat prints every label's value that ${who[$what]}" "$missing" ""
done

done_testing
