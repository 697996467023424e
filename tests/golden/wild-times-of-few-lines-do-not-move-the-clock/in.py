#!/usr/bin/env python3
"""Among ordinary lines, three have a time in the year 2100, and one has a time in 1970, which is too early to be valid.
None of these four lines moves the clock."""
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "..")
from lines import START, line, visitors, write  # noqa: E402

write(visitors(60))
print(line(2335219200, "198.51.100.1"))
write(visitors(60, start=60))
print(line(2335219200, "2001:db8::1"))
print(line(2335219201, "2001:db8::2"))
write(visitors(60, start=120))
print(line(-START, "198.51.100.1"))
write(visitors(60, start=180))
