#!/usr/bin/env python3
"""One client's lines come 50 s late, out of a buffer. They count in their own seconds, so the client's 300 requests in
50 s are a flood. Another client's lines come 61 s late and are not judged."""
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "..")
from lines import line, visitors, write  # noqa: E402

write(visitors(1200))
for i in range(300):
    print(line(1145 + i / 6, "203.0.113.9"))
for i in range(3000):
    print(line(1100 + i / 100, "203.0.113.10"))
