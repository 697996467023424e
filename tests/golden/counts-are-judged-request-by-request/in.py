#!/usr/bin/env python3
"""In second 24, each of two guessers makes its 24th and 25th error. At the 24th, the errors are spread over enough seconds
for a ban. At the 25th, they are not. A log of single requests leads to a ban at the 24th error, and so must counts."""
import sys
sys.path.insert(0, "..")
sys.dont_write_bytecode = True
from counts_lines import line  # noqa: E402

ERRORS = {0: 2, 1: 2, 2: 1, 4: 1, 9: 2, 10: 2, 12: 2, 13: 1, 14: 1, 19: 2, 20: 2, 21: 2, 22: 2, 23: 1, 24: 2, 25: 2}
for second, n in ERRORS.items():
    print(line(second, "web1", second + 1, [[client, n, n, n] for client in ("203.0.113.7", "2001:db8:bad:1::/64")]))
