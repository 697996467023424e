#!/usr/bin/env python3
"""Replays each scenario: nobody honest is banned, the attacker is and its requests stop. TAP on standard output.

    BUILD=build SEED=1 tests/scenarios/run.t [NAME...]
"""
import calendar
import ipaddress
import json
import multiprocessing
import os
import subprocess
import sys
import time
from functools import lru_cache
from pathlib import Path

sys.dont_write_bytecode = True
from scenario import EPOCH, is_attacker, line, names, rows  # noqa: E402

PROGRAM = Path(os.environ.get("BUILD", "build")).resolve() / "anomdetect"
ARGS = ["--replay", "--state", "none", "--events", "ban,alert"]
SEED = os.environ.get("SEED", "1")
PROCESSES = 2
SECONDS_MAX = 120  # of one replay
SHOWN_MAX = 5      # events under a scenario that fails


def seconds(stamp):
    """RFC 3339, UTC, milliseconds -> the scenario's seconds."""
    return calendar.timegm(time.strptime(stamp[:19], "%Y-%m-%dT%H:%M:%S")) + float(stamp[19:-1]) - EPOCH


@lru_cache(None)
def counted_as(client):
    """IPv6 is counted and banned by /64."""
    a = ipaddress.ip_address(client)
    return client if a.version == 4 else str(ipaddress.ip_network((int(a) >> 64 << 64, 64)))


def replay(stream):
    done = subprocess.run([PROGRAM, *ARGS], input="".join(line(*r) for r in stream), text=True, capture_output=True,
                          timeout=SECONDS_MAX, env=dict(os.environ, LC_ALL="C"))
    if done.returncode or done.stderr:
        raise ValueError(f"exit code {done.returncode}: {done.stderr[:500]}")
    return [json.loads(event) for event in done.stdout.splitlines()]


def judge(name):
    """(name, what it came to, what is wrong)"""
    try:
        stream, attack = rows(name, SEED)
        events = replay(stream)
    except (OSError, ValueError, subprocess.SubprocessError) as e:
        return name, "", [str(e)]
    bans = {}
    for e in events:
        if e["event"] == "ban":
            until = seconds(e["until"]) if e["until"] else float("inf")
            bans.setdefault(e["client"], []).append((seconds(e["time"]), until))
    wrong = [e for e in events if e["event"] == "ban" and not is_attacker(e["client"])]
    came_to = f"{len(stream)} lines, {len({e['client'] for e in wrong})} honest banned"
    wrong = [f"banned: {json.dumps(e, separators=(',', ':'))}" for e in wrong[:SHOWN_MAX]]
    if not attack:
        return name, came_to, wrong
    made = [(r[0], counted_as(r[1])) for r in stream if is_attacker(r[1]) and r[0] >= attack.since]
    who = {c for _, c in made}
    banned = len(who & set(bans)) / len(who)
    stopped = sum(any(a < t < b for a, b in bans.get(c, ())) for t, c in made) / len(made)
    came_to += f", {len(who)} attackers: {banned:.0%} banned, {stopped:.1%} stopped"
    wrong += [f"not banned: {c}" for c in sorted(who - set(bans))[:SHOWN_MAX]]
    if stopped < attack.stopped:
        wrong.append(f"{stopped:.1%} of the attack stopped, at least {attack.stopped:.1%} wanted")
    return name, came_to, wrong


def main():
    wanted = sys.argv[1:] or list(names())
    unknown = set(wanted) - set(names())
    if unknown:
        sys.exit("run.t: no such scenario: " + " ".join(sorted(unknown)))
    print(f"1..{len(wanted)}", flush=True)
    failed = 0
    with multiprocessing.Pool(PROCESSES) as pool:
        for number, (name, came_to, wrong) in enumerate(pool.imap(judge, wanted), 1):
            print(f"{'not ok' if wrong else 'ok'} {number} - {name}: {came_to}")
            for text in wrong:
                print(f"# {text}")
            sys.stdout.flush()
            failed += bool(wrong)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
