#!/usr/bin/env python3
"""200,000 addresses, half of them IPv6, ask for a million different missing paths within 10 minutes. The tables of
paths and of clients with errors stay within their bytes, evictions are counted, and older knowledge is kept. TAP.
"""
import array
import fcntl
import json
import os
import subprocess
import sys
import termios
import time

sys.dont_write_bytecode = True
from attacks import FAMILIES, HOUR, PROGRAM, SECRET, START, Log  # noqa: E402
from promises import check, done  # noqa: E402

ADDRESSES, EACH = 200_000, 5
PATHS = CLIENTS = 65_536  # --max-paths, and the table of clients with errors
BEGIN, SECONDS, AFTER = 20 * HOUR, 600, 21 * HOUR
# The bytes that anomdetect-bans(7) names for a path and for a client with errors, and 160 KiB of written paths. The 2 MiB
# are for the filter of honest clients, the first paths of visits, and the allocator's overhead. Measured: 6.8 MiB.
BYTES_MAX = PATHS * 56 + CLIENTS * 46 + (160 << 10) + (2 << 20)


def before(log, family):
    """A day of visitors. Two of them get 404 for /old.png. A prober asks for 7 files, one less than is allowed."""
    for v in range(200):
        log.read(log.rng.random() * (BEGIN - HOUR), f"visitor {v} {family}", 6)
    for k in range(2):
        log.read(BEGIN - 1800, f"reader {k} {family}", 6)
        log.ask(BEGIN - 1760, f"reader {k} {family}", "/old.png", 404)
    for i, path in enumerate(SECRET[:7]):
        log.ask(BEGIN - 900 + 10 * i, f"prober {family}", path, 404)


def after(log, family):
    for i in range(50):
        log.ask(AFTER + i, f"later reader {family}", "/old.png", 404)
        log.ask(AFTER + i, f"errant {family}", f"/never-{family}.png", 404)
    for i in range(15):
        log.ask(AFTER + 600 + 3 * i, f"errant reader {family}", f"/page/{10 * i}", 404)
    for i, path in enumerate(SECRET[7:10]):
        log.ask(AFTER + 1200 + 20 * i, f"prober {family}", path, 404)


def flood():
    """Chunks of lines. Each address makes EACH requests, spread over the flood."""
    n = ADDRESSES * EACH
    for low in range(0, n, 20_000):
        lines = []
        for i in range(low, low + 20_000):
            a = i % ADDRESSES
            client = f"2001:db8:{a >> 8:x}:{a & 255:x}::7" if a % 2 else f"{100 + (a >> 16)}.{a >> 8 & 255}.{a & 255}.7"
            lines.append(f'{{"remote_addr":"{client}","msec":{START + BEGIN + i * SECONDS / n:.3f},'
                         f'"request":"GET /{i * 2654435761 & 0xffffffff:x} HTTP/1.1","status":404}}\n')
        yield "".join(lines).encode()


def wait_until_read(fd):
    left = array.array("i", [1])
    while left[0]:
        time.sleep(0.01)
        fcntl.ioctl(fd, termios.FIONREAD, left)


def greatest_bytes(pid):
    for text in open(f"/proc/{pid}/status"):
        if text.startswith("VmHWM:"):
            return int(text.split()[1]) * 1024
    sys.exit("Bail out! no VmHWM in /proc/PID/status")


def replay(chunks, *options):
    """(events, bytes of memory at most)"""
    command = [PROGRAM, "--replay", "--state", "none", "--events", "ban,stop", *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        drain = subprocess.Popen(["cat"], stdin=program.stdout, stdout=subprocess.PIPE)
        for chunk in chunks:
            program.stdin.write(chunk)
        program.stdin.flush()
        wait_until_read(program.stdin.fileno())
        memory = greatest_bytes(program.pid)
        program.stdin.close()
        return [json.loads(text) for text in drain.communicate()[0].splitlines()], memory


def check_events(logs, events):
    stop, lines = events[-1], sum(len(log.rows) for log in logs) + ADDRESSES * EACH
    name_of = {address: who for who, address in logs[0].address.items()}
    banned = {name_of.get(e["client"], e["client"]): e["rules"] for e in events if e["event"] == "ban"}
    check("every line is a request", [] if stop["lines"] == stop["requests"] == lines else [stop])
    gone = ADDRESSES * EACH - PATHS
    check(f"{stop['paths_evicted_single']} paths of the flood were evicted", [] if stop["paths_evicted_single"] >= gone else [gone])
    kept = [f"{name} is {stop[name]}" for name in stop if name.startswith("paths_evicted_honest") and stop[name]]
    check("no path that an honest visit asked for was evicted", kept)
    gone = ADDRESSES - CLIENTS
    check(f"{stop['slow_evicted']} clients with errors were evicted", [] if stop["slow_evicted"] >= gone else [gone])
    for family in FAMILIES:
        check_banned(family, banned)
    check("no other client is banned", set(banned) - {f"{who} {family}" for who in ("errant", "prober") for family in FAMILIES})


def check_banned(family, banned):
    """`banned`: names of clients, and their detection rules."""
    check(f"{family}: a dead link is still known: a client that asks for it 50 times is not banned",
          ["it is"] if f"later reader {family}" in banned else [])
    check(f"{family}: a client that asks 50 times for another missing path is banned", [] if f"errant {family}" in banned else banned)
    check(f"{family}: served pages are still known: a client with errors on 15 of them is not a prober",
          ["it is"] if f"errant reader {family}" in banned else [])
    rules = banned.get(f"prober {family}")
    check(f"{family}: a prober from before the flood is banned at its ninth path", [] if rules == ["probes"] else [rules])


def main():
    logs = Log("IPv4"), Log("IPv4")
    logs[1].address = logs[0].address
    for log, fill in zip(logs, (before, after)):
        for log.family in FAMILIES:
            fill(log, log.family)
    chunks = [logs[0].text(False), *flood(), logs[1].text(False)]
    events, memory = replay(chunks)
    without = replay(chunks, "--max-paths", "0")[1]
    check_events(logs, events)
    sanitized = b"__asan_init" in PROGRAM.read_bytes()
    mib = (memory - without) / (1 << 20)
    promise = f"the tables of paths and of clients with errors take {mib:.1f} MiB, at most {BYTES_MAX / (1 << 20):.1f}"
    check(promise + " # SKIP sanitizers need more memory" if sanitized else promise,
          [] if sanitized or memory - without <= BYTES_MAX else [f"{memory} and {without} bytes"])
    return done()


sys.exit(main())
