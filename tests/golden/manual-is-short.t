#!/usr/bin/env python3
"""anomdetect(8) on a terminal of 80 columns: it is short, and its examples come early. TAP on standard output."""
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
from promises import check, done  # noqa: E402

PAGE = Path(__file__).resolve().parents[2] / "man/anomdetect.8"
LINES_MAX = 800       # about half an hour of reading; further text belongs in a page of section 7
EXAMPLES_BEFORE = 300  # a newcomer needs the first run, the everyday options and the examples, in this order

if not shutil.which("mandoc"):
    print("1..0 # SKIP mandoc is not installed; `make lint` installs it")
    sys.exit(0)
out = subprocess.run(["mandoc", "-Tascii", "-O", "width=80", PAGE], check=True, capture_output=True, text=True).stdout
lines = re.sub(".\b", "", out).splitlines()  # without overstrikes
titles = {line: number for number, line in enumerate(lines, start=1) if re.match(r"[A-Z]", line)}
order = [titles.get(title, 0) for title in ("DESCRIPTION", "FIRST RUN", "OPTIONS", "EXAMPLES", "MORE OPTIONS")]
check(f"the page has at most {LINES_MAX} lines", [f"{len(lines)} lines"] if len(lines) > LINES_MAX else [])
check("the page has a description, a first run, options, examples and more options, in this order",
      [str(order)] if 0 in order or order != sorted(order) else [])
check(f"the examples begin before line {EXAMPLES_BEFORE}", [f"line {order[3]}"] if order[3] >= EXAMPLES_BEFORE else [])
check("no line is wider than 80 columns", [line for line in lines if len(line) > 80])
sys.exit(done())
