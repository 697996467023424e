"""anom_hints - the end of a message, which says what was probably meant: for wrong options, and for lines that are no events.

Each function gives "" or a text that begins with "; ".
"""
import difflib
import re

from anom_events import clean

# The first bytes of a compressed stream, and the command that reads it.
PACKED = ((b"\x1f\x8b", "zcat FILE"), (b"\x28\xb5\x2f\xfd", "zstd -dc FILE"), (b"\xfd7zXZ", "xz -dc FILE"),
          (b"BZh", "bzip2 -dc FILE"))


def of_line(line, program):
    """What the input's first line is, if it is no event; bytes."""
    for magic, command in PACKED:
        if line.startswith(magic):
            return f"; the input is compressed, so put `{command} |` before {program}"
    if re.match(rb"[0-9A-Fa-f.:]{3,45} \S+ \S+ \[", line) or re.match(rb'\{.*"(remote_addr|request|status)"', line):
        return f"; the input is an access log, so put `anomdetect |` before {program}"
    return ""


def near(word, words):
    found = difflib.get_close_matches(word, words, 1, 0.75) or [w for w in words if len(word) > 2 and w.startswith(word)]
    return f"; did you mean {found[0]}?" if found else ""


def of_argument(word, options, program):
    """A word of the command line that is none of the options, which are written with their dashes."""
    if "--" + word in options:
        return f"; did you mean --{word}?"
    if word.startswith("-"):
        return near(re.sub("^-*", "--", word.partition("=")[0]), options) or f"; see {program} --help"
    return f"; input comes on standard input: {program} <FILE" if re.search(r"[./]", word) else f"; see {program} --help"


def of_usage(message, options, program):
    """argparse's message, and its end."""
    message = re.sub(r"^argument (-\w/)?", "", message)
    unknown = re.match(r"unrecognized arguments: (\S+)", message)
    if not unknown:
        return f"{message}; see {program} --help"
    kind = "unknown option " if unknown[1].startswith("-") else "it takes no "
    return f"{kind}{clean(unknown[1])}{of_argument(unknown[1], options, program)}"
