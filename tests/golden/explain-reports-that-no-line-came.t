#!/usr/bin/env python3
"""The input of --explain stays open without a line. After 10 seconds --explain reports this and prints a command that
helps. The exit status is 1."""
import os
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
from promises import check, done  # noqa: E402

anomdetect = Path(os.environ.get("BUILD", "build")).resolve() / "anomdetect"
with subprocess.Popen([anomdetect, "--explain"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
    said = run.stdout.read()
    code = run.wait(60)  # standard input is open until here
check("--explain reports that no line came and how to read the last lines of a log",
      [] if said.startswith("no line came within 10 seconds\n") and "tail -n 1000 FILE | anomdetect --explain" in said
      else [said])
check("the exit status is 1", [] if code == 1 else [f"{code}"])
sys.exit(done())
