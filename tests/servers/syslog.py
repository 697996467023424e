#!/usr/bin/env python3
"""syslog.py ADDRESS PORT FILE...  -  writes each received datagram as one line to a file.

The first FILE gets the datagrams of PORT, the second the datagrams of PORT + 1, and so on. Their bytes are not changed.
`syslog.py SOCKET FILE` instead makes a Unix socket that everybody may write to, as to rsyslog's sockets.
"""
import os
import selectors
import socket
import sys

SO_RCVBUFFORCE = 33  # lets root exceed the system's limit; Python has no name for this option



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
        s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)  # so that a busy machine loses no datagram
        s.bind((address, int(port) + n))
        yield s, name


wait = selectors.DefaultSelector()
for each, name in sockets():
    wait.register(each, selectors.EVENT_READ, open(name, "ab", buffering=0))
while True:
    for key, _ in wait.select():
        key.data.write(key.fileobj.recv(1 << 20).rstrip(b"\n") + b"\n")
