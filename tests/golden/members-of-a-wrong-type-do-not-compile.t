#!/usr/bin/env python3
"""Rows of the tables of members (options, state file) compile only if their kind fits the type of their member. TAP on
standard output. Each kind is tested with a member of its own type, and with members of every other type.
"""
import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
from promises import check, done  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
# The compiler, as for make: CC=clang, or CC="ccache gcc".
CC = (os.environ.get("CC") or next(filter(shutil.which, ("gcc", "clang", "cc")), "")).split()

# {kind: the type of its members}, {type: a member of this type}, and a file with one row. "u32" also stands for enums
# and unsigned, because gcc and clang treat these as the same type.
OPTIONS = {"FLAG": "bool", "TEXT": "text", "COUNT": "u32", "NUMBER": "double", "SPAN": "span", "EVENTS": "u32",
           "SCHEDULE": "spans", "NETWORKS": "list", "ACTION": "u32"}
OPTION_MEMBERS = {"bool": "run.ban", "text": "input.format", "u32": "bans.ipv4_prefix",
                  "double": "detection.severe", "span": "bans.forget", "spans": "bans.schedule",
                  "list": "allow.networks", "size": "anomban.operands_n", "pointer": "anomban.operands"}
OPTION_ROW = """#include "io/config/options_table.h"
const struct options_row row = OPTIONS_ROW(BANS, "name", 0, OPTIONS_ANOMBAN, {kind}, {member}, 0, 1, NULL, "help");
"""

STATE = {"BOOL": "bool", "U32": "u32", "U64": "u64", "REAL": "double", "TIME": "instant", "TIME_OR_NONE": "instant",
         "TIME_OR_NEVER": "instant", "TEXT": "text", "ADDRESS": "address", "MODE": "bool", "SOURCE": "u32",
         "RULES": "u32", "TROUBLES": "u32", "REQUEST": "request"}
STATE_FIELDS = {"bool": "running", "u32": "pid", "u64": "memory_bytes", "double": "lines_per_s", "instant": "saved",
                "text": "host", "address": "top[0].client", "request": "bans[0].request",
                "doubles": "limits", "struct": "counters"}
STATE_ROW = """#include "core/record/state.h"
#include "core/record/state_members.h"
const struct state_member row = STATE_MEMBER("name", {kind}, false, state, {member}, 0, 1);
"""


def compiles(text):
    made = subprocess.run([*CC, "-std=gnu11", "-D_GNU_SOURCE", f"-I{ROOT / 'src'}", "-Wall", "-Wextra", "-Werror",
                           "-fsyntax-only", "-x", "c", "-"], input=text, text=True, capture_output=True, check=False)
    return made.returncode == 0, made.stderr


def check_table(name, row, types, members):
    refused, taken = [], []
    for kind, own in types.items():
        for other, member in members.items():
            ok, said = compiles(row.format(kind=kind, member=member))
            if other == own and not ok:
                refused += [f"{kind} with {member}: {said.splitlines()[0] if said else 'no reason'}"]
            if other != own and ok:
                taken += [f"{kind} with {member}"]
    check(f"{name}: a row of each kind accepts a member of its type", refused)
    check(f"{name}: a row of each kind refuses a member of another type", taken)


if not CC or not shutil.which(CC[0]):
    print("1..0 # SKIP no C compiler")
    sys.exit(0)
check_table("options", OPTION_ROW, OPTIONS, OPTION_MEMBERS)
check_table("state file", STATE_ROW, STATE, STATE_FIELDS)
sys.exit(done())
