"""What the in.py of golden cases write lines with; they run inside their own directory."""
import json
import subprocess
import sys

START = 1795341600  # 2026-11-22T10:00:00Z, as traffic.py begins


def line(t, client, status=200, **more):
    """One nginx line, `t` seconds after START; `more` are members behind the others."""
    members = {"remote_addr": client, "msec": round(START + t, 3), "request": "GET / HTTP/1.1", "status": status}
    return json.dumps(members | more, separators=(",", ":"))


def visitors(seconds, clients=20, every=5.0, start=0):
    """(time, line) of clients that each make a request every so often, at different moments."""
    return [(start + t, line(start + t, f"198.51.100.{i + 1}"))
            for i in range(clients)
            for t in (i * every / clients + n * every for n in range(int(seconds / every)))]


def flood(client, start, seconds, rate, status=200):
    return [(start + i / rate, line(start + i / rate, client, status)) for i in range(round(seconds * rate))]


def write(*parts):
    """All (time, line) of the parts in the order of time; those of equal times as they were given."""
    for _, text in sorted((p for part in parts for p in part), key=lambda p: p[0]):
        sys.stdout.write(text + "\n")


def traffic(*options):
    """The lines of tests/traffic.py."""
    done = subprocess.run(["../../traffic.py", *options], stdout=subprocess.PIPE, check=True, text=True)
    return done.stdout.splitlines()
