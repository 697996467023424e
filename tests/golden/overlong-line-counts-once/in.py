#!/usr/bin/env python3
"""Lines of 5 MiB with the client first, with the client last, and without an object; short lines between them."""
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "..")
from lines import line  # noqa: E402

LONG = 5 << 20  # bytes; anomdetect reads the first 4 MiB of a line
print(line(0, "198.51.100.7"))
print(line(1, "198.51.100.7", ua="a" * LONG))
print(line(2, "2001:db8::7", ua='\\"' * (LONG // 2)))
print('{"ua":"' + "a" * LONG + '",' + line(3, "198.51.100.7")[1:])
print("a" * LONG)
print(line(4, "198.51.100.7"))
print(line(5, "198.51.100.7", ua="a" * LONG), end="")
