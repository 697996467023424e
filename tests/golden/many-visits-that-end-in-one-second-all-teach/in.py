#!/usr/bin/env python3
"""1500 visits end in one second, but only 1024 of them can teach in that second. Later one more visit ends during a gap
without lines."""
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "..")
from lines import line, write  # noqa: E402


def client(i):
    return f"9.{i // 200}.{i % 200}.1" if i % 2 else f"2001:db8:{i:x}::1"


write([(t, line(t, "198.51.100.1")) for t in (0, 130, 200, 310)],
      [(190, line(190, "203.0.113.7"))], [(58, line(58, client(i))) for i in range(1500)])
