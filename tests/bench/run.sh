#!/usr/bin/env bash
# tests/bench/run.sh  -  lines per second and memory of anomdetect, beside other readers of the file.
#
# It prints figures and asserts nothing: a machine under load would fail it. Everything is measured in
# one run on one file (in the page cache), each row BENCH_RUNS times (3), taking turns, and the fastest
# counts; so ratios hold where absolute figures do not. Called by `make bench`.
set -eu

build=${BUILD:-build}
lines=${BENCH_LINES:-500000}
clients=${BENCH_CLIENTS:-20000}
runs=${BENCH_RUNS:-3}
jq_lines=$((lines < 20000 ? lines : 20000)) # jq is slow: a part of the file is enough
bench=$build/bench
file=$bench/lines-$lines-$clients.json
part=$bench/part-$jq_lines-$clients.json
results=$bench/results

[ -s "$file" ] || {
    "$bench/make_lines" "$lines" "$clients" >"$file.new"
    mv "$file.new" "$file"
}
head -n "$jq_lines" "$file" >"$part"
mkdir -p "$results"
rm -f "$results"/*

measure() { # NAME COMMAND...: standard input and output are the caller's
    name=$1
    shift
    "$bench/measure" "$results/$name.$run" "$@" >/dev/null
}
detect=("$build/anomdetect" --replay --state none --events stop)

printf 'bench: %s lines of %s bytes, %s clients, the best of %s runs\n\n' "$lines" \
    "$(head -n 1 "$file" | wc -c)" "$clients" "$runs"
cat "$file" >/dev/null
for run in $(seq "$runs"); do
    measure file-cat cat "$file"
    measure file-read "$bench/bench_read" <"$file"
    measure file-anomdetect "${detect[@]}" <"$file"
    measure file-unjudged "${detect[@]}" --client-baseline site --min-requests 1000000000 <"$file"
    measure file-cjson "$bench/bench_cjson" <"$file"
    measure part-jq jq -r '"\(.remote_addr) \(.status)"' <"$part"
    cat "$file" | measure pipe-cat cat
    cat "$file" | measure pipe-read "$bench/bench_read"
    cat "$file" | measure pipe-anomdetect "${detect[@]}"
done

best() { # NAME -> the fastest run's "wall cpu maxrss"
    sort -n "$results/$1".* | head -n 1
}
rate() { # NAME LINES -> lines per second
    best "$1" | awk -v n="$2" '{ printf "%.0f", n / $1 }'
}
row() { # TEXT NAME LINES
    best "$2" | awk -v text="$1" -v n="$3" -v floor="$(rate "file-read" "$lines")" '{
        printf "%-44s %8.3f %12.0f %10.2f %10.1f\n", text, $1, n / $1, floor / (n / $1), $3 / 1024 }'
}
ratio() { # TEXT NAME LINES NAME LINES
    awk -v text="$1" -v a="$(rate "$2" "$3")" -v b="$(rate "$4" "$5")" \
        'BEGIN { printf "%-60s %6.2f\n", text, a / b }'
}

printf '%-44s %8s %12s %10s %10s\n' '' seconds lines/s 'x floor' 'peak MiB'
row 'file: cat FILE >/dev/null' file-cat "$lines"
row 'file: read + newline search (the floor)' file-read "$lines"
row 'file: anomdetect --replay' file-anomdetect "$lines"
row 'file: the same, no client is ever judged' file-unjudged "$lines"
row 'file: cJSON, parsing alone' file-cjson "$lines"
row "file: jq, two fields ($jq_lines lines)" part-jq "$jq_lines"
row 'pipe: cat FILE | cat >/dev/null' pipe-cat "$lines"
row 'pipe: cat FILE | read + newline search' pipe-read "$lines"
row 'pipe: cat FILE | anomdetect --replay' pipe-anomdetect "$lines"
echo
ratio 'time of anomdetect / time of read + newline search, file' file-read "$lines" file-anomdetect "$lines"
ratio 'time of anomdetect / time without judging clients' file-unjudged "$lines" file-anomdetect "$lines"
ratio 'lines/s of anomdetect / lines/s of cJSON alone, file' file-anomdetect "$lines" file-cjson "$lines"
ratio 'lines/s of anomdetect / lines/s of jq, file' file-anomdetect "$lines" part-jq "$jq_lines"
ratio 'lines/s of anomdetect / lines/s of cat | cat, pipe' pipe-anomdetect "$lines" pipe-cat "$lines"

# Starting anomstat is all of its work: it reads the state of a run with 100,000 bans and prints.
state=$bench/state.json
umask 077 # a state that others may write to is not read
"$bench/make_state" "$state"
for run in $(seq $((3 * runs))); do
    LC_ALL=C.UTF-8 COLUMNS=120 LINES=40 measure stat-page "$build/anomstat" -s "$state"
    measure stat-whole "$build/anomstat" -s "$state"
    measure stat-json "$build/anomstat" -s "$state" --json
    measure stat-html "$build/anomstat" -s "$state" --html
    measure stat-client "$build/anomstat" -s "$state" --client 10.1.134.159
done
stat_row() { # TEXT NAME
    best "$2" | awk -v text="$1" '{ printf "%-44s %8.1f %12s %10s %10.1f\n", text, $1 * 1000, "", "", $3 / 1024 }'
}
printf '\n%-44s %8s %12s %10s %10s\n' 'anomstat, 100,000 bans (the goal: 50 ms)' ms '' '' 'peak MiB'
stat_row 'a page of 120x40' stat-page
stat_row 'a page without a limit of lines' stat-whole
stat_row '--json' stat-json
stat_row '--html' stat-html
stat_row '--client, from 100,000 in the memory file' stat-client
