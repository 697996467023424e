#!/usr/bin/env python3
"""Three site anomalies: a flood of one page from one IPv6 /48; guesses of passwords; and paths with control bytes,
quotes, bytes that are not UTF-8, and more bytes than an alert prints. Each begins after the one before has ended."""
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "..")
from lines import line, visitors, write  # noqa: E402

MINUTE = 60
HOSTILE = ["/%1b%5b2J%0a%22%7d%5c", "/%ff%c2%9b%7f", "/" + "%01" * 300, "/" + "a" * 300, "/%e2%98%83" + "%22" * 100]


def ask(t, client, path, status=200):
    return t, line(t, client, status, request=f"GET {path} HTTP/1.1")


flood = [ask(10 * MINUTE + i / 100, f"2001:db8:bad:{i % 5000:x}::1", f"/gallery?page={i}") for i in range(4000)]
guesses = [ask(20 * MINUTE + i / 10, f"203.0.113.{1 + i % 100}", "/wp-login.php", 401) for i in range(400)]
hostile = [ask(30 * MINUTE + i / 20, f"192.0.2.{1 + i % 200}", HOSTILE[i % 7 % len(HOSTILE)], 404)
           for i in range(1000)]
write(visitors(40 * MINUTE), flood, guesses, hostile)
