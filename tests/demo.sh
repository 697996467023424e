#!/usr/bin/env bash
# tests/demo.sh  -  replays 50 generated minutes of a small site with attacks. `make demo` calls it.
#
# It changes no file outside $BUILD/demo. A replay enforces no ban and needs no root.
set -eu

build=${BUILD:-build}
demo=$build/demo
mkdir -p "$demo"
rm -f "$demo"/*

say() {
    printf '\n== %s\n' "$*"
}
show() { # prints a command as a user would type it
    printf '   $ %s\n' "$*"
}

visitors=30
traffic=(tests/traffic.py --minutes 50 --clients "$visitors" --ipv6 0.25
    --flood '50@35m+30,203.0.113.7' --flood '40@38m+40,2001:db8:bad::1,401'
    --flood '80@49m+30,203.0.113.7') # the first client again, after its ban

say "1. Make a log: 50 minutes of $visitors visitors and two attackers. A client floods at minute 35 and again at"
printf '   minute 49. Another client guesses passwords over IPv6 at minute 38.\n'
show "${traffic[*]} >$demo/access.json"
"${traffic[@]}" >"$demo/access.json"
printf '   %s lines; the first:\n   %s\n' "$(wc -l <"$demo/access.json")" "$(head -n 1 "$demo/access.json")"

say "2. Replay the log. A replay uses the times in the log and enforces no ban; each event is one line of JSON"
printf '   (shown without the baseline of each minute, and cut off on the right):\n'
show "$build/anomdetect --replay --state $demo/state.json <$demo/access.json | tee $demo/events.jsonl"
"$build/anomdetect" --replay --state "$demo/state.json" <"$demo/access.json" | tee "$demo/events.jsonl" |
    grep -v '"event":"baseline"' | cut -c 1-150

say '3. The bans, for people:'
show "contrib/anom-report <$demo/events.jsonl"
contrib/anom-report <"$demo/events.jsonl" | sed 's/^/   /'
# Each client without an attacker's address is an ordinary visitor.
wrong=$(sed -n 's/.*"event":"ban".*"client":"\([^"]*\)".*/\1/p' "$demo/events.jsonl" |
    awk '!/^203\.0\.113\.|^2001:db8:bad:/ && !seen[$0]++' | wc -l)
printf '   ordinary visitors banned: %s of %s\n' "$wrong" "$visitors"

say '4. The dashboard, from the state file:'
show "$build/anomstat --state $demo/state.json"
"$build/anomstat" --state "$demo/state.json"

say 'Next:'
cat <<EOF
   every option:                              $build/anomdetect --help
   what would have been banned on your site:  $build/anomdetect --replay --state none <YOUR-LOG.json |
                                                  contrib/anom-report
   other traffic, other floods:               tests/traffic.py --help
   real bans, with nginx and an ipset:         README.md, "Five minutes to a protected site"
EOF
[ "$wrong" = 0 ]
