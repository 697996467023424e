"""anom_say - messages for people on standard error, for anom-notify, anom-audit, anom-report and anom-deny.

A lasting condition, such as a dead server or a full disk, is reported immediately, and then once per minute with the
number of its repetitions. So it is visible and does not fill the journal. The end of a condition is reported at most once
per minute, too, so a server that fails every second time does not fill the journal either. If standard error is the
journal, each line begins with its priority.
"""
import os
import threading
import time

REPEAT = 60  # seconds between two messages about the same condition
PRIORITIES = {"fatal": 2, "error": 3, "warning": 4, "info": 6}


def is_journal():
    """Whether standard error is the stream that JOURNAL_STREAM names. A child may have another stream than this."""
    try:
        there = os.fstat(2)
    except OSError:
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{there.st_dev}:{there.st_ino}"


class Say:
    """The messages of a program. Threads may share it. The clock is an argument, so that a test does not have to wait."""

    def __init__(self, program, clock=time.monotonic):
        self.program, self.clock, self.journal = program, clock, is_journal()
        self.lock, self.at, self.n, self.text = threading.Lock(), {}, {}, {}
        self.open = set()  # keys of the conditions that were reported and are not over
        self.over_at = {}  # key: when the end of the condition was last reported

    def say(self, level, text):
        priority = f"<{PRIORITIES[level]}>" if self.journal else ""
        lines = f"{self.program}: {level}: {text}".split("\n")
        try:
            os.write(2, "".join(f"{priority}{line}\n" for line in lines).encode("utf-8", "backslashreplace"))
        except OSError:
            pass  # no other place for messages exists

    def warn(self, key, text):
        """Warns about the condition of this key."""
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
        """The conditions of these keys are over. Reports this if one of the conditions was reported. If the end of one of
        them was reported less than a minute ago, only the first call after this minute reports it."""
        now = self.clock()
        with self.lock:
            told = self.open.intersection(keys)
            if told and now - max(self.over_at.get(key, -REPEAT) for key in told) < REPEAT:
                return
            self.open -= told
            for key in keys:
                # keep the count of a condition that comes and goes, for its next warning
                if key in told or now - self.at.get(key, now) >= REPEAT:
                    self.n.pop(key, None)
                if key in told:
                    self.over_at[key] = now
        if told:
            self.say("info", text)

    def end(self, key):
        """At the end of a run: reports how often the condition came since the last message."""
        n = self.n.get(key, 0)
        if n:
            self.say("warning", self.text[key] + (f" ({n} times)" if n > 1 else ""))
