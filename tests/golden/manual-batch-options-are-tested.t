#!/usr/bin/env python3
"""tests/lines/batch-*.cases test the options that anomdetect-proxies(7) names for logs that come in batches. TAP on
standard output.
"""
import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True
from promises import check, done  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
FILES = {"Cloudflare Logpush": "cloudflare", "CloudFront": "cloudfront", "Azure Front Door": "frontdoor",
         "Application Gateway": "appgateway", "AWS API Gateway": "apigateway", "IIS as JSON": "iis"}


def in_manual():
    """{product: {option: member}} from the rows `.It PRODUCT Ta Fl Fl OPTION Ta Va MEMBER ...`."""
    page = (ROOT / "man" / "anomdetect-proxies.7").read_text()
    section = page.split("\n.Sh LOGS THAT ARRIVE IN BATCHES\n")[1].split("\n.Sh ")[0]
    found, product = {}, None
    for name, option, member in re.findall(r"^\.It (.+?) Ta Fl Fl (\S+) Ta Va (\S+)", section, flags=re.M):
        product = name if name != '""' else product
        found.setdefault(product, {})[option] = member
    return found


def tried(name):
    line = (ROOT / "tests" / "lines" / f"batch-{name}.cases").read_text().splitlines()[0]
    options = dict(re.findall(r"--(\S+) (\S+)", line))
    return {option: member for option, member in options.items() if option != "tz"}


manual = in_manual()
check("the manual and the cases have the same logs", manual.keys() ^ FILES.keys())
for log, file in FILES.items():
    check(f"{log}: the options of the manual are tested with sample lines",
          {str(pair) for pair in manual.get(log, {}).items() ^ tried(file).items()})
sys.exit(done())
