#!/usr/bin/env python3
"""web2 is silent for 50 s. Three lines of web3 are missing; one of them comes late."""
import sys
sys.path.insert(0, "..")
sys.dont_write_bytecode = True
from counts_lines import line, visitors  # noqa: E402

for s in range(200):
    print(line(s, "web1", s + 1, visitors(s, 0)))
    if not 50 <= s < 100:
        print(line(s, "web2", s + 1 if s < 50 else s - 49, visitors(s, 1)))
    if s not in (20, 21, 22):
        print(line(s, "web3", s + 1, visitors(s, 2)))
    if s == 40:
        print(line(21, "web3", 22, visitors(21, 2)))
