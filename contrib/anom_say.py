"""anom_say - messages for people on standard error, for anom-notify and anom-audit.

A condition that lasts, such as a server that is dead or a disk that is full, is told at once, and then once a minute with
how often it came; so it neither hides nor fills a journal.
"""
import os
import threading
import time

REPEAT = 60  # seconds between two messages about the same condition


class Say:
    """The messages of a program. Threads may share it. The clock is an argument so that a test need not wait."""

    def __init__(self, program, clock=time.monotonic):
        self.program, self.clock = program, clock
        self.lock, self.at, self.n, self.text = threading.Lock(), {}, {}, {}

    def say(self, level, text):
        try:
            os.write(2, f"{self.program}: {level}: {text}\n".encode("utf-8", "backslashreplace"))
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
        self.say("warning", text + (f" ({n} times)" if n > 1 else ""))

    def over(self, keys, text):
        """The conditions of these keys are over, which is told if one of them was."""
        with self.lock:
            told = [key for key in keys if self.at.pop(key, None) is not None]
            for key in keys:
                self.n.pop(key, None)
        if told:
            self.say("info", text)

    def end(self, key):
        """The end of a run: how often the condition came since the last message."""
        n = self.n.get(key, 0)
        if n:
            self.say("warning", f"{self.text[key]} ({n} times)")
