#!/usr/bin/env python3
"""anom-deny and its file. The tests check which events ban, and that the order of events does not matter. No ban is
lost by a kill, a full disk, a torn or foreign file, an edit by hand or a failed reload. contrib-deny-servers.t tests
the real servers. TAP on standard output."""
import itertools
import json
import os
import random
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = str(ROOT / "contrib/anom-deny")
sys.dont_write_bytecode = True
sys.path.append(str(ROOT / "contrib"))
from anom_bans import BANS_MAX, UNBANS_MAX, Bans, Refused, parse_order  # noqa: E402
NUMBERS = itertools.count()
results = []


def ok(promise, holds, *seen):
    results.append(bool(holds))
    print(f"{'ok' if holds else 'not ok'} {len(results)} - {promise}")
    if not holds:
        for thing in seen:
            print("#   " + repr(thing)[:2000])
    sys.stdout.flush()


def within(seconds, holds):
    """Waits until holds() is true; the deadline only ends a test that fails."""
    until = time.monotonic() + 4 * seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


# ---- events ----

def text_of(at):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at * 1000) % 1000:03}Z"


def ban(client, seconds=600, ago=0.0, **more):
    at = NOW - ago
    return {"event": "ban", "time": text_of(at), "mode": "live", "client": client, "rules": ["requests"], "strike": 1,
            "seconds": seconds or None, "until": text_of(at + seconds) if seconds else None, "enforced": True,
            "enforceable": False, **more}


def unban(client, ago=0.0, reason="manual", **more):
    return {"event": "unban", "time": text_of(NOW - ago), "mode": "live", "client": client, "reason": reason, "strike": 1,
            **more}


def lines(*events):
    return b"".join((event if isinstance(event, bytes) else json.dumps(event).encode()) + b"\n" for event in events)


# ---- runs ----

def new_path(text=None):
    path = Path(TMP) / f"denied-{next(NUMBERS)}.conf"
    if text is not None:
        path.write_text(text)
        age(path)
    return path


def age(path):
    """Makes the file look old, as if the server was reloaded long ago, so the next run need not wait."""
    os.utime(path, (1, 1))


def start(path, *args, program=PROGRAM, reload="true", **more):
    more = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
    return subprocess.Popen([program, "-r", reload, *args, str(path)], **more)


def run(path, *events, args=(), **more):
    """Returns (exit status, messages) of a whole run."""
    process = start(path, *args, **more)
    out, err = process.communicate(lines(*events), timeout=120)
    if path.exists():
        age(path)
    return process.returncode, out.decode() + err.decode()


def give(process, *events):
    process.stdin.write(lines(*events))
    process.stdin.flush()


def denied(path):
    """Returns the banned clients of a file; raises ValueError at half a file, which a reader must never read."""
    text = path.read_text()
    if not text.endswith("# end\n") or not text.startswith("# anom-deny "):
        raise ValueError("half a file: " + text[-200:])
    return sorted(line.split(" ")[0] for line in text.splitlines() if not line.startswith("#"))


def holds(path, *clients):
    return lambda: path.exists() and denied(path) == sorted(clients)


def hears(process, text):
    """Returns the program's messages, up to the first one with the text. The deadline only ends a test that fails."""
    said, until = b"", time.monotonic() + 60
    while text.encode() not in said and select.select([process.stderr], [], [], max(0, until - time.monotonic()))[0]:
        part = os.read(process.stderr.fileno(), 65536)
        if not part:
            break
        said += part
    return said.decode()


def ended(process):
    """Returns (exit status, messages) at the end of the run."""
    out, err = process.communicate(timeout=120)
    return process.returncode, err.decode()


# ---- which events ban ----

def check_events():
    path = new_path()
    given = [ban("203.0.113.7"), ban("2001:DB8:BAD:0:0::/64"), ban("198.51.100.9/32"), ban("2001:db8::1"),
             ban("::ffff:198.51.100.10"), ban("203.0.114.0/24", 0), ban("198.51.100.11", enforced=False),
             ban("198.51.100.12", ago=7000, seconds=0, repeat=True), ban("198.51.100.13", ago=-100),
             ban("198.51.100.14", 0) | {"seconds": 0}, ban("11.0.0.0/8"), ban("2600::/16"),
             ban("198.51.100.15", until=text_of(NOW + 601))]
    code, said = run(path, *given)
    ok("a ban becomes an entry, for addresses and networks of both families, enforceable or not", code == 0 and not said and
       denied(path) == sorted(["203.0.113.7", "2001:db8:bad::/64", "198.51.100.9", "2001:db8::1", "198.51.100.10",
                               "203.0.114.0/24", "198.51.100.11", "198.51.100.12", "198.51.100.13", "198.51.100.14", "11.0.0.0/8",
                               "2600::/16", "198.51.100.15"]), code, said)
    text = path.read_text()
    ok("the second line has the number of bans", text.splitlines()[1].startswith("# 13 bans, of at most 100000; 0 evicted"), text)
    one = new_path()
    run(one, ban("203.0.113.7"))
    ok("one ban is named in the singular", "\n# 1 ban, of at most 100000;" in one.read_text(), one.read_text())
    ok("an entry has the start and the end of its ban", f"203.0.113.7 1; # from {text_of(NOW)} until {text_of(NOW + 600)}\n"
       in text and f"203.0.114.0/24 1; # from {text_of(NOW)} permanent\n" in text, text)
    came = re.search(r"198\.51\.100\.13 1; # from (\S+) until (\S+)", text)
    ok("a ban is permanent without seconds, and with the 0 seconds of older releases",
       all(f"{client} 1; # from {text_of(NOW)} permanent\n" in text for client in ("203.0.114.0/24", "198.51.100.14")), text)
    ok("a ban from the future begins when it arrives, and keeps its length", came and
       came[1] < text_of(NOW + 60) and came[2] < text_of(NOW + 660), text)


def check_refused():
    silent = [ban("203.0.113.7", mode="replay"), ban("203.0.113.7", ago=700), {"event": "stop", "mode": "live"},
              {"event": "alert", "scope": "client", "client": "203.0.113.7", "mode": "live", "time": text_of(NOW)}]
    told = {"stale": [ban("203.0.113.7", 0, ago=3700)], "future": [ban("203.0.113.7", ago=-3900)],
            "bad_client": [ban(c) for c in ("", "x", "203.0.113.7; }", "203.0.113.7/24", "0.0.0.0/0", "8.0.0.0/7", "::/0",
                                            "2000::/15", "::ffff:1.2.3.0/120", "1.2.3.4 1;\n", None, 7, ["203.0.113.7"])],
            "bad_time": [ban("203.0.113.7", until=None), ban("203.0.113.7", seconds=0, until="x"),
                         ban("203.0.113.7", 0) | {"seconds": False}, ban("203.0.113.7") | {"seconds": None},
                         {k: v for k, v in ban("203.0.113.7", 0).items() if k != "seconds"},
                         {k: v for k, v in ban("203.0.113.7", 0).items() if k != "until"},
                         ban("203.0.113.7", seconds=1e3), ban("203.0.113.7", seconds=True), ban("203.0.113.7", time="now"),
                         ban("203.0.113.7", until=text_of(NOW + 900)), ban("203.0.113.7", until=text_of(NOW + 602)), ban("203.0.113.7", -5), ban("203.0.113.7", 10 ** 9),
                         ban("203.0.113.7", time="2026-13-41T99:99:99.999Z")],
            "allowed": [ban(c) for c in ("127.0.0.1", "::1", "fe80::/64", "ff02::1", "64:ff9b:1::/64", "224.0.0.1", "0.0.0.0", "169.254.1.1",
                                         "64:ff9b::/64", "::/64", "255.255.255.255")]}
    path = new_path()
    code, said = run(path, *silent)
    ok("replays, expired bans and other events ban nobody and cause no message", code == 0 and not said and
       not denied(path), code, said, path.read_text())
    bans = Bans(1)
    bans.ban("203.0.113.8", int(NOW * 1000), int(NOW * 1000) + 9000)
    try:
        bans.ban(*parse_order(ban("203.0.113.7", ago=700), int(NOW * 1000)))
    except Refused as e:
        ok("an expired ban evicts no other ban", str(e) == "ended")
    else:
        ok("an expired ban evicts no other ban", False, bans.held)
    for word, events in told.items():
        for event in events:
            code, said = run(path, event)
            if code or denied(path) or f"not obeyed, {word}: " not in said:
                ok(f"{word}: {event['client']} {event.get('seconds')} is refused", False, event, code, said)
        ok(f"{word}: an event with this fault bans nobody, and a message reports it", True)
    odd = [b"", b"x", b"{", b"[1]", b'{"event":"ban"', b"\0", b"{" * 5000, b"[" * 4000, b"x" * 100000, b"\xff" * 10]
    code, said = run(path, *odd, ban("203.0.113.7"), b"x" * 5000)
    ok("a line that is not an event is reported, and the next line is read", code == 0 and denied(path) == ["203.0.113.7"] and
       "a line is not an event of anomdetect" in said, code, said)
    for first, hint in ((b"\x1f\x8b\x08", "the input is compressed, so put `zcat FILE |` before anom-deny"),
                        (b"\xff\xfe{\0", "the input is text in UTF-16, so put `iconv -f UTF-16 -t UTF-8 FILE |` before anom-deny"),
                        (b'{"remote_addr":"::1"}', "the input is an access log, so put `anomdetect |` before anom-deny")):
        code, said = run(path, first, first)
        ok(f"one warning names the kind of other input: {hint}", code == 0 and said.count(hint) == 1, code, said)
    code, said = run(path, args=("--relaod", "true"))
    ok("a misspelt option is refused, and the message names the right one", code == 2 and said.endswith("did you mean --reload?\n"), code, said)
    process = start(path)
    process.stdin.write(lines(ban("203.0.113.8"))[:-1])  # no newline
    code, said = ended(process)
    ok("a last line without a newline is parsed", denied(path) == ["203.0.113.7", "203.0.113.8"], said)


def check_order():
    """Compares with a model: a ban lasts until the latest end of all bans that are newer than the newest unban."""
    def model(events):
        lifted = max([at for kind, at, _ in events if not kind], default=-1)
        return max([end for kind, at, end in events if kind and at > lifted], default=None)
    events = [(True, 100, 9000), (True, 200, 900), (False, 150, 0), (True, 300, 700), (False, 200, 0), (True, 400, 600)]
    wrong = []
    for n in range(1, 7):
        for some in itertools.combinations(events, n):
            for order in itertools.permutations(some):
                bans = Bans()
                for kind, at, end in order + order[:2]:  # the first two events arrive twice
                    if kind:
                        bans.ban("a", at, end)
                    else:
                        bans.unban("a", at)
                if (bans.held["a"][0][1] if "a" in bans.held else None) != model(some):
                    wrong.append(order)
    ok("events in any order, and events that arrive twice, give the same bans", not wrong, wrong[:3])
    given = [ban("203.0.113.7", 0, ago=50, repeat=True), unban("203.0.113.7", ago=40), ban("203.0.113.7", ago=30),
             ban("2001:db8:1::/64", ago=20), unban("2001:db8:1::/64", ago=10), ban("2001:db8:2::/64", ago=5)]
    texts = set()
    for _ in range(4):
        random.shuffle(given)
        path = new_path()
        run(path, *given)
        texts.add("\n".join(sorted(path.read_text().splitlines())))
    ok("events in any order give the same file", len(texts) == 1 and denied(path) == ["2001:db8:2::/64", "203.0.113.7"], texts)
    for reason in ("manual", "allowed", "ordered", "not_enforced"):
        path = new_path()
        run(path, ban("203.0.113.7", 0, ago=9), ban("2001:db8:1::/64", ago=9), unban("203.0.113.7", 5, reason),
            unban("2001:db8:1::/64", 5, reason))
        ok(f"an unban with the reason {reason} lifts a ban", denied(path) == [], path.read_text())
    run(path, ban("203.0.113.7", ago=4), unban("203.0.113.7", 3, "expired"))
    ok("an unban with the reason expired lifts no ban, because each ban has its own end", denied(path) == ["203.0.113.7"], path.read_text())
    run(path, unban("203.0.113.7", ago=-60))
    ok("an unban from the future lifts no ban", denied(path) == ["203.0.113.7"], path.read_text())
    bans = Bans()
    bans.ban("ever", 5000, 1 << 62)
    bans.ban("twice", 900, 9500)
    for at, end in ((5000, 9000), (6000, 8000)):
        bans.ban("twice", at, end)
    bans.unban("lifted", 5000)
    bans.follow_clock(1000)
    ok("after the clock is set back, bans begin now and keep their length", bans.held ==
       {"ever": [(1000, 1 << 62)], "twice": [(900, 9500), (1000, 5000)]} and bans.changed, bans.held)
    bans.unban("ever", 1001)
    bans.ban("lifted", 1001, 2000)
    ok("after the clock is set back, later events are obeyed", sorted(bans.held) == ["lifted", "twice"], bans.held, bans.unbans)
    path = new_path(f"# anom-deny 1.0.0, for nginx: x\n203.0.113.7 1; # from {text_of(NOW + 9000)} permanent\n2001:db8:2::/64 1; "
                    f"# from {text_of(NOW + 9000)} until {text_of(NOW + 9600)}\n# unbanned 2001:db8:1::/64 {text_of(NOW + 9000)}\n# end\n")
    process = start(path)
    within(5, lambda: text_of(NOW + 9000)[:16] not in path.read_text())
    later = NOW - time.time()
    give(process, unban("203.0.113.7", later), ban("2001:db8:1::/64", ago=later))
    code, said = ended(process)
    ok("after the clock is set back, events override an older file", denied(path) == ["2001:db8:1::/64", "2001:db8:2::/64"], said, path.read_text())


# ---- limits ----

def check_limits():
    bans = Bans(3)
    for client, at, end in (("ever", 1, 1 << 62), ("short", 2, 100), ("long", 3, 900), ("new", 4, 50)):
        bans.ban(client, at, end)
    ok("the ban that ends first is evicted for a new ban", sorted(bans.held) == ["ever", "long", "new"] and
       bans.made_room == 1, bans.held)
    bans = Bans(2)
    for client, at in (("b", 2), ("a", 1), ("c", 3)):
        bans.ban(client, at, 1 << 62)
    ok("of permanent bans the oldest is evicted", sorted(bans.held) == ["b", "c"], bans.held)
    for n in range(UNBANS_MAX + 5):
        bans.unban(f"u{n}", 1000 + n)
    ok("the number of unbans is limited: the oldest is evicted", len(bans.unbans) == UNBANS_MAX and "u4" not in bans.unbans and
       "u5" in bans.unbans)
    bans = Bans(10)
    for n in range(20000):
        bans.ban("one", n, 1000000 + n)
    for n in range(50):
        bans.ban("two", n, 1000 - n)
    ok("a client that is banned often takes no more memory", len(bans.ends) < 100 and
       len(bans.held["two"]) <= 8 and bans.held["two"][0] == (0, 1000), len(bans.ends), bans.held)
    path = new_path()
    first, until = ban("203.0.113.7", 300), text_of(NOW + 600)
    head = json.dumps(ban("CLIENT"))
    many = [head.replace("CLIENT", f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}" if i % 2 else f"2001:db8:{i >> 16:x}:{i & 65535:x}::/64")
            .encode() for i in range(BANS_MAX)]
    code, said = run(path, first, *many)
    clients = denied(path)
    ok("a file has at most 100,000 bans; an eviction is reported and counted in the file", code == 0 and
       len(clients) == BANS_MAX == 100000 and "203.0.113.7" not in clients and "100000 bans are the maximum" in said and
       "; 1 evicted" in path.read_text().splitlines()[1], code, said, len(clients), until)
    conf = Path(TMP) / "large.conf"
    conf.write_text(f"pid {TMP}/x.pid; error_log stderr; events {{ }} http {{ geo $d {{ default 0; include {path}; }} }}\n")
    if shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin"):
        begun = time.monotonic()
        said = subprocess.run(["/usr/sbin/nginx", "-t", "-c", str(conf)], capture_output=True, text=True, check=False)
        ok("nginx accepts a file with 100,000 bans", said.returncode == 0 and "warn" not in said.stderr, said)
        print(f"# nginx -t with 100,000 bans: {time.monotonic() - begun:.2f} s")
    conf.unlink()
    path.unlink()


# ---- the file ----

def check_restart():
    path = new_path()
    run(path, ban("203.0.113.7", ago=9), ban("2001:db8:bad::/64", 0, ago=9), ban("203.0.113.8", ago=9),
        unban("203.0.113.8", ago=5))
    before = path.read_text()
    code, said = run(path)
    ok("a restart does not change the file", code == 0 and not said and path.read_text() == before, said,
       path.read_text())
    run(path, ban("203.0.113.8", ago=9), ban("203.0.113.9", 1, ago=0.5))
    ok("an old event does not restore a ban that was lifted before the restart", "203.0.113.8" not in denied(path),
       path.read_text())
    time.sleep(max(0, NOW + 0.6 - time.time()))
    run(path)
    ok("a ban that expired while the program did not run is removed", denied(path) == ["2001:db8:bad::/64", "203.0.113.7"], path.read_text())
    os.chmod(path, 0o604)
    os.chown(path, 65534, 65534)
    link = Path(TMP) / "link.conf"
    link.symlink_to(path.name)
    run(link, ban("203.0.113.10"))
    status = os.stat(path)
    ok("the file keeps its owner and mode, and a symbolic link to it stays", (status.st_mode & 0o777, status.st_uid, status.st_gid) ==
       (0o604, 65534, 65534) and link.is_symlink() and "203.0.113.10" in denied(path), status)
    link.unlink()
    path = new_path()
    run(path)
    ok("a new file has the mode 0640", os.stat(path).st_mode & 0o777 == 0o640, os.stat(path))


def check_torn():
    path = new_path()
    clients = [f"203.0.113.{n}" for n in range(1, 40)] + [f"2001:db8:{n:x}::/64" for n in range(1, 40)]
    run(path, *map(ban, clients))
    whole = path.read_text()
    wrong = []
    entry = whole.index("203.0.113.17 1;")
    cuts = [entry + len("203.0.113.17 1"), entry + len("203.0.113.17 1;"), entry + len("203.0.113.17 1; # from")]
    for cut in [*cuts, *random.sample(range(100, len(whole) - 6), 5), len(whole) - 6]:
        torn = new_path(whole[:cut])
        kept = [line.split(" ")[0] for line in whole[:cut].splitlines(True) if re.search(r" until \S+Z\n$", line)]
        code, said = run(torn)
        if code or denied(torn) != sorted(kept) or "is incomplete" not in said:
            wrong.append((cut, code, said, len(kept)))
    ok("each whole line of a torn file is read, and the damage is reported", not wrong, wrong)
    code, said = run(torn, *map(ban, clients))
    ok("reading the events again restores the other bans", denied(torn) == sorted(clients), said)
    broken = new_path(whole.replace("203.0.113.7 1;", "203.0.113.7 1; # rubbish").replace("203.0.113.8 1;", "nonsense;"))
    code, said = run(broken)
    ok("foreign lines are skipped and reported", code == 0 and "skipped lines that anom-deny did not write: 2" in said and
       len(denied(broken)) == len(clients) - 2, code, said)


def check_foreign():
    for name, text in (("another program's file", "server { listen 80; }\n"), ("a file of random bytes", "\0\xff" * 99),
                       ("a list for another server", "# anom-deny 1.0.0, for haproxy: x\n1.2.3.4 1 # from\n# end\n")):
        path = new_path(text)
        code, said = run(path, ban("203.0.113.7"))
        ok(f"{name} is not changed, and the exit status is 2", code == 2 and path.read_text() == text and
           "is not a file of anom-deny" in said, code, said)
    for name, make in (("a directory", os.mkdir), ("a FIFO", os.mkfifo)):
        path = new_path()
        make(path)
        code, said = run(path, ban("203.0.113.7"))
        ok(f"{name} is refused as the file", code in (1, 2) and ("regular" in said or "directory" in said), code, said)
    path = new_path("")
    code, said = run(path, ban("203.0.113.7"))
    ok("an empty file is used as a new file", code == 0 and not said and denied(path) == ["203.0.113.7"], code, said)
    code, said = run(Path(TMP) / "nowhere/denied.conf", ban("203.0.113.7"))
    ok("if the directory of the file is missing, the exit status is 1", code == 1 and "No such file" in said, code, said)
    victim = new_path("keep me\n")
    path.with_name(path.name + ".new").symlink_to(victim)
    run(path, ban("203.0.113.8"))
    ok("a symbolic link in the place of the temporary file is not followed", victim.read_text() == "keep me\n" and
       denied(path) == ["203.0.113.7", "203.0.113.8"] and not path.is_symlink(), victim.read_text())
    process = start(path)
    within(5, lambda: process.poll() is None and Path(f"{path}.lock").exists())
    time.sleep(0.5)
    code, said = run(path, ban("203.0.113.9"))
    ok("two runs cannot use the same file", code == 1 and "another anom-deny maintains" in said, code, said)
    process.kill()
    ended(process)


def check_forms():
    for form, entry in (("haproxy", "203.0.113.7 1 # from "), ("apache", "Require not ip 203.0.113.7\n")):
        path = new_path()
        args = ("-f", form)
        run(path, ban("203.0.113.7"), ban("2001:db8:bad::/64", 0), args=args)
        before = path.read_text()
        code, said = run(path, args=args)
        ok(f"{form}: a ban becomes an entry, and a restart changes nothing", entry in before and path.read_text() == before and
           code == 0 and not said, code, said, before)


# ---- kills and faults ----

def check_kills():
    """Each run reads the events from a file, from its beginning."""
    path, events = new_path(), Path(TMP) / "events"
    clients = [f"10.1.{n >> 8}.{n & 255}" if n % 2 else f"2001:db8:7:{n + 1:x}::/64" for n in range(8000)]
    events.write_bytes(lines(*map(ban, clients)))

    def follow():
        tail = subprocess.Popen(["tail", "-n", "+1", "-f", str(events)], stdout=subprocess.PIPE)
        process = start(path, stdin=tail.stdout)
        tail.stdout.close()
        return tail, process
    wrong, sizes = [], set()

    def look():
        try:
            sizes.add(len(denied(path)) if path.exists() else -1)
        except ValueError as e:
            wrong.append(str(e)[-100:])
    for _ in range(12):
        tail, process = follow()
        within(10, path.exists)
        until = time.monotonic() + random.uniform(0, 2.5)
        while time.monotonic() < until:
            look()
        process.kill()
        ended(process)
        tail.kill()
        tail.wait()
        look()
        if random.random() < 0.5 and path.exists():
            path.unlink()  # so that the file grows again
    ok("kill -9 at any time leaves a whole file, and a reader never reads half a file", not wrong and len(sizes) > 1, wrong, sizes)
    tail, process = follow()
    ok("a restart after the kills has all bans", within(20, holds(path, *clients)), len(denied(path)))
    tail.kill()
    tail.wait()
    ok("the run after the kills leaves no temporary file", ended(process)[0] == 0 and not Path(f"{path}.new").exists())
    events.unlink()


def check_full_disk():
    """Runs anom-deny on a file system of 64 KiB, in a mount namespace of its own."""
    where = Path(TMP) / "small"
    where.mkdir()
    path = where / "denied.conf"
    process = subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", f"mount -t tmpfs -o size=64k none {where} && : >{where}/fill && exec {PROGRAM} -r true {path}"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    seen = Path(f"/proc/{process.pid}/root{path}")
    give(process, ban("203.0.113.7"))
    ok("the first ban is written to a small disk", within(10, holds(seen, "203.0.113.7")))
    fill = seen.with_name("fill")
    with open(fill, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    give(process, *[ban(f"2001:db8:{n:x}::/64") for n in range(30)])
    said = hears(process, "it is unchanged")
    ok("a full disk is reported, and the old file stays", "No space left on device; it is unchanged" in said and
       holds(seen, "203.0.113.7")() and not seen.with_name("denied.conf.new").exists(), said)
    fill.write_bytes(b"")
    ok("when there is room again, the file has all bans", within(15, lambda: len(denied(seen)) == 31))
    said = hears(process, "is written again")
    ok("a message reports that the file is written again", "is written again" in said, said)
    process.stdin.close()
    ok("a run during which the disk was full ends with exit status 0", process.wait(60) == 0, process.stderr.read())


def check_reload():
    path, log = new_path(), Path(TMP) / "reloads"
    words = Path(TMP) / "words"
    words.write_text(f"#!/bin/sh\nprintf '<%s>' \"$@\" >>{log}\n")
    words.chmod(0o755)
    code, said = run(path, reload=f"{words} 'a b' $HOME ; \"c;d\"")
    ok("the reload command gets its words unchanged, and no shell runs it", code == 0 and log.read_text() == "<a b><$HOME><;><c;d>",
       code, said, log.read_text())
    code, said = run(path, ban("203.0.113.7"), reload="false")
    ok("a reload that fails at the end is reported; exit status 1, and the file is right", code == 1 and
       "'false': exit status 1; it will be retried" in said and denied(path) == ["203.0.113.7"], code, said)
    code, said = run(path, reload="/nowhere/nginx -s reload")
    ok("a missing reload program is reported", code == 1 and "unable to run '/nowhere/nginx': No such file" in said, code, said)
    code, said = run(path, reload="sh -c 'echo warn: x; echo \"[emerg] bad \x1b[31m line\" >&2; exit 3'")
    ok("the error of the reload command is logged as plain text", "exit status 3: [emerg] bad ?[31m line" in said, said)
    code, said = run(path, reload=f"sh -c 'head -c 9999999 /dev/zero; stat -Lc %s /dev/stdin <&1 >{log}; exit 3'")
    ok("the output of the reload command takes at most 64 KiB of memory", code == 1 and log.read_text() == "65536\n" and
       "exit status 3" in said, code, said, log.read_text())
    slow = Path(TMP) / "anom-deny-slow"
    text = Path(PROGRAM).read_text()
    slow.write_text(text.replace("\nRELOAD_MAX = 60 ", "\nRELOAD_MAX = 3 ").replace(
        'HERE = os.path.dirname(os.path.realpath(__file__))', f'HERE = "{ROOT}/contrib"'))
    slow.chmod(0o755)
    process = start(path, program=str(slow), reload="sleep 1000")
    time.sleep(1.5)  # the reload runs now
    give(process, ban("203.0.113.8"))
    ok("events are written to the file while a reload hangs", within(10, holds(path, "203.0.113.7", "203.0.113.8")))
    said = hears(process, "did not end")
    ok("a reload that does not end is killed and reported", "did not end within 3 seconds" in said, said)
    process.kill()
    ended(process)
    path = new_path()
    process = start(path, reload=f"sh -c 'echo >{log}.began; sleep 50'")
    within(10, Path(f"{log}.began").exists)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    ok("a second SIGTERM does not wait for the last reload", within(7, lambda: process.poll() is not None) and
       process.returncode == 1, process.poll())
    process.kill()
    process.stdin.close()
    Path(f"{log}.began").unlink()
    for name in (words, slow, log):
        name.unlink()


def check_pace():
    """Two reloads are at least ten seconds apart, also across a restart. A busy machine may start a reload 2 s late."""
    path, log = new_path(), Path(TMP) / "reloads"
    command = f"sh -c 'date +%s.%N >>{log}'"
    quiet, quiet_log = new_path(), Path(TMP) / "reloads-of-a-quiet-one"
    quiet_command = f"sh -c 'date +%s.%N >>{quiet_log}'"

    def times(which):
        return [float(line) for line in which.read_text().splitlines()] if which.exists() else []
    waits = start(quiet, reload=quiet_command)
    within(5, lambda: len(times(quiet_log)) == 1)
    give(waits, ban("2001:db8:bad::/64"))
    process = start(path, reload=command)
    for n in range(24):
        give(process, ban(f"203.0.113.{n}"), ban(f"2001:db8:{n:x}::/64", 3 + n % 3))
        time.sleep(0.5)
        if n == 15:
            process.kill()
            ended(process)
            process = start(path, reload=command)
            give(process, ban(f"203.0.113.{n}"))  # as a program that reads the events again does
    within(10, lambda: len(times(quiet_log)) == 2)
    # the file's time records the end of the reload; a kill before that repeats the reload
    within(10, lambda: os.stat(quiet).st_mtime >= times(quiet_log)[-1] - 0.01)
    waits.kill()
    ended(waits)
    waits = start(quiet, reload=quiet_command)
    code, said = ended(process)
    gaps = [b - a for a, b in zip(times(log), times(log)[1:])]
    ok("reloads are 10 seconds apart, also with changes every half second, expired bans and a kill; after the last "
       "change there is a reload", code == 0 and
       len(gaps) >= 1 and min(gaps) > 8 and times(log)[-1] >= os.stat(path).st_mtime - 2, gaps, code, said)
    ok("no ban is lost between reloads", {f"203.0.113.{n}" for n in range(24)} <= set(denied(path)), denied(path))
    ended(waits)
    gaps = [b - a for a, b in zip(times(quiet_log), times(quiet_log)[1:])]
    ok("reloads are 10 seconds apart, also after a kill long after the file was written", len(gaps) == 2 and min(gaps) > 8, gaps)
    log.unlink()
    quiet_log.unlink()


def check_signals():
    path = new_path()
    process = start(path)
    within(5, path.exists)
    process.send_signal(signal.SIGSTOP)
    give(process, *[ban(f"203.0.113.{n}") for n in range(100)], *[ban(f"2001:db8:{n:x}::/64") for n in range(100)])
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGCONT)
    code, said = ended(process)
    ok("at SIGTERM all events from the pipe are written; SIGINT is ignored", code == 0 and len(denied(path)) == 200, code, said)
    age(path)
    process = start(path)
    within(5, lambda: Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] in "SZ")
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    ok("SIGTERM ends the program even if the input does not end", within(15, lambda: process.poll() is not None) and
       process.returncode == 0, process.poll())
    process.kill()
    ended(process)
    path = new_path("# anom-deny 1.0.0, for nginx: x\n" + "".join(f"10.{n >> 8}.{n & 255}.1 1;\n" for n in range(20000)) + "# end\n")
    process = start(path)
    within(5, Path(f"{path}.lock").exists)
    process.send_signal(signal.SIGHUP)
    code, said = ended(process)
    ok("SIGHUP while anom-deny reads a large file does not end the program", code == 0 and len(denied(path)) == 20000, code, said)
    path = new_path()
    process = start(path)
    give(process, ban("203.0.113.7", 1))
    time.sleep(max(0, NOW + 1.1 - time.time()))
    ok("a ban ends without any input", within(5, holds(path)), path.exists() and path.read_text())
    process.kill()
    ended(process)


def check_edits():
    path = new_path()
    process = start(path)
    clients = ("203.0.113.7", "203.0.113.8", "2001:db8:bad::/64")
    give(process, *[ban(c, ago=5) for c in clients])
    within(5, holds(path, *clients))

    def edit(change):
        """Edits the file as sed -i does."""
        path.with_suffix(".edit").write_text(change(path.read_text()))
        path.with_suffix(".edit").rename(path)
    edit(lambda text: re.sub(r"2001:db8:bad::/64 .*\n", "198.51.100.5 1;\n", text))
    give(process, ban("203.0.113.9", ago=5), ban("2001:db8:bad::/64", ago=5))
    now = ("198.51.100.5", "203.0.113.7", "203.0.113.8", "203.0.113.9")
    ok("without a signal, an edit takes effect when the next event changes the file: a deleted line lifts its ban, and "
       "a new line bans", within(10, holds(path, *now)),
       denied(path))
    edit(lambda text: text.replace("203.0.113.7 ", "#203.0.113.7 "))
    process.send_signal(signal.SIGHUP)
    ok("at SIGHUP an edit takes effect immediately", within(5, lambda: "#203" not in path.read_text()) and
       denied(path) == ["198.51.100.5", "203.0.113.8", "203.0.113.9"], path.read_text())
    give(process, ban("203.0.113.7", 900, ago=5))
    give(process, ban("203.0.113.10"))
    ok("an older event does not ban again a client whose line was deleted", within(5, holds(path, "198.51.100.5", "203.0.113.10", "203.0.113.8",
                                                                       "203.0.113.9")), denied(path))
    path.write_text("# anom-deny 1.0.0, for nginx: half\n203.0.113.8 1;\n")  # no end line, because an editor is writing
    give(process, ban("203.0.113.11"))
    ok("a file without its end line does not count as an edit", within(5, lambda: path.read_text().endswith("# end\n")) and
       len(denied(path)) == 5, path.read_text())
    path.write_text("")
    process.send_signal(signal.SIGHUP)
    ok("an empty file and SIGHUP lift all bans", within(5, lambda: path.read_text() and holds(path)()), path.read_text())
    path.unlink()
    give(process, ban("203.0.113.12"))
    ok("a removed file is made again", within(5, holds(path, "203.0.113.12")))
    path.write_text("server { }\n")
    give(process, ban("203.0.113.13"))
    said = hears(process, "not a file of anom-deny any more")
    ok("another program's file that replaced the file of bans is not changed, and a message reports the replacement", path.read_text() == "server { }\n" and
       "info: " in said and "changed by hand: bans lifted: 1, added: 1" in said, said)
    path.unlink()
    ok("the file is written again after the other program's file is moved away", within(15, lambda: path.exists() and holds(path, "203.0.113.12", "203.0.113.13")()))
    process.stdin.close()
    ok("a run with edits ends with exit status 0", process.wait(60) == 0, process.stderr.read())


def check_words():
    version = re.search(r'"([0-9.]+)"', (ROOT / "src/core/base/version.h").read_text())[1]
    said = subprocess.run([PROGRAM, "-V"], capture_output=True, text=True, check=False).stdout
    ok("anom-deny has the version of the other programs", said == f"anom-deny {version}\n", said)
    for args in ((), ("-f", "lighttpd", "x"), ("-r", "", "x"), ("-r", "a 'b", "x"), ("--form",), ("--nonsense", "x"), ("x", "y")):
        done = subprocess.run([PROGRAM, *args], capture_output=True, text=True, check=False, cwd=TMP, stdin=subprocess.DEVNULL)
        if done.returncode != 2 or not re.fullmatch(r"anom-deny: fatal: .*\n", done.stderr):
            ok(f"{args}: exit status 2", False, done)
    for args, meant in ((("--relaod", "true", "x"), "did you mean --reload?"), (("-f", "ngnix", "x"), "did you mean nginx?")):
        said = subprocess.run([PROGRAM, *args], capture_output=True, text=True, check=False, cwd=TMP, stdin=subprocess.DEVNULL).stderr
        ok(f"{args[0]}: the message names the nearest option or value", meant in said, said)
    for line, hint in ((b"\x1f\x8b\x08x", "so put `zcat FILE |` before anom-deny"), (b"\x1f\x8b" + b"x" * 9000, "`zcat FILE |`"),
                       (b'2001:db8::1 - - [22/Nov/2026:04:16:00 +0000] "GET / HTTP/1.1" 200 5', "so put `anomdetect |` before")):
        code, said = run(new_path(), line)
        ok("a line that is not an event: the warning names the kind of input", code == 0 and hint in said, code, said)
    ok("wrong options give exit status 2 and one message", not (Path(TMP) / "x").exists())
    done = subprocess.run([PROGRAM, "-r", "true", str(new_path())], stdin=os.open("/dev/null", os.O_WRONLY), capture_output=True,
                          text=True, check=False)
    ok("input that cannot be read: exit status 1", done.returncode == 1 and "unable to read events" in done.stderr, done)


# Each of these checks waits seconds for a reload or for a retry of the disk. They run at the same time as the other checks.
WAITING = (check_kills, check_full_disk, check_reload, check_pace, check_edits)
WORKING = (check_events, check_refused, check_order, check_limits, check_restart, check_torn, check_foreign, check_forms,
           check_signals, check_words)


def check_beside(process, name):
    """Waits for the process of one check and adds its results to the results of this test."""
    out = process.communicate()[0].decode()
    for line in out.splitlines():
        found = re.fullmatch(r"(ok|not ok) \d+ - (.*)", line)
        if found:
            ok(found[2], found[1] == "ok")
        elif not line.startswith("1.."):
            print(line)
    if not re.search(r"^1\.\.[1-9]", out, re.MULTILINE):
        ok(f"{name} runs to its end", False, process.returncode)


with tempfile.TemporaryDirectory(prefix="anomdetect-deny.") as TMP:
    ONLY = sys.argv[1:]  # names of checks to run; default: all
    BESIDE = [] if ONLY else [(subprocess.Popen([sys.executable, __file__, check.__name__], stdout=subprocess.PIPE), check.__name__)
                              for check in WAITING]
    for CHECK in WORKING + WAITING:
        if CHECK.__name__ in ONLY or (CHECK in WORKING and not ONLY):
            NOW = time.time()
            CHECK()
    for RUN in BESIDE:
        check_beside(*RUN)
print(f"1..{len(results)}")
sys.exit(not all(results))
