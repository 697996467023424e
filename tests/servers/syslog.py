#!/usr/bin/env python3
"""syslog.py ADDRESS PORT FILE...  -  writes each datagram that comes as one line to a file.

The first FILE gets what comes to PORT, the second what comes to PORT + 1, and so on. Bytes stay as they came.
`syslog.py SOCKET FILE` makes a socket in the file system instead, open to everybody as rsyslog's are.
"""
import os
import selectors
import socket
import sys

SO_RCVBUFFORCE = 33  # as root beyond the system's limit; Python has no name for it



def sockets():
    if sys.argv[1].startswith("/"):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        s.bind(sys.argv[1])
        os.chmod(sys.argv[1], 0o666)
        yield s, sys.argv[2]
        return
    address, port, *files = sys.argv[1:]
    for n, name in enumerate(files):
        s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)  # a busy machine must not lose any
        s.bind((address, int(port) + n))
        yield s, name


wait = selectors.DefaultSelector()
for each, name in sockets():
    wait.register(each, selectors.EVENT_READ, open(name, "ab", buffering=0))
while True:
    for key, _ in wait.select():
        key.data.write(key.fileobj.recv(1 << 20).rstrip(b"\n") + b"\n")
