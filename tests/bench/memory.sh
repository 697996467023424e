#!/usr/bin/env bash
# tests/bench/memory.sh  -  the memory of anomdetect: bytes per client, strike, path and ban; whole runs; a restart.
# The section Memory of anomdetect-bans(7) contains these figures. Called by run.sh, or alone: BUILD=build.
#
# It prints figures and asserts nothing. Bytes per ban in the kernel are measured only as root, in a network namespace.
set -eu

build=${BUILD:-build}
bench=$build/bench
results=$bench/memory
mkdir -p "$results"
rm -f "$results"/*

# No client is over a limit, so all clients stay in the table.
unjudged=(--requests-floor 1000000000 --max-paths 65536)
# The fourth request of a client within 60 s crosses the limit.
ban_at_once=(--requests-floor 1 --learn 0s --mass-share 1
    --proxy-share 1 --max-bans-per-minute 1000000000)

row() { printf '%-66s %8s\n' "$@"; }
mib() { awk -v kib="$1" 'BEGIN { printf "%.1f", kib / 1024 }'; }
peak() { # NAME -> KiB
    cut -d ' ' -f 3 "$results/$1"
}
stopped() { # NAME COUNTER, of the stop event
    sed "s/.*\"$2\":\([0-9]*\).*/\1/" "$results/$1.out"
}
replay() { # NAME OPTION...
    local name=$1
    shift
    "$bench/measure" "$results/$name" "$build/anomdetect" --replay --events stop "$@" >"$results/$name.out" 2>/dev/null
}

# started NAME OPTION...: starts a run, and sets `rss` to its memory after the start and `hwm` to its peak, both in KiB.
started() {
    local name=$1 fd pid
    shift
    mkfifo "$results/$name.in"
    "$build/anomdetect" --replay --events start "$@" <"$results/$name.in" >"$results/$name.start" 2>/dev/null &
    pid=$!
    exec {fd}>"$results/$name.in"
    "$bench/make_lines" 100 100 >&"$fd" # the first lines cause the start event
    until [ -s "$results/$name.start" ] || ! kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
    rss=$(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status")
    hwm=$(awk '/^VmHWM/ { print $2 }' "/proc/$pid/status")
    exec {fd}>&-
    wait "$pid"
}

# A memory file with 1,000,000 strikes: each client makes four requests within 60 s. The addresses are changed, so that
# the next runs have other clients.
strikes() {
    for _ in 1 2 3 4; do "$bench/make_lines" 1000000 1000000 20000; done |
        sed 's/:"6\([4-7]\)\./:"7\1./; s/:"2001:/:"2a00:/' |
        replay strikes --state "$results/state.json" "${ban_at_once[@]}"
}

whole_runs() {
    started default --state none
    row 'MiB, at start' "$(mib "$rss")"
    "$bench/make_lines" 1200000 20000 20000 | replay typical --state none "${unjudged[@]}"
    row 'MiB, 20,000 clients in a minute, 20,000 lines per second' "$(mib "$(peak typical)")"
    "$bench/make_lines" 1000000 1000000 20000 | replay clients --state none "${unjudged[@]}"
    row 'MiB, 1,000,000 clients in a minute, one request each' "$(mib "$(peak clients)")"
    strikes
    # 8 requests of each client in a minute, so that at least one client in 8 is busy; more paths than fit in the table
    "$bench/make_lines" 8000000 1000000 140000 | sed '1,1000000s/?page=/\/page\//' |
        replay full --state "$results/state.json" "${unjudged[@]}"
    [ "$(stopped full paths_evicted_single)" != 0 ] || echo 'the table of paths was not full' >&2
    row "MiB, full tables: one client in 8 busy, 65,536 paths, $(stopped strikes bans) strikes" "$(mib "$(peak full)")"
}

restart() {
    rm -f "$results/state.json"*
    strikes
    row 'MiB, memory file of 1,000,000 strikes' "$(mib "$(du -k "$results/state.json.memory" | cut -f 1)")"
    started restarted --state "$results/state.json"
    row "MiB, a run that has just read this file ($(sed 's/.*"bans":\([0-9]*\).*/\1/' "$results/restarted.start") bans)" \
        "$(mib "$rss")"
    row 'MiB, peak during the start' "$(mib "$hwm")"
    row 'peak during the start / after it (the goal: 1.5)' "$(awk -v a="$hwm" -v b="$rss" 'BEGIN { printf "%.2f", a / b }')"
}

# in_kernel FAMILY ADDRESS_FORMAT PREFIX: fills a set like those of anomdetect, and prints the bytes per ban in it.
in_kernel() {
    ip netns exec "$ns" ipset create full hash:ip family "$1" hashsize 131072 maxelem 1000000 netmask "$3" timeout 600
    awk -v format="add full $2 timeout 600\n" 'BEGIN {
            for (i = 0; i < 1e6; i++) printf format, i / 65536 + 64, i / 256 % 256, i % 256 }' |
        ip netns exec "$ns" ipset -exist restore
    ip netns exec "$ns" ipset list -t full |
        awk -v text="bytes per ban in the kernel, $1, of 1,000,000" '
            /^Size in memory/ { size = $4 } /^Number of entries/ { printf "%-66s %8.1f\n", text, size / $4 }'
    ip netns exec "$ns" ipset destroy full
}
kernel_bans() {
    if [ "$(id -u)" != 0 ] || ! command -v ipset >/dev/null || ! ip netns add "${ns:=anombench$$}" 2>/dev/null; then
        row 'bytes per ban in the kernel' 'only as root'
        return
    fi
    trap 'ip netns del "$ns"' EXIT
    in_kernel inet '%d.%d.%d.1' 32
    in_kernel inet6 '2a00:%x:%x%02x::' 64
}

"$bench/bench_memory"
echo
kernel_bans
echo
whole_runs
restart
