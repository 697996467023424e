"""Makes pages of anomstat --html from a fresh state, and shows them in Chromium, for the tests in this directory."""
import json
import os
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("BUILD", "build")).resolve()
GOLDEN = json.loads((ROOT / "tests/golden/screen-state.json").read_text())


def stat(tmp, form, **changes):
    state = dict(GOLDEN, saved=time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()), interval_s=3600, **changes)
    path = tmp / "state.json"
    path.write_text(json.dumps(state) + "\n")
    path.chmod(0o640)
    return subprocess.run([BUILD / "anomstat", "-s", path, form], capture_output=True, text=True, check=True).stdout


def chromium(tmp, *args, size="1150,1700"):
    """(standard output, messages of the page's console)"""
    run = subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
                          "--disable-background-networking", "--enable-logging=stderr", f"--user-data-dir={tmp}/profile",
                          f"--window-size={size}", *args], capture_output=True, text=True, timeout=120)
    return run.stdout, [line for line in run.stderr.splitlines() if "CONSOLE" in line]
