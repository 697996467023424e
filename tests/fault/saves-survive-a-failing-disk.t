#!/usr/bin/env python3
"""Any call of a save may fail: the memory file or its predecessor is still whole and has all bans. The run continues,
logs the reason, and saves again. If a power failure leaves the file empty, cut off or full of zeros, the next run reads
its predecessor. TAP.
"""
import errno
import json
import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from faults import LIBRARY, PROGRAM, State  # noqa: E402
from promises import check, done  # noqa: E402

CALLS = (("write", errno.ENOSPC), ("write", errno.EIO), ("fsync", errno.EIO), ("rename", errno.EIO), ("open", errno.EIO))


def each_call_of_the_end(state, call, number):
    """Runs until the end of the input; each run has another call that fails."""
    wrong, said = [], 0
    calls = state.count(call)
    for at in range(1, calls + 1):
        state.reset()
        run = state.run(call=call, at=at, errno=int(number))
        where = f"{call} {at} of {calls}"
        if run.code not in (0, 1):
            wrong.append(f"{where}: exit {run.code}: {run.said[:200]}")
        if "unable to save" in run.said:
            said += 1
            if not run.says_why(number):
                wrong.append(f"{where}: no true reason: {run.said[:200]}")
        if state.bad.exists() or state.forgotten():
            wrong.append(f"{where}: forgotten: {state.forgotten()}")
        if state.run().code != 0 or state.bad.exists() or state.forgotten():
            wrong.append(f"{where}: the next run forgets")
    return wrong, said


def waits_for(seconds, is_so):
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def run_goes_on(state, call, number):
    """The disk fails for a while during a run: saves fail while a certain file exists, and succeed after it is removed."""
    wrong = []
    state.reset()
    broken = state.path.with_name("broken")
    env = dict(os.environ, LD_PRELOAD=str(LIBRARY), FAULT_CALL=call, FAULT_AT="1", FAULT_TIMES="0",
               FAULT_ERRNO=str(int(number)), FAULT_WHILE=str(broken))
    process = subprocess.Popen([PROGRAM, "--state", state.path, "--memory-interval", "1s"],
                               env=env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    saved = lambda: state.memory.stat().st_mtime_ns  # noqa: E731
    before = saved()
    if not waits_for(20, lambda: saved() != before and state.old.exists()):
        wrong.append("the run does not save before the disk fails")
    broken.touch()
    time.sleep(2.5)  # saves fail meanwhile; the check of standard error below proves it
    if process.poll() is not None:
        wrong.append(f"the run has ended with {process.returncode}")
    if state.forgotten():
        wrong.append(f"forgotten while it fails: {state.forgotten()}")
    broken.unlink()
    before = saved()
    if not waits_for(20, lambda: saved() != before):
        wrong.append("the run does not save any more")
    said = process.communicate()[1].decode()
    if "unable to save" not in said:
        wrong.append(f"the run logs no failed save: {said}")
    if process.returncode != 0:
        wrong.append(f"exit {process.returncode}")
    return wrong + [f"forgotten: {c}" for c in state.forgotten()]


def after_power_failure(state, content):
    wrong = []
    state.reset()
    state.memory.rename(state.old)
    state.memory.write_bytes(content)
    state.memory.chmod(0o640)
    run = state.run()
    if run.code != 0 or "its predecessor (.old) is used" not in run.said:
        wrong.append(f"exit {run.code}: {run.said}")
    if not state.bad.exists() or state.bad.read_bytes() != content:
        wrong.append("the damaged file is not kept for examination")
    known = {text.split()[0] for text in json.loads(state.memory.read_text())["clients"]}
    return wrong + [f"forgotten: {c}" for c in set(state_clients(state)) - known]


def state_clients(state):
    return [text.split()[0] for text in json.loads(state.sound)["clients"]]


def main():
    state = State()
    for call, number in CALLS:
        name = f"{call}, {errno.errorcode[number]}"
        wrong, said = each_call_of_the_end(state, call, number)
        check(f"{name}: each call of a run may fail, and no ban is lost", wrong)
        check(f"{name}: the failure is logged", [] if said else ["no failure was logged"])
    for call, number in (("write", errno.ENOSPC), ("fsync", errno.EIO), ("rename", errno.EIO)):
        check(f"{call}, {errno.errorcode[number]}: the run continues and saves again", run_goes_on(state, call, number))
    half = len(state.sound) // 2
    for name, content in (("empty", b""), ("cut off", state.sound[:half]), ("zeros", bytes(len(state.sound))),
                          ("half of it zeros", state.sound[:half] + bytes(half))):
        check(f"the predecessor is read after a power failure leaves a file that is {name}", after_power_failure(state, content))
    return done()


if __name__ == "__main__":
    sys.exit(main())
