#!/usr/bin/env python3
"""apt's way out of a network namespace: an HTTP proxy that listens in the namespace and fetches from outside.

    ip netns exec MACHINE tests/package/apt_proxy.py PORT OUTSIDE MIRROR DIRECTORY

OUTSIDE is the file of a network namespace that reaches the mirror (/proc/PID/ns/net). Packages are kept in DIRECTORY,
where the next machine gets them; indexes are fetched each time. The proxy fetches only from MIRROR.
"""
import http.server
import os
import shutil
import socket
import sys
import urllib.error
import urllib.request


class Proxy(http.server.BaseHTTPRequestHandler):
    mirror = directory = ""

    def do_GET(self):
        if not self.path.startswith(self.mirror):
            self.send_error(403)
            return
        kept = os.path.join(self.directory, os.path.basename(self.path))
        try:
            if not self.path.endswith(".deb"):
                with urllib.request.urlopen(self.path, timeout=60) as said:
                    self.answer(said, said.headers["Content-Length"])
                return
            if not os.path.exists(kept):
                with urllib.request.urlopen(self.path, timeout=60) as said, open(f"{kept}.{os.getpid()}", "wb") as new:
                    shutil.copyfileobj(said, new)
                os.replace(new.name, kept)
            with open(kept, "rb") as file:
                self.answer(file, os.path.getsize(kept))
        except urllib.error.HTTPError as e:
            self.send_error(e.code)
        except OSError as e:
            self.send_error(502, str(e))

    def answer(self, file, length):
        self.send_response(200)
        if length:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        shutil.copyfileobj(file, self.wfile)

    def log_message(self, *_):
        pass


def main():
    Proxy.mirror, Proxy.directory = sys.argv[3:5]
    if sys.argv[1] != "--serve":
        listening = socket.create_server(("127.0.0.1", int(sys.argv[1])))
        listening.set_inheritable(True)
        os.environ["LISTENING"] = str(listening.fileno())
        # the socket stays in this namespace, whichever process has it
        os.execvp("nsenter", ["nsenter", f"--net={sys.argv[2]}", sys.executable, __file__, "--serve", *sys.argv[2:]])
    os.makedirs(Proxy.directory, exist_ok=True)
    # one request at a time, because apt uses one connection
    server = http.server.HTTPServer(("127.0.0.1", 0), Proxy, bind_and_activate=False)
    server.socket = socket.socket(fileno=int(os.environ["LISTENING"]))
    server.serve_forever()


main()
