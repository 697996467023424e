"""Parses --help of a program: the layouts of the programs and of the filters in contrib."""
import re

ENTRY = re.compile(r" +(-[A-Za-z0-9-]+(?:, +-[A-Za-z0-9-]+)*)(?: (\S.*?))?(?:  +(.*))?")


def options_of(text):
    """Long name -> (letter or "", default or None). An entry of several options may have a default for each: "(32 and
    64)"."""
    entries, found = [], {}
    for line in text.splitlines():
        m = ENTRY.fullmatch(line)
        if m:
            entries.append([re.split(r", +", m[1]), m[3] or ""])
        elif re.match(r" {16}", line) and entries:
            entries[-1][1] += " " + line.strip()
    for words, told in entries:
        default = re.search(r"\(([^()]*)\)$", told)
        names = [word[2:] for word in words if word.startswith("--")]
        each = default[1].split(" and ") if default else [None]
        for name, value in zip(names, each if len(each) == len(names) else each * len(names)):
            before = words[:words.index("--" + name)]
            found[name] = (before[-1][1] if before and re.fullmatch("-[A-Za-z]", before[-1]) else "", value)
    return found
