#!/usr/bin/env python3
"""Three clients flood: one with each of the two well-known NAT64 prefixes, and one with another prefix. With
--ipv6-prefix 128 each address is a client, so each of the three is banned."""
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "..")
from lines import flood, visitors, write  # noqa: E402

clients = ["64:ff9b::c633:6407", "64:ff9b:1::c633:6407", "2001:db8:64::c633:6407"]
write(visitors(1300), *(flood(c, 1200, 60, 10) for c in clients))
