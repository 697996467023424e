#!/usr/bin/env python3
"""--help of every program fits a terminal, and anomdetect has few options. TAP on standard output."""
import os
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
from help_text import options_of  # noqa: E402
from promises import check, done  # noqa: E402

BUILD = Path(os.environ.get("BUILD", "build")).resolve()
CONTRIB = Path(__file__).resolve().parents[2] / "contrib"
PROGRAMS = [BUILD / name for name in ("anomdetect", "anomban", "anomcount", "anomstat")] + [
    CONTRIB / name for name in ("anom-notify", "anom-audit", "anom-allow", "anom-report", "anom-deny")]
COLUMNS, LINES, OPTIONS = 80, 50, 50


def main():
    for path in PROGRAMS:
        program = path.name
        text = subprocess.run([path, "--help"], capture_output=True, text=True, timeout=60, check=True).stdout
        lines = text.splitlines()
        check(f"{program} --help has at most {COLUMNS} columns", [line for line in lines if len(line) > COLUMNS])
        check(f"{program} --help has at most {LINES} lines", [f"{len(lines)} lines"] if len(lines) > LINES else [])
        options = options_of(text)
        check(f"{program} --help names 1 to {OPTIONS} options", [] if 0 < len(options) <= OPTIONS else sorted(options))
    return done()


sys.exit(main())
