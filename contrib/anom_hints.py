"""anom_hints - hints at the end of a message, about wrong options and about lines that are not events.

Each function returns "" or a text that begins with "; ", except packed and of_usage.
"""
import difflib
import re

from anom_events import clean

# Of each kind of input: its first bytes, the command that converts it to text, and its description.
PACKED = ((b"\x1f\x8b", "zcat FILE", "compressed"), (b"\x28\xb5\x2f\xfd", "zstd -dc FILE", "compressed"),
          (b"\xfd7zXZ", "xz -dc FILE", "compressed"), (b"BZh", "bzip2 -dc FILE", "compressed"),
          (b"\x04\x22\x4d\x18", "lz4 -dc FILE", "compressed"), (b"PK\x03\x04", "unzip -p FILE", "a zip archive"),
          (b"\xff\xfe", "iconv -f UTF-16 -t UTF-8 FILE", "text in UTF-16"),
          (b"\xfe\xff", "iconv -f UTF-16 -t UTF-8 FILE", "text in UTF-16"))


def packed(line):
    """Returns the command and the description of the input (`line`: its first bytes); None if PACKED does not list it."""
    return next(((command, what) for magic, command, what in PACKED if line.startswith(magic)), None)


def of_line(line, program):
    """A hint about the first line (bytes) of the input that is not an event."""
    if packed(line):
        command, what = packed(line)
        return f"; the input is {what}, so put `{command} |` before {program}"
    if re.match(rb"[0-9A-Fa-f.:]{3,45} \S+ \S+ \[", line) or re.match(rb'\{.*"(remote_addr|request|status)"', line):
        return f"; the input is an access log, so put `anomdetect |` before {program}"
    return ""


def near(word, words):
    found = difflib.get_close_matches(word, words, 1, 0.75) or [w for w in words if len(word) > 2 and w.startswith(word)]
    return f"; did you mean {found[0]}?" if found else ""


def of_argument(word, options, program):
    """A hint about a wrong word of the command line. `options`: the long options with their dashes."""
    if "--" + word in options:
        return f"; did you mean --{word}?"
    if word.startswith("-"):
        return near(re.sub("^-*", "--", word.partition("=")[0]), options) or f"; see {program} --help"
    return f"; input comes on standard input: {program} <FILE" if re.search(r"[./]", word) else f"; see {program} --help"


def of_usage(message, options, program):
    """The message of argparse with a hint."""
    message = re.sub(r"^argument (-\w/)?", "", message)
    unknown = re.match(r"unrecognized arguments: (\S+)", message)
    if not unknown:
        return f"{message}; see {program} --help"
    kind = "unknown option " if unknown[1].startswith("-") else "unexpected argument "
    return f"{kind}{clean(unknown[1])}{of_argument(unknown[1], options, program)}"
