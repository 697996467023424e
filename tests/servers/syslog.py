#!/usr/bin/env python3
"""syslog.py ADDRESS PORT FILE...  -  writes each datagram that comes as one line to a file.

The first FILE gets what comes to PORT, the second what comes to PORT + 1, and so on. Bytes stay as they came.
"""
import selectors
import socket
import sys

SO_RCVBUFFORCE = 33  # as root beyond the system's limit; Python has no name for it

address, port, *files = sys.argv[1:]
family = socket.AF_INET6 if ":" in address else socket.AF_INET
wait = selectors.DefaultSelector()
for n, name in enumerate(files):
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)  # a busy machine must not lose any
    s.bind((address, int(port) + n))
    wait.register(s, selectors.EVENT_READ, open(name, "ab", buffering=0))
while True:
    for key, _ in wait.select():
        key.data.write(key.fileobj.recv(65536).rstrip(b"\n") + b"\n")
