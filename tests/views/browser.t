#!/usr/bin/env python3
"""Tests the page of anomstat --html in headless Chromium. The page has the numbers of --json, a rate over the alarm
level is drawn in red, the only script runs under the page's own content security policy, and the page loads nothing from elsewhere. TAP on standard
output.
"""
import json
import os
import re
import shutil
import sys
import tempfile
import time
import zlib
from html.parser import HTMLParser
from pathlib import Path

sys.dont_write_bytecode = True
from page import chromium, stat

results = []


def check(promise, wrong):
    results.append(not wrong)
    print(f"{'not ok' if wrong else 'ok'} {len(results)} - {promise}")
    if wrong:
        print(f"#   {wrong}")


class Page(HTMLParser):
    """The parsed page: texts by id, rows of tables by the table's id, and every tag."""

    def __init__(self, text):
        super().__init__()
        self.texts, self.rows, self.tags, self.open, self.table = {}, {}, [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append((tag, attributes))
        if tag == "table":
            self.table = attributes.get("id")
            self.rows[self.table] = []
        elif tag == "tr" and self.table:
            self.rows[self.table].append([])
        elif tag in ("td", "th") and self.table and self.rows[self.table]:
            self.rows[self.table][-1].append("")
        if tag not in ("meta", "link", "line", "path", "rect", "br"):
            self.open.append((tag, attributes.get("id")))

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass
        if tag == "table":
            self.table = None

    def handle_data(self, data):
        for _, name in self.open:
            if name:
                self.texts[name] = self.texts.get(name, "") + data
        if self.table and self.rows[self.table] and self.rows[self.table][-1]:
            self.rows[self.table][-1][-1] += data.strip()


def pixels(path):
    """The number of nearly red and of nearly blue pixels in a PNG of 8 bits per channel."""
    data = path.read_bytes()
    at, packed = 8, b""
    while at < len(data):
        size, kind = int.from_bytes(data[at:at + 4], "big"), data[at + 4:at + 8]
        body = data[at + 8:at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour = *[int.from_bytes(body[i:i + 4], "big") for i in (0, 4)], body[8], body[9]
        packed += body if kind == b"IDAT" else b""
        at += size + 12
    assert depth == 8 and colour in (2, 6)
    step = 3 if colour == 2 else 4
    raw, line, counts = zlib.decompress(packed), bytearray(width * step), {"red": 0, "blue": 0}
    for y in range(height):
        start = y * (width * step + 1)
        kind, row = raw[start], bytearray(raw[start + 1:start + 1 + width * step])
        for i in range(len(row)):
            a, b, c = (row[i - step] if i >= step else 0), line[i], (line[i - step] if i >= step else 0)
            if kind == 4:
                p = a + b - c
                near = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
                row[i] = (row[i] + near) & 255
            elif kind:
                row[i] = (row[i] + (a, b, (a + b) // 2)[kind - 1]) & 255
        line = row
        for x in range(0, len(row), step):
            r, g, b = row[x:x + 3]
            counts["red"] += r > 180 and g < 60 and b < 60
            counts["blue"] += b > 190 and r < 130
    return counts


def amount(v):
    return f"{v:.1f}" if v < 999.95 else f"{v:.0f}"


def reasons(ban):
    """The text of a ban's cell in the column of detection rules, without blanks."""
    e = ban["evidence"] or {"rule": None}
    figures = f"{e['value']:g}>{e['limit']:g}{e['unit'].replace(' ', '')}" if e["rule"] else ""
    return ",".join(rule + (figures if rule == e["rule"] else "") for rule in ban["rules"])


def main():
    if not shutil.which("chromium"):
        print("1..0 # SKIP chromium is missing")
        return 0
    with tempfile.TemporaryDirectory(prefix="anomdetect-views.") as name:
        tmp = Path(name)
        html = stat(tmp, "--html")
        (tmp / "page.html").write_text(html)
        state = json.loads(stat(tmp, "--json"))
        dom, said = chromium(tmp, "--dump-dom", f"file://{tmp}/page.html")
        page = Page(dom)
        check("the browser reports no error in the page", said)
        wanted = {"status": state["status"], "clients": str(state["clients"]), "bans": str(state["bans_total"]),
                  "requests": amount(state["requests_per_s"]), "errors": amount(state["errors_per_s"]),
                  "requests-mean": amount(state["mean"]), "requests-alarm": "59.2", "errors-alarm": "2.2",
                  "counter-lines": str(state["counters"]["lines"]), "counter-late": str(state["counters"]["late"])}
        check("the page has the numbers of --json",
              {k: (page.texts.get(k), v) for k, v in wanted.items() if page.texts.get(k) != v})
        check("the page shows that the site is abnormal", not page.texts["site"].startswith("site abnormal for "))
        top = [[row[0], int(row[1]), int(row[2])] for row in page.rows["top"][1:]]
        check("the page has the clients of --json", top != [[t["client"], t["requests"], t["errors"]] for t in state["top"]])
        rows = page.rows["banned"][1:]  # each ban has two rows; the second has the command that lifts it
        bans = [[row[0], int(row[2]), row[3].replace(" ", "")] for row in rows[::2]]
        check("the page has the bans of --json", bans != [[b["client"], b["strike"], reasons(b)] for b in state["bans"]])
        lifts = [row[0].partition("; to lift it:")[2] for row in rows[1::2]]
        wanted = [b["lift"] if b["until"] is None or b["until"] > state["saved"] else "" for b in state["bans"]]
        check("each ban in force has its command to lift it, and no other ban has one", lifts != wanted or not any(lifts) or all(lifts))
        check("the page has the events of --json", [row[2] for row in page.rows["events"]] != [e["text"] for e in state["events"]])
        check("a new page does not show its age", page.texts.get("old", "").strip())
        outside = [(t, a) for t, a in page.tags if t in ("link", "img", "iframe", "object") or
                   any(k in ("src", "href") or "://" in (v or "") for k, v in a.items())]
        check("the page loads nothing from elsewhere", outside)
        check("the page reloads itself every 3 s",
              not any(a.get("http-equiv") == "refresh" and a["content"] == "3" for _, a in page.tags))
        old = re.sub(r'data-made="\d+"', f'data-made="{int(time.time()) - 120}"', html)
        (tmp / "old.html").write_text(old)
        dom, said = chromium(tmp, "--dump-dom", f"file://{tmp}/old.html")
        check("a page of 120 s ago shows its age",
              said or not re.search(r"was made 12\d s ago", Page(dom).texts.get("old", "")))
        hostile = dict(host="<script>document.title='x'</script>", trouble="</style><img src=x onerror=alert(1)>")
        (tmp / "hostile.html").write_text(stat(tmp, "--html", **hostile))
        dom, _ = chromium(tmp, "--dump-dom", f"file://{tmp}/hostile.html")
        check("texts of the state are never markup", [t for t, _ in Page(dom).tags if t == "img"] or
              sum(t == "script" for t, _ in Page(dom).tags) != 1 or "onerror=alert(1)" not in dom)
        for promise, changes, red in (("a rate over the alarm level is drawn in red", {}, True),
                                      ("a rate under the alarm level is not drawn in red", dict(alarm=1000, error_alarm=1000, abnormal=False), False)):
            (tmp / "shot.html").write_text(stat(tmp, "--html", **changes))
            chromium(tmp, f"--screenshot={tmp}/shot.png", f"file://{tmp}/shot.html")
            seen = pixels(tmp / "shot.png")
            check(promise, seen if seen["blue"] < 5000 or (seen["red"] > 2000) != red else None)
            if os.environ.get("KEEP"):
                shutil.copy(tmp / "shot.png", f"{os.environ['KEEP']}.{len(results)}.png")
    print(f"1..{len(results)}")
    return 0 if all(results) else 1


sys.exit(main())
