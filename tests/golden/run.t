#!/usr/bin/env python3
"""Golden tests, one for each directory beside this file. TAP on standard output.

The name of a directory is the promise that it tests. A directory has these files:
    args        arguments, one per line; {tmp} is a directory made for the case
    program     name of the program (absent: anomdetect)
    in.jsonl    standard input; or in.sh or in.py, an executable that prints it
    out.jsonl   the expected standard output, byte for byte
    err         the expected standard error (absent: nothing)
    exit        the expected exit code (absent: 0)
The program runs inside the case's directory. The default state file is in {tmp}.

UPDATE=1 replaces the expected output with the present output: read the difference before you commit it.
Names on the command line select cases: BUILD=build tests/golden/run.t first-line-is-start
"""
import difflib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ["PYTHONDONTWRITEBYTECODE"] = "1"  # a __pycache__ directory would be run as a case
HERE = Path(__file__).resolve().parent
BUILD = Path(os.environ.get("BUILD", "build")).resolve()
SECONDS_MAX = 120  # a case that hangs fails after this time, so the next cases still run
DIFF_LINES_MAX = 30


def read(path):
    return path.read_bytes() if path.exists() else b""


def case_input(case):
    for name in ("in.sh", "in.py"):
        script = case / name
        if script.exists():
            return subprocess.run([script], cwd=case, stdout=subprocess.PIPE, check=True,
                                  timeout=SECONDS_MAX).stdout
    return (case / "in.jsonl").read_bytes()


def run(case, tmp):
    args = (case / "args").read_text().replace("{tmp}", tmp).splitlines()
    env = dict(os.environ, LC_ALL="C", ANOMDETECT_STATE=f"{tmp}/default-state.json")
    program = BUILD / (read(case / "program").decode().strip() or "anomdetect")
    return subprocess.run([program, *args], cwd=case, env=env, input=case_input(case),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=SECONDS_MAX)


def difference(name, expected, got):
    """Lines of a unified diff; none if both texts are equal."""
    if expected == got:
        return []
    before, after = (b.decode("utf-8", "backslashreplace").splitlines() for b in (expected, got))
    diff = list(difflib.unified_diff(before, after, f"expected {name}", f"got {name}", "", "", 1, ""))
    return diff[:DIFF_LINES_MAX] or [f"{name}: only the ends of lines differ"]


def check(case):
    with tempfile.TemporaryDirectory(prefix="anomdetect-golden.") as tmp:
        done = run(case, tmp)
        err = done.stderr.replace(tmp.encode(), b"{tmp}")
    wrong = difference("out.jsonl", read(case / "out.jsonl"), done.stdout)
    wrong += difference("err", read(case / "err"), err)
    code = int(read(case / "exit") or 0)
    if code != done.returncode:
        wrong.append(f"exit code {done.returncode}, expected {code}")
    return wrong


def write_or_remove(path, data):
    if data:
        path.write_bytes(data)
    else:
        path.unlink(missing_ok=True)


def update(case):
    with tempfile.TemporaryDirectory(prefix="anomdetect-golden.") as tmp:
        done = run(case, tmp)
        err = done.stderr.replace(tmp.encode(), b"{tmp}")
    if done.returncode < 0:
        return [f"killed by signal {-done.returncode}: not written"]
    (case / "out.jsonl").write_bytes(done.stdout)
    write_or_remove(case / "err", err)
    write_or_remove(case / "exit", b"%d\n" % done.returncode if done.returncode else b"")
    return []


def main():
    chosen = set(sys.argv[1:])
    cases = sorted(d for d in HERE.iterdir() if d.is_dir() and (not chosen or d.name in chosen))
    if len(cases) < len(chosen):
        sys.exit("run.t: no such case: " + " ".join(chosen - {c.name for c in cases}))
    print(f"1..{len(cases)}" + ("" if cases else " # SKIP no cases"))
    failed = 0
    for number, case in enumerate(cases, 1):
        try:
            wrong = update(case) if os.environ.get("UPDATE") == "1" else check(case)
        except (OSError, ValueError, subprocess.SubprocessError) as e:
            wrong = [str(e)]
        print(f"{'not ok' if wrong else 'ok'} {number} - {case.name}", flush=True)
        for line in wrong:
            print(f"# {line}", flush=True)
        failed += bool(wrong)
    return 1 if failed else 0


sys.exit(main())
