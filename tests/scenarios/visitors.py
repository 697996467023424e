"""The honest part of the logs: a site with its visitors, as rows of (second, client, request, status).

A visit is a few pages, each with its files. The number of pages is heavy-tailed (Pareto, as measured on real sites),
browsers request the files within some seconds, and pauses are log-normal. Some visitors come back, some links are dead,
and crawlers visit pages. Honest addresses: 198.18.0.0/15, 192.0.2.0/24, 198.51.100.0/24 and 2001:db8:NNNN::/48 with
NNNN from 1000 on.
"""
import math
from dataclasses import dataclass, field
from typing import Callable

PAGES_MAX = 80  # maximum number of pages per visit
V6_SHARE = 0.35
RETURN_SHARE = 0.25  # share of visits by clients that come back
RETURN_S = 1800      # a client comes back at least this many seconds after its last visit began
CACHED_SHARE = 0.4   # share of visits by clients that have cached most files
DEAD_SHARE = 0.008   # share of requests that are answered with 404
FILES_CACHED = (1, 6)
FILES_LATER = (2, 8)
PAGE_PATHS = ["GET /"] + [f"GET /articles/{i}" for i in range(60)]
FILE_PATHS = [f"GET /static/{i}.{kind}" for i, kind in enumerate(["css", "js", "woff2", "webp", "svg", "png"] * 25)]


@dataclass
class Site:
    """The ordinary traffic of the site, and its failures."""
    seconds: float = 7200
    visits_per_s: float = 0.28
    files: int = 26          # number of files that the first page of a visit has
    load_s: float = 2.5      # seconds in which a browser requests a page's files
    curve: Callable = lambda t: 1.0                  # second -> factor of visits_per_s, at most 1
    lost: tuple = (0, 0, 0)                          # start, end, number of each page's files that are answered with 404
    down: tuple = (0, 0)                             # start, end: all requests are answered with 503
    tabs: float = 0                                  # share of visits that leave a tab open; the tab asks the API every 5 s
    api: list = field(default_factory=list)          # (start, status): the API's status from then on
    crawlers: int = 3

    def is_down(self, t):
        return self.down[0] <= t < self.down[1]

    def lost_files(self, t):
        return self.lost[2] if self.lost[0] <= t < self.lost[1] else 0

    def api_status(self, t):
        return next((status for start, status in reversed(self.api) if t >= start), 200)


def visitor(rng):
    if rng.random() < V6_SHARE:
        return f"2001:db8:{rng.randrange(0x1000, 0x9000):x}:{rng.randrange(256):x}::{rng.randrange(1, 65536):x}"
    return f"198.{rng.choice((18, 19))}.{rng.randrange(256)}.{rng.randrange(1, 255)}"


def pareto_pages(rng):
    return min(PAGES_MAX, int(rng.paretovariate(1.25)))


def pause(rng):
    """The pause between two pages: the median is 14 s, and one in ten is over a minute."""
    return min(600, rng.lognormvariate(math.log(14), 1.1))


def page(rng, site, t, client, files):
    yield t, client, rng.choice(PAGE_PATHS), 404 if rng.random() < DEAD_SHARE else 200
    lost = site.lost_files(t)
    for i in range(max(files, lost)):
        status = 404 if i < lost or rng.random() < DEAD_SHARE else 200
        # a browser loads the page first, then the files, most of them early
        yield t + 0.1 + site.load_s * rng.random() ** 2, client, FILE_PATHS[i], status


def retries(rng, t, client):
    """The site is down: the visitor tries once and retries up to 11 times, with growing pauses."""
    wait = rng.uniform(2, 8)
    for _ in range(rng.randint(1, 12)):
        yield t, client, "GET /", 503
        t += wait
        wait *= rng.uniform(1, 1.4)


def visit(rng, site, t, client, pages=None):
    files = rng.randint(*FILES_CACHED) if rng.random() < CACHED_SHARE else site.files
    for _ in range(pages or pareto_pages(rng)):
        if site.is_down(t):
            yield from retries(rng, t, client)
            return
        yield from page(rng, site, t, client, files)
        files = rng.randint(*FILES_LATER)
        t += pause(rng)


def tab(rng, site, t, client):
    """An open tab asks the API every 5 s for some minutes, at most for 90, whatever the API answers."""
    end = t + min(5400, rng.lognormvariate(math.log(600), 0.9))
    while t < end:
        yield t, client, "GET /api/updates", 503 if site.is_down(t) else site.api_status(t)
        t += 5 + rng.uniform(-0.05, 0.05)


def ordinary(rng, site):
    """The requests of all visitors and crawlers until site.seconds."""
    known, away, t = [], 0, 0  # known: (second, client) of visits; the first `away` of these clients may come back
    while True:
        t += rng.expovariate(site.visits_per_s)
        if t >= site.seconds:
            break
        if rng.random() > site.curve(t):
            continue
        while away < len(known) and known[away][0] < t - RETURN_S:
            away += 1
        client = known[rng.randrange(away)][1] if away and rng.random() < RETURN_SHARE else visitor(rng)
        known.append((t, client))
        yield from visit(rng, site, t, client)
        if rng.random() < site.tabs:
            yield from tab(rng, site, t, client)
    for i in range(site.crawlers):
        yield from crawler(rng, site, f"192.0.2.{10 + i}")


def crawler(rng, site, client):
    """A crawler requests one page every 2 to 20 s for half an hour, and then pauses. More of its requests than of a
    visitor's get 404."""
    t = rng.uniform(0, 600)
    while t < site.seconds:
        end, every = t + 1800, rng.uniform(2, 20)
        while t < end:
            status = 503 if site.is_down(t) else 404 if rng.random() < 0.06 else 200
            yield t, client, rng.choice(PAGE_PATHS), status
            t += every * rng.uniform(0.5, 1.5)
        t += rng.uniform(300, 1500)


def crowd(rng, site, start, seconds, per_s):
    """Ordinary visits of new visitors from `start` on, because a popular site links to this one."""
    t = start
    while True:
        t += rng.expovariate(per_s)
        if t >= start + seconds:
            return
        yield from visit(rng, site, t, visitor(rng))


def office(rng, site, client, people):
    """People behind one address: each visits the site, pauses for some minutes, and visits it again."""
    for _ in range(people):
        t = rng.uniform(-500, 0)  # some visits began before the log
        while t < site.seconds:
            for row in visit(rng, site, t, client):
                t = max(t, row[0])
                yield row
            t += rng.expovariate(1 / 500)


def steady(rng, client, start, end, per_s, request="GET /api/items"):
    """A program that makes requests at a nearly fixed rate."""
    t = start + rng.random()
    while t < end:
        yield t, client, request, 200
        t += rng.uniform(0.8, 1.2) / per_s
