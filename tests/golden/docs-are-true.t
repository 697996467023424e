#!/usr/bin/env python3
"""README.md and CONTRIBUTING.md are true: they name each file of src once, and only paths, links, make targets and
options that exist. TAP on standard output.

CONTRIBUTING.md has one table for each folder of src. The first column of each row has one or more names of files in
backquotes: `name` stands for name.c and, if it exists, name.h; `name.h` stands for a header alone.
"""
import os
import re
import subprocess
import sys
import xml.etree.ElementTree
from collections import Counter
from pathlib import Path

sys.dont_write_bytecode = True
from promises import check, done  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("BUILD", "build")).resolve()
PROGRAMS = [BUILD / name for name in ("anomdetect", "anomban", "anomstat", "anomcount")] + \
    [ROOT / "contrib" / name for name in ("anom-notify", "anom-audit", "anom-allow", "anom-report", "anom-deny")]
README, CONTRIBUTING = ((ROOT / name).read_text() for name in ("README.md", "CONTRIBUTING.md"))


def named(folder):
    """How often each file is named in the table whose heading is this folder."""
    table = re.search(rf"^\| `src/{folder}/`.*\n((?:\|.*\n)+)", CONTRIBUTING, flags=re.M)
    cells = [row.split("|")[1] for row in table[1].splitlines()[1:]] if table else []
    return Counter(name for cell in cells for name in re.findall(r"`([^`]+)`", cell))


def there(folder):
    sources = {path.stem for path in (ROOT / "src" / folder).glob("*.c")}
    return sources | {path.name for path in (ROOT / "src" / folder).glob("*.h") if path.stem not in sources}


def check_table(folder):
    has, says = there(folder), named(folder)
    check(f"each file of {folder} is in CONTRIBUTING.md exactly once",
          [f"not named: {name}" for name in has - set(says)] + [f"not there: {name}" for name in set(says) - has] +
          [f"named {n} times: {name}" for name, n in says.items() if n > 1] + ([] if has else ["no files"]))


def check_makefile(folder):
    text = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    lists = re.findall(rf"\$\(call files,{folder},([^)]*)\)", text)
    listed = sorted(name for names in lists for name in names.split())
    wanted = sorted(name for name in there(folder) if not name.endswith(".h"))
    check(f"the Makefile lists each file of {folder}, exactly once",
          [f"listed: {listed}, there: {wanted}"] if listed != wanted else [])


def paths_in(text):
    """Paths of this tree in backquotes, commands and links; without built files and paths with a placeholder."""
    found = set(re.findall(r"(?<![\w/.-])(?:src|tests|contrib|man|\.ci)/[\w./*-]*[\w/*]", text))
    found |= {link for link in re.findall(r"\]\(([^)#]+)", text) if ":" not in link}
    return {path for path in found if not re.search(re.escape(path) + r"[<{]", text)}


def check_paths(name, text):
    found = paths_in(text)
    check(f"every path that {name} names exists",
          [path for path in found if not list(ROOT.glob(path.rstrip("/")))] + ([] if found else ["no paths"]))


def check_targets(name, text):
    makefiles = [ROOT / "Makefile", *ROOT.glob("contrib/*.mk")]
    targets = {name for path in makefiles for name in re.findall(r"^([\w-]+):", path.read_text(), flags=re.M)}
    wanted = set(re.findall(r"(?:^ {4}|`)(?:sudo )?make (?:[A-Z]+=\S+ )*([a-z][\w-]+)", text, flags=re.M))
    check(f"every make target that {name} names exists", wanted - targets if wanted else ["no targets"])


def check_options():
    known = set()
    for program in PROGRAMS:
        said = subprocess.run([program, "--help"], text=True, capture_output=True, timeout=60).stdout
        known |= set(re.findall(r"--[a-z0-9][a-z0-9-]*", said))
    names = "|".join(program.name for program in PROGRAMS)
    ours = re.sub(rf"^ {{4}}(?:(?!\b(?:{names}) ).)*", "", README, flags=re.M)  # from our program on
    wanted = set(re.findall(r"(?<![\w-])--[a-z0-9][a-z0-9-]*", ours))
    check("every option that README.md names is an option of a program", wanted - known if wanted else ["no options"])


def check_length():
    lines = README.count("\n")
    check("README.md has under 180 lines", [] if lines < 180 else [f"{lines} lines"])


def check_width():
    wide = [f"line {n}: {len(line)} columns" for n, line in enumerate(README.splitlines(), start=1)
            if len(line) > 125 and not line.startswith(("|", "!["))]
    check("README.md has no line of text or code over 125 columns", wide)


def check_commands():
    """tests/package/readme.sh runs these commands unchanged, so they must have no placeholders."""
    section = re.search(r"^## Five minutes.*?(?=^## )", README, flags=re.M | re.S)[0]
    commands = re.findall(r"^ {4}(\S.*)", section, flags=re.M)
    check("the commands of README.md's five minutes have no placeholders",
          [line for line in commands if re.search(r"\.\.\.|<[a-zA-Z]+>|\b[A-Z]{3,}\b(?!=)", line.split("   #")[0])] if commands
          else ["no commands"])


def check_pictures():
    wrong, pictures = [], re.findall(r"!\[[^]]*\]\(([^)]+)\)", README)
    for picture in pictures:
        try:
            xml.etree.ElementTree.parse(ROOT / picture)
        except (OSError, xml.etree.ElementTree.ParseError) as e:
            wrong.append(f"{picture}: {e}")
    check("README.md has a picture, and each picture is valid XML", wrong if pictures else ["none"])


def main():
    for program in PROGRAMS:
        if not program.exists():
            sys.exit(f"Bail out! {program} is not there")
    for folder in sorted({str(path.parent.relative_to(ROOT / "src")) for path in (ROOT / "src").glob("*/*/*.[ch]")}):
        check_table(folder)
        check_makefile(folder)
    loose = [str(path.relative_to(ROOT)) for path in (ROOT / "src").glob("*/*.[ch]")]
    check("each file of src/core and src/io is in one of their folders", loose)
    check("each program is in CONTRIBUTING.md",
          [path.name for path in (ROOT / "src").glob("*.c") if f"`src/{path.name}`" not in CONTRIBUTING])
    for name, text in (("README.md", README), ("CONTRIBUTING.md", CONTRIBUTING)):
        check_paths(name, text)
        check_targets(name, text)
    check_options()
    check_length()
    check_width()
    check_commands()
    check_pictures()
    return done()


sys.exit(main())
