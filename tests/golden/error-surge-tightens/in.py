#!/usr/bin/env python3
"""Two clients at the same rate, under the limit of 200 in 60 s: the one that gets errors is judged by 0.6 of it."""
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "..")
from lines import traffic  # noqa: E402

for text in traffic("--minutes", "22", "--clients", "80", "--rate", "0.5", "--arrivals", "poisson", "--missing", "0.001",
                    "--flood", "2.7@20m+60,203.0.113.9,500", "--flood", "2.7@20m+60,203.0.113.10"):
    print(text)
