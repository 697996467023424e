#!/usr/bin/env python3
"""Three clients have the same rate, under the limit of 200 requests in 60 s. Only the client with own errors is judged
by 0.6 times the limit. The server's errors (500) are not own errors of a client."""
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "..")
from lines import traffic  # noqa: E402

for text in traffic("--minutes", "22", "--clients", "80", "--rate", "0.5", "--arrivals", "poisson", "--missing", "0.001",
                    "--flood", "2.2@20m+60,203.0.113.9", "--flood", "0.5@20m+60,203.0.113.9,404",
                    "--flood", "2.7@20m+60,203.0.113.10", "--flood", "2.7@20m+60,203.0.113.11,500"):
    print(text)
