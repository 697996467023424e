#!/usr/bin/env python3
"""Prints a web server's access log: ordinary visitors and, with options, floods.

    tests/traffic.py --minutes 35 --clients 20 --rate 0.2 --arrivals poisson --flood 50@35m+30

The lines are JSON, as nginx writes them, in the order of time. The same options and seed print the same bytes. All
addresses are reserved for documentation. Visitors have addresses in 198.51.100.0/24, 192.0.2.0/24 and 2001:db8::/32,
each IPv6 visitor in its own /64. Floods come from 203.0.113.0/24, except those whose option names an address. Crowds
come from 2001:db8:c000::/34. The log continues to the end of the last flood or crowd if --minutes ends earlier.
"""
import argparse
import heapq
import ipaddress
import json
import math
import random
import re
import sys
from datetime import datetime, timedelta, timezone

BROWSERS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
)
ASSETS = ("/css/site.css", "/js/site.js", "/img/logo.svg", "/fonts/text.woff2", "/favicon.ico",
          "/img/photo-1.webp", "/img/photo-2.webp", "/img/photo-3.webp")
V4_VISITORS_MAX = 2 * 254  # hosts in the two documentation networks
FLOODS_MAX = 254
CROWD_FIRST = 0xC000  # third group of a crowd's first address
CROWDS_MAX = 0x10000 - CROWD_FIRST


def seconds(text):
    """'90', '90s', '35m', '2h' -> seconds."""
    m = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    if not m:
        raise argparse.ArgumentTypeError(f"'{text}' is not a time, such as 90, 90s, 35m or 2h")
    return float(m[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[m[2]]


class Flood:
    """RATE@START+SECONDS[,ADDRESS][,STATUS]: one client, RATE requests per second, evenly spaced."""

    def __init__(self, text):
        m = re.fullmatch(r"([\d.]+)@([\d.]+[smh]?)\+([\d.]+[smh]?)(?:,([0-9a-fA-F.:]+[.:][0-9a-fA-F.:]*))?"
                         r"(?:,([1-5]\d\d))?", text)
        if not m or float(m[1]) <= 0:
            raise argparse.ArgumentTypeError(f"'{text}' is not RATE@START+SECONDS[,ADDRESS][,STATUS]")
        self.rate, self.start, self.length = float(m[1]), seconds(m[2]), seconds(m[3])
        self.client = str(ipaddress.ip_address(m[4])) if m[4] else None
        self.status = int(m[5]) if m[5] else 200


class Crowd:
    """RATE@START+SECONDS,CLIENTS: RATE requests for pages per second in all, by many clients in turn."""

    def __init__(self, text):
        m = re.fullmatch(r"([\d.]+)@([\d.]+[smh]?)\+([\d.]+[smh]?),(\d+)", text)
        if not m or float(m[1]) <= 0 or int(m[4]) == 0:
            raise argparse.ArgumentTypeError(f"'{text}' is not RATE@START+SECONDS,CLIENTS")
        self.rate, self.start, self.length, self.clients = float(m[1]), seconds(m[2]), seconds(m[3]), int(m[4])


def options():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--minutes", type=float, default=35)
    p.add_argument("--clients", type=int, default=20, help="visitors (20)")
    p.add_argument("--rate", type=float, default=0.2, help="requests per second of each visitor, on average (0.2)")
    p.add_argument("--arrivals", choices=("visits", "poisson", "regular"), default="visits",
                   help="visits: pages with their assets, and pauses; poisson: independent requests; "
                        "regular: one request every 1/rate s")
    p.add_argument("--ipv6", type=float, default=0, metavar="SHARE", help="share of IPv6 visitors, 0 to 1 (0)")
    p.add_argument("--missing", type=float, default=0.01, metavar="SHARE", help="share of answers that are 404 (0.01)")
    p.add_argument("--daily", action="store_true", help="half the traffic at 04:00 UTC, 1.5 times the traffic at 16:00")
    p.add_argument("--flood", type=Flood, action="append", default=[], metavar="RATE@START+SECONDS[,ADDRESS][,STATUS]",
                   help="one client's requests, evenly spaced; may be repeated")
    p.add_argument("--crowd", type=Crowd, action="append", default=[], metavar="RATE@START+SECONDS,CLIENTS",
                   help="many clients' requests for pages, evenly spaced, in turn; may be repeated")
    p.add_argument("--start", default="2026-11-22T10:00:00Z", help="time of the first second (%(default)s)")
    p.add_argument("--seed", type=int, default=1)
    o = p.parse_args()
    if o.clients - round(o.clients * o.ipv6) > V4_VISITORS_MAX or len(o.flood) > FLOODS_MAX:
        p.error(f"at most {V4_VISITORS_MAX} IPv4 visitors (raise --ipv6 for more) and {FLOODS_MAX} floods")
    if max(round(o.clients * o.ipv6) - CROWD_FIRST + 1, sum(c.clients for c in o.crowd) - CROWDS_MAX) > 0:
        p.error(f"at most {CROWD_FIRST - 1} IPv6 visitors, and {CROWDS_MAX} clients in crowds")
    if not 0 <= o.ipv6 <= 1 or not 0 <= o.missing <= 1 or o.rate <= 0 or o.minutes <= 0:
        p.error("shares are 0 to 1, rates and times more than 0")
    o.start = datetime.fromisoformat(o.start.replace("Z", "+00:00")).astimezone(timezone.utc)
    return o


def visitor_address(i, v6_n):
    if i < v6_n:
        return f"2001:db8:{i + 1:x}::1"
    i -= v6_n
    return f"198.51.100.{i + 1}" if i < 254 else f"192.0.2.{i - 253}"


def daily_factor(o, t):
    """The factor of the rate at time t. It is a cosine of the time of day, with the maximum at 16:00 UTC, or 1 without
    --daily."""
    if not o.daily:
        return 1.0
    hour = (o.start + timedelta(seconds=t)).timestamp() % 86400 / 3600
    return 1 + 0.5 * math.cos((hour - 16) / 24 * 2 * math.pi)


def page(rng):
    return f"/articles/{rng.randrange(400)}" if rng.random() < 0.7 else "/"


def poisson(o, rng, end):
    t = rng.expovariate(o.rate * daily_factor(o, 0))
    while t < end:
        yield t, page(rng)
        t += rng.expovariate(o.rate * daily_factor(o, t))


def regular(o, rng, end):
    t = rng.random() / o.rate
    while t < end:
        yield t, page(rng)
        t += 1 / (o.rate * daily_factor(o, t))


def visits(o, rng, end):
    """Visits of 1 to 8 pages, 2 to 20 s apart, each page with up to 8 assets within a second. The pause until the next
    visit keeps the average at o.rate."""
    t = rng.expovariate(o.rate / 20)
    while t < end:
        arrived, made = t, 0
        for _ in range(rng.randint(1, 8)):
            yield t, page(rng)
            assets = rng.sample(ASSETS, rng.randint(0, len(ASSETS)))
            for when in sorted(rng.uniform(0.05, 1) for _ in assets):
                yield t + when, assets.pop()
                made += 1
            made += 1
            t += rng.uniform(2, 20)
        away = made / (o.rate * daily_factor(o, t)) - (t - arrived)
        t += max(1.0, away) * rng.uniform(0.5, 1.5)


def visitor(o, address, number, end):
    rng = random.Random(o.seed * 1000003 + number)
    browser = BROWSERS[number % len(BROWSERS)]
    for t, path in {"visits": visits, "poisson": poisson, "regular": regular}[o.arrivals](o, rng, end):
        if t < end:
            status = 404 if rng.random() < o.missing else 200
            yield t, address, "GET", path, status, rng.randrange(300, 60000), browser


def flood(o, f, number):
    address = f.client or f"203.0.113.{number + 1}"
    failing = f.status in (401, 403)
    method, path = ("POST", "/login") if failing else ("GET", "/search?q=")
    for i in range(round(f.rate * f.length)):
        yield (f.start + i / f.rate, address, method, path if failing else f"{path}{i}", f.status, 1200,
               "python-requests/2.31.0")


def crowd(o, c, number, first):
    rng = random.Random(f"crowd {o.seed} {number}")
    for i in range(round(c.rate * c.length)):
        client = first + i % c.clients
        yield (c.start + i / c.rate, f"2001:db8:{client:x}::1", "GET", page(rng), 200, rng.randrange(300, 60000),
               BROWSERS[client % len(BROWSERS)])


def line(o, t, client, method, path, status, size, agent):
    ms = round((o.start.timestamp() + t) * 1000)
    when = datetime.fromtimestamp(ms // 1000, timezone.utc)
    return json.dumps({
        "remote_addr": client, "msec": ms / 1000, "time_iso8601": when.strftime("%Y-%m-%dT%H:%M:%S+00:00"),
        "request": f"{method} {path} HTTP/1.1", "status": status, "bytes": size,
        "rt": 0.004, "referer": "", "ua": agent}, separators=(",", ":")) + "\n"


def main():
    o = options()
    end = max([o.minutes * 60] + [f.start + f.length for f in o.flood + o.crowd])
    v6_n = round(o.clients * o.ipv6)
    sources = [visitor(o, visitor_address(i, v6_n), i, end) for i in range(o.clients)]
    sources += [flood(o, f, i) for i, f in enumerate(o.flood)]
    first = CROWD_FIRST
    for i, c in enumerate(o.crowd):
        sources.append(crowd(o, c, i, first))
        first += c.clients
    try:
        for request in heapq.merge(*sources):
            sys.stdout.write(line(o, *request))
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stderr.close()  # the reader has closed the pipe: print no error


main()
