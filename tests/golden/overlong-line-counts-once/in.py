#!/usr/bin/env python3
"""Lines of 1 MiB: with the client at the front, with it at the end, without an object; and others between."""
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "..")
from lines import line  # noqa: E402

MIB = 1 << 20
print(line(0, "198.51.100.7"))
print(line(1, "198.51.100.7", ua="a" * MIB))
print(line(2, "2001:db8::7", ua='\\"' * (MIB // 2)))
print('{"ua":"' + "a" * MIB + '",' + line(3, "198.51.100.7")[1:])
print("a" * MIB)
print(line(4, "198.51.100.7"))
print(line(5, "198.51.100.7", ua="a" * MIB), end="")
