#!/usr/bin/env python3
"""The log has more clients than the table has room for, so the counters depend on which clients are evicted."""
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "..")
from lines import traffic  # noqa: E402

for text in traffic("--minutes", "25", "--clients", "400", "--rate", "0.1", "--ipv6", "0.5", "--missing", "0.05",
                    "--flood", "40@15m+60", "--flood", "30@20m+60,2001:db8:bad::1,404"):
    print(text)
