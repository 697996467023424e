#!/usr/bin/env python3
"""Labelled access logs: what must be stopped, and who must never be banned. Each is the same in every run.

    tests/scenarios/scenario.py --list           the names
    tests/scenarios/scenario.py NAME [SEED]      the log, as nginx's JSON lines
    tests/scenarios/scenario.py flood | build/anomdetect --replay --state none --events ban

Who is who is in the address (visitors.py, attack.py): 203.0.113.0/24 and 2001:db8:bad::/48 attack, all others are
honest. NAME is a site, an attack on the ordinary site, or both: office+flood20.
"""
import itertools
import math
import random
import sys
from dataclasses import dataclass, field, replace
from typing import Callable

from attack import HELPED, LOGIN, START, TAUGHT, flood, guessing, is_attacker, many, pulses, ramp, rotating, scan, teaching
from visitors import Site, crowd, office, ordinary, steady

EPOCH = 1795082400  # 2026-11-19T10:00:00Z
DAY = 86400


@dataclass
class Honest:
    """A site, what it has besides ordinary visitors, and who stands between them and the server."""
    site: Site = field(default_factory=Site)
    more: Callable = lambda rng, site: ()
    through: Callable = None  # client -> the address that the server sees


@dataclass
class Attack:
    rows: Callable
    stopped: float  # share of its requests that a firewall obeying the bans drops, at least
    since: float = 0  # the requests and attackers that are judged, from this second on


def edges(client):
    """Twenty edges of a CDN in four networks, some with more visitors than others."""
    i = int(20 * (hash_of(client) % 10007 / 10007) ** 1.5)
    return f"198.51.{100 + i % 4}.{i + 1}"


def hash_of(text):
    h = 5381
    for c in text:
        h = (h * 33 + ord(c)) & 0xffffffff
    return h * 2654435761 >> 7


def day(t):
    """Least at 04:00, most at 16:00 UTC."""
    return 0.55 + 0.45 * math.cos(((EPOCH + t) % DAY / 3600 - 16) / 24 * 2 * math.pi)


def slow(site, rng, addresses, per_s):
    return itertools.chain.from_iterable(steady(rng, a, 0, site.seconds, per_s) for a in addresses)


OUTAGE = START, START + 1200
API_FAILS = [(START, 503), (START + 600, 401), (START + 1200, 404), (START + 1800, 200)]

HONEST = {
    "ordinary": Honest(),
    "quiet": Honest(Site(visits_per_s=0.03, crawlers=1)),
    "api-fails": Honest(Site(tabs=0.2, api=API_FAILS)),
    "api-fails-for-few": Honest(Site(tabs=0.03, api=API_FAILS)),
    "deploy": Honest(Site(lost=(*OUTAGE, 20))),
    "deploy-on-quiet": Honest(Site(visits_per_s=0.03, crawlers=1, lost=(*OUTAGE, 20))),
    "outage": Honest(Site(down=OUTAGE)),
    "outage-with-tabs": Honest(Site(tabs=0.2, down=OUTAGE)),
    "crowd": Honest(more=lambda rng, s: crowd(rng, s, START - 300, 600, 9 * s.visits_per_s)),
    "office": Honest(more=lambda rng, s: office(rng, s, "198.51.100.25", 25)),
    "api-clients": Honest(more=lambda rng, s: slow(s, rng, [f"198.51.100.{i}" for i in (4, 5, 6)], 4)),
    "health-check": Honest(more=lambda rng, s: steady(rng, "198.51.100.1", 0, s.seconds, 1, "GET /health")),
    "cdn": Honest(Site(visits_per_s=0.8, seconds=5400), through=edges),
    "proxy": Honest(through=lambda client: "198.51.100.80"),
    "heavy-pages": Honest(Site(files=140, load_s=3, visits_per_s=0.12)),
    "day": Honest(Site(seconds=DAY, visits_per_s=0.07, curve=day)),
}
IN_DAY = 20 * 3600  # at 06:00, when there is little

ATTACKS = {
    "flood": Attack(flood(50, 120), 0.9),
    "flood5": Attack(flood(5, 600), 0.8),
    "slow-flood": Attack(flood(2, 1800), 0.6),
    "brute": Attack(guessing(1, 900), 0.85),
    "slow-guess": Attack(guessing(0.2, 3400), 0.6),
    "scan": Attack(scan, 0.85),
    "guessers": Attack(many(20, 0.2, 1800, 1, LOGIN, 401), 0.6),
    "botnet": Attack(many(300, 2, 300, 20), 0.7),
    "pulses": Attack(pulses, 0.8),
    "ramp": Attack(ramp, 0.7),
    "teaching": Attack(teaching, 0.8, TAUGHT),
    "rotating": Attack(rotating, 0.9),
    "flood20": Attack(flood(20, 120), 0.65),
    **{name: Attack(rows, 0.6) for name, rows in HELPED.items()},
    "brute-day": Attack(guessing(1, 900, IN_DAY), 0.9),
    "flood-day": Attack(flood(20, 120, IN_DAY), 0.8),
}
ON_ORDINARY = ("flood", "flood5", "slow-flood", "brute", "slow-guess", "scan", "guessers", "botnet", "pulses", "ramp",
               "teaching", "rotating", *HELPED)
WITH_BRUTE = ("quiet", "api-fails", "api-fails-for-few", "deploy", "deploy-on-quiet", "office", "cdn", "heavy-pages")
# While the site fails, a client's errors may be the site's doing: guessing is held against it before and after.
FAILING = ("api-fails", "api-fails-for-few", "deploy", "deploy-on-quiet")
STOPPED_WHILE_FAILING = 0.45
# Limits are what such clients reach, so that a flood is seen later.
BUSY = ("api-clients", "cdn")
STOPPED_BESIDE_BUSY = 0.6


def names():
    yield from HONEST
    yield from (f"ordinary+{a}" for a in ON_ORDINARY)
    yield from (f"{h}+flood20" for h in HONEST if h not in ("ordinary", "day"))
    yield from (f"{h}+brute" for h in WITH_BRUTE)
    yield from ("day+flood-day", "day+brute-day")


def rows(name, seed=1):
    """(second, client, request, status) in the order of time, and the attack or None."""
    honest, _, attack = name.partition("+")
    h, a = HONEST[honest], ATTACKS[attack] if attack else None
    if honest in FAILING and attack == "brute":
        a = replace(a, stopped=STOPPED_WHILE_FAILING)
    if honest in BUSY and attack == "flood20":
        a = replace(a, stopped=STOPPED_BESIDE_BUSY)
    rng = random.Random(hash_of(f"{seed} {honest}"))
    out = list(itertools.chain(ordinary(rng, h.site), h.more(rng, h.site)))
    if h.through:
        out = [(t, h.through(c), r, s) for t, c, r, s in out]
    if a:
        out += a.rows(random.Random(hash_of(f"{seed} {attack}")))
    return sorted(r for r in out if 0 <= r[0] < h.site.seconds), a


def line(t, client, request, status):
    return ('{"remote_addr":"%s","msec":%.3f,"request":"%s HTTP/1.1","status":%d,"bytes":4812,"rt":0.004,"ua":"-"}\n'
            % (client, EPOCH + t, request, status))


def main():
    wanted = list(names())
    if sys.argv[1:] == ["--list"]:
        print("\n".join(wanted))
    elif len(sys.argv) in (2, 3) and sys.argv[1] in wanted:
        sys.stdout.writelines(line(*r) for r in rows(*sys.argv[1:])[0])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
