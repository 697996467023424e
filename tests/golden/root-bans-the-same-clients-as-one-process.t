#!/usr/bin/env python3
"""A root that reads counts of four hosts bans the same clients as one process that reads all lines. TAP on standard
output.

usage: root-bans-the-same-clients-as-one-process.t [LOG...]      logs of JSON lines in the order of time; default:
generated logs

The one process runs without the detection rules about paths, because counts have no paths. The lines are spread over
the hosts in two ways: all lines of a client go to one host, as with a balancer with sticky sessions, or each line goes
to a random host.
"""
import json
import os
import random
import subprocess
import sys
from datetime import datetime
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
from promises import check, done  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("BUILD", "build")).resolve()
DETECTOR = [BUILD / "anomdetect", "--replay", "--state", "none", "--events", "ban"]
HOSTS = 4
LATER_MAX_S = 3
# IPv4 and IPv6 visitors, and among them floods, guessers and slow crawlers.
TRAFFIC = ["--minutes", "90", "--clients", "40", "--ipv6", "0.3",
           "--flood", "50@30m+120,203.0.113.7", "--flood", "4@40m+300,2001:db8:bad:1::1",
           "--flood", "2@45m+900,203.0.113.9", "--flood", "1@50m+600,2001:db8:bad:2::1,401",
           "--flood", "20@70m+60,203.0.113.11,404", "--flood", "3@75m+200,203.0.113.13,503"]


def run(command, lines):
    text = "\n".join(lines) + "\n"
    return subprocess.run(command, input=text, text=True, capture_output=True, check=True).stdout.splitlines()


def first_bans(events):
    bans = {}
    for event in map(json.loads, events):
        bans.setdefault(event["client"], datetime.fromisoformat(event["time"].replace("Z", "+00:00")).timestamp())
    return bans


def counts_of(lines, host):
    """(time, host, line) of each line of counts."""
    out = run([BUILD / "anomcount", "--replay", "--state", "none", "--origin", f"web{host}"], lines)
    return [(line.split('"time":"')[1][:24], host, line) for line in out]


def root(lines, pick):
    hosts = [[] for _ in range(HOSTS)]
    for line in lines:
        hosts[pick(line)].append(line)
    merged = sorted((x for k in range(HOSTS) for x in counts_of(hosts[k], k)), key=lambda x: x[:2])
    return first_bans(run([*DETECTOR, "--format", "counts"], [line for *_, line in merged]))


def compare(name, lines):
    one = first_bans(run([*DETECTOR, "--max-paths", "0"], lines))
    check(f"{name}: one process bans at least 3 clients", [] if len(one) >= 3 else [str(one)])
    rng = random.Random(1)
    spread = {"client": lambda line: sum(json.loads(line)["remote_addr"].encode()) % HOSTS,
              "request": lambda line: rng.randrange(HOSTS)}
    for how, pick in spread.items():
        many = root(lines, pick)
        check(f"{name}: the root bans the same clients if lines are spread by {how}",
              [f"{c}: only one process" for c in one.keys() - many.keys()] +
              [f"{c}: only the root" for c in many.keys() - one.keys()])
        late = [many[c] - one[c] for c in one.keys() & many.keys() if many[c] - one[c] > LATER_MAX_S]
        check(f"{name}: 99 % of the root's bans come at most {LATER_MAX_S} s later than those of one process if lines are spread by {how}",
              [f"later by {s:.0f} s" for s in late] if len(late) > len(one) / 100 else [])


for path in sys.argv[1:]:
    compare(Path(path).name, Path(path).read_text(errors="replace").splitlines())
if not sys.argv[1:]:
    for seed in ("1", "2", "3"):
        made = subprocess.run([ROOT / "tests/traffic.py", *TRAFFIC, "--seed", seed], text=True, capture_output=True, check=True)
        compare(f"seed {seed}", made.stdout.splitlines())
sys.exit(done())
