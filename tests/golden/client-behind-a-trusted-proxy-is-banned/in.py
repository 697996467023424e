#!/usr/bin/env python3
"""An IPv4 client and an IPv6 client flood through one proxy each. Each client sends forged addresses in X-Forwarded-For,
and the proxy appends the client's own address."""
import sys

sys.path.insert(0, "..")
from lines import line, visitors, write  # noqa: E402


def behind(proxy, client, forged, start):
    return [(start + i / 50, line(start + i / 50, proxy, http_x_forwarded_for=f"{forged}, {client}"))
            for i in range(1500)]


write([(t, text) for t, text in visitors(300)],
      behind("10.0.0.2", "203.0.113.7", "198.51.100.1", 200),
      behind("2001:db8:ff::2", "2001:db8:bad::1", "2001:db8:1::1, 10.0.0.9", 240))
