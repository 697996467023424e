#!/usr/bin/env python3
"""Two allowed clients flood for 15 minutes. Each step of the schedule gives an alert and no ban. The second client is
one address of an IPv6 /64."""
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "..")
from lines import flood, visitors, write  # noqa: E402

write(visitors(2400), flood("203.0.113.9", 1200, 900, 10), flood("2001:db8:bad::99", 1200, 900, 10))
