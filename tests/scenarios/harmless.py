"""Honest clients that look like attackers, as rows of (second, client, request, status).

Their addresses are from the ranges that visitors.py names. Half of the clients of each kind use IPv6.
"""
from attack import AREA, LOGIN, START
from visitors import PAGE_PATHS, page, pareto_pages, pause, visit, visitor

HOUR, DAY = 3600, 86400


def address(kind, i):
    """Client i of a kind. Each kind has networks of its own."""
    return f"2001:db8:{0x9000 + kind:x}:{i:x}::1" if i % 2 else f"192.0.2.{64 + 16 * kind + i}"


def proxies(n, v6=lambda i: i % 2):
    """client -> one of n proxies; each proxy is in a network of its own"""
    def through(client):
        i = sum(client.encode()) * 7919 % 10007 % n
        return f"2001:db8:{0x9100 + i:x}::80" if v6(i) else f"198.51.{100 + i % 32}.{i + 1}"
    return through


def daily(rng, days, per_day):
    """Seconds at which visits begin: per_day visits each day, between 06:00 and 22:00 of the log."""
    for day in range(days):
        yield from (day * DAY + rng.uniform(6, 22) * HOUR for _ in range(per_day))


def few_visits(per_day):
    """A few ordinary visits per day: most of the time the site has one client or none."""
    def rows(rng, site):
        for t in daily(rng, int(site.seconds / DAY), per_day):
            yield from visit(rng, site, t, visitor(rng))
    return rows


def nothing_cached(per_day):
    """A client loads each page of a visit with all files, because the client caches nothing."""
    def rows(rng, site):
        for t in daily(rng, int(site.seconds / DAY), per_day):
            client = visitor(rng)
            for _ in range(min(6, pareto_pages(rng))):
                yield from page(rng, site, t, client, site.files)
                t += pause(rng)
    return rows


def burst(rng, t, client, n, seconds, folder):
    """A client's requests for the n files that one screen shows."""
    for _ in range(n):
        yield t + seconds * rng.random(), client, f"GET {folder}/{rng.randrange(10 ** 5)}", 200


def photos(people, per_day):
    """People scroll through albums: every few seconds, a browser loads one screen of previews."""
    def rows(rng, site):
        ends = [0] * people
        for t in sorted(daily(rng, int(site.seconds / DAY), per_day)):
            person = rng.choice([i for i in range(people) if ends[i] < t])
            client, end = address(0, person), t + rng.uniform(60, 240)
            ends[person] = end + 90  # a person scrolls through one album at a time
            yield t, client, "GET /albums", 200
            yield from burst(rng, t + 0.2, client, 70, 2, "/static/app")
            while t < end:
                t += rng.uniform(2, 5)
                yield from burst(rng, t, client, rng.randint(8, 30), 1.5, "/preview")
    return rows


def alone(rng, site):
    """One person per day, the only client at that time, uses a program that makes requests all the time. For 40 days
    the requests stay under the cold limit of a visit, later they exceed it."""
    for day in range(int(site.seconds / DAY)):
        n = rng.randint(400, 550) if day < 40 else rng.randint(650, 720)
        client, t = visitor(rng), day * DAY + rng.uniform(6, 22) * HOUR
        for _ in range(n):
            t += rng.uniform(0.6, 1) * 580 / n
            yield t, client, f"GET /ledger/{rng.randrange(90)}", 200


def screens(kind, every, n, seconds, folder):
    """From START on, two people open a page that asks for n files every few seconds, for `seconds` seconds. After a
    pause they open the page again."""
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
    """Two offices with one address each, one of them IPv6. In each office, people load a page every few seconds."""
    def rows(rng, site):
        for i in range(2):
            t = START
            while t < site.seconds:
                t += rng.expovariate(people / every)
                yield from page(rng, site, t, address(4, i), 3)
    return rows


def feature(users, per_s, seconds, apart):
    """From START on, a new page asks the API all the time, and visitors open this page one after another."""
    def rows(rng, site):
        for i in range(users):
            client, t = visitor(rng), START + apart * (i + 0.3 * rng.random())
            end = t + seconds
            while t < end:
                yield t, client, "POST /api/presence", 200
                t += rng.uniform(0.95, 1.05) / per_s
    return rows


def moved_feed(rng, site):
    """Feed readers that still ask for a moved feed, two of them far too often. A page still links to the feed."""
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
    """Phones ask for icons that the site does not have. Half of them share two addresses of a mobile carrier."""
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
    """Two readers of pages whose pictures no longer exist."""
    for i in range(2):
        t = START + rng.uniform(0, 300)
        for n in rng.sample(range(60), 50):
            yield t, address(7, i), PAGE_PATHS[1 + n], 200
            for k in range(3):
                yield t + rng.random(), address(7, i), f"GET /pictures/{n}-{k}.jpg", 404
            t += rng.uniform(12, 22)


def robots(rng, site):
    """Two robots that read robots.txt first. They ask for old pages, too: half of their requests get 404."""
    for i in range(2):
        t = START + rng.uniform(0, 300)
        yield t, address(8, i), "GET /robots.txt", 200
        while t < site.seconds - 600:
            t += rng.uniform(6, 9)
            request, status = rng.choice(((rng.choice(PAGE_PATHS), 200), (f"GET /2009/{rng.randrange(5000)}", 404)))
            yield t, address(8, i), request, status


def mistyped(rng, site):
    """People log in; one in five needs two or three attempts."""
    t = 0
    while t < site.seconds:
        t += rng.expovariate(site.visits_per_s)
        client, at = visitor(rng), t
        yield from visit(rng, site, t, client, 1)
        for status in [401] * (rng.random() < 0.2) * rng.randint(1, 2) + [200]:
            at += rng.uniform(4, 15)
            yield at, client, LOGIN, status


def basic_auth(rng, site):
    """The first request of a browser for a page behind basic auth has no password, so each visit begins with a 401."""
    t = 0
    while t < site.seconds:
        t += rng.expovariate(site.visits_per_s)
        client = visitor(rng)
        yield t, client, AREA, 401
        yield t + rng.uniform(4, 15), client, AREA, 200
        yield from visit(rng, site, t + 16, client, 2)
