#!/usr/bin/env python3
"""15 minutes of traffic with a flood at the end, 200 days without a line, and 3 more minutes of traffic."""
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "..")
from lines import flood, visitors, write  # noqa: E402

DAYS = 200 * 86400
write(visitors(900), flood("203.0.113.9", 840, 30, 50), visitors(180, start=DAYS))
