#!/usr/bin/env python3
"""A flood, a ban and the end of the ban. Only the three chosen kinds of events are printed."""
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "..")
from lines import flood, visitors, write  # noqa: E402

write(visitors(2400), flood("203.0.113.9", 1200, 30, 50))
