#!/usr/bin/env bash
# tests/bench/table.sh  -  one table that compares the speed of anomdetect with the speed of other programs that read a
# log ("readers"). All readers get three groups of files: (a) lines of make_lines, (b) a site's log of 14 days in each
# product's format (make_site_lines --list), (c) real logs.
# Below the table, bench_seconds prints the cost of passing log time. run.sh calls this script; `make bench
# BENCH_ONLY=table` runs only this part.
#
# Each reader reads the whole file from the page cache BENCH_RUNS times (default: 3), or 5 * BENCH_RUNS times if the
# file has under 100,000 lines. The readers take turns, and the run with the shortest wall time counts. Columns with CPU
# use CPU time, which is valid on a busy machine, too. goaccess and fail2ban, if installed, read a part of three files.
# jq prints two members; it splits lines of the combined format at blanks. cJSON only parses; of a wrapped line, it
# parses the outer object. callgrind counts the instructions per line in 40,000 lines, including the work at the end of
# each second of the log.
#
#     BENCH_SITE_LINES=500000     lines of each file of (b); made once, 4 GB in all
#     BENCH_LOGS=../shared/eval   the folder whose logs/*.log.zst and to_json.py make (c)
#     BENCH_FORMATS='nginx caddy' only these formats of (b)
set -eu

results=${BUILD:-build}/bench/table
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"
site_lines=${BENCH_SITE_LINES:-500000}
logs=${BENCH_LOGS:-../shared/eval}
rows=$results/rows # one row per measured file; - for a figure that was not measured
part=$results/part
part_lines=100000
ga_json='{"remote_addr":"%h","time_iso8601":"%dT%t+00:00","request":"%r","status":"%s","bytes":"%b","ua":"%u","referer":"%R"}'

# ---- files, made once ----

made() { # FILE COMMAND...
    [ -s "$1" ] || { "${@:2}" >"$1.new" && mv "$1.new" "$1"; }
}
converted() { # LOG: each host name becomes an address in 21.0.0.0/8, which is not reserved
    zstd -dc "$1" | python3 "$logs/to_json.py" --net 21 2>/dev/null
}

# ---- one file ----

timed() { # READER COMMAND...: a run that fails does not count
    "$bench/measure" "$results/$name-$1.$run" "${@:2}" <"$file" >"$results/$name-$1.out" 2>/dev/null ||
        rm -f "$results/$name-$1.$run"
}
run_anomdetect() { # OPTION...
    timed anomdetect "${detect[@]}" "$@"
}
run_slow_readers() { # they read only the first lines, and only of some files
    local file=$part
    case $name in
    make_lines | nginx)
        ! has goaccess goaccess || timed goaccess goaccess "$part" --no-global-config --log-format="$ga_json" \
            --date-format=%Y-%m-%d --time-format=%H:%M:%S --no-progress -o "$results/goaccess.json"
        ! has fail2ban-regex fail2ban ||
            timed fail2ban fail2ban-regex -d '"msec":{EPOCH}' "$part" '^\{"remote_addr":"<HOST>",'
        ;;
    combined)
        ! has goaccess goaccess || timed goaccess goaccess "$part" --no-global-config --log-format=COMBINED \
            --no-progress -o "$results/goaccess.json"
        ! has fail2ban-regex fail2ban || timed fail2ban fail2ban-regex "$part" '^<HOST> '
        ;;
    esac
}
figure() { # READER FIELD: the least value of all runs; field 1: wall time, 2: CPU time
    cat "$results/$name-$1".[0-9]* 2>/dev/null | awk -v field="$2" '
        best == "" || $field < best { best = $field } END { print best == "" ? "-" : best }'
}
counted() { # MEMBER of the stop event
    sed "s/.*\"$1\":\([0-9]*\).*/\1/" "$results/$name-anomdetect.out"
}
instructions_of_file() { # OPTION...
    local more=$((lines < 50000 ? lines : 50000))
    if has valgrind valgrind; then
        instructions_per_line "$file" $((more / 5)) "$more" "${detect[@]}" "$@"
    else
        echo -
    fi
}
measure_file() { # GROUP NAME FILE JQ_OPTIONS JQ_FILTER OPTION...: a row
    local group=$1 name=$2 file=$3 jq=$4 filter=$5 lines turns run
    shift 5
    lines=$(wc -l <"$file")
    turns=$((lines < 100000 ? 5 * runs : runs))
    head -n "$part_lines" "$file" >"$part"
    for run in $(seq "$turns"); do
        run_anomdetect "$@"
        ! has jq jq || timed jq sh -c 'exec jq "$@" >/dev/null' jq "$jq" "$filter"
        [ "$name" = combined ] || timed cjson "$bench/bench_cjson"
        [ "$run" -gt "$runs" ] || run_slow_readers
    done
    [ "$(counted requests)" = "$lines" ] ||
        notes+=("$name: $(counted requests) of $lines lines were counted as requests; $(counted late) were late")
    echo "$group $name $lines $(counted log_seconds) $(figure anomdetect 1) $(figure anomdetect 2) $(figure jq 1)" \
        "$(figure jq 2) $(figure cjson 1) $(figure goaccess 1) $(figure fail2ban 1) $(instructions_of_file "$@")" >>"$rows"
}

# ---- all files ----

notes=()
measure_own() {
    made "$bench/lines-500000-20000.json" "$bench/make_lines" 500000 20000
    # shellcheck disable=SC2016 # the expression is for jq
    measure_file a make_lines "$bench/lines-500000-20000.json" -r '"\(.remote_addr) \(.status)"'
}
measure_site() {
    local name options jq filter file
    while IFS=$'\t' read -r name options jq filter _ <&3; do
        case " ${BENCH_FORMATS:-$name} " in *" $name "*) ;; *) continue ;; esac
        file=$bench/site-$name-$site_lines.$("$bench/make_site_lines" "$name" 1000 | cksum | cut -d ' ' -f 1)
        [ -s "$file" ] || rm -f "$bench/site-$name-$site_lines".* # made by another version of the generator
        made "$file" "$bench/make_site_lines" "$name" "$site_lines"
        [ "$options" != - ] || options=
        # shellcheck disable=SC2086 # no option has a blank
        measure_file b "$name" "$file" "$jq" "$filter" $options
    done 3< <("$bench/make_site_lines" --list)
}
measure_logs() {
    local log name file
    if [ ! -r "$logs/to_json.py" ]; then
        notes+=("(c): $logs/to_json.py is missing, so there are no real logs (BENCH_LOGS)")
        return
    fi
    has python3 python3 && has zstd zstd || return 0
    for log in "$logs"/logs/*.log.zst; do
        name=$(basename "$log" .log.zst)
        file=$bench/log-$name.json
        made "$file" converted "$log"
        measure_file c "$name" "$file" -r '"\(.remote_addr) \(.status)"'
    done
}

print_table() {
    printf '%-35s %8s %6s %8s %6s %9s %8s %9s %9s %7s %7s\n' '' lines days 'Mlines/s' 'x jq' 'x jq,CPU' 'x cJSON' \
        'x goacc.' 'x fail2b.' 'CPU ns' 'instr.'
    awk -v part="$part_lines" '
    function per(n, seconds) { return seconds == "-" ? "-" : n / seconds / 1e6 }
    function ratio(a, b) { return b == "-" ? "-" : a / b }
    function put(value, width, decimals) {
        if (value == "-" || value == "") printf " %" width "s", "-"
        else printf " %" width "." decimals "f", value
    }
    function line(text, lines, days, v) {
        printf "%-35s", text
        put(lines, 8, 0); put(days, 6, 2)
        put(v[1], 8, 2); put(v[2], 6, 1); put(v[3], 9, 1); put(v[4], 8, 1); put(v[5], 9, 1); put(v[6], 9, 1)
        put(v[7], 7, 0); put(v[8], 7, 0)
        printf "\n"
    }
    # Sorts column k of a group, with the best value last: the highest rate or ratio, or the lowest cost.
    function ordered(group, k, out,    i, j, n, v) {
        n = 0
        for (i = 1; i <= count[group]; i++) {
            v = value[group, i, k]
            if (v == "-") continue
            for (j = n++; j > 0 && (k < 7 ? out[j] > v : out[j] < v); j--) out[j + 1] = out[j]
            out[j + 1] = v
        }
        return n
    }
    function summary(group,    k, n, sorted, worst, median) {
        if (!count[group]) return
        for (k = 1; k <= 8; k++) {
            n = ordered(group, k, sorted)
            worst[k] = n ? sorted[1] : "-"
            median[k] = !n ? "-" : n % 2 ? sorted[(n + 1) / 2] : (sorted[n / 2] + sorted[n / 2 + 1]) / 2
        }
        line("(" group ") worst", "-", "-", worst)
        line("(" group ") median", "-", "-", median)
    }
    {
        if (group != "" && group != "a" && $1 != group) summary(group)
        group = $1
        few = $3 < part ? $3 : part # lines that the slow readers read
        i = ++count[group]
        v[1] = per($3, $5); v[2] = ratio(v[1], per($3, $7)); v[3] = ratio(per($3, $6), per($3, $8))
        v[4] = ratio(v[1], per($3, $9)); v[5] = ratio(v[1], per(few, $10)); v[6] = ratio(v[1], per(few, $11))
        v[7] = $6 / $3 * 1e9; v[8] = $12
        for (k = 1; k <= 8; k++) value[group, i, k] = v[k]
        line("(" group ") " $2, $3, $4 / 86400, v)
    }
    END { if (group != "a") summary(group) }' "$rows"
    echo
    echo 'CPU ns and instr. are those of anomdetect per line. Worst and median are computed for each column alone.'
}

measure_own
measure_site
measure_logs
print_table
[ ${#notes[@]} = 0 ] || printf '%s\n' "${notes[@]}"
[ ${#missing[@]} = 0 ] || printf 'not measured: %s is not installed\n' "${missing[@]}"
echo
"$bench/bench_seconds"
