#!/usr/bin/env python3
"""The benchmark's generator (tests/bench/make_site_lines.c) prints lines as on a real site. TAP on standard output.

Each line of each format is a request for anomdetect. The same arguments print the same bytes. The rates of clients
differ by over five orders of magnitude. At night, whole minutes have no line. Lines vary as real lines do.
"""
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

sys.dont_write_bytecode = True
from promises import check, done  # noqa: E402

BUILD = Path(os.environ.get("BUILD", "build"))
MAKE = BUILD / "bench" / "make_site_lines"
LINES = 4000
DAYS = 14
MINUTES_PER_DAY = 24 * 60
NIGHT = (2, 3, 4)  # hours
NOON = (10, 11, 12, 13, 14)


def run(*command, check=True, **options):
    return subprocess.run([str(word) for word in command], check=check, capture_output=True, **options).stdout


def formats():
    """Name -> the row of --list: anomdetect's options, jq's options, jq's filter."""
    rows = (row.split("\t") for row in run(MAKE, "--list").decode().splitlines())
    return {name: ([] if options == "-" else options.split(), jq, jq_filter) for name, options, jq, jq_filter, _ in rows}


def not_requests(lines, options):
    told = run(BUILD / "anomdetect", "--explain", *options, input=lines, check=False).decode()
    found = re.search(r"^(\d+) of (\d+) lines? are requests$", told, flags=re.M)
    return [] if found and int(found[1]) == int(found[2]) == LINES else [told]


def check_formats():
    found = formats()
    check("the generator has formats", [] if len(found) > 6 else [str(sorted(found))])
    for name, (options, jq, jq_filter) in found.items():
        lines = run(MAKE, name, LINES, DAYS)
        check(f"{name}: each line is a request", not_requests(lines, options))
        check(f"{name}: the same arguments print the same bytes",
              [] if lines == run(MAKE, name, LINES, DAYS) else ["they differ"])
        told = run("jq", jq, jq_filter, input=lines, check=False).decode().splitlines()
        check(f"{name}: jq reads client and status, too",
              [f"line {n}: {line}" for n, line in enumerate(told, 1) if not re.fullmatch(r"[\da-f.:\[\]]+ \d+", line)][:3]
              + ([f"{len(told)} of {LINES} lines"] if len(told) < 0.9 * LINES else []))


def check_spread():
    """Compares the busiest minute of a client with the rate of clients that make one request in all days."""
    requests = [json.loads(line) for line in run(MAKE, "nginx", 20000, DAYS).splitlines()]
    per_client = Counter(r["remote_addr"] for r in requests)
    busiest = max(Counter((r["remote_addr"], r["msec"] // 60) for r in requests).values())
    spread = busiest / (min(per_client.values()) / (DAYS * MINUTES_PER_DAY))
    check("rates of clients differ by over five orders of magnitude", [] if spread > 1e5 else [f"by {spread:.3g}"])
    check("one client makes several requests per second for a minute", [] if busiest > 120 else [f"{busiest} per minute"])
    heaviest = max(per_client.values())
    check("one client makes a sixth of all requests", [] if heaviest > len(requests) / 6 else [f"{heaviest} requests"])
    once = sum(n == 1 for n in per_client.values()) / len(per_client)
    check("many clients make one request", [] if once > 0.05 else [f"{once:.3f} of them"])
    v6 = sum(":" in client for client in per_client) / len(per_client)
    check("a fifth to three fifths of the clients use IPv6", [] if 0.2 < v6 < 0.6 else [f"{v6:.3f} of them"])
    odd = Counter(name for r in requests for name, there in (
        ("404", r["status"] == 404), ("304", r["status"] == 304), ("301", r["status"] == 301),
        ("no referer", r["referer"] == ""), ("no agent", r["ua"] == ""), ("a query", "?" in r["request"]),
        ("a quote or backslash", re.search(r'["\\]', r["request"] + r["ua"])),
        ("other bytes than ASCII", not (r["request"] + r["ua"] + r["referer"]).isascii()),
        ("a long path", len(r["request"]) > 400)) if there)
    check("lines vary as real lines do", [f"nowhere: {name}" for name in (
        "404", "304", "301", "no referer", "no agent", "a query", "a quote or backslash", "other bytes than ASCII",
        "a long path") if not odd[name]])


def check_quiet():
    """The times of lines, at 35,000 lines per day."""
    times = [float(second) for second in re.findall(rb'"msec":([\d.]+)', run(MAKE, "nginx", 70000, 2))]
    there = {int(second // 60) for second in times}
    empty = {hours: 1 - sum(minute // 60 % 24 in hours for minute in there) / (2 * 60 * len(hours))
             for hours in (NIGHT, NOON)}
    check("times do not go backwards", [] if times == sorted(times) else ["they do"])
    check("at night over a quarter of the minutes have no line", [] if empty[NIGHT] > 0.25 else [f"{empty[NIGHT]:.3f} of them"])
    check("by day nearly every minute has a line", [] if empty[NOON] < 0.02 else [f"{empty[NOON]:.3f} are empty"])


def main():
    check_formats()
    check_spread()
    check_quiet()
    return done()


sys.exit(main())
