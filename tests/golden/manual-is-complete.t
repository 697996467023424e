#!/usr/bin/env python3
"""The manual pages and the programs name the same options, defaults and ranges; kinds, members, reasons and counters of
events; reject reasons; exit statuses; and members of the state file and of the memory file. TAP on standard output.

The test reads what the programs have from --help, messages and replays, and reads reasons and exit statuses from the
sources. It reads the pages as mdoc:
    .It Fl x , Fl Fl long          an option, whose text may end in "Default: V." and "Range: A to B."
    .It Va name , other            a member or counter of its section
    .Ss KIND [SCOPE]: title        in EVENTS, with one example in a .Bd -literal display
    .It N                          in EXIT STATUS
"""
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
import help_text  # noqa: E402
from promises import check, done  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("BUILD", "build")).resolve()
PROGRAMS = ("anomdetect", "anomban", "anomstat", "anomcount")
FILTERS = ("anom-notify", "anom-audit", "anom-allow", "anom-report", "anom-deny")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
# Members of events that the replays of this test cannot print, because they need a kernel or a proxy in the log.
ANY_LIVE = {"lost"}  # a replay loses no event: tests/unit/record/test_event_lost.c
LIVE = {"alert origin": {"offset"}, "start": {"ssh_peers_more"}, "alert bans": {"client", "message"}, "ban": {"enforceable", "lift"},
        "unban": {"repeat"}}
# A flood of requests, and then a flood of errors.
TRAFFIC = ["--minutes", "41", "--clients", "8", "--ipv6", "0.25",
           "--flood", "50@35m+150,203.0.113.7", "--flood", "40@39m+40,2001:db8:bad::1,401"]
# A flood of over 30 minutes, so that the detector accepts its level as normal.
LASTING = ["--minutes", "72", "--clients", "8", "--ipv6", "0.25", "--flood", "10@35m+1900,203.0.113.7"]


def differ(name_a, a, name_b, b):
    return [f"{x}: in {name_a}, not in {name_b}" for x in a - b] + \
           [f"{x}: in {name_b}, not in {name_a}" for x in b - a]


def run(program, *args, **more):
    env = dict(os.environ, LC_ALL="C", HOME="/nonexistent")
    path = BUILD / program if program in PROGRAMS else ROOT / "contrib" / program
    return subprocess.run([path, *args], env=env, text=True, capture_output=True, timeout=120, **more)


# ---- the pages ----

def page(name):
    return (ROOT / "man" / name).read_text()


def parts(text, macro):
    """Title -> text of each section (.Sh) or subsection (.Ss)."""
    pieces = re.split(rf"^\.{macro} (.*)$", text, flags=re.M)
    return dict(zip(pieces[1::2], pieces[2::2]))


def plain(text):
    """The text without macros and line ends, so that a phrase can be searched."""
    lines = (re.sub(r"^\.[A-Z][a-z] ", "", line) for line in text.splitlines())
    return re.sub(r"\s+([.,])", r"\1", " ".join(lines))


def options_of(text):
    """Long name -> (letter or "", text of the item)."""
    found = {}
    for item in re.split(r"^\.It ", text, flags=re.M)[1:]:
        head, _, body = item.partition("\n")
        long = re.search(r"\bFl (?:Fl |-)([a-z0-9-]+)", head)
        short = re.match(r"Fl ([A-Za-z])\b", head)
        if long:
            found[long[1]] = (short[1] if short else "", re.split(r"^\.(?:El|Sh|Ss)", body, flags=re.M)[0])
    return found


def items_of(text):
    """The names of .It Va items."""
    names = set()
    for head in re.findall(r"^\.It Va (.*)$", text, flags=re.M):
        names.update(re.split(r" , ", head))
    return names


def members_of(text):
    """Every name marked as a member (Va), in items and in the text."""
    names = items_of(text)
    for line in re.findall(r"^\.Va (.*)$", text, flags=re.M):
        names.update(re.findall(r"[a-z0-9_]+", line))
    return names


# ---- options ----

def help_of(program):
    """Long name -> (letter, default or None), from --help."""
    return help_text.options_of(run(program, "--help").stdout)


def seconds(text):
    m = re.fullmatch(r"([0-9.]+)([smhd]?)", text)
    return float(m[1]) * UNITS.get(m[2], 1) if m else None


def wrong_ranges(program, manual):
    wrong = []
    for name, (_, body) in manual.items():
        told = re.search(r"Range: (\S+) to (\S+)\.", plain(body))
        said = re.search(r" from ([0-9.e+-]+)([smhd]?) to ([0-9.e+-]+)([smhd]?)",
                         run(program, f"--{name}=!", "--help").stderr)
        has = [float(x) * UNITS.get(unit, 1) for x, unit in (said.groups()[:2], said.groups()[2:])] if said else None
        says = [seconds(x) for x in told.groups()] if told else None
        if has != says:
            wrong.append(f"--{name}: the program's range is {has}, the manual's {says}")
    return wrong


def check_options(program, text):
    manual, has = options_of(text), help_of(program)
    check(f"every option of {program} is in its manual, and no other",
          differ("the manual", {(long, letter) for long, (letter, _) in manual.items()},
                 "--help", {(long, letter) for long, (letter, _) in has.items()}) or ([] if has else ["no options"]))
    known = set(has)
    check(f"the manual of {program} names only existing options",
          [f"--{n}" for n in re.findall(r"\bFl (?:Fl |-)([a-z0-9-]+)", text) if n not in known])
    return manual, has


def check_defaults(program, manual, has):
    wrong = []
    for name, (_, default) in has.items():
        told = re.search(r"Default: (\S+)\.(?: |$)", plain(manual[name][1])) if name in manual else None
        if (told[1] if told else None) != default:
            wrong.append(f"--{name}: --help says {default}, the manual {told and told[1]}")
    check(f"every default in the manual of {program} is the program's", wrong)
    check(f"every range in the manual of {program} is the program's", wrong_ranges(program, manual))


def check_groups(sections):
    """Each group of options in anomdetect --help has the same name and options as a subsection of MORE OPTIONS in the
    manual; the group Everyday has those of the section OPTIONS."""
    pieces = re.split(r"^([A-Z][a-z ]+):$", run("anomdetect", "--help").stdout, flags=re.M)
    helped = {title: list(help_text.options_of(text)) for title, text in zip(pieces[1::2], pieces[2::2])}
    manual = {"Everyday": list(options_of(sections["OPTIONS"]))}
    manual.update((title, list(options_of(text))) for title, text in parts(sections["MORE OPTIONS"], "Ss").items())
    check("the groups of options of anomdetect have the same names, options and order in the manual and in --help",
          [f"{title}: --help has {helped.get(title)}, the manual {manual.get(title)}"
           for title in {**helped, **manual} if helped.get(title) != manual.get(title)] +
          ([] if list(helped) == list(manual) else ["another order"]) + ([] if helped else ["--help has no groups"]))


# ---- events ----

def shape(value):
    """The names of all members of an object and of its inner objects, in order. Only the first element of a list counts."""
    names = []
    for key, inner in value.items():
        names.append(key)
        while isinstance(inner, list):
            inner = inner[0] if inner else None
        if isinstance(inner, dict):
            names += shape(inner)
    return names


def kind_of(event):
    scope = event.get("scope")
    return event["event"] + (" " + scope if event["event"] == "alert" or scope == "origin" else "")


def replays(tmp):
    """Events of replays that print each member that needs no firewall. The files stay in tmp."""
    log, lasting = (subprocess.run([ROOT / "tests/traffic.py", *args], text=True, capture_output=True, check=True).stdout
                    for args in (TRAFFIC, LASTING))
    events = []
    for log, *args in ((log, "--state", f"{tmp}/state.json", "--schedule", "2m"),  # the first ban expires, the second does not
                       (log, "--state", "none", "--schedule", "1h", "--announce", "1m"),
                       (log, "--state", "none", "--allow", "203.0.113.7"),
                       (lasting, "--state", "none", "--allow", "203.0.113.7"),
                       (log, "--state", "none", "--schedule", "1s", "--max-bans-per-minute", "1")):  # banned again within a minute
        out = run("anomdetect", "--replay", *args, input=log)
        events += [json.loads(line) for line in out.stdout.splitlines()]
    lines = subprocess.run(["./in.py"], cwd=ROOT / "tests/golden/silent-hosts-and-missing-lines-are-reported",
                           text=True, capture_output=True, check=True).stdout
    run("anomdetect", "--replay", "--format", "counts", "--state", f"{tmp}/root.json", input=lines)
    for case in ("counts-of-all-hosts-are-judged-together", "counts-are-judged-request-by-request", "silent-hosts-and-missing-lines-are-reported"):
        with open(ROOT / "tests/golden" / case / "out.jsonl") as lines:
            events += [json.loads(line) for line in lines]
    return events


def check_events(sections, kinds, events):
    titles = parts(sections["EVENTS"], "Ss")
    docs = {title.partition(":")[0]: text for title, text in titles.items() if ":" in title}
    common = items_of(titles["Members of every event"])
    check("every kind of event is in the manual, and no other",
          differ("the manual", {k.split()[0] for k in docs}, "--help", kinds))
    if "alert client" in docs:
        docs["alert client"] += "\n".join(f".Va {name}" for name in items_of(docs.get("ban", "")))
    seen = {}
    for event in events:
        seen.setdefault(kind_of(event), []).append(event)
    check("the replays print every kind but error", differ("the manual", set(docs) - {"error"}, "replays", set(seen)))
    wrong_members, wrong_examples = [], []
    for kind, text in docs.items():
        printed = {name for event in seen.get(kind, []) for name in shape(event)}
        documented = common | members_of(text)
        wrong_members += [f"{kind}: {n} is printed, but not in the manual" for n in printed - documented]
        if kind != "error":
            wrong_members += [f"{kind}: {n} is in the manual, but never printed"
                              for n in common | items_of(text) if n not in printed | LIVE.get(kind, set()) | ANY_LIVE]
        example = re.search(r"^\.Bd -literal.*\n((?:.*\n)*?)\.Ed$", text, flags=re.M)
        try:
            event = json.loads(example[1].replace("\n", ""))
        except (TypeError, ValueError) as e:
            wrong_examples.append(f"{kind}: no example that is JSON: {e}")
            continue
        if kind == "error":
            if not set(event) <= documented:
                wrong_examples.append(f"error: {sorted(set(event) - documented)} not in the manual")
        elif shape(event) not in [shape(e) for e in seen.get(kind, [])]:
            wrong_examples.append(f"{kind}: no event has the example's members: {' '.join(shape(event))}")
    check("every member of every event is in the manual, and no other", wrong_members)
    check("every example of an event has the members of a printed event", wrong_examples)


def check_reasons(text):
    """The reasons of events. The patterns match the places where the sources set a reason."""
    source = "".join(path.read_text() for path in (ROOT / "src").glob("**/*.c"))
    given = (r'\breason = "(\w+)"', r'\btell_(?:firewall_)?error\(\w+,\s*"(\w+)"',
             r'\bemit_unban\([^;]*?"(\w+)"', r'tell_baseline\([^;]*?"(\w+)"')
    words = {word for pattern in given for word in re.findall(pattern, source)}
    documented = set(re.findall(r"^\.Cm (\w+)", text, flags=re.M))
    check("every reason that an event can have is in the manual", words - documented if len(words) > 5 else ["none"])


def check_counters(sections):
    stop = json.loads(run("anomdetect", "--replay", "--state", "none", "--events", "stop", input="").stdout)
    text = parts(sections["EVENTS"], "Ss")["stop: the run ends"]
    check("every counter is in the manual, and no other",
          differ("the manual", items_of(text), "the stop event", set(stop) - {"event", "time", "mode"}))
    header = (ROOT / "src/core/base/counters.h").read_text()
    block = re.search(r"#define COUNTERS_REJECTED\(X\)((?:.*\\\n)*.*)", header)[1]
    reasons = set(re.findall(r"\bX\((\w+)\)", block))
    manual = items_of(parts(sections["INPUT FIELDS"], "Ss")["Reject reasons"])
    check("every reject reason is in the manual, and no other", differ("the manual", manual, "counters.h", reasons))


# ---- the rest ----

def check_file(title, paths, text):
    """paths: the files of a run that read a log, and of a run that read counts."""
    has = {}
    for path in paths:
        has.update((name, value) for name, value in json.loads(path.read_text()).items() if value or name not in has)
    counters = set(has.pop("counters", {}))
    check(f"every member of the {title} is in the manual, and no other",
          [f"{n} is in the file, but not in the manual" for n in set(shape(has)) - members_of(text)] +
          [f"{n} is in the manual, but not in the file" for n in items_of(text) - set(has) - {"counters"}] +
          ([] if "counters" in items_of(text) or not counters else ["counters are not in the manual"]))


def check_json(path, text):
    """Checks the members that anomstat --json adds to the state file's members."""
    has = json.loads(run("anomstat", "-s", path, "--json").stdout)
    check("every member that anomstat --json adds is in its manual, and no other",
          differ("the manual", items_of(text), "--json", set(has) - set(json.loads(path.read_text()))))


def check_exit_statuses(program, text):
    source = (ROOT / f"src/{program}.c").read_text()
    if program == "anomdetect":
        source = (ROOT / "src/io/run/app.h").read_text()
    codes = set(re.findall(r"= (\d+)", re.search(r"enum exit_code \{([^}]*)\}", source)[1]))
    manual = set(re.findall(r"^\.It (\d+)$", text, flags=re.M))
    check(f"every exit status of {program} is in its manual, and no other",
          differ("the manual", manual, f"{program}.c", codes))


def check_orders(text):
    header = (ROOT / "src/core/record/order.h").read_text()
    names = set(re.findall(r"\bX\([A-Z_]+, (\w+)\)", header))
    check("every counter of anomban is in its manual, and no other",
          differ("the manual", items_of(text), "order.h", names) or ([] if names else ["no counters"]))


def check_counting(text):
    listed = re.search(r"#define COUNTING_COUNTERS\(X\)((?:.*\\\n)*.*)", (ROOT / "src/core/engine/counting.h").read_text())
    said = run("anomcount", "-r", "-v", "--origin", "a", "--state", "none", input="").stderr
    names = set(re.findall(r"([a-z_]+) \d+", said.splitlines()[-1]))
    check("every counter of anomcount is in the manual, and no other",
          differ("the manual", items_of(text), "anomcount", names) or
          [name for name in re.findall(r"\bX\((\w+)\)", listed[1]) if name not in names] or ([] if names else ["none"]))


def check_formats(text):
    source = (ROOT / "src/core/read/format.c").read_text()
    rows = re.sub(r'^#include.*|\.(?:name|access) = "[^"]*"', "", source, flags=re.M)
    names = set(re.findall(r'"([^"]+)"', rows))
    documented = set(re.findall(r"[@:\w.-]+", " ".join(re.findall(r"\bVa (.*)$", text, flags=re.M))))
    check("every field of every format is in the manual", [f"{n}" for n in names - documented] or
          ([] if len(names) > 100 else ["format.c has few names"]))


def titles_of(text):
    return {title.strip('"') for title in re.findall(r"^\.S[hs] (.*)$", text, flags=re.M)}


def unnamed(pages):
    readme = (ROOT / "README.md").read_text()
    lacking = [f"README.md: {name}" for name in pages if "`" + re.sub(r"\.(.)$", r"(\1)", name) + "`" not in readme]
    for name, text in pages.items():
        wanted = {other.replace(".", " ") for other in pages} if name == "anomdetect.8" else \
            set(re.findall(r"\bXr (anom[\w-]+ \d)", text))
        also = re.findall(r"^\.Xr (\S+ \d)", parts(text, "Sh")["SEE ALSO"], flags=re.M)
        lacking += [f"{name}: {other}" for other in wanted - set(also) - {name.replace(".", " ")}]
    return lacking


def check_references(options):
    """Checks references. A reference to a section of another page is `.Sx TITLE`, then `in`, then `.Xr PAGE N`."""
    pages = {path.name: path.read_text() for path in (ROOT / "man").glob("*.[1-8]")}
    wrong, guides = [], [name for name in pages if name.endswith(".7")]
    for name, text in pages.items():
        for other in set(re.findall(r"\bXr (anom[\w-]+ \d)", text)):
            if other.replace(" ", ".") not in pages:
                wrong.append(f"{name}: there is no {other}")
        for title, other in re.findall(r"\bSx (.*?)(?: [.;,)])*(?:\nin\n\.Xr (anom[\w-]+ \d).*)?$", text, flags=re.M):
            if title not in titles_of(pages.get(other.replace(" ", "."), "") if other else text):
                wrong.append(f"{name}: there is no section '{title}' in {other or 'it'}")
    check("every page and section that a page refers to exists", wrong or ([] if guides else ["no pages of section 7"]))
    check("every option that a page of section 7 names is an option of a program",
          {f"{name}: --{option}" for name in guides
           for option in re.findall(r"\bFl (?:Fl |-)([a-z0-9-]+)", pages[name]) if option not in options})
    check("each anomdetect page that a page names is in its SEE ALSO; anomdetect(8) and README.md name all pages", unnamed(pages))


def main():
    for program in PROGRAMS:
        if not (BUILD / program).exists():
            sys.exit(f"Bail out! {BUILD / program} is not built")
    eight, five = page("anomdetect.8"), page("anomdetect.5")
    sections8, sections5 = parts(eight, "Sh"), parts(five, "Sh")
    manual, has = check_options("anomdetect", eight)
    check_groups(sections8)
    check_options("anomstat", page("anomstat.1"))
    check_defaults("anomdetect", manual, has)
    for program in FILTERS:
        check_defaults(program, *check_options(program, page(f"{program}.1")))
    ban = page("anomban.8")
    check_defaults("anomban", *check_options("anomban", ban))
    check_orders(parts(ban, "Sh")["INPUT"])
    check_exit_statuses("anomban", parts(ban, "Sh")["EXIT STATUS"])
    check_defaults("anomcount", *check_options("anomcount", page("anomcount.1")))
    check_counting(parts(sections5["COUNTS"], "Ss")["Counters of anomcount"])
    check_exit_statuses("anomcount", parts(page("anomcount.1"), "Sh")["EXIT STATUS"])
    kinds = re.search(r"--events LIST +(\S+)", run("anomdetect", "--help").stdout)[1].split(",")
    with tempfile.TemporaryDirectory(prefix="anomdetect-manual.") as tmp:
        check_events(sections5, set(kinds), replays(tmp))
        check_reasons(sections5["EVENTS"])
        check_counters(sections5)
        for title, end in (("state file", ".json"), ("memory file", ".json.memory")):
            check_file(title, [Path(tmp) / (name + end) for name in ("root", "state")], sections5[title.upper()])
        check_json(Path(tmp) / "state.json", parts(page("anomstat.1"), "Ss")["For other programs"])
    check_exit_statuses("anomstat", parts(page("anomstat.1"), "Sh")["EXIT STATUS"])
    check_exit_statuses("anomdetect", sections8["EXIT STATUS"])
    check_formats(sections5["INPUT FIELDS"])
    check_references({name for program in PROGRAMS for name in help_of(program)})
    return done()


sys.exit(main())
