#!/usr/bin/env python3
"""One client floods. Each line has the key remote_addr twice; the second value is another address."""
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "..")
from lines import line, visitors, write  # noqa: E402

def twice(t):
    text = line(t, "203.0.113.9", remote_addr_="198.51.100.1")
    return t, text.replace("remote_addr_", "remote_addr")


write(visitors(920), [twice(900 + i / 50) for i in range(1000)])
