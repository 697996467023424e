#!/usr/bin/env python3
"""For 2 minutes, each of 200 new clients makes a request every 4 s.

No client exceeds a limit, but the site is abnormal.
"""
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "..")
from lines import line, visitors, write  # noqa: E402

crowd = [(1800 + t + i / 200, line(1800 + t + i / 200, f"192.0.2.{i + 1}")) for t in range(0, 120, 4) for i in range(200)]
write(visitors(2400, clients=40), crowd)
