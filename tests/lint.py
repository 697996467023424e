#!/usr/bin/env python3
"""tests/lint.py - checks that clang-format and the compilers do not make. `make lint` runs it.

- No line of a *.c or *.h file of src and tests has over 100 columns. A tab extends to the next multiple of 8, and a
  character is one column. clang-format does not wrap comments and literals.
- No file has over 500 lines, and no function over 60, braces included.
- The name of a static function of src has at least two words, because a backtrace or grep often shows only the name.

Each fault is printed as file:line. First, each check is tried with texts that break its rule and with texts
that do not.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COLUMNS_MAX = 100
FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 60
TAB = 8

ATTRIBUTE = re.compile(r"__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)")
FUNCTION_BODY = re.compile(r"^\{(?:\n(?!\}).*)*\n\}$", flags=re.M)
STATIC_FUNCTION = re.compile(r"^[ \t]*static\b[\w\s*]*?(\w+)\(", flags=re.M)


def long_lines(text):
    """(line number, fault) of each line that is too long."""
    widths = ((number, len(line.expandtabs(TAB))) for number, line in enumerate(text.split("\n"), 1))
    return [(number, f"{width} columns, at most {COLUMNS_MAX}") for number, width in widths if width > COLUMNS_MAX]


def long_files(text):
    """(last line number, fault) of a text with too many lines."""
    lines = text.count("\n")
    return [(lines, f"{lines} lines in the file, at most {FILE_LINES_MAX}")] if lines > FILE_LINES_MAX else []


def long_functions(text):
    """(line number of the opening brace, fault) of each function that is too long."""
    sizes = ((found.start(), found[0].count("\n") + 1) for found in FUNCTION_BODY.finditer(text))
    return [(text.count("\n", 0, at) + 1, f"{lines} lines in the function, at most {FUNCTION_LINES_MAX}")
            for at, lines in sizes if lines > FUNCTION_LINES_MAX]


def bare_names(text):
    """(line number, fault) of each static function whose name is one word."""
    plain = ATTRIBUTE.sub(lambda found: "\n" * found[0].count("\n"), text)
    return [(plain.count("\n", 0, found.start(1)) + 1, f"{found[1]}: a static function has two words")
            for found in STATIC_FUNCTION.finditer(plain) if "_" not in found[1]]


SIZES = (long_lines, long_files, long_functions)

# (check, text to check, numbers of its lines with a fault)
TRIED = (
    (long_lines, "x" * 100 + "\n" + "x" * 101 + "\n", [2]),
    (long_lines, "\n/* " + "x" * 98, [2]),
    (long_lines, "\t" + "x" * 92 + "\n\t" + "x" * 93 + "\n", [2]),
    (long_lines, "1234567\t" + "x" * 92 + "\n12345678\t" + "x" * 85 + "\n", [2]),
    (long_lines, "\N{GREEK SMALL LETTER MU}" * 100 + "\n" + "\N{GREEK SMALL LETTER MU}" * 101 + "\n", [2]),
    (long_files, "\n" * 500, []),
    (long_files, "\n" * 501, [501]),
    (long_functions, "int a(void)\n{\n" + "\tx();\n" * 58 + "}\n", []),
    (long_functions, "int a(void)\n{\n}\n\nint b(void)\n{\n" + "\tx();\n" * 59 + "}\n", [6]),
    (long_functions, "static const int a[] =\n{\n" + "\t1,\n" * 90 + "};\nint b(void)\n{\n}\n", []),
    (bare_names, "static int find_client(void)\n{\n}\nstatic int find(void)\n{\n}\n", [4]),
    (bare_names, "static inline const struct client *\nfind(const struct clients *t, size_t n)\n{\n}\n", [2]),
    (bare_names, "__attribute__((pure)) static int first(int x);\n", [1]),
    (bare_names, "\nstatic __attribute__((format(printf, 1,\n2))) void print(const char *format, ...)\n", [3]),
    (bare_names, "static int (*compare)(int, int);\nstatic int n = max(1, 2);\nstatic struct x y[max(1, 2)];\n", []),
)


def main():
    for check, text, expected in TRIED:
        found = [number for number, _ in check(text)]
        if found != expected:
            sys.exit(f"lint: {check.__name__} reports lines {found}, not {expected}, in {text!r}")
    faults = 0
    for folder, checks in (("src", (*SIZES, bare_names)), ("tests", SIZES)):
        for path in sorted((ROOT / folder).glob("**/*.[ch]")):
            text = path.read_text(encoding="utf-8")
            for number, fault in (found for check in checks for found in check(text)):
                print(f"{path.relative_to(ROOT)}:{number}: {fault}")
                faults += 1
    sys.exit(1 if faults else 0)


main()
