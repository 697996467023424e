#!/usr/bin/env python3
"""Each of two clients makes one request per second on each of three hosts. The requests on one host would not be enough
for a ban."""
import sys
sys.path.insert(0, "..")
sys.dont_write_bytecode = True
from counts_lines import line, visitors  # noqa: E402

for s in range(300):
    for k in range(3):
        counts = visitors(s, k)
        if s >= 200:
            counts += [["203.0.113.7", 1, 0, 0], ["2001:db8:bad:1::/64", 1, 0, 0]]
        print(line(s, f"web{k + 1}", s + 1, counts))
