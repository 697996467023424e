#!/usr/bin/env python3
"""With --max-paths 0, no event has a detection rule about paths. The memory file has no list of paths, of clients with
errors or of written paths. Without this option, the same log has all of these rules and lists. TAP.
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
from attacks import DAY, FAMILIES, PROGRAM, SECRET, Log  # noqa: E402
from promises import check, done  # noqa: E402

RULES = {"probes", "bait", "repeats", "slow_errors"}
LISTS = {"path_list", "slow_list", "written_list"}


def attacked(family):
    log = Log(family)
    log.visitors(2, 300)
    for p in range(20):  # bait exists only after the first probers
        for i, path in enumerate(SECRET[:20]):
            log.ask(DAY + 900 * p + 2 * i, f"prober{p}", path, 404)
    for k in range(100):
        log.ask(DAY + 30_000 + 2 * k, "guesser", "/login", 200, "POST")
    for k in range(100):
        log.ask(DAY + 40_000 + 300 * k, "slow", "/one", 401)
    return log


def members_of(value):
    """Names of all members, at any depth."""
    if isinstance(value, list):
        return set().union(*map(members_of, value))
    if isinstance(value, dict):
        return set(value).union(*map(members_of, value.values()))
    return set()


def seen(log, *options):
    """(detection rules of the events, members of the memory file)"""
    with tempfile.TemporaryDirectory(prefix="anomdetect-paths.") as tmp:
        command = [PROGRAM, "--replay", "--state", f"{tmp}/state", *options]
        out = subprocess.run(command, input=log.text(False), capture_output=True, check=True).stdout
        events = [json.loads(text) for text in out.splitlines()]
        memory = json.loads(Path(f"{tmp}/state.memory").read_text())
    return {rule for e in events for rule in e.get("rules", ())}, members_of(memory)


def main():
    for family in FAMILIES:
        log = attacked(family)
        rules, members = seen(log)
        check(f"{family}: the log has events with each detection rule about paths", RULES - rules)
        check(f"{family}: the memory file of the run has each list", LISTS - members)
        rules, members = seen(log, "--max-paths", "0")
        check(f"{family}: with --max-paths 0 no event has a detection rule about paths", RULES & rules)
        check(f"{family}: with --max-paths 0 the memory file has none of these lists", LISTS & members)
    return done()


sys.exit(main())
