#!/usr/bin/env python3
"""anomdetect-messages(7) has every message that anomdetect and anomban log, and every text of an error event that the
engine or a run composes. It also has a remedy for each reject reason. TAP on standard output.

The test reads the calls in the sources. It compares the parts of a message between its format specifiers, if they have
at least three words.
"""
import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True
from promises import check, done  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
PAGE = "anomdetect-messages.7"
# Files of programs that have their own pages.
OTHERS = {"anomstat.c", "anomcount.c", "dead_links.c"}
CALL = re.compile(r"\b(?:log_(?:fatal|error|warning|info|repeat)|tell_error)\s*\(")
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
SPECIFIER = re.compile(r"%[-+ 0#]*[\d.*]*(?:ll|l|z|h)?[a-zA-Z%]")


def call_at(source, start):
    """The text of a call from its opening parenthesis to the closing one, whatever its strings contain."""
    depth, at = 1, start
    while depth:
        string = STRING.match(source, at)
        if string:
            at = string.end()
            continue
        depth += {"(": 1, ")": -1}.get(source[at], 0)
        at += 1
    return source[start:at]


def texts(call):
    """The strings of a call; adjacent strings are joined, also with a macro such as PRIu64 between them."""
    joined = re.sub(r'"\s*PRI[a-z0-9]+\s*"', "d", call)
    joined = re.sub(r'"\s*PRI[a-z0-9]+', 'd"', joined)
    joined = re.sub(r'(?<!\\)"\s+"', "", joined)
    return [string[1:-1].replace('\\"', '"') for string in STRING.findall(joined)]


def fixed_parts(text):
    return [part for part in (part.strip(" ;:,'(") for part in SPECIFIER.split(text)) if len(part.split()) >= 3]


def messages(path):
    source = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
    found = [text for call in CALL.finditer(source) for text in texts(call_at(source, call.end()))]
    return [part for text in found for part in fixed_parts(text)]


def reject_reasons():
    header = (ROOT / "src/core/base/counters.h").read_text()
    return set(re.findall(r"\bX\((\w+)\)", re.search(r"#define COUNTERS_REJECTED\(X\)((?:.*\\\n)*.*)", header)[1]))


def remedies():
    """The items of the list under "What to do about each reject reason"."""
    part = (ROOT / "man" / PAGE).read_text().partition(".Ss What to do about each reject reason\n")[2]
    return set(re.findall(r"^\.It Cm (\w+)$", re.split(r"^\.S[hs] ", part, flags=re.M)[0], flags=re.M))


def main():
    page = re.sub(r"\s+", " ", (ROOT / "man" / PAGE).read_text())
    paths = [path for path in sorted((ROOT / "src").glob("**/*.c")) if path.name not in OTHERS]
    parts = [(path.name, part) for path in paths for part in messages(path)]
    check(f"every message of anomdetect and anomban is in {PAGE}",
          [f"{name}: {part}" for name, part in parts if part not in page] or ([] if len(parts) > 100 else ["few messages"]))
    check(f"{PAGE} has a remedy for every reject reason, and no other", reject_reasons() ^ remedies())
    return done()


sys.exit(main())
