#!/usr/bin/env python3
"""250 clients of each family make requests in one second, and a third of them twice. anomcount's table has room for 300 clients."""
for n in [*range(500), *range(0, 500, 3)]:
    client = f"198.51.{n // 200}.{n % 200}" if n % 2 else f"2001:db8:0:{n:x}::1"
    print(f'{{"remote_addr":"{client}","msec":1790000000.5,"status":{(200, 404, 500)[n % 3]}}}')
