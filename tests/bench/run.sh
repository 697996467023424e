#!/usr/bin/env bash
# tests/bench/run.sh  -  the speed of anomdetect, compared with other readers of the same file; its memory and stalls.
#
# It prints figures and asserts nothing, because a machine under load would fail. All readers get the same file, from
# the page cache, in turns, BENCH_RUNS times (3). The fastest run counts. The ratios are the same on other machines,
# but the absolute figures are not. Readers that are not installed are left out, and named at the end. memory.sh prints
# one section. table.sh prints the last section, which compares the file of make_lines, realistic files and real logs.
# Called by `make bench`.
#
#     BENCH_ONLY='lines table'    only these sections; all: lines counts instructions clients memory anomstat stalls
#                                 long-line table
#     BENCH_LINES=2000000     lines of the file, 790 MB; with far fewer lines, the time of the start (3 ms) matters
#     BENCH_FLOOD=10000000    different addresses in one minute of log time
#     BENCH_DISK=DIRECTORY    a directory on a disk, for the state files of the stalls; default: build/bench
set -eu

results=${BUILD:-build}/bench/results
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"
lines=${BENCH_LINES:-2000000}
clients=${BENCH_CLIENTS:-20000}
flood=${BENCH_FLOOD:-10000000}
part_lines=$((lines < 100000 ? lines : 100000)) # slow readers read only a part of the file
file=$bench/lines-$lines-$clients.json
part=$bench/part-$part_lines-$clients.json

[ -s "$file" ] || {
    "$bench/make_lines" "$lines" "$clients" >"$file.new"
    mv "$file.new" "$file"
}
head -n "$part_lines" "$file" >"$part"

measure() { # NAME COMMAND...: reads the caller's standard input; stores the last line of the output
    name=$1
    shift
    "$bench/measure" "$results/$name.$run" "$@" 2>/dev/null | tail -n 1 >"$results/$name.out"
}
nobody_judged=(--requests-floor 1000000000)

# ---- lines per second ----

ga_format='{"remote_addr":"%h","time_iso8601":"%dT%t+00:00","request":"%r","status":"%s","bytes":"%b","ua":"%u","referer":"%R"}'
run_readers() {
    measure file-cat sh -c 'cat "$0" >/dev/null' "$file"
    measure file-read "$bench/bench_read" <"$file"
    measure file-anomdetect "${detect[@]}" <"$file"
    measure file-unjudged "${detect[@]}" "${nobody_judged[@]}" <"$file"
    measure file-pathless "${detect[@]}" --max-paths 0 <"$file"
    measure file-cjson "$bench/bench_cjson" <"$file"
    has jq jq && measure part-jq jq -r '"\(.remote_addr) \(.status)"' <"$part"
    has goaccess goaccess && measure part-goaccess goaccess "$part" --no-global-config --log-format="$ga_format" \
        --date-format=%Y-%m-%d --time-format=%H:%M:%S --no-progress -o "$results/goaccess.json"
    has fail2ban-regex fail2ban &&
        measure part-fail2ban fail2ban-regex -d '"msec":{EPOCH}' "$part" '^\{"remote_addr":"<HOST>",'
    cat "$file" | measure pipe-cat sh -c 'cat >/dev/null'
    cat "$file" | measure pipe-read "$bench/bench_read"
    cat "$file" | measure pipe-anomdetect "${detect[@]}"
}

rate() { # NAME LINES -> lines per second
    best "$1" | awk -v n="$2" '{ printf "%.0f", n / $1 }'
}
row() { # TEXT NAME LINES
    [ -s "$results/$2.1" ] || return 0
    best "$2" | awk -v text="$1" -v n="$3" -v floor="$(rate "file-read" "$lines")" '{
        printf "%-48s %8.3f %12.0f %10.2f %10.1f\n", text, $1, n / $1, floor / (n / $1), $3 / 1024 }'
}
ratio() { # TEXT NAME LINES NAME LINES
    [ -s "$results/$2.1" ] && [ -s "$results/$4.1" ] || return 0
    awk -v text="$1" -v a="$(rate "$2" "$3")" -v b="$(rate "$4" "$5")" \
        'BEGIN { printf "%-66s %8.2f\n", text, a / b }'
}

lines_per_second() {
    printf '%s lines of %s bytes, %s clients, best of %s runs\n\n' "$lines" \
        "$(head -n 1 "$file" | wc -c)" "$clients" "$runs"
    cat "$file" >/dev/null
    for run in $(seq "$runs"); do
        run_readers || true # a reader may be missing
    done
    printf '%-48s %8s %12s %10s %10s\n' '' seconds lines/s 'x floor' 'peak MiB'
    row 'file: cat FILE >/dev/null' file-cat "$lines"
    row 'file: read + newline search (the floor)' file-read "$lines"
    row 'file: anomdetect --replay' file-anomdetect "$lines"
    row 'file: anomdetect, no client is ever judged' file-unjudged "$lines"
    row 'file: anomdetect, no path is learned' file-pathless "$lines"
    row 'file: cJSON, parsing alone' file-cjson "$lines"
    row "file: jq, two fields ($part_lines lines)" part-jq "$part_lines"
    row "file: goaccess ($part_lines lines)" part-goaccess "$part_lines"
    row "file: fail2ban-regex ($part_lines lines)" part-fail2ban "$part_lines"
    row 'pipe: cat FILE | cat >/dev/null' pipe-cat "$lines"
    row 'pipe: cat FILE | read + newline search' pipe-read "$lines"
    row 'pipe: cat FILE | anomdetect --replay' pipe-anomdetect "$lines"
    echo
    ratio 'time of anomdetect / time of read + newline search, file' file-read "$lines" file-anomdetect "$lines"
    ratio 'time of anomdetect / time without judging clients' file-unjudged "$lines" file-anomdetect "$lines"
    ratio 'time of anomdetect / time without learning paths' file-pathless "$lines" file-anomdetect "$lines"
    ratio 'lines/s of anomdetect / lines/s of cJSON alone, file' file-anomdetect "$lines" file-cjson "$lines"
    ratio 'lines/s of anomdetect / lines/s of jq, file' file-anomdetect "$lines" part-jq "$part_lines"
    ratio 'lines/s of anomdetect / lines/s of goaccess, file' file-anomdetect "$lines" part-goaccess "$part_lines"
    ratio 'lines/s of anomdetect / lines/s of fail2ban-regex, file' file-anomdetect "$lines" \
        part-fail2ban "$part_lines"
    ratio 'lines/s of anomdetect / lines/s of cat | cat, pipe' pipe-anomdetect "$lines" pipe-cat "$lines"
}

# ---- anomcount and a root: the same lines, and lines of few clients with many requests in each second ----

counting=("$build/anomcount" --replay --state none --origin bench)
judging=("$build/anomdetect" --replay --state none --format counts --events stop)
declare -A elements
# Measures the root. Its input has one element per client and second. The JSON of mosquitto_sub -F %j is longer.
root_of() { # NAME
    "${counting[@]}" <"$bench/counts.json" >"$bench/root.jsonl"
    sed 's/["\\]/\\&/g; s/.*/{"tst":"2026-11-30T08:22:14.574582Z+0000","topic":"counts\/bench","qos":1,"retain":0,"payload":"&"}/' \
        "$bench/root.jsonl" >"$bench/root-mqtt.jsonl"
    elements[$1]=$(($(tr -cd '[' <"$bench/root.jsonl" | wc -c) - $(wc -l <"$bench/root.jsonl")))
    for run in $(seq "$runs"); do
        measure "$1-root" "${judging[@]}" <"$bench/root.jsonl"
        measure "$1-mqtt" "${judging[@]}" <"$bench/root-mqtt.jsonl"
    done
    rm "$bench/root.jsonl" "$bench/root-mqtt.jsonl"
}
counts_of() { # NAME CLIENTS: lines of this many clients, 2000 per second
    "$bench/make_lines" "$lines" "$2" >"$bench/counts.json"
    cat "$bench/counts.json" >/dev/null
    for run in $(seq "$runs"); do
        measure "$1-anomdetect" "${detect[@]}" <"$bench/counts.json"
        measure "$1-anomcount" "${counting[@]}" <"$bench/counts.json"
        has jq jq && head -n "$part_lines" "$bench/counts.json" |
            measure "$1-jq" jq -r '"\(.remote_addr) \(.status)"'
    done
    row "$2 clients: anomdetect --replay" "$1-anomdetect" "$lines"
    row "$2 clients: anomcount --replay" "$1-anomcount" "$lines"
    row "$2 clients: jq, two fields ($part_lines lines)" "$1-jq" "$part_lines"
    root_of "$1"
    row "$2 clients: anomdetect --format counts, elements" "$1-root" "${elements[$1]}"
    row "$2 clients: these elements in mosquitto's JSON" "$1-mqtt" "${elements[$1]}"
    rm "$bench/counts.json"
}
counts_published() {
    printf '%-48s %8s %12s %10s %10s\n' '' seconds lines/s 'x floor' 'peak MiB'
    for run in $(seq "$runs"); do measure file-read "$bench/bench_read" <"$file"; done
    counts_of many "$clients"
    counts_of few 100
    echo
    ratio "lines/s of anomcount / lines/s of anomdetect, $clients clients" many-anomcount "$lines" many-anomdetect "$lines"
    ratio 'lines/s of anomcount / lines/s of anomdetect, 100 clients' few-anomcount "$lines" few-anomdetect "$lines"
    ratio "lines/s of anomcount / lines/s of jq, $clients clients" many-anomcount "$lines" many-jq "$part_lines"
    ratio "elements/s of a root / lines/s of anomdetect, $clients clients" many-root "${elements[many]}" many-anomdetect "$lines"
    ratio 'elements/s of a root / lines/s of anomdetect, 100 clients' few-root "${elements[few]}" few-anomdetect "$lines"
}

# ---- instructions per line: a busy machine does not change this figure ----

instructions_row() { # TEXT COMMAND...
    printf '%-66s %8s\n' "$1" "$(instructions_per_line "$file" 20000 60000 "${@:2}")"
}
instructions_per_line_of_each() {
    has valgrind valgrind || return 0
    instructions_row 'anomdetect --replay' "${detect[@]}"
    instructions_row 'anomdetect --replay --max-paths 0' "${detect[@]}" --max-paths 0
    instructions_row 'anomcount --replay' "${counting[@]}"
    instructions_row 'cJSON, parsing alone' "$bench/bench_cjson"
}

# ---- many clients ----

each_once() { # NAME CLIENTS LINES_PER_S HEAVY OPTION...: as many lines as clients
    local name=$1 n=$2 per_s=$3 heavy=$4
    shift 4
    "$bench/make_lines" "$n" "$n" "$per_s" "$heavy" | measure "$name" "$build/anomdetect" --replay --state none "$@"
}
memory_per_client() {
    run=1
    each_once few 1000 20000 1000000000 --events stop
    each_once million 1000000 20000 1000000000 --events stop
    cat "$results/few.1" "$results/million.1" | awk '
        NR == 1 { before = $3 }
        NR == 2 { printf "%-66s %8.1f\n", "bytes per client, 1,000,000 with one request each", ($3 - before) * 1024 / 999000 }'
}
counter() { # NAME COUNTER, of the stop event
    sed "s/.*\"$2\":\([0-9]*\).*/\1/" "$results/$1.out"
}
addresses_in_a_minute() { # MAX_CLIENTS
    local name=flood-$1
    each_once "$name" "$flood" $((flood / 60 + 1)) 2000 --events stop --max-clients "$1"
    awk -v cap="$1" -v came="$(counter "$name" clients)" -v gone="$(counter "$name" evicted)" \
        -v bans="$(counter "$name" bans)" '{ # the table does not store banned clients
        printf "%-32s %10d %10d %10.1f %10.1f %12s\n", "room for " cap, came, came - gone - bans, $3 / 1024, $2, \
            bans == 1 ? "banned" : bans " bans" }' "$results/$name.1"
}
cost_of_clients() { # CLIENTS: all are active within a minute, none is over a limit
    "$bench/make_lines" 2000000 "$1" 40000 | measure "scale-$1" "${detect[@]}" "${nobody_judged[@]}"
}
many_clients() {
    printf '%-32s %10s %10s %10s %10s %12s\n' "$flood addresses in a minute" came 'stored' 'peak MiB' 'CPU s' \
        'heavy client'
    addresses_in_a_minute 1000000
    addresses_in_a_minute 100000
    echo
    for run in $(seq "$runs"); do
        for n in 1000 20000 1000000; do cost_of_clients $n; done
    done
    for n in 1000 20000 1000000; do
        sort -n -k 2 "$results/scale-$n".[0-9]* | head -n 1 | awk -v n="$n" \
            '{ printf "%-66s %8.0f\n", "CPU ns per line, pipe, 2,000,000 lines in 50 s, clients: " n, $2 / 2000000 * 1e9 }'
    done
    cat <(sort -n -k 2 "$results"/scale-1000.[0-9]* | head -n 1) \
        <(sort -n -k 2 "$results"/scale-1000000.[0-9]* | head -n 1) |
        awk 'NR == 1 { few = $2 } NR == 2 { printf "%-66s %8.2f\n", "cost at 1,000,000 / cost at 1,000", $2 / few }'
}

# ---- anomstat: it starts, reads the state of a run with 100,000 bans, prints and ends ----

stat_row() { # TEXT NAME
    best "$2" | awk -v text="$1" '{ printf "%-48s %8.1f %10.1f\n", text, $1 * 1000, $3 / 1024 }'
}
dashboard() {
    local state=$bench/state.json
    (umask 077 && "$bench/make_state" "$state") # anomstat reads no state that others may write to
    for run in $(seq $((3 * runs))); do
        LC_ALL=C.UTF-8 COLUMNS=120 LINES=40 measure stat-page "$build/anomstat" -s "$state"
        measure stat-whole "$build/anomstat" -s "$state"
        measure stat-json "$build/anomstat" -s "$state" --json
        measure stat-html "$build/anomstat" -s "$state" --html
        measure stat-client "$build/anomstat" -s "$state" --client 10.1.134.159
    done
    printf '%-48s %8s %10s\n' '' ms 'peak MiB'
    stat_row 'a page of 120x40' stat-page
    stat_row 'a page without a limit of lines' stat-whole
    stat_row '--json' stat-json
    stat_row '--html' stat-html
    stat_row '--client, from 100,000 in the memory file' stat-client
}

# ---- stalls ----

stalls() {
    local folder
    if [ -w /dev/shm ]; then
        echo 'state files in memory (/dev/shm)'
        folder=$(mktemp -d /dev/shm/bench.XXXXXX)
        "$bench/bench_stall" "$folder"
        rmdir "$folder"
    fi
    echo
    echo 'state files on a disk'
    "$bench/bench_stall" "${BENCH_DISK:-$bench}" million bans
}

# ---- sections ----

section() { # NAME TITLE COMMAND...
    case " ${BENCH_ONLY:-$1} " in *" $1 "*) ;; *) return 0 ;; esac
    printf '== %s\n' "$2"
    "${@:3}" || failed+=("$1") # the next sections run even if this section fails
    echo
}
failed=()
clients_and_memory_of_each() {
    memory_per_client
    many_clients
}

section lines 'lines per second' lines_per_second
section counts 'anomcount and a root (the goals: 3,000,000 lines and 5,000,000 elements per second)' counts_published
section instructions 'instructions per line' instructions_per_line_of_each
section clients 'many clients' clients_and_memory_of_each
section memory 'memory' "$(dirname "$0")/memory.sh"
section anomstat 'anomstat, 100,000 bans (the goal: 50 ms)' dashboard
section stalls 'the longest delay of one line (the goal: 5 ms)' stalls
section long-line 'a line of 4 MiB, CPU time (the goal: 5 ms)' "$bench/bench_condense"
printf 'not measured: %s\n' 'yyjson (Debian 12 has no package)' "${missing[@]/%/, which is not installed}"
echo
section table 'all kinds of lines' "$(dirname "$0")/table.sh"
[ ${#failed[@]} = 0 ] || {
    printf 'bench: failed: %s\n' "${failed[@]}" >&2
    exit 1
}
