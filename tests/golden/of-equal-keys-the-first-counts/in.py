#!/usr/bin/env python3
"""A flood; each line has a second member for the client, with another address."""
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "..")
from lines import line, visitors, write  # noqa: E402

def twice(t):
    text = line(t, "203.0.113.9", remote_addr_="198.51.100.1")
    return t, text.replace("remote_addr_", "remote_addr")


write(visitors(920), [twice(900 + i / 50) for i in range(1000)])
