#!/usr/bin/env python3
"""20,000 guesses in 5 minutes from one IPv6 /48, one from each /64. Just before the guesses,
visitors of five networks make 40 requests each, and one of these 40 gets an error. The alert must still name the /48
first. Later 254 addresses of one IPv4 /24 guess, too."""
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "..")
from lines import line, visitors, write  # noqa: E402

MINUTE = 60


def guess(t, client):
    return t, line(t, client, 401)


page = [(t, line(t, f"192.0.{2 + k}.7", 404 if n == 0 else 200))
        for t in (12 * MINUTE - 5, 30 * MINUTE - 5) for k in range(5) for n in range(40)]
six = [guess(12 * MINUTE + i / 67, f"2001:db8:bad:{i:x}::1") for i in range(20000)]
four = [guess(30 * MINUTE + i / 20, f"203.0.113.{1 + i % 254}") for i in range(1000)]
write(visitors(35 * MINUTE), page, six, four)
