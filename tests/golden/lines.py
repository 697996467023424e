"""Writes the lines of golden cases. Each in.py runs inside its own directory."""
import json
import subprocess
import sys

START = 1795341600  # 2026-11-22T10:00:00Z, the default start of traffic.py


def line(t, client, status=200, **more):
    """One nginx line, `t` seconds after START; `more` are further members at the end."""
    members = {"remote_addr": client, "msec": round(START + t, 3), "request": "GET / HTTP/1.1", "status": status}
    return json.dumps(members | more, separators=(",", ":"))


def visitors(seconds, clients=20, every=5.0, start=0):
    """(time, line) of clients that each make a request every `every` seconds, at different moments."""
    return [(start + t, line(start + t, f"198.51.100.{i + 1}"))
            for i in range(clients)
            for t in (i * every / clients + n * every for n in range(int(seconds / every)))]


def flood(client, start, seconds, rate, status=200):
    return [(start + i / rate, line(start + i / rate, client, status)) for i in range(round(seconds * rate))]


def write(*parts):
    """Writes all lines of the parts in the order of time. Lines with equal times keep the order of the parts."""
    for _, text in sorted((p for part in parts for p in part), key=lambda p: p[0]):
        sys.stdout.write(text + "\n")


def traffic(*options):
    """The lines that tests/traffic.py prints with these options."""
    done = subprocess.run(["../../traffic.py", *options], stdout=subprocess.PIPE, check=True, text=True)
    return done.stdout.splitlines()
