#!/usr/bin/env python3
"""A soak test: anomdetect reads 20,000 lines per second for half an hour, and must not leak memory or descriptors.

    SOAK_SECONDS=1800  SOAK_RATE=20000  BUILD=build  tests/soak/run.py

As root it uses --ban in a network namespace, which it creates and removes; as another user it does not use --ban.
lines.py makes the traffic. Every minute, the test prints a row. The column `set` is the number of addresses for which
the kernel's sets differ from the events. First bans last 20 s, so bans begin and end all the time.
Every minute, a SIGHUP makes anomdetect read the allow-list again.

At the end, the test prints one line for each promise. The exit status is 1 if a promise is broken. Memory may grow by
at most GROWTH from the 10th minute to the end; runs of less than 20 minutes do not check this. CPU % is only printed
and not checked, because other programs on the machine change it.
"""
import ipaddress
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
SECONDS = int(os.environ.get("SOAK_SECONDS", "1800"))
RATE = int(os.environ.get("SOAK_RATE", "20000"))
ROOT = os.geteuid() == 0
SET = "soak"
NS = f"anomsoak{os.getpid()}"
GROWTH = 0.05        # of resident memory, after SETTLED_S
SETTLED_S = 600      # by then, all tables that this traffic fills are full
JUDGED_S = 1200      # a shorter run does not check growth
EDGE_S = 3           # for this many seconds before and after the end of a ban, the set may differ from the events
OPTIONS = ["--learn", "0s", "--schedule", "20s,1m,5m,10m", "--proxy-share", "1"]
HERTZ = os.sysconf("SC_CLK_TCK")
broken = []


def promise(text, holds, seen):
    print(f"{'ok    ' if holds else 'BROKEN'} {text}: {seen}")
    if not holds:
        broken.append(text)


class Detector:
    """One anomdetect, its files, and its values from the kernel."""

    def __init__(self, tmp, source):
        self.state, self.events = os.path.join(tmp, "state.json"), os.path.join(tmp, "events.jsonl")
        self.errors, self.allow = os.path.join(tmp, "errors"), os.path.join(tmp, "allow")
        with open(self.allow, "w") as f:
            f.write("198.51.100.0/24\n2001:db8::/32\n")
        words = [os.path.join(BUILD, "anomdetect"), "--state", self.state, "--allow", "@" + self.allow, *OPTIONS]
        if ROOT:
            words = ["ip", "netns", "exec", NS, *words, "--ban", "--set", SET]
        self.process = subprocess.Popen(words, stdin=source, stdout=open(self.events, "w"),
                                        stderr=open(self.errors, "w"))
        self.pid = self.process.pid
        self.bans, self.ended, self.read, self.counts = {}, {}, 0, {"ban": 0, "unban": 0}

    def status(self, name):
        with open(f"/proc/{self.pid}/status") as f:
            return next(int(line.split()[1]) for line in f if line.startswith(name + ":"))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def cpu_s(self):
        with open(f"/proc/{self.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / HERTZ

    def counters(self):
        with open(self.state) as f:
            return json.load(f)["counters"]

    def take_events(self):
        """Returns the bans in force according to the events: address -> end in seconds; None: the ban has no end."""
        with open(self.events, "rb") as f:
            f.seek(self.read)
            lines = f.read()
        lines = lines[:lines.rfind(b"\n") + 1]  # the last line may be incomplete
        self.read += len(lines)
        for line in lines.splitlines():
            e = json.loads(line)
            if e["event"] not in self.counts:
                continue
            self.counts[e["event"]] += 1
            who = str(ipaddress.ip_network(e["client"], strict=False).network_address)
            if e["event"] == "ban":
                self.bans[who] = e["until"] and datetime.fromisoformat(e["until"].replace("Z", "+00:00")).timestamp()
            else:
                self.bans.pop(who, None)
                self.ended[who] = datetime.fromisoformat(e["time"].replace("Z", "+00:00")).timestamp()
        return dict(self.bans)

    def entries(self):
        found = set()
        for name in (SET + "4", SET + "6"):
            said = subprocess.run(["ip", "netns", "exec", NS, "ipset", "save", name], check=True, text=True,
                                  capture_output=True).stdout
            found |= {str(ipaddress.ip_address(line.split()[2])) for line in said.splitlines()
                      if line.startswith("add ")}
        return found

    def set_differs(self):
        """Addresses for which the kernel's sets differ from the events, except addresses whose ban just begins or ends."""
        before = self.take_events()
        kernel = self.entries()
        now = datetime.now(timezone.utc).timestamp()
        after = self.take_events()
        due = {a for a, until in before.items() if a in after and (until is None or until > now + EDGE_S)}
        over = {a for a, at in self.ended.items() if at > now - EDGE_S}
        known = set(before) | set(after) | over
        return sorted((due - kernel) | (kernel - known))


def minute_row(d, at, lines, lag, cpu, descriptors):
    rss = d.status("VmRSS") / 1024
    differ = d.set_differs() if ROOT else d.take_events() and []
    dropped = d.counters()["events_dropped"]
    print(f"{at / 60:6.1f} {lines:>11} {lag:>6} {rss:9.1f} {min(descriptors):>5} {max(descriptors):>5} {cpu:6.1f} "
          f"{d.counts['ban']:>7} {d.counts['unban']:>7} {len(d.bans):>6} {len(differ):>4} {dropped:>8}", flush=True)
    return {"at": at, "rss": rss, "fds": min(descriptors), "lines": lines, "differ": differ}


def watch(d, lines_from):
    """Prints a row every minute until the lines end. Returns the rows and the number of written lines."""
    print(f"{'minute':>6} {'lines':>11} {'lag s':>6} {'RSS MiB':>9} {'fds':>5} {'most':>5} {'CPU %':>6} {'bans':>7} "
          f"{'unbans':>7} {'now':>6} {'set':>4} {'dropped':>8}", flush=True)
    rows, descriptors, lines = [], [], "0"
    begun = looked = time.monotonic()
    cpu = d.cpu_s()
    for said in lines_from.stderr:  # lines.py writes one line per second
        lines, lag = said.split()
        if d.process.poll() is not None:
            break
        descriptors.append(d.descriptors())
        at = time.monotonic()
        if at - looked >= 60 or (at - begun >= SECONDS - 1 and at - looked > 5):
            used = d.cpu_s()
            rows.append(minute_row(d, at - begun, lines, lag, 100 * (used - cpu) / (at - looked), descriptors))
            looked, cpu, descriptors = at, used, []
            os.kill(d.pid, signal.SIGHUP)
    return rows, int(lines)


def judge(d, rows, written, code):
    with open(d.events) as f:
        last = (f.readlines() or ["{}"])[-1]
    counters = json.loads(last) if '"event":"stop"' in last else {}
    with open(d.errors) as f:
        odd = [line for line in f if not line.startswith("anomdetect: info:")]
    late = [r for r in rows if r["at"] >= SETTLED_S] or [{"rss": 0.1}]
    print()
    promise("anomdetect ends with exit status 0", code == 0, code)
    promise("no line is lost", counters.get("lines") == written, f"{written} written, {counters.get('lines')} read")
    promise("every line counts as a request", counters.get("requests") == written, counters.get("requests"))
    promise("lines.py writes at least 99 % of the lines", written >= 0.99 * RATE * SECONDS,
            f"{written / SECONDS:.0f} lines per second")
    promise("no event is dropped", counters.get("events_dropped") == 0, counters.get("events_dropped"))
    promise("bans begin and end", counters.get("bans", 0) > 0 and counters.get("unbans", 0) > 0,
            f"{counters.get('bans')} bans, {counters.get('unbans')} ended")
    if ROOT:
        differ = sorted({a for r in rows for a in r["differ"]})
        promise("the kernel's sets agree with the events", rows and not differ,
                " ".join(differ[:5]) or f"compared {len(rows)} times")
    fds = {r["fds"] for r in rows[1:]}
    promise("descriptors stay constant", len(fds) <= 1, sorted(fds))
    if SECONDS >= JUDGED_S:
        growth = max(r["rss"] for r in late) / late[0]["rss"] - 1
        promise(f"memory grows by at most {GROWTH:.0%} after {SETTLED_S // 60} minutes", growth <= GROWTH,
                f"{growth:.1%}, from {late[0]['rss']:.1f} to at most {max(r['rss'] for r in late):.1f} MiB")
    else:
        print(f"       growth of memory: not judged, the run is shorter than {JUDGED_S // 60} minutes")
    page = subprocess.run([os.path.join(BUILD, "anomstat"), "-s", d.state, "--json"], capture_output=True, text=True)
    read = json.loads(page.stdout)["counters"]["lines"] if page.returncode == 0 else page.stderr.strip()
    promise("anomstat reads the last state", read == written, f"{read} lines")
    promise("no warning is printed", not odd, "".join(odd[:3]).strip() or "none")


def soak(tmp):
    read, write = os.pipe()
    lines = subprocess.Popen([sys.executable, os.path.join(HERE, "lines.py"), "--rate", str(RATE), "--seconds",
                              str(SECONDS)], stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)
    d = Detector(tmp, read)
    os.close(read)
    try:
        rows, written = watch(d, lines)
        code = d.process.wait(timeout=60)
        judge(d, rows, written, code)
    finally:
        for p in (lines, d.process):
            if p.poll() is None:
                p.kill()
                p.wait()


def main():
    tmp = tempfile.mkdtemp(prefix="anomdetect-soak.")
    print(f"{RATE} lines per second for {SECONDS} s, {'with --ban in a namespace' if ROOT else 'without --ban'}")
    try:
        if ROOT:
            subprocess.run(["ip", "netns", "add", NS], check=True)
            subprocess.run(["ip", "-n", NS, "link", "set", "lo", "up"], check=True)
        soak(tmp)
    finally:
        if ROOT:
            subprocess.run(["ip", "netns", "del", NS], check=False)
        if broken:
            print(f"the files of the run are in {tmp}")
        else:
            shutil.rmtree(tmp)
    print("soak: " + ("BROKEN: " + "; ".join(broken) if broken else "all promises kept"))
    return 1 if broken else 0


sys.exit(main())
