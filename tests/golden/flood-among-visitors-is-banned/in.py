#!/usr/bin/env python3
"""20 visitors for 35 minutes; then one client makes 50 requests per second for 30 s."""
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "..")
from lines import traffic  # noqa: E402

for text in traffic("--minutes", "36", "--clients", "20", "--rate", "0.2", "--flood", "50@35m+30"):
    print(text)
