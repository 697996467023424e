#!/usr/bin/env python3
"""A start with 1,000,000 strikes takes at most 1.5 times the memory of the run that follows. TAP."""
import re
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
from faults import PROGRAM, State  # noqa: E402
from promises import check, done  # noqa: E402

STRIKES = 1_000_000


def kib(pid, name):
    return int(re.search(rf"^{name}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.M)[1])


def main():
    text = (f"10.{i >> 16}.{i >> 8 & 255}.{i & 255} over 1 1795320000000 1795320600000 1" for i in range(STRIKES))
    state = State(text)
    process = subprocess.Popen([PROGRAM, "--state", state.path, "--max-strikes", str(2 * STRIKES)],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    started = process.stdout.readline()
    running, peak = kib(process.pid, "VmRSS"), kib(process.pid, "VmHWM")
    print(f"# {running} KiB running, {peak} KiB at most during the start, {len(state.sound)} bytes of memory file")
    check("the run starts", [] if b'"event":"start"' in started else [started.decode()])
    check("the start takes at most 1.5 times the memory of the run",
          [f"{peak} of {running} KiB"] if peak > 1.5 * running else [])
    check("the run has all strikes in memory", ["too little for them"] if running * 1024 < 40 * STRIKES else [])
    process.stdin.close()
    process.stdout.read()
    check("the run ends with exit status 0", [f"exit {process.returncode}"] if process.wait() else [])
    check("no ban is forgotten", state.forgotten())
    return done()


if __name__ == "__main__":
    sys.exit(main())
