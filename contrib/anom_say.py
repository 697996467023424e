"""anom_say - messages for people on standard error, for anom-notify and anom-audit.

A condition that lasts, such as a server that is dead or a disk that is full, is told at once, and then once a minute with
how often it came; so it neither hides nor fills a journal. One that comes and goes, such as a server that fails every
second time, fills it no more: its end is told once a minute, too. When standard error is the journal, each line begins
with its priority.
"""
import os
import threading
import time

REPEAT = 60  # seconds between two messages about the same condition
PRIORITIES = {"fatal": 2, "error": 3, "warning": 4, "info": 6}


def is_journal():
    """Whether standard error is the stream that systemd names: children inherit the name, but maybe not the stream."""
    try:
        there = os.fstat(2)
    except OSError:
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{there.st_dev}:{there.st_ino}"


class Say:
    """The messages of a program. Threads may share it. The clock is an argument so that a test need not wait."""

    def __init__(self, program, clock=time.monotonic):
        self.program, self.clock, self.journal = program, clock, is_journal()
        self.lock, self.at, self.n, self.text = threading.Lock(), {}, {}, {}
        self.open, self.over_at = set(), {}  # told and not over; when the end was told last

    def say(self, level, text):
        priority = f"<{PRIORITIES[level]}>" if self.journal else ""
        lines = f"{self.program}: {level}: {text}".split("\n")
        try:
            os.write(2, "".join(f"{priority}{line}\n" for line in lines).encode("utf-8", "backslashreplace"))
        except OSError:
            pass  # there is no place left to say so

    def warn(self, key, text):
        """A warning about the condition of that key."""
        now = self.clock()
        with self.lock:
            self.text[key] = text
            self.n[key] = self.n.get(key, 0) + 1
            if now - self.at.get(key, -REPEAT) < REPEAT:
                return
            self.at[key], n, self.n[key] = now, self.n[key], 0
            self.open.add(key)
        self.say("warning", text + (f" ({n} times)" if n > 1 else ""))

    def over(self, keys, text):
        """The conditions of these keys are over. That is told if one of them was; within a minute of the last such
        message not yet, but at a later call."""
        now = self.clock()
        with self.lock:
            told = self.open.intersection(keys)
            if told and now - max(self.over_at.get(key, -REPEAT) for key in told) < REPEAT:
                return
            self.open -= told
            for key in keys:
                # of a condition that comes and goes, the next warning counts them all
                if key in told or now - self.at.get(key, now) >= REPEAT:
                    self.n.pop(key, None)
                if key in told:
                    self.over_at[key] = now
        if told:
            self.say("info", text)

    def end(self, key):
        """The end of a run: how often the condition came since the last message."""
        n = self.n.get(key, 0)
        if n:
            self.say("warning", self.text[key] + (f" ({n} times)" if n > 1 else ""))
