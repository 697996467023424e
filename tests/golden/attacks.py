"""Logs of a site under attack, for the tests of the detection rules about paths: ordinary visitors and attackers. The
bans of a replay give the share of requests that they would have dropped. Each log is the same at every run. Times are
seconds after START.
"""
import json
import os
import random
import subprocess
from datetime import datetime
from pathlib import Path

PROGRAM = Path(os.environ.get("BUILD", "build")).resolve() / "anomdetect"
START = 1795305600  # 2026-11-22T00:00:00Z
HOUR, DAY = 3600, 86400
FAMILIES = ("IPv4", "IPv6")
PAGES = 200
# Paths that probers ask for and that this site never had.
SECRET = [f"/{a}.{b}" for a in "env backup dump config secret token key old".split()
          for b in "bak sql zip yml json".split()]
FOR_EVER = float("inf")


class Log:
    """Clients have names. All clients whose names begin with `near` share one network; any other has its own."""

    def __init__(self, family, near="\0"):
        self.family, self.near = family, near
        self.rng = random.Random(1)
        self.rows, self.address = [], {}

    def client(self, who):
        if who not in self.address:
            self.address[who] = self.new_address(len(self.address), who.startswith(self.near))
        return self.address[who]

    def new_address(self, i, near):
        if self.family == "IPv4":
            return f"198.18.0.{i % 250 + 1}" if near else f"45.{i >> 8}.{i & 255}.7"
        return f"2001:db8:ffff:{i:x}::/64" if near else f"2001:db8:{i:x}:1::/64"

    def ask(self, t, who, path, status=200, method="GET"):
        self.rows.append((t, self.client(who), method, path, status))

    def read(self, t, who, pages=4, gap=6):
        """Requests for pages that the site serves, one by one."""
        for k in range(pages):
            self.ask(t + gap * k, who, f"/page/{self.rng.randrange(PAGES)}")

    def visitors(self, days, per_day):
        for v in range(days * per_day):
            self.read(self.rng.random() * days * DAY, f"visitor{v}")

    def text(self, whole_seconds):
        lines = []
        for t, client, method, path, status in sorted(self.rows, key=lambda row: row[0]):
            msec = f"{START + int(t)}.000" if whole_seconds else f"{START + t:.3f}"
            lines.append(f'{{"remote_addr":"{client.replace("/64", "7")}","msec":{msec},'
                         f'"request":"{method} {path} HTTP/1.1","status":{status}}}\n')
        return "".join(lines).encode()

    def bans(self, *options, whole_seconds=False):
        """The bans of a replay with these options."""
        command = [PROGRAM, "--replay", "--state", "none", "--events", "ban", *options]
        out = subprocess.run(command, input=self.text(whole_seconds), capture_output=True, check=True).stdout
        return Bans(self, [json.loads(text) for text in out.splitlines()])


def seconds_of(time):
    return datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp() - START


class Bans:
    """The bans of a replay. Each argument of a method selects the clients whose names begin with it."""

    def __init__(self, log, events):
        name_of = {address: who for who, address in log.address.items()}
        self.log, self.events = log, events
        self.of = {}  # name -> [(from, until)]
        for e in events:
            until = seconds_of(e["until"]) if e["until"] else FOR_EVER
            self.of.setdefault(name_of[e["client"]], []).append((seconds_of(e["time"]), until))

    def banned(self, *names):
        return sorted(who for who in self.of if who.startswith(names))

    def others(self, *names):
        return sorted(who for who in self.of if not who.startswith(names))

    def for_ever(self, *names):
        return [who for who in self.banned(*names) if self.of[who][-1][1] == FOR_EVER]

    def stopped(self, *names):
        """Share of these clients' requests that come while they are banned."""
        spans = {address: self.of.get(who, ()) for who, address in self.log.address.items() if who.startswith(names)}
        dropped = [any(since < t < until for since, until in spans[client])
                   for t, client, *_ in self.log.rows if client in spans]
        return sum(dropped) / len(dropped)
