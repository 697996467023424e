#!/usr/bin/env python3
"""A start that is short of memory or descriptors either logs the true reason and ends with exit status 1, or continues.
It never treats a sound memory file as damaged. Each malloc and each open of a start fails once; then system limits rise
in steps. TAP.
"""
import errno
import resource
import sys

sys.dont_write_bytecode = True
from faults import State  # noqa: E402
from promises import check, done  # noqa: E402

MIB = 1 << 20


def faults_of(state, run, where, number):
    """The faults of a run that may have been short of a resource."""
    wrong = []
    if run.code not in (0, 1):
        wrong.append(f"{where}: exit {run.code}: {run.said.strip()[:200]}")
    if run.code == 1 and not run.says_why(number):
        wrong.append(f"{where}: no true reason: {run.said.strip()[:200]}")
    if state.bad.exists():
        wrong.append(f"{where}: a sound file was set aside: {run.said.strip()[:200]}")
    if state.forgotten():
        wrong.append(f"{where}: forgotten: {state.forgotten()}")
    return wrong


def each_call(state, call, number):
    """Returns (faults, number of starts that ended)."""
    wrong, ended = [], 0
    calls = state.count(call)
    for at in range(1, calls + 1):
        state.reset()
        run = state.run(call=call, at=at, errno=int(number))
        wrong += faults_of(state, run, f"{call} {at} of {calls}", number)
        ended += run.code == 1
    return wrong, ended


def each_limit(state, limit, values, number):
    wrong, ended = [], 0
    for value in values:
        state.reset()
        run = state.run(prepare=lambda: resource.setrlimit(limit, (value, value)))
        wrong += faults_of(state, run, f"limit {value}", number)
        ended += run.code == 1
    return wrong, ended


def least_address_space(state):
    """The MiB that the dynamic loader needs: with less, anomdetect does not even begin to run."""
    for mib in range(2, 200):
        size = mib * MIB
        if state.run("--version", prepare=lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size))).code == 0:
            return mib
    return 200


def main():
    state = State()
    for call, number in (("malloc", errno.ENOMEM), ("open", errno.EMFILE), ("open", errno.EIO)):
        wrong, ended = each_call(state, call, number)
        check(f"{call} fails with {errno.errorcode[number]} at each of its calls: the start handles it", wrong)
        check(f"{call} fails with {errno.errorcode[number]}: some starts end because of the failure", [] if ended else ["no start has ended"])

    wrong, ended = each_limit(state, resource.RLIMIT_NOFILE, range(4, 16), errno.EMFILE)  # libraries need one descriptor
    check("a start handles each limit of 4 to 15 descriptors", wrong)
    check("with 4 to 15 descriptors some starts end", [] if ended else ["no start has ended"])

    large = State(f"10.{i >> 16}.{i >> 8 & 255}.{i & 255} over 1 1795320000000 1795320600000 1" for i in range(100_000))
    least = least_address_space(large)
    wrong, ended = each_limit(large, resource.RLIMIT_AS, [m * MIB for m in range(least, least + 90, 3)], errno.ENOMEM)
    check("a start with 100,000 strikes handles each limit of address space, over a range of 90 MiB", wrong)
    check("with some of these limits of address space the start ends", [] if ended else ["no start has ended"])
    return done()


if __name__ == "__main__":
    sys.exit(main())
