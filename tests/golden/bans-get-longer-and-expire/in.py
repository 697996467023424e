#!/usr/bin/env python3
"""One client guesses passwords again about a minute after the end of each ban. Its bans last 10 min, 30 min, 2 h
and for ever. An IPv6 client guesses once."""
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "..")
from lines import flood, visitors, write  # noqa: E402

HOURS = 5
parts = [visitors(HOURS * 3600, every=20.0)]
start = 1200
for ban in (600, 1800, 7200, 3600):
    parts.append(flood("203.0.113.9", start, 60, 20, 401))
    start += ban + 60
parts.append(flood("2001:db8:bad::1", 6000, 60, 20, 401))
write(*parts)
