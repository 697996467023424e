#!/usr/bin/env python3
"""A broker may deliver counts twice, late and out of order. The root still bans the same clients. TAP."""
import os
import random
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
from counts_lines import line  # noqa: E402
from promises import check, done  # noqa: E402

PROGRAM = Path(os.environ.get("BUILD", "build")).resolve() / "anomdetect"
HOSTS, SECONDS = 4, 900
FAMILIES = ("203.0.113.%d", "2001:db8:bad:%x::/64")
ARGS = ["--replay", "--state", "none", "--format", "counts", "--learn", "0", "--events", "ban,unban,stop"]


def address(k):
    return f"198.51.{100 + k % 2}.{k // 2}" if k % 3 else f"2001:db8:{k:x}::/64"


def log(seed):
    """(second, host, line) in the order of sending: visitors, and floods of IPv4 and IPv6."""
    rng = random.Random(seed)
    floods = [(FAMILIES[k % 2] % k, rng.randrange(200, SECONDS - 150), rng.randint(3, 6)) for k in range(1, 9)]
    lines = []
    for s in range(SECONDS):
        for h in range(HOSTS):
            counts = [[address(rng.randrange(400)), rng.randint(1, 3), 0, 0] for _ in range(rng.randrange(3))]
            for client, start, rate in floods:
                n = sum(rng.random() < 0.5 for _ in range(rate))
                if start <= s < start + 120 and n:
                    counts.append([client, n, 0, 0])
            lines.append((s, h, line(s, f"web{h}", s + 1, counts)))
    return lines


def twice(lines, rng):
    """Repeats the lines of three in ten spans of five seconds, 5 to 90 s after the start of the span."""
    out = []
    for k in range(0, SECONDS, 5):
        out += [(s, s, h, x) for s, h, x in lines if k <= s < k + 5]
        if rng.random() < 0.3:
            late = k + rng.choice([5, 7, 20, 90])
            out += [(late, s, h, x) for s, h, x in lines if k <= s < k + 5]
    return [x for *_, x in sorted(out, key=lambda item: item[:3])]


def shuffled(lines, rng, most):
    """Each line comes up to `most` seconds late."""
    return [x for *_, x in sorted((s + rng.random() * most, h, x) for s, h, x in lines)]


def run(lines):
    out = subprocess.run([PROGRAM, *ARGS], input="\n".join(lines) + "\n", text=True, capture_output=True, check=True)
    events = out.stdout.splitlines()
    return events[:-1], events[-1]


def clients(events):
    return sorted(e.split('"client":"')[1].split('"')[0] for e in events if '"event":"ban"' in e)


def count(stop, name):
    return int(stop.split(f'"{name}":')[1].split(",")[0])


for seed in range(3):
    sent = log(seed)
    plain, plain_stop = run([x for *_, x in sent])
    check(f"seed {seed}: clients of both families are banned",
          [] if {":" in c for c in clients(plain)} == {True, False} else [str(clients(plain))])
    rng = random.Random(seed)
    doubled = twice(sent, rng)
    again, again_stop = run(doubled)
    check(f"seed {seed}: lines that come twice change no event", [] if again == plain else ["the events differ"])
    check(f"seed {seed}: each repeated line is counted",
          [] if count(again_stop, "counts_repeated") == len(doubled) - len(sent) > 100 else [again_stop[:900]])
    within, stop = run(shuffled(sent, rng, 1))
    check(f"seed {seed}: another order within a second changes no ban",
          [] if clients(within) == clients(plain) else [f"{clients(within)}, not {clients(plain)}"])
    apart, stop = run(shuffled(sent, rng, 5))
    check(f"seed {seed}: lines up to 5 s late change no ban",
          [] if clients(apart) == clients(plain) else [f"{clients(apart)}, not {clients(plain)}"])
    check(f"seed {seed}: no late line is lost",
          [] if count(stop, "requests") == count(plain_stop, "requests") and not count(stop, "late") else [stop[:900]])
sys.exit(done())
