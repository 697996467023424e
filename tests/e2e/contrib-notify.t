#!/usr/bin/env python3
"""anom-notify, with test servers of its own on loopback. Each target gets the right message. No server delays the
events that anom-notify copies to its output, no secret is printed, and the texts of events stay plain text in each
message. TAP on standard output."""
import http.server
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = str(ROOT / "contrib/anom-notify")
SECRET = "xyzzy-secret-token"
TARGETS = ("slack", "discord", "webhook", "ntfy")
FAST = ("--gather", "0.2", "--interval", "0.2")
results = []


def ok(promise, holds, *seen):
    results.append(bool(holds))
    print(f"{'ok' if holds else 'not ok'} {len(results)} - {promise}")
    if not holds:
        for thing in seen:
            print("#   " + repr(thing)[:2000])
    sys.stdout.flush()


def within(seconds, holds):
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


# ---- servers ----

class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.got.append((time.monotonic(), self.path, dict(self.headers), body))
        status, headers = self.server.answers.pop(0) if self.server.answers else (200, {})
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    """First sends the (status, headers) pairs of `answers`, then always 200."""
    daemon_threads = True

    def __init__(self, *answers, host="127.0.0.1"):
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, 0), Handler)
        self.got, self.answers = [], list(answers)
        self.where = f"[{host}]" if ":" in host else host
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def url(self):
        return f"http://{self.where}:{self.server_port}/{SECRET}"

    def json(self, n=0):
        return json.loads(self.got[n][3])


class Odd:
    """Accepts connections and sends nothing or, with `drip`, an answer of single bytes without end."""

    def __init__(self, drip):
        self.drip, self.taken = drip, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.serve, daemon=True).start()

    def url(self):
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}/{SECRET}"

    def serve(self):
        while True:
            connection, _ = self.listener.accept()
            self.taken.append(connection)
            if self.drip:
                threading.Thread(target=self.dribble, args=(connection,), daemon=True).start()

    @staticmethod
    def dribble(connection):
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while True:
                connection.sendall(b"X")
                time.sleep(0.1)
        except OSError:
            pass


def dead_url():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}/{SECRET}"


# ---- events ----

def ban(client="198.51.100.7", **more):
    return {"event": "ban", "time": "2026-11-22T04:16:00.123Z", "mode": "live", "client": client, "rules": ["requests"],
            "requests": 121, "errors": 3, "window": 60, "rate": 2.017, "limit": 120, "mean": 0.41, "stddev": 0.62,
            "z": 2.6, "source": "recent", "tight": [], "strike": 1, "seconds": 600, "until": "2026-11-22T04:26:00.123Z",
            "enforced": True, "evidence": [{"rule": "requests", "value": 121, "limit": 120, "unit": "requests/60s"}],
            **more}


def error(message):
    return {"event": "error", "time": "2026-11-22T04:17:00.000Z", "mode": "live", "reason": "rule_missing",
            "message": message}


def lines(*events):
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


# ---- runs ----

def secret_file(text, mode=0o600):
    path = Path(TMP) / f"secret-{len(os.listdir(TMP))}"
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def start(*args, **more):
    env = {"PATH": os.environ["PATH"], **more.pop("env", {})}
    more = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
    return subprocess.Popen([PROGRAM, *args], env=env, **more)


def run(*args, given=b"", **more):
    """Returns (exit status, output, messages)."""
    process = start(*args, **more)
    out, err = process.communicate(given, timeout=60)
    return process.returncode, out, err.decode()


def to(kind, url, *args, **more):
    return run(f"--{kind}-file", secret_file(url), "--name", "web1", *FAST, *args, **more)


def asleep(process):
    """Whether the program waits for input or has ended."""
    return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] in "SZ"


# ---- messages of the targets ----

HOSTILE = ("<!everyone> <@U123> @everyone @here ```\n# big *b* _i_ [x](http://evil.example/) & \u202e\x1b[31m"
           "\r\nBcc: victim@example.org\r\n\r\nbody")


def check_targets():
    given = lines(ban(), ban("2001:db8:1:2::/64", seconds=0, until=None, strike=4), error("the rule was gone"))
    told = ["04:17:00 error rule_missing: the rule was gone",
            "04:16:00 banned 198.51.100.7 for 10m: requests 121 over 120 requests/60s; strike 1",
            "04:16:00 banned 2001:db8:1:2::/64 permanent: requests 121 over 120 requests/60s; strike 4"]
    block = "```\nweb1: 1 error, 2 bans\n" + "\n".join(told) + "\n```"
    servers = {kind: Server() for kind in TARGETS}
    for kind, server in servers.items():
        code, out, err = to(kind, server.url() + ("\nX-Key: k1\n" if kind == "webhook" else ""), given=given)
        ok(f"{kind}: all events are passed on and reported in one message to the target's URL",
           code == 0 and out == given and [g[1] for g in server.got] == ["/" + SECRET], code, err, server.got)
    ok("slack: the message is one code block, with IPv4 and IPv6 clients", servers["slack"].json()["text"] == block, servers["slack"].got)
    ok("discord: the message has the same text as slack's, and mentions no user", servers["discord"].json() ==
       {"content": block, "allowed_mentions": {"parse": []}}, servers["discord"].got)
    hook = servers["webhook"].json()
    ok("webhook: the message has the text, the counts and the original events", hook["counts"] == {"ban": 2, "error": 1} and hook["events"] ==
       [json.loads(x) for x in given.splitlines()] and hook["text"] == "\n".join(told) and hook["omitted"] == 0, hook)
    ok("webhook: the HTTP request has the header that the target's file gives", servers["webhook"].got[0][2].get("X-Key") == "k1", servers["webhook"].got)
    headers, body = servers["ntfy"].got[0][2:]
    ok("ntfy: the message has a title, a priority and plain text", headers["Title"] == "web1: 1 error, 2 bans" and
       headers["Priority"] == "high" and body.decode() == "\n".join(told), headers, body)


def check_reasons():
    """Each message has the reason of a ban and the command that lifts the ban, in the target's format. Any other
    command is dropped, because a reader might run it."""
    web = "anomban --set web-1 --ipv4-prefix 24 --ipv6-prefix 56 --unban "
    request = {"method": "POST", "path": "/wp-login.php?<b>`@here`", "status": 401}
    given = lines(ban(request=request, lift="anomban --unban 198.51.100.7"),
                  ban("2001:db8:1:100::/56", lift=web + "2001:db8:1:100::/56", request={"method": "", "path": "/x"}),
                  ban("198.51.100.9", enforced=False, request=None))
    told = ["04:16:00 banned 198.51.100.7 for 10m: requests 121 over 120 requests/60s; strike 1; "
            "POST /wp-login.php?<b>`@here` 401", "  lift: anomban --unban 198.51.100.7",
            "04:16:00 banned 2001:db8:1:100::/56 for 10m: requests 121 over 120 requests/60s; strike 1; /x",
            f"  lift: {web}2001:db8:1:100::/56",
            "04:16:00 would ban 198.51.100.9 for 10m: requests 121 over 120 requests/60s; strike 1",
            "  nothing to lift: the ban was only printed"]
    servers = {kind: Server() for kind in TARGETS}
    for kind, server in servers.items():
        to(kind, server.url(), given=given)
    plain = "\n".join(told)
    block = "```\nweb1: 3 bans\n" + plain.replace("`", "'").replace("@", "\uff20") + "\n```"
    ok("slack: the message has the request and the command that lifts the ban", servers["slack"].json()["text"] ==
       block.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"), servers["slack"].got)
    ok("discord: the message has the request and the command that lifts the ban", servers["discord"].json()["content"] == block, servers["discord"].got)
    ok("webhook: the message has the request and the command that lifts the ban", servers["webhook"].json()["text"] == plain, servers["webhook"].got)
    ok("ntfy: the message has the request and the command that lifts the ban", servers["ntfy"].got[0][3].decode() == plain, servers["ntfy"].got)
    longest = ban("2001:db8:1:100::/56", lift=web + "2001:db8:1:100::/56", request={"method": "M" * 99, "path": "/" * 999},
                  evidence=[{"rule": "r" * 20, "value": 1, "limit": 1, "unit": "u" * 20}] * 4)
    server = Server()
    to("webhook", server.url(), given=lines(longest))
    ok("a long request does not cut off the command that lifts the ban", server.json()["text"].endswith(f"...\n  lift: {web}2001:db8:1:100::/56"),
       server.got)
    bad = ["anomban --unban 198.51.100.8", "anomban --unban 198.51.100.7; rm -rf /", "anomban --set $(x) --unban 198.51.100.7",
           "anomban --unban 198.51.100.7\n", "x anomban --unban 198.51.100.7", "anomban --set -x --unban 198.51.100.7",
           "anomban --set a b --unban 198.51.100.7", "anomban --flush", "", 7, None, ["anomban --unban 198.51.100.7"],
           "anomban --set " + "a" * 31 + " --unban 198.51.100.7", "anomban --unban \uff11\uff19\uff18.51.100.7"]
    server = Server()
    to("webhook", server.url(), "--gather", "0", "--interval", "0", given=lines(*(ban(lift=x) for x in bad[:8])))
    more = Server()
    to("webhook", more.url(), given=lines(*(ban(lift=x) for x in bad[8:])))
    ok("a lift that is not a command to unban this client is not in the message", "lift" not in server.json()["text"] + more.json()["text"], server.got, more.got)


def check_hosts():
    """Reports events of a run that reads counts: real events of a replay, and made-up events of kinds that only a live run
    prints."""
    case = ROOT / "tests/golden/silent-hosts-and-missing-lines-are-reported/out.jsonl"
    real = [dict(json.loads(line), mode="live") for line in case.read_text().splitlines() if '"scope":"origin"' in line]
    clock = {"time": "2026-11-22T04:20:00.000Z", "mode": "live", "scope": "origin", "origin": "web9", "reason": "clock"}
    given = lines(*real, dict(clock, event="alert", offset=-5.25, message="its clock is wrong"),
                  dict(clock, event="alert", offset=2.5), dict(clock, event="recovered", seconds=91),
                  dict(clock, event="alert", reason="duplicate"), dict(clock, event="recovered", reason="duplicate", seconds=9),
                  ban("2001:db8:1:2::/64", origins=3), ban(origins=1))
    server = Server()
    code, _, err = to("webhook", server.url(), given=given)
    text = server.json()["text"].split("\n")
    want = ["04:16:40 host web3: 3 lines missing: lines of counts from ",
            "04:17:20 host web2: silent for 31s: no line of counts came from ",
            "04:17:30 host web3: no line is missing any more, after 50s", "04:17:41 host web2: sends counts again, after 21s",
            "04:20:00 host web9: clock 5.25 s behind: its clock is wrong", "04:20:00 host web9: clock 2.5 s ahead",
            "04:20:00 host web9: the clock is right again, after 1m 31s",
            "04:20:00 host web9: two senders under its name", "04:20:00 host web9: one sender again, after 9s",
            "04:16:00 banned 2001:db8:1:2::/64 for 10m: requests 121 over 120 requests/60s; strike 1, seen by 3 hosts",
            "04:16:00 banned 198.51.100.7 for 10m: requests 121 over 120 requests/60s; strike 1, seen by 1 host"]
    ok("messages about hosts that send counts name the host and the fault", code == 0 and len(text) == len(want) and
       all(line.startswith(begin) for line, begin in zip(text, want)), err, text)
    ok("each line of the message has all members of its event: no question mark stands for a missing one", not any("?" in line for line in text), text)


def check_hostile():
    hostile = [{"event": "alert", "scope": "origin", "origin": HOSTILE, "reason": HOSTILE, "message": HOSTILE},
               {"event": "alert", "scope": "origin", "origin": [1], "reason": "clock", "offset": HOSTILE},
               {"event": "recovered", "scope": "origin", "origin": {}, "reason": HOSTILE, "seconds": HOSTILE},
               ban(HOSTILE, evidence=[{"rule": HOSTILE, "value": 1, "limit": [], "unit": HOSTILE}], strike=HOSTILE),
               error("@" * 500), error(HOSTILE), ban(10 ** 400, seconds=10 ** 400, evidence=10 ** 400, strike=None),
               {"event": "alert", "mode": "live", "scope": "site", "signal": [HOSTILE], "networks": [{"share": True}]},
               {"event": "alert", "scope": HOSTILE, "client": {}, "reason": 7, "message": {"a": HOSTILE}},
               *[error("@" * 500)] * 20]
    for kind in ("slack", "discord", "ntfy"):
        server = Server()
        code, _, err = to(kind, server.url(), given=lines(*hostile))
        body = server.got[0][3] if server.got else b""
        if kind == "ntfy":
            wrong = len(body) > 4096 or re.search(rb"[^\n -~]", body)
        else:
            text = json.loads(body)["text" if kind == "slack" else "content"]
            wrong = (text.count("```") != 2 or re.search("[@\u202e\x1b\r]", text) or
                     (kind == "slack" and re.search("[<>]|&(?!amp;|lt;|gt;)", text)) or
                     (kind == "discord" and len(text) > 2000))
        ok(f"{kind}: a hostile text adds no markup and no mention, and the message is within the target's size limit", code == 0 and body and not wrong, err, body)


def check_mail():
    sendmail = Path(TMP) / "sendmail"
    sendmail.write_text(f'#!/bin/sh\n{{ echo "$@"; env; }} >{TMP}/mail.args\ncat >{TMP}/mail.text\n')
    sendmail.chmod(0o755)
    code, out, err = run("--sendmail", str(sendmail), "--mail", "root", "--mail", "ops@example.org", "--name", "web1",
                         *FAST, given=lines(ban(), ban("2001:db8::7"), error(HOSTILE)),
                         env={"ANOM_NOTIFY_SLACK": Server().url()})
    args, _, env = (Path(TMP) / "mail.args").read_text().partition("\n")
    head, _, body = (Path(TMP) / "mail.text").read_text().partition("\n\n")
    ok("mail: sendmail gets the given addresses after --", code == 0 and args == "-i -- root ops@example.org", code, err, args)
    ok("mail: hostile text adds no header", "\nSubject: anomdetect: web1: 1 error, 2 bans\n" in head and
       not re.search("^Bcc", head, re.M) and "banned 2001:db8::7 for 10m" in body and "Bcc" in body, head, body)
    ok("mail: sendmail inherits no secret", SECRET not in env and "PATH=" in env, env)
    ok("mail: an option, two addresses, a pipe or an empty text in the place of an address is refused",
       all(run("--mail=" + bad)[0] == 2 for bad in ("-oQ/tmp", "a@b\nBcc: c", "a b", "a,b", "|sh", "")))
    sendmail.write_text("#!/bin/sh\nexec sleep 60\n")
    began = time.monotonic()
    code, _, err = run("--sendmail", str(sendmail), "--mail", "root", "--timeout", "0.3", "--tries", "1", *FAST,
                       given=lines(ban()))
    ok("mail: anom-notify kills a sendmail that hangs, and reports it", code == 0 and "sendmail did not end in time" in err and
       time.monotonic() - began < 55, code, err)


# ---- which events are reported ----

def check_selection():
    given = lines(ban(mode="replay"), ban(mode="live"), {"event": "unban", "mode": "live", "client": "192.0.2.1"})

    def counts(*args):
        server = Server()
        to("webhook", server.url(), *args, given=given)
        return server.json()["counts"]
    ok("events of replays are not reported", counts() == {"ban": 1})
    ok("--replay reports events of replays", counts("--replay") == {"ban": 2})
    again = lines(ban(mode="live"), ban(mode="live", repeat=True), ban(mode="live", client="2001:db8::/64", repeat=True),
                  {"event": "unban", "mode": "live", "client": "192.0.2.1", "reason": "manual", "repeat": True})
    server = Server()
    code, out, err = to("webhook", server.url(), "--events", "all", given=again)
    ok("a repeated event is passed on and not reported", code == 0 and out == again and not err and
       [json.loads(got[3])["counts"] for got in server.got] == [{"ban": 1}], code, err, server.got)
    ok("--events all reports events of every kind", counts("--events", "all") == {"ban": 1, "unban": 1})
    server = Server()
    odd = b'no JSON\n[]\n{"event":"x"}\n\0\xff\n{"event":"ban","z":NaN}\n' + b"[" * 4000 + b"\n" + b"x" * 200000 + b"\n"
    odd += b"{" + lines(ban())[1:-1]  # without a newline at the end
    code, out, err = to("webhook", server.url(), given=odd)
    ok("lines that are not events are passed on unchanged, counted, and not reported", code == 0 and out == odd and
       server.json()["counts"] == {"ban": 1} and "7 lines were not events" in err, code, err, server.got)
    ok("without a target the exit status is 2", run()[0] == 2)
    ok("--test sends a message to each target", to("slack", server.url(), "--test")[0] == 0 and
       "This is a test" in server.json(1)["text"])
    code, _, err = to("slack", dead_url(), "--test", "--tries", "1")
    ok("--test exits with 1 if a message cannot be sent", code == 1 and "Connection refused" in err, code, err)


def check_rate():
    server = Server()
    process = start("--webhook-file", secret_file(server.url()), "--gather", "0.1", "--interval", "1")
    began = time.monotonic()
    n = 0
    while time.monotonic() - began < 3.2:
        process.stdin.write(lines(ban()))
        process.stdin.flush()
        n += 1
        time.sleep(0.05)
    process.communicate()
    took = time.monotonic() - began
    # The test expects one message per second, and one at the end of input. It checks only their number, because a busy
    # machine delays messages.
    ok("at most one message is sent per interval, and the messages report all events", 2 <= len(server.got) <= took + 2 and
       sum(sum(json.loads(g[3])["counts"].values()) for g in server.got) == n, n, server.got)
    bans = lines(*(ban(f"2001:db8:{i:x}::/64" if i % 2 else f"198.51.{i >> 8}.{i & 255}") for i in range(10000)))
    for kind in TARGETS:
        server = Server()
        began = time.monotonic()
        code, out, err = to(kind, server.url(), "--gather", "2", given=bans)
        sizes = [len(g[3]) for g in server.got]
        ok(f"{kind}: 10,000 bans are passed on and reported in at most 3 short messages ({time.monotonic() - began:.1f} s)",
           code == 0 and out == bans and 1 <= len(sizes) <= 3 and max(sizes) < 20000, code, err, sizes)
    process = start("--webhook-file", secret_file(Odd(False).url()), "--timeout", "300")
    began = time.monotonic()
    threading.Thread(target=process.stdin.write, args=(bans,), daemon=True).start()
    got = process.stdout.read(len(bans))
    took = time.monotonic() - began
    ok("a server that does not answer in 300 s does not delay 10,000 events", got == bans and took < 100, took)
    peak = int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text())[1])
    ok("with 10,000 waiting events the program takes under 80,000 KiB of memory", peak < 80000, f"{peak} KiB")
    process.kill()
    process.wait()


# ---- servers that fail ----

def check_failures():
    server = Server((500, {}), (503, {}))
    code, _, err = to("slack", server.url(), "--test", given=b"")
    gaps = [b[0] - a[0] for a, b in zip(server.got, server.got[1:])]
    ok("after 500 and 503 the message is sent again, 1 and 2 seconds later", code == 0 and len(gaps) == 2 and gaps[0] > 0.95 and
       gaps[1] > 1.95, code, err, gaps)
    server = Server((429, {"Retry-After": "3"}))
    code, _, err = to("discord", server.url(), "--test")
    ok("after 429 the message is sent again, after the time that the server gives", code == 0 and len(server.got) == 2 and
       server.got[1][0] - server.got[0][0] > 2.95, code, err, server.got)
    server = Server(*[(404, {})] * 5)
    code, _, err = to("slack", server.url(), "--test")
    ok("after 404 the message is not sent again, and the warning does not contain the secret", code == 1 and len(server.got) == 1 and
       "HTTP status 404" in err and SECRET not in err, code, err, server.got)
    server = Server((302, {"Location": "/elsewhere"}), (307, {"Location": "/elsewhere"}))
    code, _, err = to("slack", server.url() + "\nAuthorization: Bearer k\n", "--test")
    ok("a redirect is not followed", code == 1 and len(server.got) == 1, code, err, server.got)
    server = Server(*[(500, {})] * 2)
    process = start("--webhook-file", secret_file(server.url()), *FAST, "--tries", "2")
    process.stdin.write(lines(ban(), ban()))
    process.stdin.flush()
    lost = within(15, lambda: len(server.got) == 2)
    process.stdin.write(lines(ban()))
    process.stdin.flush()
    arrived = within(15, lambda: len(server.got) == 3)
    process.stdin.write(lines(ban()))
    _, err = process.communicate()
    last = [(m["lost_messages"], m["lost_events"]) for m in map(server.json, range(len(server.got)))][2:]
    ok("a message that fails twice is lost, and only the next message reports its events as lost", lost and arrived and
       last == [(1, 2), (0, 0)] and "a message about 2 events is lost" in err.decode(), err, server.got)
    for what, url in (("no server", dead_url()), ("a server that sends nothing", Odd(False).url()),
                      ("a server that sends single bytes without end", Odd(True).url())):
        began = time.monotonic()
        code, out, err = to("slack", url, "--timeout", "0.5", "--tries", "2", given=lines(ban()))
        ok(f"{what}: all events are passed on, the loss is reported without the secret, and the program ends in time", code == 0 and
           out == lines(ban()) and "1 message was not sent" in err and SECRET not in err and
           time.monotonic() - began < 55, code, err)
    began = time.monotonic()
    code, out, err = to("slack", Odd(False).url(), "--timeout", "300", given=lines(ban()))
    ok("at the end of input, the program does not wait for a target with a very long timeout", code == 0 and out == lines(ban()) and
       "1 message was not sent" in err and time.monotonic() - began < 30, code, err)
    code, _, err = to("slack", "https" + Server().url()[4:], "--test", "--tries", "1")
    ok("a server without TLS gets no message for an https URL", code == 1 and "no answer" in err and SECRET not in err, err)


# ---- messages on standard error ----

def messages_until(process, text):
    """Returns the program's messages, up to the first one with the text."""
    seen = b""
    while text not in seen:
        line = process.stderr.readline()
        if not line:
            break
        seen += line
    return seen.decode()


def check_messages():
    for what, url, why in (("a closed port", dead_url(), "unable to connect: Connection refused"),
                           ("HTTP status 500", Server(*[(500, {})] * 9).url(), "HTTP status 500"),
                           ("a server that does not answer", Odd(False).url(), "no answer in time")):
        process = start("--slack-file", secret_file(url), *FAST, "--timeout", "0.3")
        began = time.monotonic()
        process.stdin.write(lines(ban()))
        process.stdin.flush()
        first = messages_until(process, b"\n")
        took = time.monotonic() - began
        lost = messages_until(process, b"is lost")
        ok(f"{what}: the first failed try is reported immediately, and the loss later ({took:.1f} s)", first ==
           f"anom-notify: warning: slack: unable to send: {why}; it will be retried\n" and took < 15 and lost ==
           f"anom-notify: warning: slack: unable to send: {why}; a message about 1 event is lost\n", first, lost, took)
        process.communicate()
    server = Server(*[(503, {})] * 1000)
    process = start("--webhook-file", secret_file(server.url()), "--gather", "0", "--interval", "0.05", "--tries", "1")
    while len(server.got) < 12:
        process.stdin.write(lines(ban()))
        process.stdin.flush()
        time.sleep(0.05)
    server.answers.clear()
    process.stdin.write(lines(ban()))
    process.stdin.flush()
    told = messages_until(process, b"again")
    ok("many lost messages cause one warning per minute, and the next success is reported with the number of lost messages", re.fullmatch(
        "anom-notify: warning: webhook: unable to send: HTTP status 503; a message about [0-9]+ events? is lost\n"
        "anom-notify: info: webhook: sending works again; 1[2-9] messages were lost before\n", told), told)
    process.communicate()


def check_flapping():
    """A server that refuses every second message."""
    server = Server(*[(500 if i % 2 == 0 else 200, {}) for i in range(20)])
    process = start("--webhook-file", secret_file(server.url()), "--gather", "0", "--interval", "0.05", "--tries", "1")
    began = time.monotonic()
    for n in range(1, 21):
        process.stdin.write(lines(ban()))
        process.stdin.flush()
        within(15, lambda: len(server.got) >= n)
    took = time.monotonic() - began
    _, err = process.communicate()
    ok(f"a server that refuses every second message is reported once per minute, and so is its recovery ({took:.1f} s)", took < 60 and
       len(server.got) == 20 and re.fullmatch(
           "anom-notify: warning: webhook: unable to send: HTTP status 500; a message about 1 event is lost\n"
           "anom-notify: info: webhook: sending works again; 1 message was lost before\n"
           "(anom-notify: warning: webhook: 10 messages were not sent\n)?", err.decode()), err, len(server.got))


def check_clock():
    """Tests minutes of messages with a simulated clock."""
    sys.path.insert(0, str(ROOT / "contrib"))
    sys.dont_write_bytecode = True
    from anom_say import Say
    now, told = [1000.0], []
    say = Say("anom-test", lambda: now[0])
    say.say = lambda level, text: told.append((now[0], level, text))

    def warn_for(seconds):
        for _ in range(seconds):
            say.warn("disk", "it is full")
            say.warn("net", "it is down")
            now[0] += 1
    warn_for(61)
    ok("each condition is logged immediately, and again after a minute with its count", told == [
        (1000, "warning", "it is full"), (1000, "warning", "it is down"),
        (1060, "warning", "it is full (60 times)"), (1060, "warning", "it is down (60 times)")], told)
    del told[:]
    warn_for(5)
    say.over(("disk", "other"), "it has room")
    say.over(("disk",), "it has room")
    say.warn("disk", "it is full")
    say.end("net")
    say.end("disk")
    ok("the end of a condition is logged once; warnings less than a minute after a logged warning are logged when the program ends", told == [
        (1066, "info", "it has room"), (1066, "warning", "it is down (5 times)"),
        (1066, "warning", "it is full")], told)
    del told[:]
    now[0] = 2000.0
    for _ in range(150):
        say.warn("flap", "it fails")
        now[0] += 1
        say.over(("flap",), "it works")
        now[0] += 1
    ok("a condition that begins and ends again and again is logged once per minute, and so is its end", told == [
        (2000, "warning", "it fails"), (2001, "info", "it works"),
        (2060, "warning", "it fails (30 times)"), (2061, "info", "it works"),
        (2120, "warning", "it fails (30 times)"), (2121, "info", "it works"),
        (2180, "warning", "it fails (30 times)"), (2181, "info", "it works"),
        (2240, "warning", "it fails (30 times)"), (2241, "info", "it works")], told)
    del told[:]
    for now[0] in (2320.0, 2400.0):
        say.over(("flap",), "it works")
    say.warn("flap", "it fails")
    ok("a condition after a quiet minute is logged as new", told == [(2400, "warning", "it fails")], told)
    del told[:]
    now[0] += 10
    say.over(("flap",), "it works")
    now[0] += 50
    say.warn("flap", "it fails")
    say.over(("flap",), "it works")
    now[0] += 10
    say.over(("flap",), "it works")
    ok("the end of a condition is logged once per minute; over() logs a second end when it is called after this minute", told == [
        (2410, "info", "it works"), (2460, "warning", "it fails"), (2470, "info", "it works")], told)


def check_journal():
    """The environment names the stream of systemd's journal; in this test, the stream is a file."""
    code = ("import sys; sys.path.insert(0, sys.argv[1]); sys.dont_write_bytecode = True; from anom_say import Say\n"
            "for level in 'info', 'warning', 'error', 'fatal': Say('anom-test').say(level, 'one\\n' + 'two')")
    said = {}
    for more in 0, 1:
        with tempfile.TemporaryFile() as err:
            there = os.fstat(err.fileno())
            subprocess.run([sys.executable, "-c", code, ROOT / "contrib"], stderr=err, check=True,
                           env={**os.environ, "JOURNAL_STREAM": f"{there.st_dev}:{there.st_ino + more}"})
            err.seek(0)
            said[more] = err.read().decode()
    ok("each line of a message to the journal has its priority", said[0] == "".join(
        f"<{n}>anom-test: {level}: one\n<{n}>two\n"
        for level, n in (("info", 6), ("warning", 4), ("error", 3), ("fatal", 2))), said[0])
    ok("messages to another file have no priority", "<" not in said[1] and said[1].count("two") == 4, said[1])


def check_tls():
    import ssl
    key = Path(TMP) / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", key, "-out", key.with_name("cert.pem"), "-subj", "/CN=localhost", "-days", "2", "-addext",
                    "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(key.with_name("cert.pem"), key)
    server = Server()
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None
    url = "https" + server.url()[4:]
    code, _, err = to("slack", url, "--test", "--tries", "1")
    ok("no message is sent to a server with an untrusted certificate", code == 1 and "certificate" in err and not server.got, err)
    code, _, err = to("slack", url, "--test", env={"SSL_CERT_FILE": str(key.with_name("cert.pem"))})
    ok("a message is sent over TLS to a server with a trusted certificate", code == 0 and len(server.got) == 1, code, err)


# ---- secrets ----

def check_secrets():
    server = Server()
    process = start("--slack-file", secret_file(server.url()), env={"ANOM_NOTIFY_DISCORD": server.url()})
    within(10, lambda: process.poll() is not None or b"--slack-file" in Path(f"/proc/{process.pid}/cmdline").read_bytes())
    shown = Path(f"/proc/{process.pid}/cmdline").read_bytes()
    out, err = process.communicate(lines(ban()))
    ok("a secret from a file or from the environment appears neither in the process list nor on standard error",
       SECRET.encode() not in shown + err and len(server.got) == 2, shown, err, server.got)
    for why, path in (("a file that others may read", secret_file(server.url(), 0o644)),
                      ("a file without a URL", secret_file(SECRET)), ("an empty file", secret_file("")),
                      ("a URL with a password", secret_file(f"https://u:{SECRET}@127.0.0.1/")),
                      ("a URL with a blank", secret_file(server.url() + " HTTP/1.1")),
                      ("a port that is not a number", secret_file(f"http://127.0.0.1:{SECRET}/")),
                      ("a line that is not a header", secret_file(server.url() + "\n" + SECRET)),
                      ("a file of zeros", "/dev/zero"), ("a missing file", TMP + "/none")):
        code, _, err = run("--slack-file", path, given=lines(ban()))
        ok(f"{why} is refused, and the message does not contain the secret", code == 2 and SECRET not in err and "Traceback" not in err, code, err)
    try:
        server = Server(host="::1")
    except OSError as e:
        print(f"ok {len(results) + 1} - a server over IPv6 # SKIP no IPv6 on loopback: {e}")
        results.append(True)
        return
    ok("a message is sent over IPv6", to("ntfy", server.url(), "--test")[0] == 0 and len(server.got) == 1)


# ---- the pipe ----

def check_pipe():
    server = Server()
    with open("/dev/full", "wb") as full:
        code, _, err = run("--webhook-file", secret_file(server.url()), *FAST, given=lines(ban(), ban()), stdout=full)
    ok("with a full disk under standard output, the message is still sent, and the exit status is 1", code == 1 and "No space left" in err and
       server.json()["counts"] == {"ban": 2}, code, err)
    process = start("--webhook-file", secret_file(server.url()))
    process.stdout.close()
    process.stdin.write(lines(ban()))
    process.stdin.flush()
    ok("if nobody reads its output, the program ends with exit status 1", within(15, lambda: process.poll() is not None) and process.returncode == 1,
       process.poll())
    process.kill()
    process.stdin.close()
    for name in ("SIGINT", "SIGTERM"):
        server = Server()
        process = start("--webhook-file", secret_file(server.url()))
        process.stdin.write(lines(ban()))
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(getattr(signal, name))  # the signal arrives before the last line
        out, err = process.communicate(lines(error("last")), timeout=30)
        ok(f"after {name} the program still passes on and reports the last events", process.returncode == 0 and out == lines(error("last")) and
           server.json()["counts"] == {"ban": 1, "error": 1}, process.returncode, out, err, server.got)
    process = start("--webhook-file", secret_file(server.url()))
    process.stdin.write(lines(ban()))
    process.stdin.flush()
    process.stdout.readline()
    within(10, lambda: asleep(process))
    process.send_signal(signal.SIGTERM)
    ended = within(15, lambda: process.poll() is not None)
    ok("SIGTERM ends the program even if the input does not end", ended and process.returncode == 0, process.poll(),
       ended and process.stderr.read())
    process.kill()
    process.communicate()


def check_words():
    version = re.search(r'"([0-9.]+)"', (ROOT / "src/core/base/version.h").read_text())[1]
    ok("anom-notify has the version of the other programs", run("--version")[1].decode() == f"anom-notify {version}\n")
    for folder, names in (("bin", ["anom-notify"]), ("share/anomdetect", (ROOT / "contrib").glob("anom_*.py"))):
        (Path(TMP) / folder).mkdir(parents=True)
        for name in names:
            shutil.copy(ROOT / "contrib" / name, Path(TMP) / folder)
    said = subprocess.run([TMP + "/bin/anom-notify", "-V"], capture_output=True, check=False, cwd="/")
    ok("the installed program finds its modules and leaves no file beside them", said.returncode == 0 and
       not list(Path(TMP).rglob("*.pyc")), said)


with tempfile.TemporaryDirectory(prefix="anomdetect-notify.") as TMP:
    for check in (check_targets, check_reasons, check_hosts, check_hostile, check_mail, check_selection, check_rate,
                  check_failures, check_messages, check_flapping, check_clock, check_journal,
                  check_tls, check_secrets, check_pipe, check_words):
        check()
print(f"1..{len(results)}")
sys.exit(not all(results))
