#!/usr/bin/env python3
"""A site behind a proxy on the same host, as in GitLab: each request seems to come from 127.0.0.1."""
for n in range(500):
    visitor = f"2001:db8::{n % 50 + 1:x}" if n % 2 else f"203.0.113.{n % 50 + 1}"
    print(f'{{"remote_addr":"127.0.0.1","remote_ip":"{visitor}","status":200,"msec":{1795341600 + n}}}')
