#!/usr/bin/env python3
"""slow.py SERVER4 SERVER6 PORT  -  sends a request with a very slow body to an HTTP server.

The request is sent over IPv4 and over IPv6 at the same time. The program prints "ADDRESS BEGAN ENDED" for each: the
client's address, the time of sending, and the time at which the server had sent its whole answer. Times are in seconds
since 1970.
"""
import socket
import sys
import threading
import time

DROPS, DROP_S = 8, 0.5  # 4 s in all, much more than the 1 s to which a log may round
ANSWER_S = 10           # timeout for the server's answer
FROM = "203.0.113.1", "2001:db8:1::1"  # addresses of odd.py


def send(family, server, source):
    with socket.socket(family, socket.SOCK_STREAM) as s:
        s.bind((source, 0))
        s.settimeout(ANSWER_S)
        s.connect(server)
        began = time.time()
        s.sendall(b"POST /slow HTTP/1.1\r\nHost: example.test\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % DROPS)
        for _ in range(DROPS):
            time.sleep(DROP_S)
            s.sendall(b"x")
        while s.recv(65536):
            pass
    requests.append((source, int(began), int(time.time())))


server4, server6, port = sys.argv[1:]
requests = []
threads = [threading.Thread(target=send, args=each) for each in (
    (socket.AF_INET, (server4, int(port)), FROM[0]), (socket.AF_INET6, (server6, int(port)), FROM[1]))]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for request in requests:  # one thread prints, because the lines of two threads could mix
    print(*request)
