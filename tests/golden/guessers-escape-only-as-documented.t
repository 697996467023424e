#!/usr/bin/env python3
"""What a guesser of passwords can do so that `repeats` does not see it, on a site that answers guesses with 200. Each
figure is a limit that the manual names under CAVEATS: it is asserted as it is, so that a change is noticed. TAP.
"""
import sys

sys.dont_write_bytecode = True
from attacks import DAY, FAMILIES, Log  # noqa: E402
from promises import check, done  # noqa: E402

MANY = 20  # guessers of one way, at a login each: none makes another's login a feature
GUESSES = 600


def guess(log, t, who, login="/login", gap=2.0, n=GUESSES):
    for k in range(n):
        log.ask(t + gap * k, who, login, 200, "POST")


def members(log, n, days):
    """Each logs in once a day, without an error."""
    for day in range(days):
        for m in range(n):
            t = (day + log.rng.random()) * DAY
            log.read(t, f"member{m}", 2)
            log.ask(t + 12, f"member{m}", "/login")
            log.ask(t + 20, f"member{m}", "/login", 200, "POST")
            log.ask(t + 22, f"member{m}", "/account")


def made_feature(family, networks, logins):
    """Share that is stopped of a guesser, one guess per 4 s, after `networks` wrote the login 20 times each."""
    log = Log(family)
    log.visitors(2, 300)
    members(log, logins, 2)
    for a in range(networks):
        guess(log, DAY + 20_000 + 1000 * a, f"teacher{a}", gap=10, n=20)
    guess(log, DAY + 40_000, "guesser", gap=4)
    return log.bans()


def check_feature(family):
    alone = made_feature(family, 0, 0)
    check(f"{family}: of a guesser alone {alone.stopped('guesser'):.3f} is stopped, at least 0.9",
          [] if alone.stopped("guesser") >= 0.9 else alone.others(""))
    for networks in (3, 10):
        bans = made_feature(family, networks, 50)
        check(f"{family}: {networks} networks that write a login of 50 members often make it no feature: "
              f"{bans.stopped('guesser'):.3f} is stopped, at least 0.9",
              [*([] if bans.stopped("guesser") >= 0.9 else ["too little"]), *bans.others("guesser", "teacher")])
        bans = made_feature(family, networks, 0)
        check(f"{family}: limit: a login of nobody is a feature then, and {bans.stopped('guesser'):.3f} is stopped",
              bans.banned("guesser"))
    bans = made_feature(family, 20, 20)
    check(f"{family}: limit: so is one of 20 members, for 20 networks, and {bans.stopped('guesser'):.3f} is stopped",
          bans.banned("guesser"))


def evasion(family, pages, gap, n):
    """MANY guessers, one after the other, who first read so many pages."""
    log = Log(family)
    log.visitors(2, 300)
    for g in range(MANY):
        t = DAY + 1000 * g
        for k in range(pages):
            log.ask(t - 5 + k, f"guesser{g}", f"/page/{(7 * g + k) % 200}")
        guess(log, t, f"guesser{g}", f"/{g}/login", gap, n)
    return log.bans()


def guesses_before_ban(bans):
    """Sorted, of the guessers who were banned."""
    times = {}
    for t, address, method, *_ in bans.log.rows:
        if method == "POST":
            times.setdefault(address, []).append(t)
    first = {bans.log.address[who]: bans.of[who][0][0] for who in bans.banned("guesser")}
    return sorted(sum(t < since for t in times[address]) for address, since in first.items())


def check_evasions(family):
    # the bits of variety.h depend on the key: the login and a page may share one, and 3 paths may look like 2
    for pages, expected in ((0, 12), (1, 240)):
        n = guesses_before_ban(evasion(family, pages, 2, GUESSES))
        middle = n[len(n) // 2] if len(n) == MANY else 0
        check(f"{family}: who reads {pages} other pages has {middle} guesses before the first ban, as half of {MANY} show",
              [] if middle == expected else [f"expected {expected}, got {n}"])
    bans = evasion(family, 2, 2, GUESSES)
    n = len(bans.banned("guesser"))
    check(f"{family}: limit: who reads 2 other pages is mostly not seen, {n} of {MANY} are banned, at most 5",
          bans.banned("guesser") if n > 5 else [])
    check(f"{family}: limit: one guess each 121 s is not seen", evasion(family, 0, 121, 200).banned(""))
    check(f"{family}: limit: a new address for each 12 guesses is not seen", evasion(family, 0, 2, 12).banned(""))
    banned = evasion(family, 0, 2, 13).banned("guesser")
    check(f"{family}: for each 13 it is, {len(banned)} of {MANY}", [] if len(banned) == MANY else banned)


def main():
    for family in FAMILIES:
        check_feature(family)
        check_evasions(family)
    return done()


sys.exit(main())
