#!/usr/bin/env python3
"""Tests the page of anomstat --html in headless Chromium, with the widths of telephones and desktops, light and dark.
No text is smaller than 11 px, no text leaves the element that contains it or covers another text, and the bars of the
hours have a colour. TAP on standard output.

A headless window is at least 500 px wide, so each page is shown in frames of several widths. With KEEP=DIR the test
stores a picture of each page in DIR.
"""
import html
import json
import os
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
from page import GOLDEN, chromium, stat

WIDTHS = 320, 400, 701, 800, 1100
TEXT_PX = 11
LOOK = Path(__file__).with_name("look.js").read_text()
results = []


def check(promise, wrong):
    results.append(not wrong)
    print(f"{'not ok' if wrong else 'ok'} {len(results)} - {promise}")
    for line in wrong[:12]:
        print(f"#   {line}")


def when(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() + seconds))


RULES = ["requests", "errors", "visit_requests", "visit_errors", "zscore", "multiplier", "probes", "bait", "repeats"]
LONG_PATH = {"method": "PROPFIND", "path": "/" + 200 * "a", "status": 404}
MARKUP = {"method": "GET", "path": "/<b>" + 30 * "&amp;" + "W" * 60, "status": 400}


def banned(i, request):
    client = f"2001:db8:{0x1234 + i:x}:5678:9abc:def0:1234:{0xabcd - i:x}" if i % 2 else f"203.0.113.{100 + i}"
    return {"client": client, "strike": 1 + i % 4, "since": when(-3600), "until": None if i % 3 == 0 else when(100000 * i + 90),
            "rules": RULES if i % 5 == 0 else RULES[i % 9:][:2], "enforced": True, "request": request}


def host(i, troubles):
    return {"origin": f"web{i}" if i % 2 else f"w{i}-" + "long" * 15, "troubles": troubles, "since": None, "lag_s": 12345.6,
            "offset_s": -33.5, "lines_per_s": 123456.7, "clients_per_s": 9999.9, "missing": 1, "lost": i, "heard": when(-300)}


def many(n):
    return [banned(i, (LONG_PATH, MARKUP, GOLDEN["bans"][0]["request"], None)[i % 4]) for i in range(n)]


CALM = dict(abnormal=False, abnormal_since=None, requests=2400, errors=12, z=0.2)
NOBODY = dict(bans=[], bans_total=0)
HOSTS = dict(reads_counts=True, origins_total=7, origins_silent=2, origins_clock=1, origins_missing=1, origins_duplicate=1,
             origins=[host(1, ["silent"]), host(2, ["silent", "clock", "missing", "duplicate"]), *(host(i, []) for i in range(3, 8))])
# "long-texts" contains the largest numbers and the longest name, path and address.
STATES = {
    "bans": dict(CALM, bans=many(40), bans_total=1234),
    "no-bans": dict(CALM, **NOBODY),
    "alert": dict(swarm=True, failing=True, error_abnormal=True, error_abnormal_since=when(-99999), learning_s=300,
                  bans=many(3), bans_total=3),
    "hosts": dict(CALM, **HOSTS),
    "long-texts": dict(
        HOSTS, host="h" * 63, set_name="s" * 27, trouble="the firewall refuses: " + 80 * "x", lines_per_s=1e12, memory_bytes=1 << 52,
        bans=many(8), bans_total=8, mean=999999, alarm=999999.9, stddev=1e9, z=1e12, requests=4294967295, clients=4294967295,
        top=[dict(t, client=f"2001:db8:1234:5678:9abc:def0:1234:{i:x}fff", requests=4294967295, errors=4294967295, held=True)
             for i, t in enumerate(GOLDEN["top"])],
        events=[{"time": when(-9), "event": "recovered", "more": 4294967295, "text": "e" * 120, "request": LONG_PATH},
                *GOLDEN["events"]],
        counters={name: (1 << 53) - 1 for name in GOLDEN["counters"]}),
    "empty": dict(CALM, **NOBODY, now=None, last_line=None, requests=0, errors=0, z=0, mean=0, alarm=0, error_mean=0, error_alarm=0,
                  ready=False, top=[], events=[], clients=0, visits=0, firewall="none", set_name="", history=dict(
                      GOLDEN["history"], requests=[], errors=[]), hours=[dict(h, seconds=0) for h in GOLDEN["hours"]],
                  counters={name: 0 for name in GOLDEN["counters"]}),
    "one": dict(CALM, bans=many(1), bans_total=1, clients=1, paths=1, slow_clients=1, visits=1, limit=1, error_limit=1,
                visit_limit=1, visit_error_limit=1, top=GOLDEN["top"][:1]),
}


def frames(pages, widths, height=3000):
    """A page of frames. The framed pages do not reload themselves, because a reload would disturb the measurement."""
    parts = ["<!doctype html><style>body{margin:0}iframe{border:0;display:block}</style>"]
    for name, page in pages.items():
        page = page.replace('http-equiv="refresh"', 'name="refresh"')
        parts += [f'<iframe name="{name} {width}" width={width} height={height} srcdoc="{html.escape(page)}"></iframe>'
                  for width in widths]
    return "".join(parts)


def look(tmp, pages, *flags):
    """The measurements of the script LOOK in each frame."""
    text = frames(pages, WIDTHS) + f"<pre id=seen></pre><script>var TEXT_PX={TEXT_PX};{LOOK}</script>"
    (tmp / "frames.html").write_text(text)
    dom, _ = chromium(tmp, *flags, "--dump-dom", f"file://{tmp}/frames.html")
    seen = re.search(r"<pre id=\"?seen\"?>(.*?)</pre>", dom, re.S)
    return json.loads(html.unescape(seen[1])) if seen and seen[1] else {}


def texts_of(page):
    """The text of the page's body."""
    return html.unescape(re.sub(r"<[^>]*>", "", page.partition("</head>")[2]))


def main():
    if not shutil.which("chromium"):
        print("1..0 # SKIP chromium is missing")
        return 0
    with tempfile.TemporaryDirectory(prefix="anomdetect-views.") as name:
        tmp = Path(name)
        pages = {name: stat(tmp, "--html", **changes) for name, changes in STATES.items()}
        for mode, flags in (("light", []), ("dark", ["--blink-settings=preferredColorScheme=0"])):
            seen = look(tmp, pages, *flags)
            check(f"{mode}: each page was measured in each width",
                  [] if len(seen) == len(STATES) * len(WIDTHS) else [f"{len(seen)} were"])
            check(f"{mode}: the pages have a {mode} background", [f"{n}: {s['background']}" for n, s in seen.items() if s["dark"] != (mode == "dark")])
            for promise, kind in ((f"no text is smaller than {TEXT_PX} px", "small"), ("no text is wider than the element that contains it", "wide"),
                                  ("no text covers another", "covered"), ("the bars of the hours have a colour", "black")):
                check(f"{mode}: {promise}", [f"{n}: {fault}" for n, s in seen.items() for fault in s[kind]])
        found = [f"{name}: {m[0]}" for name, page in pages.items()
                 for m in re.finditer(r".{0,20}(\b1 [a-z_]+s\b(?<! was)(?<! has)|\s,).{0,20}", texts_of(page))
                 if not re.search(r"\b1 (bans|requests|errors|lines)\b.*counter", m[0])]
        check("no plural follows the number 1, and no blank precedes a comma", found)
        if os.environ.get("KEEP"):
            for page_name, changes in STATES.items():
                page = stat(tmp, "--html", **changes)
                for mode, flags in (("light", []), ("dark", ["--blink-settings=preferredColorScheme=0"])):
                    for width in (400, 800):
                        height = int(seen[f"{page_name} {width}"]["height"])
                        (tmp / "one.html").write_text(frames({page_name: page}, [width], height))
                        chromium(tmp, *flags, f"--screenshot={os.environ['KEEP']}/{page_name}-{width}-{mode}.png",
                                 f"file://{tmp}/one.html", size=f"{max(500, width)},{height}")
    print(f"1..{len(results)}")
    return 0 if all(results) else 1


sys.exit(main())
