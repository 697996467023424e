#!/usr/bin/env python3
"""slow.py SERVER4 SERVER6 PORT  -  a request whose body comes drop by drop, to an HTTP server.

It goes over IPv4 and over IPv6 at the same time. Prints "ADDRESS BEGAN ENDED" for each, as seconds since 1970: whose
request it was, when it was sent, and when the server had answered all of it.
"""
import socket
import sys
import threading
import time

DROPS, DROP_S = 8, 0.5  # 4 s: much more than the 1 s to which a log may round
ANSWER_S = 10           # until a server has answered
FROM = "203.0.113.1", "2001:db8:1::1"  # as odd.py


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
for request in requests:  # by one thread: lines that two print at the same moment can be torn
    print(*request)
