#!/usr/bin/env python3
"""One client floods again within a minute after the end of each ban, without an error. Its bans last 10 min, 30 min, 2 h and again
2 h. An IPv6 client floods once."""
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "..")
from lines import flood, visitors, write  # noqa: E402

HOURS = 6
parts = [visitors(HOURS * 3600, every=20.0)]
start = 1200
for ban in (600, 1800, 7200, 7200):
    parts.append(flood("203.0.113.9", start, 60, 20))
    start += ban + 60
parts.append(flood("2001:db8:bad::1", 6000, 60, 20))
write(*parts)
