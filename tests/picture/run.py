#!/usr/bin/env python3
"""Makes man/anomstat.svg from a real run; `make picture` calls it. It needs root for a network namespace,
tmux, and 35 minutes.

A replay of 30 hours of a small site teaches the detector. Then the same log continues line by line, each line at its
own time, into an `anomdetect --ban` in a namespace of its own. After half an hour, when the plot is full, the attack
begins: 45 clients flood together, a client that was banned before comes back, a client requests page after page, a
client guesses passwords over IPv6, and an allowed client exceeds a limit. `anomstat --follow` in tmux shows the attack,
and the program saves its screen.
"""
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("BUILD", ROOT / "build")).resolve()
COLUMNS, ROWS = 110, 34
LEARN_S = 30 * 3600  # so that each hour of the day is learned
LEAD_S = 1860        # from the start to the attack; includes the time to make and replay the log
ATTACK_S = 55
SHOW_S = 5           # anomstat runs for this long; at the end its screen is saved
ALLOWED = "203.0.113.200"


def traffic(start):
    """The arguments of tests/traffic.py: visitors and attackers."""
    attack = LEARN_S + LEAD_S
    end = attack + ATTACK_S
    floods = [f"25@{attack - 720}+60,203.0.113.7",  # its ban has expired when it comes back
              f"0.9@{attack - 295}+{295 + ATTACK_S},203.0.113.50", f"9@{attack + 5}+{ATTACK_S - 5},{ALLOWED}"]
    floods += [f"2.5@{attack + i / 4:.2f}+{ATTACK_S - i / 4:.2f},203.0.113.{100 + i}" for i in range(45)]
    floods += [f"30@{attack + begin}+{ATTACK_S - begin},{client}" for begin, client in
               ((28, "203.0.113.7"), (34, "203.0.113.60"), (39, "2001:db8:bad::1,401"))]
    args = ["--start", datetime.fromtimestamp(start, timezone.utc).isoformat(), "--daily",
            "--minutes", str(end / 60), "--clients", "200", "--rate", "0.05", "--ipv6", "0.7"]
    return args + [word for flood in floods for word in ("--flood", flood)]


def time_of(line):
    return json.loads(line)["msec"]


def mux(*args):
    return subprocess.run(["tmux", "-f", "/dev/null", "-L", f"anomstat-picture-{os.getpid()}", *args],
                          check=True, text=True, capture_output=True).stdout


def show(state):
    mux("new-session", "-d", "-s", "a", "-x", str(COLUMNS), "-y", str(ROWS),
        "env", "LC_ALL=C.UTF-8", "TERM=xterm-256color",
        str(BUILD / "anomstat"), "--state", state, "--follow", "0.5", "--color", "always")


def feed(lines, sink, end, state):
    """Writes each line at its time, then returns the page of anomstat from the terminal, with colours."""
    shown = False
    for line in lines:
        when = time_of(line)
        if when > end - SHOW_S and not shown:
            show(state)
            shown = True
        time.sleep(max(0.0, when - time.time()))
        sink.write(line)
        sink.flush()
    return mux("capture-pane", "-e", "-p", "-t", "a")


def live(log, state, end):
    args = [BUILD / "anomdetect", "--ban", "--state", state, "--allow", ALLOWED]
    with open(log) as lines:
        for line in lines:
            if time_of(line) >= time.time():
                break
        detector = subprocess.Popen(["unshare", "--net", "--uts", "sh", "-c", 'hostname web1; exec "$@"', "sh", *args],
                                    stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        try:
            return feed(lines, detector.stdin, end, state)
        finally:
            subprocess.run(["tmux", "-L", f"anomstat-picture-{os.getpid()}", "kill-server"], stderr=subprocess.DEVNULL)
            detector.stdin.close()
            detector.wait()


def main():
    if os.geteuid() != 0:
        sys.exit("picture: needs root, for a network namespace")
    with tempfile.TemporaryDirectory(prefix="anomdetect-picture.") as tmp:
        log, state = f"{tmp}/access.json", f"{tmp}/state.json"
        start = time.time() - LEARN_S
        with open(log, "w") as out:
            subprocess.run([ROOT / "tests/traffic.py", *traffic(start)], stdout=out, check=True)
        with open(log) as lines:
            replay = subprocess.Popen([BUILD / "anomdetect", "--replay", "--state", state, "--events", "stop"],
                                      stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
            for line in lines:
                if time_of(line) >= time.time():
                    break
                replay.stdin.write(line)
            replay.stdin.close()
            if replay.wait() != 0:
                sys.exit("picture: the replay failed")
        screen = live(log, state, start + LEARN_S + LEAD_S + ATTACK_S)
        if "RUNNING" not in screen:
            sys.exit(f"picture: the page lacks the expected text:\n{screen}")
    picture = subprocess.run([Path(__file__).with_name("svg.py"), str(COLUMNS)], input=screen, text=True,
                             capture_output=True, check=True).stdout
    (ROOT / "man/anomstat.svg").write_text(picture)


main()
