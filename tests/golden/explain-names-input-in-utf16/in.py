#!/usr/bin/env python3
"""Lines in both kinds of UTF-16, the first with its byte order mark."""
import sys

LINES = '{"remote_addr":"203.0.113.7","status":200}\n{"remote_addr":"2001:db8::7","status":404}\n'
sys.stdout.buffer.write(LINES.encode("utf-16") + LINES.encode("utf-16-le"))
