#!/usr/bin/env python3
"""An IPv4 client floods, and an IPv6 client behind a proxy floods. Each ban lasts 40 s. The log then has a gap of 68 s,
which is longer than a ban, and longer than two intervals between announcements."""
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "..")
from lines import flood, line, visitors, write  # noqa: E402

behind = [(250 + i / 50, line(250 + i / 50, "2001:db8:ff::2", http_x_forwarded_for="2001:db8:bad::1"))
          for i in range(1000)]
write(visitors(270), flood("203.0.113.7", 240, 10, 50), behind, flood("203.0.113.9", 282, 3, 0.4),
      flood("203.0.113.9", 350, 3, 0.4))
