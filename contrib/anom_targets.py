"""anom_targets - the targets of anom-notify. Each target has a thread and two digests.

A digest is the content of one message. One digest is being filled, and the other is being sent. A slow target delays
only its own thread. The text of a library's exception is not shown, because it may quote the URL of a webhook. This URL
is a secret.
"""
import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse

from anom_events import VERSION, clean, counted
from anom_message import Digest, discord_body, mail_message, slack_body, webhook_body
from anom_say import Say

WAIT_MAX = 60  # seconds: the longest pause between two attempts that a server can request


SAY = Say("anom-notify")


class Failed(Exception):
    """An attempt failed: the reason without a secret; whether to retry; and the pause that the server requests."""

    def __init__(self, why, again=True, wait=0):
        super().__init__(why)
        self.again, self.wait = again, wait


class Target(threading.Thread):
    def __init__(self, kind, options):
        super().__init__(daemon=True)  # a thread that hangs while it resolves a name does not delay the exit
        self.kind, self.options = kind, options
        self.changed, self.ending = threading.Condition(), False
        self.pending, self.first, self.sending = Digest(), 0.0, None
        self.lost_messages = self.lost_events = 0  # since the last message that arrived
        self.lost_in_all = 0  # lost messages of the whole run

    def post(self, digest):
        """Makes one attempt to send the digest. Raises Failed if the attempt fails."""
        raise NotImplementedError

    def add(self, event):
        with self.changed:
            if not self.pending.counts:
                self.first = time.monotonic()
                self.changed.notify()
            self.pending.add(event)

    def end(self):
        with self.changed:
            self.ending = True
            self.changed.notify()

    def pause(self, seconds):
        """Waits; the end of input ends the wait early."""
        with self.changed:
            if not self.ending:
                self.changed.wait_for(lambda: self.ending, seconds)
                return
        time.sleep(min(seconds, 1))

    def run(self):
        earliest = 0.0
        while self.take(earliest):
            self.send()
            earliest = time.monotonic() + self.options.interval

    def take(self, earliest):
        """Waits until a message is due, and moves its digest to `sending`. Returns False after the last message."""
        with self.changed:
            self.changed.wait_for(lambda: self.pending.counts or self.ending)
            due = max(self.first + self.options.gather, earliest)
            self.changed.wait_for(lambda: self.ending, max(0, due - time.monotonic()))
            self.sending, self.pending = self.pending, Digest()
        self.sending.lost_messages, self.sending.lost_events = self.lost_messages, self.lost_events
        return bool(self.sending.counts)

    def send(self):
        """Makes up to --tries attempts, with growing pauses. Returns whether the message was sent."""
        for n in range(1, self.options.tries + 1):
            try:
                self.post(self.sending)
                self.say_over()
                self.lost_messages = self.lost_events = 0
                self.sending = None
                return True
            except Failed as e:
                failed = e
            except Exception as e:  # without its text: a library may quote the URL
                failed = Failed(type(e).__name__, again=False)
            if not failed.again or n == self.options.tries:
                break
            SAY.warn((self.kind, "try"), f"{self.kind}: unable to send: {failed}; it will be retried")
            self.pause(min(max(failed.wait, 2 ** (n - 1)), WAIT_MAX))
        self.lost_messages += 1
        self.lost_in_all += 1
        self.lost_events += self.sending.total()
        SAY.warn((self.kind, "lost"), f"{self.kind}: unable to send: {failed}; a message about "
                                      f"{counted(self.sending.total(), 'event')} is lost")
        self.sending = None
        return False

    def say_over(self):
        """Reports that the target works again, if a failure was reported."""
        n, lost = self.lost_messages, ""
        if n:
            lost = f"; {counted(n, 'message')} {'was' if n == 1 else 'were'} lost before"
        SAY.over(((self.kind, "try"), (self.kind, "lost")), f"{self.kind}: sending works again{lost}")

    def unsent(self):
        """Returns the number of messages that still wait to be sent. At the end of the run, they count as not sent."""
        return sum(1 for digest in (self.sending, self.pending) if digest and digest.counts)


class Web(Target):
    """A URL to which messages are posted. Uses http.client, not urllib. urllib would follow a redirect and send the
    headers to any host; and its timeout begins again at each byte."""

    def __init__(self, kind, options, secret, where):
        super().__init__(kind, options)
        lines = [line.strip() for line in secret.strip().splitlines()]
        try:
            url = urllib.parse.urlsplit(lines[0] if lines else "")
            self.host, self.port, scheme = url.hostname, url.port, url.scheme
        except ValueError:
            scheme = None
        if scheme not in ("http", "https") or not self.host or re.search(r"[^!-~]", lines[0]) or "@" in url.netloc:
            raise ValueError(f"{where}: the first line is not a URL (https://HOST/PATH)")
        self.tls = ssl.create_default_context() if scheme == "https" else None
        self.port = self.port or (443 if self.tls else 80)
        self.path = (url.path or "/") + ("?" + url.query if url.query else "")
        self.headers = {"Host": url.netloc, "User-Agent": "anom-notify/" + VERSION, "Connection": "close"}
        for line in lines[1:]:
            if not line:
                continue
            header = re.fullmatch(r"([A-Za-z0-9-]{1,64}):[ \t]*([ -~]+)", line)
            if not header:
                raise ValueError(f"{where}: a line after the first is not a header (Name: value)")
            self.headers[header[1]] = header[2]

    def make(self, digest):
        """Returns the body of a request, and the headers that depend on the target."""
        name = self.options.name
        if self.kind == "ntfy":
            urgent = "high" if {"alert", "error"} & set(digest.counts) else "default"
            return digest.text().encode(), {"Content-Type": "text/plain; charset=utf-8", "Title": digest.title(name),
                                            "Priority": urgent}
        body = {"slack": slack_body, "discord": discord_body, "webhook": webhook_body}[self.kind](name, digest)
        return json.dumps(body).encode(), {"Content-Type": "application/json"}

    def post(self, digest):
        body, headers = self.make(digest)
        late = threading.Event()
        connection = http.client.HTTPConnection(self.host, self.port)
        try:
            raw = socket.create_connection((self.host, self.port), self.options.timeout)
        except OSError as e:
            raise Failed("unable to connect: " + (e.strerror or type(e).__name__)) from None
        # TLS takes over the socket; with a second descriptor the timer can still end a response that comes byte by byte
        ours = raw.dup()

        def cut():
            late.set()
            try:
                ours.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        timer = threading.Timer(self.options.timeout, cut)
        timer.daemon = True
        timer.start()
        try:
            connection.sock = self.tls.wrap_socket(raw, server_hostname=self.host) if self.tls else raw
            connection.request("POST", self.path, body, {**self.headers, **headers})
            answer = connection.getresponse()
            status, wait = answer.status, answer.headers.get("Retry-After", "")
        except ssl.SSLCertVerificationError as e:
            raise Failed("the server's certificate: " + clean(e.verify_message)) from None
        except (OSError, http.client.HTTPException) as e:
            if late.is_set() or isinstance(e, TimeoutError):
                raise Failed("no answer in time") from None
            raise Failed("no answer: " + (getattr(e, "strerror", None) or type(e).__name__)) from None
        finally:
            timer.cancel()
            connection.close()
            raw.close()
            ours.close()
        if late.is_set():  # an incomplete response
            raise Failed("no answer in time")
        if not 200 <= status <= 299:
            wait = float(wait) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", wait, re.ASCII) else 0
            raise Failed(f"HTTP status {status}", again=status in (408, 429) or status >= 500, wait=wait)


class Mail(Target):
    def post(self, digest):
        body = mail_message(self.options.name, digest, self.options.mail)
        try:
            done = subprocess.run([self.options.sendmail, "-i", "--", *self.options.mail], input=body,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
                                  timeout=self.options.timeout)
        except subprocess.TimeoutExpired:
            raise Failed("sendmail did not end in time") from None
        except OSError as e:
            raise Failed(f"unable to run '{self.options.sendmail}': {e.strerror}") from None
        if done.returncode:
            raise Failed(f"sendmail: exit status {done.returncode}", again=done.returncode == os.EX_TEMPFAIL)
