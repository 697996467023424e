#!/usr/bin/env python3
"""Replays each scenario. No honest client is banned permanently, and no more honest clients are banned than the scenario
allows. The attackers are banned, and the bans drop most of their requests. NAME/restart replays the log of NAME in two
runs that share a memory file; the two runs together must ban the same clients as one run. The output is TAP.

    BUILD=build SEED=1 tests/scenarios/run.t [NAME...]
"""
import calendar
import ipaddress
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from functools import lru_cache
from pathlib import Path

sys.dont_write_bytecode = True
from scenario import EPOCH, is_attacker, line, names, restart_of, rows  # noqa: E402

PROGRAM = Path(os.environ.get("BUILD", "build")).resolve() / "anomdetect"
ARGS = ["--replay", "--events", "ban,alert"]
SEED = os.environ.get("SEED", "1")
PROCESSES = 2
SECONDS_MAX = 120  # for one replay
SHOWN_MAX = 5      # events printed below a failed scenario


def seconds(stamp):
    """A time in RFC 3339, UTC, with milliseconds -> seconds since the scenario's start."""
    return calendar.timegm(time.strptime(stamp[:19], "%Y-%m-%dT%H:%M:%S")) + float(stamp[19:-1]) - EPOCH


@lru_cache(None)
def counted_as(client):
    """The client of an address: IPv6 is counted and banned by /64."""
    a = ipaddress.ip_address(client)
    return client if a.version == 4 else str(ipaddress.ip_network((int(a) >> 64 << 64, 64)))


def replay(stream, state="none"):
    done = subprocess.run([PROGRAM, *ARGS, "--state", state], input="".join(line(*r) for r in stream), text=True,
                          capture_output=True, timeout=SECONDS_MAX, env=dict(os.environ, LC_ALL="C"))
    if done.returncode or done.stderr:
        raise ValueError(f"exit code {done.returncode}: {done.stderr[:500]}")
    return [json.loads(event) for event in done.stdout.splitlines()]


def fix_keys(memory):
    """Replaces the random hash keys of a memory file by fixed keys, so that a scenario has the same result in each
    run."""
    content = json.loads(memory.read_text())
    for k, name in enumerate(("taught", "honest", "paths")):
        content[name]["key"] = [int(SEED), k + 1, 3, 4]
    memory.write_text(json.dumps(content))


def replay_restarted(stream, at):
    with tempfile.TemporaryDirectory() as folder:
        replay([], f"{folder}/state")
        fix_keys(Path(folder, "state.memory"))
        parts = [r for r in stream if r[0] < at], [r for r in stream if r[0] >= at]
        return [event for part in parts for event in replay(part, f"{folder}/state")]


def bans_of(events):
    """client -> [(start, end)] of its bans"""
    bans = {}
    for e in events:
        if e["event"] == "ban":
            until = seconds(e["until"]) if e["until"] else float("inf")
            bans.setdefault(e["client"], []).append((seconds(e["time"]), until))
    return bans


def judge_honest(events, site):
    """(summary, faults)"""
    bans = [e for e in events if e["event"] == "ban" and not is_attacker(e["client"])]
    banned = len({e["client"] for e in bans})
    wrong = [e for e in bans if not e["until"] or banned > site.banned]
    wrong = [f"banned: {json.dumps(e, separators=(',', ':'))}" for e in wrong[:SHOWN_MAX]]
    return f"{banned} honest clients banned", wrong


def judge_alerts(events, site):
    """(summary, faults)"""
    alerts = Counter(e.get("hold") for e in events)
    wrong = [f"{alerts[hold]} alerts of {hold}, {n} wanted" for hold, n in site.held.items() if alerts[hold] != n]
    return "".join(f", {alerts[hold]} alerts of {hold}" for hold in site.held), wrong


def passed_before(bans, made):
    """The number of one client's requests that pass before each of its bans."""
    ends = [float("-inf"), *(until for _, until in bans)]
    return [sum(end <= t <= start for t in made) for end, (start, _) in zip(ends, bans)]


def judge_attacker(client, bans, made, attack):
    """Returns the faults, as texts."""
    if not bans:
        return [f"not banned: {client}"]
    first, *again = passed_before(bans, made)
    for_ever = bans[-1][1] == float("inf")
    wrong = []
    if len(bans) < attack.strikes:
        wrong.append(f"{client}: banned {len(bans)} times, at least {attack.strikes} bans wanted")
    if attack.for_ever not in (None, for_ever):
        kinds = {True: "for ever", False: "for a time"}
        wrong.append(f"{client}: the last ban is {kinds[for_ever]}, a ban {kinds[attack.for_ever]} wanted")
    if attack.first and first > attack.first:
        wrong.append(f"{client}: {first} requests passed before the first ban, at most {attack.first} wanted")
    if attack.again and max(again, default=0) > attack.again:
        wrong.append(f"{client}: {again} requests passed before the later bans, at most {attack.again} each wanted")
    return wrong


def judge_attack(stream, events, attack):
    """(summary, faults)"""
    bans, made = bans_of(events), {}
    for t, client, *_ in stream:
        if is_attacker(client) and t >= attack.since:
            made.setdefault(counted_as(client), []).append(t)
    stopped = sum(any(a < t < b for a, b in bans.get(c, ())) for c in made for t in made[c])
    stopped /= sum(map(len, made.values()))
    wrong = [w for c in sorted(made) for w in judge_attacker(c, bans.get(c), made[c], attack)][:SHOWN_MAX]
    if stopped < attack.stopped:
        wrong.append(f"{stopped:.1%} of the attack's requests stopped, at least {attack.stopped:.1%} wanted")
    banned = len(set(made) & set(bans)) / len(made)
    return f", attackers: {len(made)}, {banned:.0%} banned, {stopped:.1%} of their requests stopped", wrong


def judge(name):
    """(name, summary, faults)"""
    at = restart_of(name)
    try:
        stream, site, attack = rows(name, SEED)
        events = replay_restarted(stream, at) if at else replay(stream)
        in_one_run = replay(stream) if at else events
    except (OSError, ValueError, subprocess.SubprocessError) as e:
        return name, "", [str(e)]
    # alerts are counted in the run without a restart, because a restarted detector repeats its alert
    parts = [judge_honest(events, site), judge_alerts(in_one_run, site)]
    if attack:
        parts.append(judge_attack(stream, events, attack))
    came_to = f"{len(stream)} lines, " + "".join(text for text, _ in parts)
    wrong = [w for _, part in parts for w in part]
    other = set(bans_of(events)) ^ set(bans_of(in_one_run))
    wrong += [f"banned either only with the restart or only without it: {c}" for c in sorted(other)[:SHOWN_MAX]]
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
