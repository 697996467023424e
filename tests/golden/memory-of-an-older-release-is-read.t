#!/usr/bin/env python3
"""A memory file of release 0.1.0 keeps its bans, strikes and baseline after an upgrade. TAP on standard output.

Release 0.1.0 wrote memory-0.1.0.json, with --schedule 10m,permanent. The log of that run contained 45 minutes of
visitors from tests/traffic.py, a flood from 203.0.113.7 and two floods from 2001:db8:bad::1. Each release adds a memory
file of its own.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
from promises import check, done  # noqa: E402

HERE = Path(__file__).resolve().parent
BUILD = Path(os.environ.get("BUILD", "build")).resolve()
# a request of a visitor, 20 minutes after the last line of the old run
LINE = '{"time":"2026-11-22T11:05:00Z","remote_addr":"198.51.100.3","request":"GET / HTTP/1.1","status":200}\n'

with tempfile.TemporaryDirectory() as folder:
    state = Path(folder) / "s.json"
    memory = Path(f"{state}.memory")
    shutil.copy(HERE / "memory-0.1.0.json", memory)
    memory.chmod(0o640)
    old = json.loads(memory.read_text())
    run = subprocess.run([BUILD / "anomdetect", "--replay", "--state", state], input=LINE, text=True, capture_output=True,
                         timeout=60, check=False)
    events = [json.loads(line) for line in run.stdout.splitlines()]
    check("the run reads the file without a message", [f"exit status {run.returncode}: {run.stderr}"]
          if run.returncode or run.stderr else [])
    start = events[0]
    check("the bans of both families are in force at the start", [str(start)] if start["bans"] != 2 else [])
    ends = [(e["client"], e["reason"], e["strike"]) for e in events if e["event"] == "unban"]
    check("the IPv4 client's ban expires", [str(ends)] if ends != [("203.0.113.7", "expired", 1)] else [])
    new = json.loads(memory.read_text())
    check("the IPv6 client stays banned permanently, with its two strikes",
          [str(new["clients"])] if not any(c.startswith("2001:db8:bad::/64 active 2 ") for c in new["clients"]) else [])
    shown = json.loads(state.read_text())
    check("the learned baseline is kept", [str(shown["mean"])] if not 1 < shown["mean"] < 3 else [])
    check("the learned seconds of all hours of the day are kept", [f"{sum(old['learned'])} -> {sum(new['learned'])}"]
          if sum(new["learned"]) < sum(old["learned"]) else [])
sys.exit(done())
