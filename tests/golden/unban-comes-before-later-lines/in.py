#!/usr/bin/env python3
"""A line in the last millisecond of a ban is blocked. A line in the millisecond at which the ban ends comes after the
unban, so it counts. A second client floods at this time, and is banned."""
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "..")
from lines import flood, line, visitors, write  # noqa: E402

BAN_AT = 1200 + 240 / 20  # the 241st request exceeds twice the tightened limit: 2 x 0.6 x 200
UNBAN_AT = BAN_AT + 600
write(visitors(2400),
      flood("203.0.113.9", 1200, 60, 20),
      [(UNBAN_AT - 0.001, line(UNBAN_AT - 0.001, "203.0.113.9")), (UNBAN_AT, line(UNBAN_AT, "203.0.113.9"))],
      flood("2001:db8:bad::1", 1800, 60, 20))
