#!/usr/bin/env python3
"""A client's lines come 50 s late, out of a buffer: they count in their own seconds, so its 300 requests of 50 s are a
flood. Those of another come 61 s late: not judged."""
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "..")
from lines import line, visitors, write  # noqa: E402

write(visitors(1200))
for i in range(300):
    print(line(1145 + i / 6, "203.0.113.9"))
for i in range(3000):
    print(line(1100 + i / 100, "203.0.113.10"))
