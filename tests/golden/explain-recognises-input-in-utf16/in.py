#!/usr/bin/env python3
"""Lines in UTF-16 with a byte order mark, then lines in UTF-16LE without one."""
import sys

LINES = '{"remote_addr":"203.0.113.7","status":200}\n{"remote_addr":"2001:db8::7","status":404}\n'
sys.stdout.buffer.write(LINES.encode("utf-16") + LINES.encode("utf-16-le"))
