#!/usr/bin/env python3
"""A flood causes an alert and a ban, and the ban ends. Only the kinds of events that --events chooses are printed."""
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "..")
from lines import flood, visitors, write  # noqa: E402

write(visitors(2400), flood("203.0.113.9", 1200, 30, 50))
