"""Reads the constants of the sources for the tests beside this file."""
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def source(file):
    """The text of a file of src, without comments."""
    return re.sub(r"/\*.*?\*/", "", (ROOT / "src" / file).read_text(), flags=re.S)


def constant(name, file):
    """The value of a macro or a struct span; a time is in seconds. None if the file has no such constant."""
    found = re.search(rf"^#define {name}\s+(.*)$|^static const struct span {name} = (.*);", source(file), flags=re.M)
    if not found:
        return None
    body = found[1] or found[2]
    body = re.sub(r"\bINT64_C\((\d+)\)", r"\1", body)
    value = eval(re.sub(r"\((?:struct span|int64_t|size_t)\)|(?<=\d)u\b|[{}]", "", body))  # numbers and operators alone
    return value / 1000 if name.endswith("_MS") or "span" in found[0] else value
