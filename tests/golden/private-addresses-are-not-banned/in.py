#!/usr/bin/env python3
"""Private, shared and loopback addresses flood, and one public address floods, too."""
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "..")
from lines import flood, visitors, write  # noqa: E402

clients = ["10.1.2.3", "172.31.0.1", "192.168.1.1", "100.64.0.1", "127.0.0.1", "fd00::1", "fe80::1", "::1", "203.0.113.9"]
write(visitors(1300), *(flood(c, 1200, 60, 10) for c in clients))
