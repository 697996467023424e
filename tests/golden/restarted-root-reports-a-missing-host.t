#!/usr/bin/env python3
"""A root that restarts reads its hosts from the memory file. If a host has sent no line since the restart, the root
reports it as silent 31 s later. Lines that were counted before the restart do not count again. All runs are replays.
TAP on standard output."""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
from counts_lines import line, visitors  # noqa: E402
from promises import check, done  # noqa: E402

BUILD = Path(os.environ.get("BUILD", "build")).resolve()
DAY = 86400


def run(state, lines):
    """The events of a replay, and the state file after it."""
    out = subprocess.run([BUILD / "anomdetect", "--replay", "--format", "counts", "--state", state],
                         input="\n".join(lines) + "\n", text=True, capture_output=True, check=True).stdout
    return [json.loads(event) for event in out.splitlines()], json.loads(Path(state).read_text())


def hosts(state):
    return {o["origin"]: o for o in state["origins"]}


def faults(events):
    return [(e["event"], e["time"][11:19], e["origin"], e["reason"]) for e in events if e.get("scope") == "origin"]


def seconds(first, end, *origins):
    """Lines of each origin for the seconds from `first` to `end` after T0. The member seq rises with the seconds."""
    return [line(s, f"web{o}", s % DAY + 1, visitors(s, o)) for s in range(first, end) for o in origins]


def differ(got, want):
    return [] if got == want else [f"{got!r} and not {want!r}"]


def main():
    with tempfile.TemporaryDirectory(prefix="anomdetect-root.") as tmp:
        state = f"{tmp}/root.json"
        run(state, seconds(0, 60, 0, 1))
        memory = Path(state + ".memory").read_text()
        events, after = run(state, seconds(50, 150, 0))
        check("a host that sends no line after the restart is reported as silent 31 s later", differ(
            faults(events), [("alert", "04:17:21", "web1", "silent")]))
        # web1 has sent no line since the last log ended; this log begins 10 s before that end
        check("the lag of this host counts from its newest line in the last run", differ(
            (hosts(after)["web1"]["heard"], hosts(after)["web1"]["lag_s"]), (None, 99)))
        check("lines that were counted before the restart do not count again", differ(
            (after["counters"]["counts_repeated"], after["counters"]["requests"]), (10, 180)))

        Path(state + ".memory").write_text(memory)
        events, after = run(state, seconds(60, 100, 0) + seconds(100, 150, 0, 1))
        check("when the host sends lines again, this is reported", differ(
            faults(events), [("alert", "04:17:31", "web1", "silent"), ("recovered", "04:17:41", "web1", "silent")]))
        check("lines that were sent before this run are not reported as missing", differ(
            [after["counters"]["counts_missing"], hosts(after)["web1"]["missing"]], [0, 0]))

        Path(state + ".memory").write_text(memory)
        _, after = run(state, seconds(7 * DAY + 50, 7 * DAY + 150, 0))
        check("a host that has been silent for a week is remembered", differ(sorted(hosts(after)), ["web0", "web1"]))
        Path(state + ".memory").write_text(memory)
        _, after = run(state, seconds(7 * DAY + 60, 7 * DAY + 150, 0))
        check("a host that has been silent for over a week is forgotten", differ(sorted(hosts(after)), ["web0"]))
    return done()


if __name__ == "__main__":
    sys.exit(main())
