#!/bin/bash
# The detector is killed by kill -9 and started again immediately, at any moment of a run or its start, while lines
# arrive. No start is refused, and no reported ban is lost. KILLS (40) is the number of kills; tests/soak/kills.sh kills
# 200 times.
# shellcheck disable=SC2317 # the functions are called by within
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/detector.sh
. "$(dirname "$0")/detector.sh"
# shellcheck source=tests/e2e/torn_events.sh
. "$(dirname "$0")/torn_events.sh"
need_root
need ip ipset iptables ip6tables jq python3
need_built anomdetect
KILLS=${KILLS:-40}

ns_add s
need_kernel_sets s

# Compares the bans that events reported as enforced, the enforced bans of the memory file, and the kernel's entries.
cat >"$TMP/agree.py" <<'END'
import json, subprocess, sys
namespace, events, memory = sys.argv[1:]
told = set()
for e in map(json.loads, open(events)):
    if e["event"] == "ban" and e["enforced"]:
        told.add(e["client"].removesuffix("/64"))
    if e["event"] == "unban":
        sys.exit(f"unbanned: {e}")
try:
    words = [c.split() for c in json.load(open(memory))["clients"]]
except FileNotFoundError:
    words = []
kept = {w[0].removesuffix("/64") for w in words if w[1] == "enforced"}
saved = subprocess.run(["ip", "netns", "exec", namespace, "ipset", "save"], capture_output=True, text=True, check=True).stdout
kernel = {line.split()[2] for line in saved.splitlines() if line.startswith("add k")}
print(len(told), len(kept), len(kernel))
if told - kernel or kept - kernel:
    sys.exit(f"not in the kernel: told {list(told - kernel)[:3]}, kept {list(kept - kernel)[:3]}")
END
agree() {
	whole_events "$1" >"$TMP/k.whole"
	python3 "$TMP/agree.py" "${NS}s" "$TMP/k.whole" "$TMP/k.json.memory"
}

mkfifo "$TMP/k.in"
exec {fd}<>"$TMP/k.in"
python3 "$TMP/new_offenders.py" 0 0.005 >&"$fd" &
ends_with_test $!
: >"$TMP/k.events"
: >"$TMP/k.err"
launch() {
	ns_become s "$BUILD/anomdetect" --ban --set k --state "$TMP/k.json" "${detector_limits[@]}" \
		--schedule 24h --memory-interval 1s <"$TMP/k.in" >>"$TMP/k.events" 2>>"$TMP/k.err" {fd}>&- &
	detector=$!
	ends_with_test $detector
}
became() { [ "$(cat "/proc/$detector/comm")" = anomdetect ]; }
banned_since() { [ "$(grep -c '"event":"ban"' "$TMP/k.events")" -gt "$1" ]; }

kills=0 agreed=0 refused=0 why=
launch
for ((i = 0; i < KILLS; i++)); do
	within 10 became
	# odd i: the run is killed while it bans; even i: it may be killed while it starts
	if ((i % 2)); then
		within 10 banned_since "$(grep -c '"event":"ban"' "$TMP/k.events")"
		sleep "0.$((RANDOM % 30 + 10))"
	else
		sleep "0.0$((RANDOM % 10))"
	fi
	last=$detector
	kill -KILL "$last" && kills=$((kills + 1))
	launch # immediately
	wait "$last" 2>/dev/null
	cp "$TMP/k.events" "$TMP/k.then"
	if said=$(agree "$TMP/k.then" 2>&1); then agreed=$((agreed + 1)); else why=$said; fi
	! grep -q 'another anomdetect' "$TMP/k.err" || refused=$((refused + 1))
done 2>/dev/null # bash reports killed processes
is "the detector is killed $KILLS times" $kills "$KILLS"
is "no start is refused" "$refused$(cat "$TMP/k.err")" 0
is "each time, reported bans and bans in the memory file are in the kernel" "$agreed $why" "$KILLS "
within 10 banned_since "$(grep -c '"event":"ban"' "$TMP/k.events")"
kill -TERM "$detector"
within 5 gone "$detector"
wait "$detector" 2>/dev/null
read -r told kept kernel < <(agree "$TMP/k.events" 2>&1)
ok "the runs reported many bans ($told)" [ "${told:-0}" -gt "$KILLS" ]
is "in the end the memory file contains the kernel's bans" "$kept" "$kernel"
not_ok "no half-written file is left" compgen -G "$TMP/k.json*.new"
[ "$tap_failed" = 0 ] || tail -n 5 "$TMP/k.err" | sed 's/^/# stderr: /'
done_testing
