#!/usr/bin/env python3
"""Lines in UTF-16 without a byte order mark: the second byte of each newline begins the next line."""
import sys

LINES = '{"remote_addr":"203.0.113.7","status":200}\n{"remote_addr":"2001:db8::7","status":404}\n'
sys.stdout.buffer.write(LINES.encode("utf-16-le"))
