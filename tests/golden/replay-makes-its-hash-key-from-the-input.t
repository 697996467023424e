#!/usr/bin/env python3
"""A replay hashes clients with a key. With --state none, the key is made of the first bytes of the input. So the same
input gives the same output, however the input is split into pieces, and another input has another key. With a memory
file, the key is read from this file. A new memory file has a random key. The table of clients is so small that the key
decides which clients are evicted. So the counter `evicted` differs between keys. TAP.
"""
import array
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

sys.dont_write_bytecode = True
from promises import check, done  # noqa: E402

HERE = Path(__file__).resolve().parent
BUILD = Path(os.environ.get("BUILD", "build")).resolve()
REPLAY = [BUILD / "anomdetect", "--replay", "--max-clients", "100", "--max-strikes", "100"]
KEY_BYTES = 4096  # RUN_KEY_BYTES of io/run/run_key.h
DEADLINE_S = 60  # for one wait, on a busy machine


def output(log, *args):
    return subprocess.run([*REPLAY, *args], input=log, capture_output=True, check=True).stdout


def output_of_pieces(pieces):
    """The output of a replay. Each piece is written after the piece before has been read."""
    with subprocess.Popen([*REPLAY, "--state", "none"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        drain = subprocess.Popen(["cat"], stdin=program.stdout, stdout=subprocess.PIPE)
        for piece in pieces:
            os.write(program.stdin.fileno(), piece)
            wait_until_read(program.stdin.fileno())
        program.stdin.close()
        return drain.communicate(timeout=DEADLINE_S)[0]


def wait_until_read(fd):
    left, until = array.array("i", [1]), time.monotonic() + DEADLINE_S
    while left[0]:
        if time.monotonic() > until:
            sys.exit("Bail out! the input is not read")
        time.sleep(0)
        fcntl.ioctl(fd, termios.FIONREAD, left)


def chunks(log, size):
    return [log[i:i + size] for i in range(0, len(log), size)]


def key_of(state):
    return json.loads(Path(f"{state}.memory").read_text())["taught"]["key"]


def check_pieces(log):
    whole = output(log, "--state", "none")
    slow = [log[i:i + 1] for i in range(KEY_BYTES + 500)] + chunks(log[KEY_BYTES + 500:], 65536)
    check("input that comes byte by byte gives the same output as a file", [] if output_of_pieces(slow) == whole else ["another output"])
    uneven = chunks(log[:30_000], 1361) + chunks(log[30_000:], 50_000)
    check("pieces that end within lines give the same output, too", [] if output_of_pieces(uneven) == whole else ["another output"])
    said = {json.loads(output(b"log %d\n" % i + log, "--state", "none").splitlines()[-1])["evicted"] for i in range(8)}
    check("another first line gives another key", [] if len(said) > 1 else [f"evicted is {said} each time"])


def check_memory(log, tmp):
    output(log, "--state", f"{tmp}/one")
    output(log, "--state", f"{tmp}/two")
    keys = [key_of(f"{tmp}/{name}") for name in ("one", "two")]
    check("each new memory file of a replay has another key", [] if keys[0] != keys[1] and all(map(any, keys)) else keys)
    for copy in ("again", "once more"):
        shutil.copy(f"{tmp}/one.memory", f"{tmp}/{copy}.memory")
    outputs = [output(log, "--state", f"{tmp}/{copy}") for copy in ("again", "once more")]
    check("two replays with copies of one memory file give the same output", [] if outputs[0] == outputs[1] else ["another output"])
    texts = [Path(f"{tmp}/{copy}.memory").read_bytes() for copy in ("again", "once more")]
    check("two replays with copies of one memory file write equal memory files, with the key of the copies",
          [] if texts[0] == texts[1] and key_of(f"{tmp}/again") == keys[0] else [f"{key_of(f'{tmp}/again')}, not {keys[0]}"])


def check_stop(log):
    """The input has fewer bytes than the key needs, and it does not end."""
    some = b"".join(log.splitlines(keepends=True)[:3])
    with subprocess.Popen([*REPLAY, "--state", "none"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        os.write(program.stdin.fileno(), some)
        wait_until_read(program.stdin.fileno())
        program.send_signal(signal.SIGTERM)
        stop = json.loads(program.stdout.read().splitlines()[-1])
    check("lines that wait for the key still count after SIGTERM", [] if stop["requests"] == 3 else [stop])


def main():
    log = subprocess.run([HERE / "replay-is-deterministic/in.py"], cwd=HERE / "replay-is-deterministic",
                         capture_output=True, check=True).stdout
    check_pieces(log)
    with tempfile.TemporaryDirectory(prefix="anomdetect-key.") as tmp:
        check_memory(log, tmp)
    check_stop(log)
    return done()


sys.exit(main())
