"""anom_denied - the file of banned clients that anom-deny maintains: its text, and how it is read and replaced.

Each entry has the end of its ban, so a restart needs only the file. By the first line the program recognises its own
file; it never changes the file of another program. By the last line it recognises a complete file.
"""
import fcntl
import math
import os
import re
import stat
import time

from anom_bans import EVER, parse_client, parse_time, time_text
from anom_events import VERSION, counted
from anom_say import Say

FILE_MAX = 64 << 20  # bytes; 100,000 bans need 8 MB
MARK = "# anom-deny "
END = "# end"

SAY = Say("anom-deny")


class Form:
    """The form of an entry for one server. The times of the ban follow the entry, or are in a comment line before it."""

    def __init__(self, entry, reload, comment_before=False):
        self.entry, self.reload, self.comment_before = entry, reload, comment_before
        text = re.escape(entry).replace(r"\{\}", r"(\S+)")
        self.pattern = re.compile(rf"\s*{text}(?:\s*# (.*?))?\s*")

    def lines(self, client, times):
        line = self.entry.format(client)
        return f"# {times}\n{line}\n" if self.comment_before else f"{line} # {times}\n"


FORMS = {
    "nginx": Form("{} 1;", "nginx -s reload"),
    "haproxy": Form("{} 1", "systemctl reload haproxy"),
    "apache": Form("Require not ip {}", "apachectl graceful", comment_before=True),
}


def wall():
    return time.time_ns() // 1000000


# ---- the text of the file ----

class Found:
    """The content of a file: bans, unbans, whether it is complete, and the number of other lines."""

    def __init__(self):
        self.bans, self.unbans, self.whole, self.odd = {}, {}, False, 0


def times_of(text):
    """[(time, end), ...] of `from TIME until TIME, from TIME permanent`, or None."""
    bans = []
    for part in text.split(", "):
        m = re.fullmatch(r"from (\S+) (?:until (\S+)|permanent)", part)
        begin, end = (parse_time(m[1]), parse_time(m[2]) if m[2] else EVER) if m else (None, None)
        if begin is None or end is None:
            return None
        bans.append((begin, end))
    return bans


def times_text(bans):
    return ", ".join(f"from {time_text(begin)} " + ("permanent" if end == EVER else f"until {time_text(end)}")
                     for begin, end in bans)


def parse_file(text, form, now):
    """An entry without times was made by hand: it is permanent, from now on. But a last line without its newline is
    incomplete and may have lost its times, so it is skipped."""
    found, noted = Found(), None
    lines = text.splitlines()[1:]
    if not text.endswith("\n") and lines and lines[-1] != END:
        found.odd += not lines.pop().startswith("#")
    for line in lines:
        entry, unban = form.pattern.fullmatch(line), re.fullmatch(r"# unbanned (\S+) (\S+)", line)
        if line == END:
            found.whole = True
        elif unban and parse_client(unban[1]) and parse_time(unban[2]):
            found.unbans[parse_client(unban[1])] = parse_time(unban[2])
        elif line.startswith("# from "):
            noted = line[2:]
        elif entry and parse_client(entry[1]):
            times, noted = entry[2] or noted, None
            bans = times_of(times) if times else [(now, EVER)]
            if bans:
                found.bans[parse_client(entry[1])] = bans
            found.odd += not bans
        elif line.strip() and not line.startswith("#"):
            found.odd += 1
    return found


def file_text(bans, form, name):
    count = f"{counted(len(bans.held), 'ban')}, of at most {bans.most}; {bans.made_room} evicted for newer ones in this run"
    parts = [f"{MARK}{VERSION}, for {name}: the clients that anomdetect bans. To lift a ban, delete its line, and send "
             f"SIGHUP.\n# {count}\n"]
    parts += [form.lines(client, times_text(held)) for client, held in bans.held.items()]
    parts += [f"# unbanned {client} {time_text(at)}\n" for client, at in bans.unbans.items()]
    return "".join(parts) + END + "\n"


# ---- the file ----

class NotOurs(Exception):
    """The file belongs to another program, or is for another server."""


class File:
    def __init__(self, path, name):
        self.path, self.name, self.form = path, name, FORMS[name]
        self.mine = None  # status of the file when this process last read or wrote it
        self.written = set()  # the clients in it

    @staticmethod
    def looks(status):
        return status.st_ino, status.st_mtime_ns, status.st_size

    def read(self):
        """(text, status) of the file. Raises OSError, NotOurs."""
        file = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        with open(file, "rb") as stream:
            status = os.fstat(file)
            if not stat.S_ISREG(status.st_mode):
                raise NotOurs("it is not a regular file")
            data = stream.read(FILE_MAX + 1)
        if not data.strip():
            return "", status
        if len(data) > FILE_MAX or not data.startswith(MARK.encode()):
            raise NotOurs("its first line is not from anom-deny")
        text = data.decode("ascii", "replace")
        name = re.match(MARK + r"\S+, for (\w+):", text)
        if name and name[1] != self.name:
            raise NotOurs(f"it is a file for {name[1]}")
        return text, status

    def load(self, bans):
        """Reads the bans of an earlier run. Returns the seconds since that run wrote the file or reloaded the server."""
        try:
            text, status = self.read()
        except FileNotFoundError:
            bans.changed = True
            return math.inf
        found = parse_file(text, self.form, wall())
        for client, at in found.unbans.items():
            bans.unban(client, at)
        for client, held in found.bans.items():
            for begin, end in held:
                bans.ban(client, begin, end)
        if text and not found.whole:
            SAY.say("warning", f"'{self.path}' is incomplete; {len(found.bans)} of its bans "
                               f"{'is' if len(found.bans) == 1 else 'are'} used")
        if found.odd:
            SAY.say("warning", f"'{self.path}': skipped lines that anom-deny did not write: {found.odd}")
        self.mine, self.written = self.looks(status), set(found.bans)
        bans.changed = True
        age = time.time() - status.st_mtime
        return age if age >= 0 else 0

    def take_edits(self, bans, asked):
        """Applies manual changes since this process wrote the file: a deleted line is an unban, a new line is a ban. A
        file without the last line `# end` may be incomplete, so its changes apply only at SIGHUP (`asked`)."""
        try:
            if self.looks(os.stat(self.path)) == self.mine:
                return
            text, status = self.read()
        except FileNotFoundError:
            bans.changed = True
            return
        found = parse_file(text, self.form, wall())
        if not found.whole and not asked:
            SAY.say("warning", f"'{self.path}' was changed, but is incomplete; it is written again")
            return
        lifted = [c for c in self.written - found.bans.keys() if c in bans.held]
        for client in lifted:
            bans.unban(client, wall())
        added = [c for c in found.bans.keys() - self.written if c not in bans.held]
        for client in added:
            for begin, end in found.bans[client]:
                bans.ban(client, begin, end)
        self.mine, self.written = self.looks(status), set(found.bans)
        bans.changed = True
        SAY.say("info", f"'{self.path}' was changed by hand: bans lifted: {len(lifted)}, added: {len(added)}"
                        + (f"; lines skipped: {found.odd}" if found.odd else ""))

    def write(self, bans):
        """Writes a new file and renames it: a reader gets the old or the new file. Raises OSError, NotOurs."""
        self.take_edits(bans, False)
        bans.expire(wall())
        text = file_text(bans, self.form, self.name)
        try:
            old = os.stat(self.path)
        except FileNotFoundError:
            old = None
        new = self.path + ".new"
        if os.path.lexists(new):
            os.unlink(new)  # from a run that was killed; the lock excludes other runs
        file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o640)
        try:
            with open(file, "w", encoding="ascii") as stream:
                if old:
                    self.keep_rights(file, old)
                stream.write(text)
                stream.flush()
                os.fsync(file)
                status = os.fstat(file)
            os.rename(new, self.path)
        except BaseException:
            os.unlink(new)
            raise
        self.mine, self.written = self.looks(status), set(bans.held)
        bans.changed = False

    @staticmethod
    def keep_rights(file, old):
        try:
            os.fchown(file, old.st_uid, old.st_gid)
        except PermissionError:
            pass  # without root, this user owns the new file
        os.fchmod(file, stat.S_IMODE(old.st_mode) & 0o777)

    def touch(self):
        """Sets the time of the file, from which the next run computes when the server was reloaded."""
        try:
            if self.looks(os.stat(self.path)) == self.mine:
                os.utime(self.path)
                self.mine = self.looks(os.stat(self.path))
        except OSError:
            pass  # the next run reloads a little sooner


def lock(path):
    """Locks `path` until the process ends. The lock is on a second file, `path`.lock, because each write replaces the
    file itself. Raises BlockingIOError if another run has the lock."""
    file = os.open(path + ".lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        raise
    return file
