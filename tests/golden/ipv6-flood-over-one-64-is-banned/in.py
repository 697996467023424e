#!/usr/bin/env python3
"""The flood of the case flood-among-visitors-is-banned, but each request comes from another address of one /64."""
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "..")
from lines import traffic  # noqa: E402

n = 0
for text in traffic("--minutes", "36", "--clients", "20", "--rate", "0.2", "--ipv6", "0.5", "--flood", "50@35m+30"):
    if '"203.0.113.1"' in text:
        n += 1
        text = text.replace("203.0.113.1", f"2001:db8:bad:1:{n * 40503 % 65536:x}::{n:x}")
    print(text)
