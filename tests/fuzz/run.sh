#!/usr/bin/env bash
# tests/fuzz/run.sh  -  each fuzz target of $BUILD/fuzz for FUZZ_SECONDS (200), one after the other.
#
# What a target finds out about on its way is kept in $BUILD/found, so that the next run goes on from
# there. It ends at the first finding: the input is $BUILD/TARGET-crash-..., and
#     build/tests/fuzz_TARGET FILE
# gives it again, without libFuzzer.
set -eu

for target in "$BUILD"/fuzz/fuzz_*; do
    name=${target##*/fuzz_}
    echo "fuzz: $name for ${FUZZ_SECONDS:=200} s"
    mkdir -p "$BUILD/found/$name"
    "$target" -max_total_time="$FUZZ_SECONDS" -timeout=10 -verbosity=0 -print_final_stats=1 \
        -artifact_prefix="$BUILD/$name-" "$BUILD/found/$name" "tests/fuzz/corpus/$name"
done
