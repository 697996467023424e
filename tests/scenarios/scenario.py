#!/usr/bin/env python3
"""Labelled access logs with attackers, which must be banned, and with honest clients. A log is the same in every run.

    tests/scenarios/scenario.py --list           prints the names
    tests/scenarios/scenario.py NAME [SEED]      prints the log, as nginx's JSON lines
    tests/scenarios/scenario.py ordinary+flood | build/anomdetect --replay --state none --events ban

The address labels a client (visitors.py, attack.py): 203.0.113.0/24 and 2001:db8:bad::/48 are attackers, all others are
honest. NAME is a site, or a site and an attack: office+flood20. NAME/restart has the log of NAME, but run.t stops the
detector at one second of the log and starts it again.
"""
import itertools
import math
import random
import sys
from dataclasses import dataclass, field, replace
from typing import Callable

from attack import (AREA, GENTLE_S, HELPED, LOGIN, START, START_SMALL, TAUGHT, attacker, crawl, flood, guessing, is_attacker,
                    many, patient, pulses, ramp, rotating, scan, search, sleepers, teaching)
from harmless import (alone, basic_auth, crowded_office, feature, few_visits, mistyped, moved_feed, nothing_cached,
                      old_pages, phones, photos, proxies, robots, screens)
from visitors import Site, crowd, office, ordinary, steady

EPOCH = 1795082400  # 2026-11-19T10:00:00Z
DAY = 86400


@dataclass
class Honest:
    """A site, its clients besides ordinary visitors, and proxies between clients and server. No honest client may be
    banned for ever."""
    site: Site = field(default_factory=Site)
    more: Callable = lambda rng, site: ()
    through: Callable = None  # client -> the address that the server sees
    banned: int = 0    # maximum number of honest clients that may be banned
    held: dict = field(default_factory=dict)  # value of `hold` in alerts -> expected number of these alerts


@dataclass
class Attack:
    rows: Callable
    stopped: float  # least share of the attack's requests that a firewall obeying the bans drops
    since: float = 0  # only requests from this second on, and their clients, are judged
    strikes: int = 1  # least number of strikes of each attacker
    for_ever: bool = None  # whether the last ban of each attacker is for ever; None: either
    first: int = None  # most requests of an attacker that pass before its first ban
    again: int = None  # most requests of an attacker that pass between two bans


def edges(client):
    """client -> one of 20 CDN edges in four networks. Some edges have more visitors than others."""
    i = int(20 * (hash_of(client) % 10007 / 10007) ** 1.5)
    return f"198.51.{100 + i % 4}.{i + 1}"


def hash_of(text):
    h = 5381
    for c in text:
        h = (h * 33 + ord(c)) & 0xffffffff
    return h * 2654435761 >> 7


def day(t):
    """The traffic of a day, as a factor: 0.1 at 04:00 and 1 at 16:00 UTC."""
    return 0.55 + 0.45 * math.cos(((EPOCH + t) % DAY / 3600 - 16) / 24 * 2 * math.pi)


def slow(site, rng, addresses, per_s):
    return itertools.chain.from_iterable(steady(rng, a, 0, site.seconds, per_s) for a in addresses)


OUTAGE = START, START + 1200
API_FAILS = [(START, 503), (START + 600, 401), (START + 1200, 404), (START + 1800, 200)]

SMALL_S = START_SMALL + DAY
SMALL = {"visits_per_s": 1e-9, "crawlers": 0}  # `more` makes all visits
HOURS = Site(7 * 3600, visits_per_s=0.03)
SPARSE = Site(visits_per_s=0.02)

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
    "cold-proxy": Honest(Site(visits_per_s=2, seconds=1800), through=proxies(1)),
    "cold-proxy-ipv6": Honest(Site(visits_per_s=1, seconds=2400), through=proxies(1, v6=bool)),
    "cold-5-proxies": Honest(Site(visits_per_s=1.5, seconds=2400), through=proxies(5)),
    "cold-20-proxies": Honest(Site(visits_per_s=6, seconds=1000), through=proxies(20)),
    "cold-60-proxies": Honest(Site(visits_per_s=14, seconds=800), through=proxies(60)),
    # one client in a hundred loads several pages of 140 files within a minute: two clients may be banned
    "heavy-pages-on-small": Honest(Site(SMALL_S, files=140, load_s=1.5, **SMALL), nothing_cached(30), banned=2),
    "photos": Honest(Site(SMALL_S, **SMALL), photos(8, 15)),
    "alone": Honest(Site(60 * DAY, **SMALL), alone),
    "5-a-day": Honest(Site(SMALL_S, **SMALL), few_visits(5)),
    "20-a-day": Honest(Site(SMALL_S, **SMALL), few_visits(20)),
    "hours": Honest(HOURS),
    "map": Honest(HOURS, screens(1, 10, 30, 600, "/tiles"), banned=2),
    "video": Honest(HOURS, screens(2, 1, 1, 1500, "/film"), banned=2),
    "endless-scroll": Honest(HOURS, screens(3, 2, 8, 480, "/posts"), banned=2),
    "crowded-offices": Honest(HOURS, crowded_office(25, 24), banned=2),
    # 1.4 requests per second for 700 s, longer than a lap of 600 s: a lap has 840 requests, 2.55 times the floor of 330
    "feature": Honest(more=feature(40, 1.4, 700, 30), banned=4, held={"mass_ban": 1}),
    "moved-feed": Honest(more=moved_feed),
    "phones": Honest(more=phones(0.8)),
    "old-pages": Honest(more=old_pages),
    "robots": Honest(more=robots),
    "mistyped": Honest(SPARSE, mistyped),
    "basic-auth": Honest(SPARSE, basic_auth),
}
IN_DAY = 20 * 3600  # 06:00, when the site has little traffic

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
    "early-flood": Attack(flood(50, 120, 150), 0.8),
    "early-flood-ipv6": Attack(flood(50, 120, 200, attacker(300)), 0.8),
    "crawl-small": Attack(crawl(2, 3600, START_SMALL, attacker(3)), 0.9),
    "guess-small": Attack(guessing(0.1, 3 * 3600, START_SMALL), 0.9),
    "search-small": Attack(search(1, 900, START_SMALL, attacker(270)), 0.9),
    "flood-small": Attack(flood(5, 600, START_SMALL), 0.9),
    "heavy": Attack(crawl(2, 5.5 * 3600, START, attacker(5)), 0.9, strikes=5, for_ever=False),
    "heavy-ipv6": Attack(flood(3, 5.5 * 3600, START, attacker(305)), 0.9, strikes=5, for_ever=False),
    "long-guess": Attack(guessing(0.5, 4 * 3600), 0.95, strikes=4, for_ever=True, first=37, again=15),
    "long-patient-guess": Attack(patient(10, 5 * 3600, START, attacker(9), LOGIN), 0.9, strikes=4, for_ever=True,
                                 again=15),
    "sleepers": Attack(sleepers(40, 50, 60), 0.9, START + GENTLE_S),
    "early-guess": Attack(guessing(1, 900, 1500), 0.9, first=37),
    "patient-guess": Attack(patient(10, 3000, START, attacker(9), LOGIN), 0.75, first=37),
    "early-guess-at-area": Attack(guessing(1, 900, 1500, attacker(8), AREA), 0.9, first=37),
    "patient-guess-at-area": Attack(patient(10, 3000, START, attacker(250), AREA), 0.75, first=37),
}
ON_ORDINARY = ("flood", "flood5", "slow-flood", "brute", "slow-guess", "scan", "guessers", "botnet", "pulses", "ramp",
               "teaching", "rotating", *HELPED)
WITH_FLOOD = ("quiet", "api-fails", "api-fails-for-few", "deploy", "deploy-on-quiet", "outage", "outage-with-tabs",
              "crowd", "office", "api-clients", "health-check", "cdn", "proxy", "heavy-pages")
WITH_BRUTE = ("quiet", "api-fails", "api-fails-for-few", "deploy", "deploy-on-quiet", "office", "cdn", "heavy-pages")
# While the site fails, the site may cause a client's errors. So wrong guesses count only before and after the failure.
FAILING = ("api-fails", "api-fails-for-few", "deploy", "deploy-on-quiet")
STOPPED_WHILE_FAILING = 0.45
# These sites have busy honest clients, so the learned limits are higher and a flood is detected later.
BUSY = ("api-clients", "cdn")
STOPPED_BESIDE_BUSY = 0.6

# Second at which NAME/restart restarts the detector. The memory file that the first run saves decides the verdicts of
# the second run.
RESTARTS = {
    "feature": START + 700,
    "phones": START,
    "cold-5-proxies": 1000,
    "cold-5-proxies+early-flood": 240,
    "20-a-day+guess-small": START_SMALL + 1800,
    "hours+heavy": START + 4 * 3600,
    "hours+long-guess": START + 3000,
    "mistyped+early-guess": 1200,
}


def names():
    yield from HONEST
    yield from (f"ordinary+{a}" for a in ON_ORDINARY)
    yield from (f"{h}+flood20" for h in WITH_FLOOD)
    yield from (f"{h}+brute" for h in WITH_BRUTE)
    yield from ("day+flood-day", "day+brute-day")
    yield from ("ordinary+early-flood", "ordinary+early-flood-ipv6", "cold-5-proxies+early-flood",
                "cold-5-proxies+early-flood-ipv6")
    yield from (f"{h}+{a}-small" for h in ("5-a-day", "20-a-day") for a in ("crawl", "guess", "search", "flood"))
    yield from (f"hours+{a}" for a in ("heavy", "heavy-ipv6", "long-guess", "long-patient-guess"))
    yield from ("ordinary+sleepers", "mistyped+early-guess", "mistyped+patient-guess", "basic-auth+early-guess-at-area",
                "basic-auth+patient-guess-at-area")
    yield from (f"{name}/restart" for name in RESTARTS)


def restart_of(name):
    """The second at which the detector restarts; None: no restart."""
    base, _, restarted = name.partition("/")
    return RESTARTS[base] if restarted else None


def rows(name, seed=1):
    """The rows (second, client, request, status) in the order of time, the Honest, and the Attack or None."""
    honest, _, attack = name.partition("/")[0].partition("+")
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
    return sorted(r for r in out if 0 <= r[0] < h.site.seconds), h, a


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
