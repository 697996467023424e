#!/usr/bin/env python3
"""Headless Chromium shows the page of anom-report --html, 400 and 800 pixels wide, light and dark. Nothing is wider
than the page, no text is too small, and the browser reports no error. TAP on standard output.
"""
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
from page import BUILD, ROOT, chromium

LEAST_PX = 11  # smallest allowed font size
# Shows the page in a frame of the same origin and a given width, and writes its measurements as JSON into #told.
FRAME = """<!doctype html><iframe style="width:{width}px;height:3000px;border:0" srcdoc="{page}"></iframe><pre id="told"></pre>
<script>onload=function(){{
var d=document.querySelector('iframe').contentDocument,v=d.defaultView,told={{wide:[],small:[],texts:0}};
d.querySelectorAll('body *').forEach(function(e){{
if(e.getBoundingClientRect().right>{width}+0.5||e.scrollWidth>e.clientWidth+1&&e.clientWidth)told.wide.push(e.outerHTML.slice(0,200));
if(e.textContent.trim()){{told.texts++;if(parseFloat(v.getComputedStyle(e).fontSize)<{least})told.small.push(e.outerHTML.slice(0,200))}}}});
told.scroll=d.documentElement.scrollWidth;told.ground=v.getComputedStyle(d.body).backgroundColor;
told.ink=v.getComputedStyle(d.body).color;document.getElementById('told').textContent=JSON.stringify(told)}}</script>"""
results = []


def check(promise, wrong):
    results.append(not wrong)
    print(f"{'not ok' if wrong else 'ok'} {len(results)} - {promise}")
    if wrong:
        print(f"#   {wrong}")


def show(tmp, dark, *args):
    return chromium(tmp, f"--blink-settings=preferredColorScheme={0 if dark else 1}", *args, size="900,3100")


def page_of(tmp):
    """The report of a replay with bans, an alert and an allowed client, and of a ban with the longest texts."""
    log = subprocess.run([ROOT / "tests/traffic.py", "--minutes", "42", "--clients", "20", "--ipv6", "0.25",
                          "--flood", "50@35m+30,203.0.113.7", "--flood", "40@38m+40,2001:db8:bad::1,401",
                          "--flood", "50@40m+20,203.0.113.8"], capture_output=True, check=True).stdout
    events = subprocess.run([BUILD / "anomdetect", "-r", "-s", "none", "--allow", "203.0.113.8"], input=log,
                            capture_output=True, check=True).stdout.decode()
    ban = json.loads(next(line for line in events.splitlines() if '"event":"ban"' in line))
    ban["client"] = "2001:db8:1234:5678:9abc:def0:1234:5678"
    ban["request"] = {"method": "PROPPATCH", "path": "/" + "w" * 99, "status": 404}
    return subprocess.run([ROOT / "contrib/anom-report", "--html"], input=events + json.dumps(ban) + "\nno event\n",
                          capture_output=True, text=True, check=True).stdout


def brightness(colour):
    return sum(int(x) for x in re.findall(r"\d+", colour)[:3])


def main():
    if not shutil.which("chromium"):
        print("1..0 # SKIP chromium is missing")
        return 0
    with tempfile.TemporaryDirectory(prefix="anomdetect-views.") as name:
        tmp = Path(name)
        page = page_of(tmp)
        (tmp / "page.html").write_text(page)
        _, said = show(tmp, False, "--dump-dom", f"file://{tmp}/page.html")
        check("the browser reports no error in the page", said)
        for width in (400, 800):
            for dark in (False, True):
                where = f"{width} px, {'dark' if dark else 'light'}"
                frame = FRAME.format(width=width, least=LEAST_PX, page=html.escape(page))
                (tmp / "frame.html").write_text(frame)
                dom, _ = show(tmp, dark, "--dump-dom", f"file://{tmp}/frame.html")
                told = json.loads(html.unescape(re.search(r'<pre id="told">(.*?)</pre>', dom, flags=re.S)[1]))
                check(f"{where}: nothing is wider than the page", told["wide"] or told["scroll"] > width)
                check(f"{where}: no text is smaller than {LEAST_PX} px", told["small"] or told["texts"] < 20)
                ground, ink = brightness(told["ground"]), brightness(told["ink"])
                check(f"{where}: text is dark on a light page, and light on a dark page", (told["ground"], told["ink"])
                      if (ground < 200) != dark or abs(ground - ink) < 500 else None)
                if os.environ.get("KEEP"):
                    show(tmp, dark, f"--screenshot={os.environ['KEEP']}.{width}.{'dark' if dark else 'light'}.png",
                             f"file://{tmp}/frame.html")
    print(f"1..{len(results)}")
    return 0 if all(results) else 1


sys.exit(main())
