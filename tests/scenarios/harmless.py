"""Honest clients that look like attackers, as rows of (second, client, request, status).

Their addresses are those of visitors.py; of each kind half are IPv6.
"""
from attack import AREA, LOGIN, START
from visitors import PAGE_PATHS, page, pareto_pages, pause, visit, visitor

HOUR, DAY = 3600, 86400


def address(kind, i):
    """Client i of a kind; kinds have networks of their own."""
    return f"2001:db8:{0x9000 + kind:x}:{i:x}::1" if i % 2 else f"192.0.2.{64 + 16 * kind + i}"


def proxies(n, v6=lambda i: i % 2):
    """client -> one of n proxies, each in a network of its own"""
    def through(client):
        i = sum(client.encode()) * 7919 % 10007 % n
        return f"2001:db8:{0x9100 + i:x}::80" if v6(i) else f"198.51.{100 + i % 32}.{i + 1}"
    return through


def daily(rng, days, per_day):
    """Seconds at which visits begin, as many each day, within 16 hours."""
    for day in range(days):
        yield from (day * DAY + rng.uniform(6, 22) * HOUR for _ in range(per_day))


def few_visits(per_day):
    """Ordinary visits, a few a day: mostly there is one client or none."""
    def rows(rng, site):
        for t in daily(rng, int(site.seconds / DAY), per_day):
            yield from visit(rng, site, t, visitor(rng))
    return rows


def nothing_cached(per_day):
    """Each page comes with all its files, also the later ones of a visit."""
    def rows(rng, site):
        for t in daily(rng, int(site.seconds / DAY), per_day):
            client = visitor(rng)
            for _ in range(min(6, pareto_pages(rng))):
                yield from page(rng, site, t, client, site.files)
                t += pause(rng)
    return rows


def burst(rng, t, client, n, seconds, folder):
    """n different things that one screen shows."""
    for _ in range(n):
        yield t + seconds * rng.random(), client, f"GET {folder}/{rng.randrange(10 ** 5)}", 200


def photos(people, per_day):
    """They scroll through albums: a screen of previews every few seconds."""
    def rows(rng, site):
        ends = [0] * people
        for t in sorted(daily(rng, int(site.seconds / DAY), per_day)):
            person = rng.choice([i for i in range(people) if ends[i] < t])
            client, end = address(0, person), t + rng.uniform(60, 240)
            ends[person] = end + 90  # nobody scrolls through two albums at a time
            yield t, client, "GET /albums", 200
            yield from burst(rng, t + 0.2, client, 70, 2, "/static/app")
            while t < end:
                t += rng.uniform(2, 5)
                yield from burst(rng, t, client, rng.randint(8, 30), 1.5, "/preview")
    return rows


def alone(rng, site):
    """One person a day, the only one then, at a program that asks all the time: for a month under what a site that is
    not known allows, then more."""
    for day in range(int(site.seconds / DAY)):
        n = rng.randint(400, 550) if day < 40 else rng.randint(650, 720)
        client, t = visitor(rng), day * DAY + rng.uniform(6, 22) * HOUR
        for _ in range(n):
            t += rng.uniform(0.6, 1) * 580 / n
            yield t, client, f"GET /ledger/{rng.randrange(90)}", 200


def screens(kind, every, n, seconds, folder):
    """Two people whose page asks for n things every few seconds, for so long; again and again from START on."""
    def rows(rng, site):
        for i in range(2):
            t = START + rng.uniform(0, 600)
            while t < site.seconds:
                end = t + seconds
                while t < end:
                    yield from burst(rng, t, address(kind, i), n, min(1.5, every), folder)
                    t += every * rng.uniform(0.9, 1.1)
                t += rng.uniform(300, 900)
    return rows


def crowded_office(people, every):
    """Two offices, one IPv6, with one address each: somebody there looks at a page every few seconds."""
    def rows(rng, site):
        for i in range(2):
            t = START
            while t < site.seconds:
                t += rng.expovariate(people / every)
                yield from page(rng, site, t, address(4, i), 3)
    return rows


def feature(users, per_s, seconds, apart):
    """A page asks the API all the time from now on, and visitors open it one after another."""
    def rows(rng, site):
        for i in range(users):
            client, t = visitor(rng), START + apart * (i + 0.3 * rng.random())
            end = t + seconds
            while t < end:
                yield t, client, "POST /api/presence", 200
                t += rng.uniform(0.95, 1.05) / per_s
    return rows


def moved_feed(rng, site):
    """Feed readers that were never told, two of which ask far too often. A page still links to the feed."""
    for i in range(12):
        every = 12 if i < 2 else 300
        t = rng.uniform(0, every)
        while t < site.seconds:
            yield t, address(5, i), "GET /feed.xml", 404
            t += every * rng.uniform(0.9, 1.1)
    t = 0
    while t < site.seconds:
        t += rng.expovariate(0.02)
        client = visitor(rng)
        yield from visit(rng, site, t, client)
        yield t + rng.uniform(5, 15), client, "GET /feed.xml", 404


def phones(per_s):
    """Each asks for icons that the site does not have. Many of them are behind two addresses of a carrier."""
    def rows(rng, site):
        t = 0
        while t < site.seconds:
            t += rng.expovariate(per_s)
            client = address(6, rng.randrange(2)) if rng.random() < 0.5 else visitor(rng)
            yield from page(rng, site, t, client, 3)
            for icon in ("apple-touch-icon-precomposed", "apple-touch-icon"):
                yield t + 1 + rng.random(), client, f"GET /{icon}.png", 404
    return rows


def old_pages(rng, site):
    """Two readers of pages whose pictures are gone."""
    for i in range(2):
        t = START + rng.uniform(0, 300)
        for n in rng.sample(range(60), 50):
            yield t, address(7, i), PAGE_PATHS[1 + n], 200
            for k in range(3):
                yield t + rng.random(), address(7, i), f"GET /pictures/{n}-{k}.jpg", 404
            t += rng.uniform(12, 22)


def robots(rng, site):
    """Two robots that read the rules for robots first. They know pages of long ago: every other one is gone."""
    for i in range(2):
        t = START + rng.uniform(0, 300)
        yield t, address(8, i), "GET /robots.txt", 200
        while t < site.seconds - 600:
            t += rng.uniform(6, 9)
            request, status = rng.choice(((rng.choice(PAGE_PATHS), 200), (f"GET /2009/{rng.randrange(5000)}", 404)))
            yield t, address(8, i), request, status


def mistyped(rng, site):
    """People who log in; one in five needs two or three attempts."""
    t = 0
    while t < site.seconds:
        t += rng.expovariate(site.visits_per_s)
        client, at = visitor(rng), t
        yield from visit(rng, site, t, client, 1)
        for status in [401] * (rng.random() < 0.2) * rng.randint(1, 2) + [200]:
            at += rng.uniform(4, 15)
            yield at, client, LOGIN, status


def basic_auth(rng, site):
    """A browser asks for a page behind basic auth without a password first: each visit begins with a 401."""
    t = 0
    while t < site.seconds:
        t += rng.expovariate(site.visits_per_s)
        client = visitor(rng)
        yield t, client, AREA, 401
        yield t + rng.uniform(4, 15), client, AREA, 200
        yield from visit(rng, site, t + 16, client, 2)
