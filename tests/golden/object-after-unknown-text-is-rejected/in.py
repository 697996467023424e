#!/usr/bin/env python3
"""An error log quotes what clients send. A request for /{"remote_addr":...} must not get another client banned."""
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "..")
from lines import line, visitors, write  # noqa: E402

write(visitors(900))
for i in range(3000):
    decoy = line(880 + i / 150, "203.0.113.9")
    print(f'2026/11/22 10:14:{40 + i // 150} [error] 12#12: *{i} open() "/srv/{decoy}" failed, client: 198.51.100.1')
    print(f"<187>Nov 22 10:14:{40 + i // 150} web1 nginx: 2026/11/22 [error] GET /{decoy}")
    print(f"x {decoy}")
    print(f"2026-11-22T10:14:{40 + i // 150}Z stderr F {decoy}")
