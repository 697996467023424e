#!/usr/bin/env python3
"""An attacker makes honest clients, such as readers of a page on another site, look like probers and guessers. At most
a few honest clients are banned. Each log has 400 ordinary visitors per day. TAP, with the measured figures.
"""
import sys

sys.dont_write_bytecode = True
from attacks import DAY, FAMILIES, HOUR, SECRET, Log  # noqa: E402
from promises import check, done  # noqa: E402

READERS, DAYS = 100, 4
# 40 missing files do not count as a page load, because a page load has at most 12 missing files. 40 files are also more
# probes than a visitor may make, so all readers are banned. No reader is banned for ever, although on parole the limit
# of `errors` is 4.
#
# Of 100 readers who post, 3 were banned. By then 3 networks have written the path often, so the path is a feature.
POSTED_MAX = 5


def loads(log):
    """(time, name): each reader loads the page on the other site once per day."""
    for day in range(DAYS):
        for r in range(READERS):
            yield day * DAY + 40_000 + log.rng.random() * 20_000, f"reader{r}"


def embedded(family, files, visited):
    """Each load asks for all files within 0.3 s. `visited`: the readers visited this site 4 hours before."""
    log = Log(family)
    log.visitors(DAYS + 1, 400)
    for t, who in loads(log):
        if visited:
            log.read(t - 4 * HOUR, who)
        for k in range(files):
            log.ask(t + 0.3 * k / files, who, f"/x/{k}", 404)
    return log


def check_embedded(family, whole_seconds):
    times = "whole seconds" if whole_seconds else "milliseconds"
    for files in (3, 10, 12):
        for visited in (False, True):
            banned = embedded(family, files, visited).bans(whole_seconds=whole_seconds).banned("")
            readers = "visitors of this site" if visited else "readers new to this site"
            check(f"{family}, {times}: a page embeds {files} missing files, and none of the {readers} is banned", banned)
    bans = embedded(family, 40, False).bans(whole_seconds=whole_seconds)
    n, forever = len(bans.banned("reader")), bans.for_ever("reader")
    check(f"{family}, {times}: a page embeds 40 missing files, and {n} of {READERS} readers are banned, {len(forever)} for ever",
          [*forever, *bans.others("reader")])
    bans = embedded(family, 40, True).bans(whole_seconds=whole_seconds)
    n = len(bans.banned("reader"))
    check(f"{family}, {times}: a page embeds 40 missing files, and {n} visitors of this site are banned, none for ever",
          [*bans.for_ever(""), *bans.others("reader")])


def check_posted(family):
    for whole_seconds in (False, True):
        log = Log(family)
        log.visitors(DAYS + 1, 400)
        for t, who in loads(log):
            for k in range(70):
                log.ask(t + 0.1 * k, who, "/wp-login.php", 200, "POST")
        bans = log.bans(whole_seconds=whole_seconds)
        banned = bans.banned("reader")
        times = "whole seconds" if whole_seconds else "milliseconds"
        check(f"{family}, {times}: a page posts 70 times to the login, and {len(banned)} of {READERS} readers are banned, "
              f"at most {POSTED_MAX}, and none for ever",
              [*(banned if len(banned) > POSTED_MAX else ()), *bans.for_ever(""), *bans.others("reader")])


def check_login(family):
    """Probers fail at the login, too, so the detector learns that bad clients get errors there."""
    for probers in (1, 10, 100, 1000):
        log = Log(family)
        log.visitors(1, 400)
        for a in range(probers):
            t = 20_000 + log.rng.random() * 10_000
            for i, path in enumerate(SECRET[:20]):
                log.ask(t + i, f"prober{a}", path, 404)
            for i in range(5):
                log.ask(t - 20 + 2 * i, f"prober{a}", "/login", 401, "POST")
        for m in range(100):
            t, who = 40_000 + log.rng.random() * 30_000, f"member{m}"
            log.ask(t, who, "/login")
            log.ask(t + 8, who, "/login", 401, "POST")
            log.ask(t + 15, who, "/login", 302, "POST")
            log.read(t + 16, who, 2)
        bans = log.bans()
        n = len(bans.banned("prober"))
        check(f"{family}: {n} of {probers} probers that fail at the login are banned, and none of 100 members",
              [*bans.others("prober"), *(() if n == probers else bans.banned("prober"))])


def check_pages(family):
    """10 networks get errors on 30 pages before the site served them. Then 100 clients get errors on 5 of these pages
    each."""
    banned = {}
    for served in (False, True):
        log = Log(family)
        for a in range(10):
            for i in range(30):
                log.ask(100 + 300 * a + 2 * i, f"prober{a}", f"/page/{i}", 404)
        for v in range(600 if served else 0):
            log.read(4000 + log.rng.random() * 80_000, f"visitor{v}", pages=6)
        for c in range(100):
            t = 50_000 + log.rng.random() * 30_000
            for i in range(5):
                log.ask(t + 5 * i, f"late{c}", f"/page/{log.rng.randrange(30)}", 404)
        banned[served] = log.bans().others("prober")
    check(f"{family}: pages where probers got errors are bait, and {len(banned[False])} of 100 clients are banned",
          [] if len(banned[False]) > 30 else banned[False])
    check(f"{family}: after honest visits were served these pages, no client is banned", banned[True])


def main():
    for family in FAMILIES:
        for whole_seconds in (False, True):
            check_embedded(family, whole_seconds)
        check_posted(family)
        check_login(family)
        check_pages(family)
    return done()


sys.exit(main())
