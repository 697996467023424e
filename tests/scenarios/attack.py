"""The attacks, as rows of (second, client, request, status).

Attackers' addresses: 203.0.113.0/24, and 2001:db8:bad::/48, one /64 for each attacker.
"""
FLOOD, LOGIN, SCAN = "GET /search?q=x", "POST /login", "GET /.env"
AREA = "GET /intranet/"  # behind basic auth
START = 3700  # limits are learned by then
TAUGHT = START + 15 * 145  # the end of the bursts in teaching()
START_SMALL = 7 * 86400  # like START, on a site with a few visits per day
GENTLE_S = 660  # how long the bots of sleepers() browse before their flood


def attacker(i):
    """The first 200 attackers have an IPv4 address, all later ones an IPv6 address in a /64 of their own."""
    return f"203.0.113.{i + 1}" if i < 200 else f"2001:db8:bad:{i:x}::{i:x}"


def is_attacker(client):
    return client.startswith(("203.0.113.", "2001:db8:bad:"))


def poisson(rng, client, per_s, seconds, request=FLOOD, status=200, start=START):
    """Requests at random times. client, request and status are each a value or a function of rng."""
    t = start
    while True:
        t += rng.expovariate(per_s)
        if t >= start + seconds:
            return
        yield (t, *(x(rng) if callable(x) else x for x in (client, request, status)))


def flood(per_s, seconds, start=START, client=attacker(0)):
    return lambda rng: poisson(rng, client, per_s, seconds, start=start)


def guessing(per_s, seconds, start=START, client=attacker(250), request=LOGIN):
    return lambda rng: poisson(rng, client, per_s, seconds, request, 401, start)


def patient(every, seconds, start, client, request):
    """Guesses at nearly regular intervals of about `every` seconds."""
    def rows(rng):
        t = start
        while t < start + seconds:
            yield t, client, request, 401
            t += rng.uniform(0.8, 1.2) * every
    return rows


def crawl(per_s, seconds, start, client):
    """A client crawls through an endless catalogue."""
    return lambda rng: poisson(rng, client, per_s, seconds, lambda r: f"GET /catalogue/{r.randrange(10 ** 6)}",
                               start=start)


def search(per_s, seconds, start, client):
    """A client searches for archives that the site's owner may have left behind."""
    return lambda rng: poisson(rng, client, per_s, seconds, lambda r: f"GET /old/{r.randrange(10 ** 6)}.zip", 404,
                               start)


def scan(rng):
    return poisson(rng, attacker(201), 10, 60, SCAN, lambda r: 404 if r.random() < 0.9 else 200)


def many(n, per_s, seconds, spread, request=FLOOD, status=200):
    """n attackers, which begin within `spread` seconds."""
    def rows(rng):
        for i in range(n):
            yield from poisson(rng, attacker(i), per_s, seconds, request, status, START + rng.random() * spread)
    return rows


def pulses(rng):
    """150 requests/s for 2 s, once per minute."""
    for k in range(10):
        yield from poisson(rng, attacker(0), 150, 2, start=START + 60 * k)


def ramp(rng):
    """The rate rises from 0.1 to 10 requests/s within 50 min, so that the detector might learn it as normal."""
    t = START
    while t < START + 3000:
        t += rng.expovariate(0.1 + 9.9 * (t - START) / 3000)
        yield t, attacker(0), FLOOD, 200


def teaching(rng):
    """15 bursts, 145 s apart, so each burst is a visit of its own. The first burst is under the limits. Each later
    burst is 5 % faster than the burst before, to raise the limits. Then another attacker floods. The test checks only this
    flood."""
    for k in range(15):
        yield from poisson(rng, attacker(0), 8 * 1.05 ** k, 12, start=START + 145 * k)
    yield from poisson(rng, attacker(1), 5, 600, start=TAUGHT)


def helped(helper, guesser):
    """Eight clients of one network, the helpers, poll one path every 5 s. From START on, the helpers get errors, so the
    site seems to fail. Meanwhile another client of the network guesses. 15 minutes later, eight new helpers do the
    same, because the errors of clients with strikes are no sign that the site fails."""
    def rows(rng):
        for i in range(16):
            begin = START + i // 8 * 900
            t = begin - 300 + rng.random() * 5
            while t < begin + 600:
                yield t, helper(i), "GET /api/updates", 200 if t < begin else 404
                t += 5 + rng.uniform(-0.05, 0.05)
        yield from poisson(rng, guesser, 1, 1500, LOGIN, 401, START + 60)
    return rows


HELPED = {
    "helped4": helped(lambda i: f"203.0.113.{100 + i}", "203.0.113.99"),
    "helped6": helped(lambda i: f"2001:db8:bad:{0x100 + i:x}::1", "2001:db8:bad:1ff::1"),  # all from one /56
    "helped46": helped(lambda i: f"203.0.113.{100 + i}" if i % 2 else f"2001:db8:bad:{0x100 + i:x}::1", "203.0.113.99"),
}


def rotating(rng):
    """20 requests/s, each from another address of one /64, which counts as one client."""
    return poisson(rng, lambda r: f"2001:db8:bad:7::{r.randrange(1, 1 << 16):x}:{r.randrange(1 << 16):x}", 20, 300)


def sleepers(n, per_s, seconds):
    """n bots, half of them IPv6. They browse like visitors for GENTLE_S, then all of them flood."""
    def rows(rng):
        for i in range(n):
            client = attacker(200 - n // 2 + i)
            yield from poisson(rng, client, 0.05, GENTLE_S, lambda r: f"GET /articles/{r.randrange(60)}")
            yield from poisson(rng, client, per_s, seconds, start=START + GENTLE_S + rng.random() * 20)
    return rows
