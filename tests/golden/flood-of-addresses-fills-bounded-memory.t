#!/usr/bin/env python3
"""A million addresses in one minute, half of them IPv6, with room for 10,000 clients. Memory stays within its bound,
evicted clients are counted, and two heavy clients are still banned. The first of them makes requests all the time. The
second makes requests in bursts, and more new clients than there is room for come between two bursts. So the table must
keep the second client because of its count of requests. TAP.
"""
import array
import fcntl
import json
import os
import subprocess
import sys
import termios
import time
from pathlib import Path

BUILD = Path(os.environ.get("BUILD", "build")).resolve()
START = 1795341600  # 2026-11-22T10:00:00Z
MANY = 1_000_000
ROOM = 10_000
STEADY, BURSTS, BURST = "203.0.113.9", "2001:db8:bad::9", 16
# Measured: 5 MiB; 95 MiB with room for all clients.
MIB_MAX = 20

results = []


def check(promise, holds, got):
    results.append(holds)
    print(f"{'ok' if holds else 'not ok'} {len(results)} - {promise}")
    if not holds:
        print(f"#   {got}")


def line(i, client):
    return (f'{{"remote_addr":"{client}","msec":{START + i * 60 / MANY:.3f},"request":"GET / HTTP/1.1",'
            f'"status":200}}\n')


def write_lines(out):
    for i in range(MANY):
        high, low = i >> 16, i & 0xffff
        out.write(line(i, f"2001:db8:{high:x}:{low:x}::7" if i % 2 else f"{32 + high}.{low >> 8}.{low & 255}.7"))
        if i % 500 == 0:
            out.write(line(i, STEADY))
        if i % 25_000 == 0:
            out.write(line(i, BURSTS) * BURST)
    out.flush()


def greatest_mib(pid):
    for text in open(f"/proc/{pid}/status"):
        if text.startswith("VmHWM:"):
            return int(text.split()[1]) / 1024
    sys.exit("Bail out! no VmHWM in /proc/PID/status")


def wait_until_read(fd):
    left = array.array("i", [1])
    while left[0]:
        time.sleep(0.01)
        fcntl.ioctl(fd, termios.FIONREAD, left)


def main():
    command = [BUILD / "anomdetect", "--replay", "--state", "none", "--max-clients", str(ROOM), "--learn", "0s",
               "--events", "ban,stop"]
    program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    write_lines(program.stdin)
    wait_until_read(program.stdin.fileno())
    mib = greatest_mib(program.pid)
    events = [json.loads(text) for text in program.communicate()[0].splitlines()]
    stop = events[-1]
    banned = sorted(e["client"] for e in events if e["event"] == "ban")
    lines = MANY + MANY // 500 + MANY // 25_000 * BURST
    check("every line is a request", stop["lines"] == stop["requests"] == lines, stop)
    check("the two heavy clients are banned, and no other client", banned == sorted([STEADY, "2001:db8:bad::/64"]), banned)
    gone = MANY - ROOM  # a banned client takes no room
    check("evicted clients are counted", gone <= stop["evicted"] <= gone + 1000, stop["evicted"])
    sanitized = b"__asan_init" in (BUILD / "anomdetect").read_bytes()
    promise = f"memory stays under {MIB_MAX} MiB"
    check(promise + " # SKIP sanitizers need more memory" if sanitized else promise, sanitized or mib < MIB_MAX, f"{mib:.1f} MiB")
    print(f"# {mib:.1f} MiB, {stop['evicted']} evicted")
    print(f"1..{len(results)}")
    return 0 if all(results) and program.returncode == 0 else 1


sys.exit(main())
