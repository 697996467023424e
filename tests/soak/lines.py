#!/usr/bin/env python3
"""Writes lines of an access log at a constant rate, for soak tests. Many visitors and some short floods make the lines.

    lines.py --rate 20000 --seconds 1800 >PIPE        writes "LINES LAG" on standard error each second

A fixed number of visitors is on the site at any time. Each visitor asks for pages and leaves after at most 150
requests. Then a visitor with a new address comes. Every eighth address is IPv6. A few requests fail on dead links.
Every few seconds, an address of a small pool starts a flood of 10 seconds. So the same addresses are banned repeatedly.
Each line contains the time at which it is written. LAG is the delay of the writing in seconds: it grows when the reader
is slow. SIGTERM ends the script early. --calm-at S: in the last S seconds there is no flood.
"""
import argparse
import os
import random
import signal
import sys
import time

STEP_S = 0.05  # the script writes all lines of such a period of time together
VISIT_MAX = 150  # maximum requests of a visitor, far below the limit of a visit
FLOOD_S = 10
FLOOD_PER_S = 100
FLOODERS = 400  # number of addresses that flood in turn
FLOOD_EVERY_S = 3

LINE = ('{"remote_addr":"%s","time_iso8601":"%s","msec":%s,"request":"GET %s HTTP/1.1","status":%d,"bytes":5120,'
        '"rt":0.004,"host":"www.example.org","referer":"https://www.example.org/","ua":"Mozilla/5.0 (X11; Linux x86_64; '
        'rv:128.0) Gecko/20100101 Firefox/128.0"}\n')


def address(n):
    """A different address for each n. No address is reserved for documentation, because run.py puts
    those addresses on the allow-list."""
    n = n * 2654435761 % (1 << 24)
    if n % 8 == 7:
        return "2a00:%x:%x::7" % (n >> 16, n & 0xffff)
    return "%d.%d.%d.%d" % (64 + (n >> 22), n >> 14 & 255, n >> 6 & 255, n << 2 & 255)


def flooder(n):
    return "2a0f:%x::1" % n if n % 4 == 3 else "91.198.%d.%d" % (n >> 8, n & 255)


class Traffic:
    def __init__(self, visitors, seed):
        self.random = random.Random(seed)
        self.next = visitors
        self.visitors = [address(n) for n in range(visitors)]
        self.left = [self.random.randrange(1, VISIT_MAX) for _ in range(visitors)]
        self.pages = ["/articles/%d" % n for n in range(4000)] + ["/static/%d.js" % n for n in range(200)]
        self.floods = []  # (address, end)
        self.next_flood = 0.0
        self.flooders_n = 0

    def visit(self):
        """The address, path and status of the next request."""
        r = self.random.random
        i = int(r() * len(self.visitors))
        who = self.visitors[i]
        self.left[i] -= 1
        if self.left[i] <= 0:
            self.visitors[i] = address(self.next)
            self.left[i] = 1 + int(r() * VISIT_MAX)
            self.next += 1
        if r() < 0.005:
            return who, "/gone/%d" % (r() * 50), 404
        return who, self.pages[int(r() * r() * len(self.pages))], 200

    def flood(self, at, calm):
        self.floods = [f for f in self.floods if f[1] > at]
        if at >= self.next_flood and not calm:
            self.floods.append((flooder(self.flooders_n % FLOODERS), at + FLOOD_S))
            self.flooders_n += 1
            self.next_flood = at + FLOOD_EVERY_S

    def step(self, n, at, now, calm):
        """n lines with the time `now`, which is `at` seconds after the start."""
        iso = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(now))
        msec = "%.3f" % now
        self.flood(at, calm)
        lines = [LINE % (who, iso, msec, "/login", 401)
                 for who, _ in self.floods for _ in range(int(FLOOD_PER_S * STEP_S))][:n]
        while len(lines) < n:
            who, path, status = self.visit()
            lines.append(LINE % (who, iso, msec, path, status))
        return "".join(lines).encode()


def write_all(data):
    while data:
        data = data[os.write(1, data):]


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--rate", type=int, default=20000, help="lines per second (20000)")
    p.add_argument("--seconds", type=float, default=1800)
    p.add_argument("--visitors", type=int, default=30000, help="number of visitors on the site at any time (30000)")
    p.add_argument("--calm-at", type=float, default=5, help="number of seconds at the end that have no flood (5)")
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args()
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    traffic = Traffic(a.visitors, a.seed)
    begun, written, told = time.monotonic(), 0, 0
    while not ended:
        at = time.monotonic() - begun
        wanted = int(min(at, a.seconds) * a.rate)
        n = min(wanted - written, int(a.rate * STEP_S))
        lag = (wanted - written - n) / a.rate
        if n >= a.rate * STEP_S or at >= a.seconds:
            if n:
                write_all(traffic.step(n, at, time.time(), at >= a.seconds - a.calm_at - FLOOD_S))
            written += n
        else:
            time.sleep(STEP_S - n / a.rate)
        if at >= told + 1 or (at >= a.seconds and written >= wanted):
            told = int(at)
            print(written, "%.2f" % lag, file=sys.stderr, flush=True)
        if at >= a.seconds and written >= wanted:
            return 0
    print(written, 0, file=sys.stderr, flush=True)
    return 0


try:
    sys.exit(main())
except BrokenPipeError:  # the reader has ended
    sys.exit(1)
