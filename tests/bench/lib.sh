# lib.sh - shared by the scripts of tests/bench. The caller first sets `results`, a folder.
# shellcheck shell=bash disable=SC2034,SC2154 # names of the callers

build=${BUILD:-build}
bench=$build/bench
runs=${BENCH_RUNS:-3}
detect=("$build/anomdetect" --replay --state none --events stop)
missing=()
mkdir -p "$results"
rm -f "$results"/*

has() { # PROGRAM PACKAGE
    command -v "$1" >/dev/null && return
    case " ${missing[*]-} " in *" $1 "*) ;; *) missing+=("$1 (package $2)") ;; esac
    return 1
}
best() { # NAME -> "wall cpu maxrss" of the fastest run
    sort -n "$results/$1".[0-9]* | head -n 1
}
instructions() { # FILE LINES COMMAND...
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "${@:3}" < <(head -n "$2" "$1") 2>&1 >/dev/null |
        awk '/Collected/ { print $4 }'
}
# Prints the instructions per line for the lines from LESS to MORE, so that the program's start is not included.
instructions_per_line() { # FILE LESS MORE COMMAND...
    local file=$1 less=$2 more=$3 many
    shift 3
    instructions "$file" "$less" "$@" >"$results/few" &
    many=$(instructions "$file" "$more" "$@")
    wait $!
    echo $(((many - $(<"$results/few")) / (more - less)))
}
