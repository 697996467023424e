#!/usr/bin/env python3
"""Files of src include only files of the same folder or of a folder before it in the lists below. No files include or
call each other in a circle. TAP on standard output. The checks are also tested with trees that break each promise.
"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
from promises import check, done  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("BUILD", "build")).resolve()

# The files of a folder may include files of this folder and of the folders before it. core never includes io. engine
# and show do not include each other.
CORE = ("core/base", "core/read", "core/measure", "core/judge", "core/record", "core/engine", "core/show")
IO = ("io/host", "io/firewall", "io/config", "io/run", "io/check")
ALLOWED = {folder: {*CORE[:i + 1]} for i, folder in enumerate(CORE)}
ALLOWED["core/show"].discard("core/engine")
ALLOWED.update({folder: {*CORE, *IO[:i + 1]} for i, folder in enumerate(IO)})


def includes(src):
    """{file: the included files of src}, as paths below src."""
    found = {}
    for path in sorted(src.glob("**/*.[ch]")):
        names = re.findall(r'^[ \t]*#[ \t]*include[ \t]*(?:"|<(?=(?:core|io)/))([^">]+)', path.read_text(), flags=re.M)
        found[str(path.relative_to(src))] = names
    return found


def folder_of(name):
    return name.rpartition("/")[0]


def wrong_directions(found):
    return [f"{name} includes {other}" for name, others in found.items() for other in others
            if folder_of(name) and folder_of(other) not in ALLOWED.get(folder_of(name), ())]


def unknown_folders(found):
    return [name for name in found if folder_of(name) and folder_of(name) not in ALLOWED]


def not_there(found):
    return [f"{name} includes {other}" for name, others in found.items() for other in others if other not in found]


def rings(edges):
    """The nodes on circles, each with its successors. Repeatedly drops the nodes without successors, then the nodes
    without predecessors."""
    left = {node: {other for other in others if other in edges} for node, others in edges.items()}
    while True:
        ends = {node for node, others in left.items() if not others}
        if not ends:
            break
        left = {node: others - ends for node, others in left.items() if node not in ends}
    starts = True
    while starts:
        starts = set(left) - {other for others in left.values() for other in others}
        left = {node: others for node, others in left.items() if node not in starts}
    return [f"{node} -> {', '.join(sorted(others))}" for node, others in left.items()]


def check_tree(src):
    found = includes(src)
    check("every #include in quotes, or of core/ or io/, names an existing file of src", not_there(found) if found else ["no files"])
    check("every folder of src is one of the layers", unknown_folders(found))
    check("every #include names a file of the same folder or of a folder before it", wrong_directions(found))
    check("no files include each other in a circle", rings({name: set(others) for name, others in found.items()}))


def calls(objects):
    """{file: the files whose functions or data this file uses}, from the symbols of the object files."""
    defined, wanted = {}, {}
    for path in sorted(objects.glob("**/*.o")):
        name = str(path.relative_to(objects))[:-2]
        if not (ROOT / "src" / (name + ".c")).exists():
            continue  # an old object file, whose source has moved
        listed = subprocess.run(["nm", "-P", path], text=True, capture_output=True, check=True).stdout
        symbols = [line.split()[:2] for line in listed.splitlines()]
        wanted[name] = {symbol for symbol, kind in symbols if kind == "U"}
        defined.update({symbol: name for symbol, kind in symbols if kind in "TDBRVWC"})
    return {name: {defined[s] for s in symbols if defined.get(s, name) != name} for name, symbols in wanted.items()}


def check_calls(objects):
    found = calls(objects)
    check("no files call each other in a circle", rings(found) if any(found.values()) else ["no calls found"])


BROKEN = {
    "upward": ({"core/base/a.h": '#include "core/read/b.h"', "core/read/b.h": ""}, wrong_directions),
    "core to io": ({"core/show/a.c": '#include "io/host/b.h"', "io/host/b.h": ""}, wrong_directions),
    "in angle brackets": ({"core/show/a.c": "#include <io/host/b.h>", "io/host/b.h": ""}, wrong_directions),
    "show to engine": ({"core/show/a.c": '# include "core/engine/b.h"', "core/engine/b.h": ""}, wrong_directions),
    "new folder": ({"core/misc/a.h": ""}, unknown_folders),
    "no file": ({"core/base/a.h": '#include "core/base/gone.h"'}, not_there),
    "circle": ({"core/base/a.h": '#include "core/base/b.h"', "core/base/b.h": '#include "core/base/c.h"',
                "core/base/c.h": '#include "core/base/a.h"'}, lambda f: rings({k: set(v) for k, v in f.items()})),
}


def check_self():
    for name, (files, finder) in BROKEN.items():
        with tempfile.TemporaryDirectory() as folder:
            for path, text in files.items():
                (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
                (Path(folder) / path).write_text(text + "\n")
            check(f"the checks find the fault of a broken tree: {name}", [] if finder(includes(Path(folder))) else ["not found"])


check_tree(ROOT / "src")
check_calls(BUILD / "src")
check_self()
sys.exit(done())
