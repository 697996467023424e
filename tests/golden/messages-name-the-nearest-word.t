#!/usr/bin/env python3
"""Each program answers a wrong word on the command line with the word that was probably meant. TAP on standard output.

Each case runs the real program and compares its whole standard error. The program refuses each command line before it
reads, bans or writes anything.
"""
import os
import re
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
from help_text import options_of  # noqa: E402
from promises import check, done  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("BUILD", "build")).resolve()
HINTS = ROOT / "src" / "io" / "config" / "option_hints.c"

FORMATS = "--format: '{}' is not auto, counts, combined, nginx, caddy, traefik, envoy, haproxy, kong, apisix, pino, ecs, " \
    "apache, fluentbit or generic"

CASES = (
    ("anomdetect --formt nginx", "unknown option --formt; did you mean --format?"),
    ("anomdetect --list", "unknown option --list; it is an option of anomban"),
    ("anomdetect -ban", "unknown option -ban; did you mean --ban?"),
    ("anomdetect -form nginx", "unknown option -form; did you mean --format?"),
    ("anomdetect -forw x", "unknown option -forw; did you mean --forwarded?"),
    ("anomdetect --reload", "unknown option --reload; it is an option of anom-deny"),
    ("anomdetect --html", "unknown option --html; it is an option of anomstat and anom-report"),
    ("anomdetect --maxretry 5", "unknown option --maxretry; limits are learned from visits; see "
     "anomdetect-detection(7)"),
    ("anomcount --logpath=/a", "unknown option --logpath=/a; lines are read from standard input"),
    ("anomban --dport 80", "unknown option --dport; did you mean --ports?"),
    ("anomstat -allow", "unknown option -allow; it is an option of anomdetect and anomban"),
    ("anomstat -foll", "unknown option -foll; did you mean --follow?"),
    ("anomstat --ban 192.0.2.1", "unknown option --ban; it is an option of anomdetect and anomban"),
    ("anomstat --check-config", "unknown option --check-config; it is an option of anomdetect, anomban and anomcount"),
    ("anomdetect --set a/b", "--set: 'a/b' is not 1 to 30 letters, digits or _.-, the first not -"),
    ("anomdetect ban", "'ban' is not an option; lines are read from standard input; did you mean --ban?"),
    ("anomdetect access.log.gz", "'access.log.gz' is not an option; lines are read from standard input; "
     "try: zcat access.log.gz | anomdetect"),
    ("anomdetect --ban 2001:db8::1", "'2001:db8::1' is not an option; lines are read from standard input; "
     "to ban or unban it by hand: anomban --ban 2001:db8::1, or --unban"),
    ("anomdetect --learn 10min", "--learn: '10min' is not a time (90, 90s, 15m, 2h, 7d) from 0s to 7d; "
     "did you mean 10m?"),
    ("anomdetect --events bans", "--events: 'bans' is not a list of "
     "start,baseline,alert,recovered,ban,unban,error,stop or all; did you mean ban?"),
    ("anomdetect --rule none,auto", "--rule: 'none,auto' is not auto or none"),
    ("anomdetect --rule non", "--rule: 'non' is not auto or none; did you mean none?"),
    ("anomdetect --burst 3", "--burst was removed in 1.0.0; its value is 2 now: delete it"),
    ("anomdetect --half 12h", "--half-life was removed in 1.0.0; its value is 24h now: delete it"),
    ("anomdetect --requests-cold 10", "--requests-cold was removed in 1.0.0; its value is 5/3 of --requests-floor now: "
     "use --requests-floor"),
    ("anomdetect --client-baseline site", "--client-baseline was removed in 1.0.0; clients are always judged by learned "
     "visits now: delete it"),
    ("anomdetect --chain INPUT", "--chain: 'INPUT' is not TABLE/CHAIN, for example raw/PREROUTING: a table of raw, "
     "mangle, filter, security, and 1 to 28 letters, digits or _.-, the first not -; did you mean filter/INPUT?"),
    ("anomdetect --state none --tz GMT+1", "--tz: 'GMT+1' is not local, UTC, an offset (+01:00) or a zone of this host "
     "(Europe/Berlin); did you mean +01:00?"),
    ("anomdetect --state none --tz GMT-0530", "--tz: 'GMT-0530' is not local, UTC, an offset (+01:00) or a zone of this host "
     "(Europe/Berlin); did you mean -05:30?"),
    ("anomdetect --state none --tz utx", "--tz: 'utx' is not local, UTC, an offset (+01:00) or a zone of this host "
     "(Europe/Berlin); did you mean UTC?"),
    ("anomdetect --state none --format ngnix", FORMATS.format("ngnix") + "; did you mean nginx?"),
    ("anomdetect --state none --format json", FORMATS.format("json") + "; auto reads JSON of each of these"),
    ("anomcount --format clf", FORMATS.format("clf") + "; did you mean combined?"),
    ("anomdetect --state none --user nobody-there", "--user: 'nobody-there' is not a user of this host; make it (useradd "
     "--system NAME), or name another"),
    ("anomban status", "'status' is not an option; lines are read from standard input; did you mean --list?"),
    ("anomban --ban 192.0.2.1 forever", "--ban: 'forever' is not a time (1s to 24d) or permanent; "
     "did you mean permanent?"),
    ("anomban --ban 192.0.2.1 2001:db8::1", "--ban takes one address; call anomban once for each"),
    ("anomcount --replya", "unknown option --replya; did you mean --replay?"),
)


def refused(line):
    program, *args = line.split(" ")
    run = subprocess.run([BUILD / program, *args], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    return run.returncode, run.stderr, run.stdout


def names_of(program):
    path = BUILD / program if (BUILD / program).exists() else ROOT / "contrib" / program
    text = subprocess.run([path, "--help"], capture_output=True, text=True, timeout=60, check=True).stdout
    return set(options_of(text))


def main():
    for line, said in CASES:
        want = (2, f"{line.split()[0]}: fatal: {said}\n", "")
        got = refused(line)
        check(f"'{line}' is refused with the right message", [] if got == want else [f"expected {want}", f"got {got}"])
    for program in ("anomdetect --state none", "anomcount --origin a"):
        folder = os.open("/", os.O_RDONLY)
        err = subprocess.run([BUILD / program.split()[0], *program.split()[1:]], stdin=folder, capture_output=True,
                             text=True, timeout=60).stderr
        os.close(folder)
        want = f"{program.split()[0]}: error: unable to read standard input: Is a directory; redirect a file " \
            "in this directory instead\n"
        check(f"{program}: a directory on standard input is reported with advice", [] if want in err else [err])
    code, err, _ = refused("anomdetect --\x1b[31mred\u202e")
    check("a typed word is printed without its control characters",
          [err] if code != 2 or "\x1b" in err or "\u202e" in err else [])
    tables = re.findall(r'\{"(anom[a-z-]+)", 0,((?:\s*"[^"]*")+)\}', HINTS.read_text())
    for program, texts in tables:
        table = set("".join(re.findall(r'"([^"]*)"', texts)).split())
        there = names_of(program)
        check(f"option_hints.c lists all options of {program} and no others",
              [f"missing: {name}" for name in there - table] + [f"not there: {name}" for name in table - there])
    check("option_hints.c lists the options of other programs", [] if tables else ["none"])
    return done()


sys.exit(main())
