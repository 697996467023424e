"""anom_message - makes one message of bounded size from many events, in the form of its target. anom-notify uses it."""
import email.message
import re

from anom_events import clean, counted, how_to_lift, tell

COUNTED = {"error": "error", "alert": "alert", "recovered": "recovery", "start": "start", "stop": "stop", "ban": "ban",
           "unban": "unban", "baseline": "baseline"}  # in the order of a title
NOTICES = ("error", "alert", "recovered", "start", "stop")
NOTICES_MAX = 12  # a message has at most this many lines of events of NOTICES,
OTHERS_MAX = 8  # and at most this many lines of other events, such as bans
TEXT_MAX = 1800  # characters of a message; Discord accepts 2000, ntfy 4096


class Digest:
    """The content of one message: counts, and the first lines. Its size does not depend on the number of events."""

    def __init__(self):
        self.counts, self.notices, self.others, self.events = {}, [], [], []
        self.lost_messages = self.lost_events = 0  # not sent between the previous message and this one

    def add(self, event):
        kind = event["event"]
        self.counts[kind] = self.counts.get(kind, 0) + 1
        lines, most = (self.notices, NOTICES_MAX) if kind in NOTICES else (self.others, OTHERS_MAX)
        if len(lines) < most:
            at = event.get("time")
            at = at[11:19] + " " if isinstance(at, str) and re.fullmatch(r"[0-9T:.Z-]{24}", at, re.ASCII) else ""
            lift = how_to_lift(event)
            lines.append(clean(at + tell(event)) + (f"\n  {lift}" if lift else ""))
            self.events.append(event)

    def total(self):
        return sum(self.counts.values())

    def title(self, name):
        def some(kind):
            n, word = self.counts[kind], COUNTED[kind]
            return f"{n} {word if n == 1 else word[:-1] + 'ies' if word[-1] == 'y' else word + 's'}"
        return f"{name}: " + ", ".join(some(kind) for kind in COUNTED if kind in self.counts)

    def text(self):
        """The lines that fit, and the number of events without a line."""
        lines, room = [], TEXT_MAX - 200
        for line in self.notices + self.others:
            if len(line) + 1 > room:
                break
            lines.append(line)
            room -= len(line) + 1
        if self.total() > len(lines):
            lines.append(f"... and {self.total() - len(lines)} more")
        if self.lost_messages:
            lines.append(f"Before this, {counted(self.lost_messages, 'message')} about {counted(self.lost_events, 'event')} "
                         f"{'was' if self.lost_messages == 1 else 'were'} not sent.")
        return "\n".join(lines)


# ---- from a digest to a message of each target ----

def block(title, text):
    """The message as a block of code, in which Slack and Discord format nothing. No text can end the block, or mention
    anybody."""
    return "```\n" + f"{title}\n{text}".replace("`", "'").replace("@", "\uff20") + "\n```"


def slack_body(name, digest):
    text = block(digest.title(name), digest.text())
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": text, "unfurl_links": False, "unfurl_media": False}


def discord_body(name, digest):
    return {"content": block(digest.title(name), digest.text()), "allowed_mentions": {"parse": []}}


def webhook_body(name, digest):
    return {"name": name, "title": digest.title(name), "text": digest.text(), "counts": digest.counts,
            "events": digest.events, "omitted": digest.total() - len(digest.events),
            "lost_messages": digest.lost_messages, "lost_events": digest.lost_events}


def mail_message(name, digest, to):
    message = email.message.EmailMessage()
    message["To"] = ", ".join(to)
    message["Subject"] = clean("anomdetect: " + digest.title(name))
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: prevents automatic replies
    message.set_content(digest.text() + "\n", cte="7bit")
    return message.as_bytes()
