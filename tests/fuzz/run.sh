#!/usr/bin/env bash
# tests/fuzz/run.sh  -  runs each fuzz target of $BUILD/fuzz for FUZZ_SECONDS (200), one after the other.
# With FUZZ_TARGETS="memory options" it runs only fuzz_memory and fuzz_options.
# libFuzzer stores new inputs in $BUILD/found, and the next run starts with them. The script ends at the first
# finding. The input of the finding is $BUILD/TARGET-crash-..., and this command repeats it without libFuzzer:
#     build/tests/fuzz_TARGET FILE
set -eu

all=("$BUILD"/fuzz/fuzz_*)
for name in ${FUZZ_TARGETS:-"${all[@]##*/fuzz_}"}; do
    target=$BUILD/fuzz/fuzz_$name
    echo "fuzz: $name for ${FUZZ_SECONDS:=200} s"
    mkdir -p "$BUILD/found/$name"
    "$target" -max_total_time="$FUZZ_SECONDS" -timeout=10 -verbosity=0 -print_final_stats=1 \
        -artifact_prefix="$BUILD/$name-" "$BUILD/found/$name" "tests/fuzz/corpus/$name"
done
