"""Runs of anomdetect in which calls fail (by build/tests/fault.so) or system limits are reached. The memory file has
one permanent ban of each address family, so a test can check which bans a run forgot.
"""
import errno
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "golden"))

BUILD = Path(os.environ.get("BUILD", "build")).resolve()
PROGRAM = BUILD / "anomdetect"
LIBRARY = BUILD / "tests" / "fault.so"
CLIENTS = {"203.0.113.7", "2001:db8:bad::/64"}
REASONS = {errno.ENOMEM: ("Cannot allocate memory", "out of memory"), errno.EMFILE: ("Too many open files",),
           errno.EIO: ("Input/output error",), errno.ENOSPC: ("No space left on device",)}


class Run:
    def __init__(self, done):
        self.code = done.returncode
        self.said = done.stderr.decode(errors="replace")

    def says_why(self, number):
        return any(reason in self.said for reason in REASONS[number])


class State:
    """A directory with a state file and a memory file."""

    def __init__(self, clients=()):
        self.directory = tempfile.TemporaryDirectory()
        self.path = Path(self.directory.name) / "state.json"
        self.memory = Path(f"{self.path}.memory")
        self.old = Path(f"{self.path}.memory.old")
        self.bad = Path(f"{self.path}.memory.bad")
        assert self.run().code == 0
        content = json.loads(self.memory.read_text())
        content["clients"] = [f"{c} active 9 1795320000000 253402300799999 3" for c in CLIENTS] + list(clients)
        self.sound = json.dumps(content, separators=(",", ":")).encode()
        self.reset()

    def reset(self):
        """Restores the memory file of a run without faults, and removes all other files."""
        for path in Path(self.directory.name).iterdir():
            path.unlink()
        self.memory.write_bytes(self.sound)
        self.memory.chmod(0o640)

    def run(self, *options, prepare=None, lines=b"", **fault):
        """A run until its input ends. fault: call="malloc", at=3 and so on, the settings of tests/fault/fault.c."""
        env = dict(os.environ)
        if fault:
            env.update({f"FAULT_{name.upper()}": str(value) for name, value in fault.items()}, LD_PRELOAD=str(LIBRARY))
        return Run(subprocess.run([PROGRAM, "--state", self.path, *options], input=lines, env=env, preexec_fn=prepare,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE))

    def count(self, call, *options):
        """The number of calls of this function in a run without faults."""
        with tempfile.NamedTemporaryFile() as file:
            assert self.run(*options, call=call, count=file.name).code == 0
            return int(Path(file.name).read_text())

    def forgotten(self):
        """The bans that a restart would no longer know."""
        for path in (self.memory, self.old):
            try:
                known = {text.split()[0] for text in json.loads(path.read_text())["clients"]}
                return sorted(CLIENTS - known)
            except (OSError, ValueError):
                continue
        return sorted(CLIENTS)
