#!/usr/bin/env python3
"""Limits that the manual pages name are the constants of the sources. TAP on standard output.

A row: a constant, its file, and for each page the words around its figure, with N in the place of the figure and its
unit. A constant that is a struct span or ends in _MS is in milliseconds. Every place on the page that has these words
must have the figure. Words are compared without the macros and line breaks of mdoc.

Bytes per client, strike and path are what tests/bench/bench_memory measures now.
"""
import os
import re
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
from promises import check, done  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "ms": 0.001, "seconds": 1, "s": 1, "minutes": 60, "hours": 3600, "hour": 3600, "d": 86400, "days": 86400,
         "%": 0.01}
WORDS = {"a fifth": 0.2, "an": 1, "two": 2, "three": 3, "five": 5}

# Constant, its file in src, and pairs of a page and the words there.
FIGURES = [
    ("SSH_PEERS_MAX", "core/judge/ssh_peers.h",
     ("anomdetect.8", "At most N connections are kept", "warning: over N SSH connections have a session"),
     ("anomdetect.5", "array of 0 to N clients", "whole number, 1 to N"),
     ("anomban.8", "warning: over N SSH connections have a session"),
     ("../CHANGELOG.md", "up to N connections (`ssh_peers` of `start`)")),
    ("SSH_PEERS_KEPT_S", "core/judge/ssh_peers.h",
     ("anomdetect.8", "The exemption lasts until N after the connection", "The N begin when the detector",
      "Its last connection ended at least N ago", "with an SSH session is allowed until N after the connection"),
     ("anomdetect.5", "Each is exempt until N after its connection ends"),
     ("anomban.8", "one with an SSH session, until N after its connection"),
     ("../CHANGELOG.md", "and until N after the connection")),
    ("EXEMPTIONS_EVERY", "io/run/exemptions.h", ("anomdetect.8", "at start, at SIGHUP and every N.")),
    ("SSH_SESSIONS_MS", "io/host/ssh_sessions.h",
     ("anomdetect.8", "to find all SSH sessions in N;"), ("anomban.8", "to find all SSH sessions in N;")),
    ("ALLOWLIST_WIDEST4", "io/config/allowlist.h",
     ("anomdetect.8", "A network wider than /N (IPv6", "from bans; the widest is /N"),
     ("anomban.8", "A network wider than /N (IPv6")),
    ("ALLOWLIST_WIDEST6", "io/config/allowlist.h",
     ("anomdetect.8", "A network wider than /8 (IPv6: /N)", "For IPv6 the widest is /N"),
     ("anomban.8", "A network wider than /8 (IPv6: /N)")),
    ("OPTIONS_LIST_MAX", "io/config/option_groups.h",
     ("anomdetect.8", "May be given up to N times"), ("anomban.8", "May be given up to N times")),
    ("BANS_SCHEDULE_MAX", "core/judge/ban_schedule.h", ("anomdetect.8", "by strike: up to N times")),
    ("BAN_MAX_MS", "io/config/options_values.c", ("anomdetect.8", "each from 1s to N or"), ("anomban.8", "1s to N; 10m")),
    ("CONFIG_BYTES_MAX", "io/config/options_file.c", ("anomdetect.5", "a regular file of at most N")),
    ("FILE_BYTES_MAX", "io/config/allowlist.c",
     ("anomdetect.5", "It may have up to N"), ("anomdetect.8", "an allow-list may have up to N")),
    ("FIELDS_NAME_MAX", "core/read/fields.h", ("anomdetect.8", "a member's name has at most N bytes")),
    ("FORWARDED_HOPS_MAX", "core/read/forwarded.h", ("anomdetect.5", "more than N trusted ones")),
    ("REQUEST_METHOD_MAX", "core/read/request.h", ("anomdetect.5", "at most N letters")),
    ("REQUEST_PATH_MAX", "core/read/request.h", ("anomdetect.5", "all beyond N bytes")),
    ("FIREWALL_NAME_MAX", "io/firewall/firewall.h",
     ("anomdetect.8", "Up to N letters"), ("anomban.8", "Up to N letters")),
    ("DROP_RULES_CHAIN_MAX", "io/firewall/drop_rules.h", ("anomdetect.8", "name has 1 to N letters")),
    ("DROP_RULES_PORTS_MAX", "io/firewall/drop_rules.h",
     ("anomdetect.8", "up to N ports"), ("anomban.8", "up to N ports")),
    ("LINE_LONGEST", "core/read/line.h", ("anomdetect.5", "If a line is longer than N,", "reads its first N.", "Longer than N,", "the first N hold no client",
      "or was longer than N, and still named")),
    ("LINE_BYTES_MAX", "core/read/line.h", ("anomdetect.5", "If an object is longer than N,")),
    ("ORDER_LINE_MAX", "core/record/order.h", ("anomban.8", "A line over N,")),
    ("RUN_KEY_BYTES", "io/run/run_key.h",
     ("anomdetect.8", "nothing is printed before N bytes of input", "makes the key of the first N bytes")),
    ("PIPE_BYTES", "io/host/line_reader.c", ("anomdetect.5", "a pipe on standard input to N,")),
    ("EVENT_BYTES_MAX", "core/record/event.h",
     ("anomdetect.8", "each at most N bytes"), ("anomdetect.5", "at most N bytes with its newline")),
    ("MESSAGE_MAX", "core/record/event.c", ("anomdetect.5", "string, at most N bytes. For people")),
    ("EVENT_TOP_MAX", "core/record/event.h",
     ("anomdetect.5", "array of 0 to N objects. The clients with the most requests, in desc")),
    ("STATE_TOP_MAX", "core/record/state.h",
     ("anomdetect.5", "array of 0 to N objects. The clients with the most requests in")),
    ("TOP_NETWORKS_MAX", "core/measure/top_networks.h", ("anomdetect.5", "array of 0 to N objects. The IPv4")),
    ("OUT_QUEUE_BYTES", "io/host/out.h",
     ("anomdetect.8", "Up to N of events waits")),
    ("EXPLAIN_LINES_MAX", "io/check/explain.h", ("anomdetect.8", "as many as come within 10 seconds and N at most")),
    ("WAIT_MS", "io/check/explain.c", ("anomdetect.8", "as many as come within N and")),
    ("DOCTOR_LINES_MAX", "io/check/doctor_parts.h",
     ("anomdetect.8", "Of at most N lines that come", "reads the last N lines of the log")),
    ("silence_usual", "io/check/doctor_lines.c", ("anomdetect.8", "The newest line may be N old")),
    ("silence_longest", "io/check/doctor_lines.c", ("anomdetect.8", "between two of the lines, up to N.")),
    ("silence_long", "io/check/doctor_lines.c", ("anomdetect.8", "a warning, and from N on a failure. A newest")),
    ("ahead_usual", "io/check/doctor_lines.c", ("anomdetect.8", "more than N ahead of this host's clock is")),
    ("ahead_small", "io/check/doctor_lines.c", ("anomdetect.8", "is a warning, and from N on a failure. If")),
    ("DOCTOR_WAIT_MS", "io/check/doctor_parts.h", ("anomdetect.8", "come on standard input within N,")),
    ("CHILD_MS", "io/host/child.h", ("anomdetect.8", "did not end properly within N;")),
    ("PASSED_MANY", "core/engine/engine_verdict.c",
     ("anomdetect.8", "After that, N lines raise", "When N lines of a client were logged"),
     ("anomdetect-proxies.7", "If N lines of a client still")),
    ("ENGINE_ASKS_PER_S", "core/engine/engine_parts.h", ("anomdetect.8", "for up to N requests a second")),
    ("ENFORCE_CHECKS", "io/run/enforce.h", ("anomdetect.8", "each second about N bans in turn")),
    ("SMALL_SAMPLE", "core/judge/ban_drift.c", ("anomdetect.8", "Of fewer than N entries", "of fewer than N bans")),
    ("FLUSH_MIN", "core/judge/ban_drift.c", ("anomdetect.8", "must be gone, and these at least N.")),
    ("LIST_MAX", "io/run/enforce.c",
     ("anomdetect.8", "While there are at most N entries", "while there are over N entries")),
    ("FIREWALL_RULES_EVERY", "io/firewall/firewall.h",
     ("anomdetect.8", "Every N they are looked for"), ("anomban.8", "which is looked at every N.")),
    ("second_try_after", "io/run/apply_orders.c", ("anomban.8", "A ban is tried once more, N later")),
    ("APPLY_ORDERS_REFUSED_MAX", "io/run/apply_orders.h", ("anomban.8", "up to N wait for that")),
    ("ORDER_QUEUE_MAX", "core/record/order_queue.h",
     ("anomban.8", "Up to N bans wait;", "warning: over N bans wait: the oldest are dropped")),
    ("ORDER_HISTORY_CLIENTS", "core/record/order_history.h", ("anomban.8", "newest orders of N clients are remembered")),
    ("ORDER_HISTORY_BANS", "core/record/order_history.h", ("anomban.8", "up to N bans of each")),
    ("ORDER_UNBAN_AHEAD_MAX", "core/record/order.h", ("anomban.8", "an unban N.", "an unban, over N.")),
    ("TCP_PEERS_PORTS_MAX", "io/host/tcp_peers.h", ("anomban.8", "Up to N ports, separated", "list of at most N ports")),
    ("TCP_PEERS_MS", "io/host/tcp_peers.h", ("anomban.8", "all that go to --allow-peers in N;")),
    ("CLIENTS_LOOK", "core/measure/clients.h", ("anomdetect.5", "At most the N clients that were seen last")),
    ("TOP_NETWORKS_V4", "core/measure/top_networks.h", ("anomdetect.5", "The IPv4 /N and IPv6")),
    ("TOP_NETWORKS_V6", "core/measure/top_networks.h", ("anomdetect.5", "and IPv6 /N networks with the most")),
    ("CLIENTS_GAP_S", "core/measure/clients.h", ("anomdetect.8", "requests with no gap over N.")),
    ("CLIENTS_LAP_S", "core/measure/clients.h",
     ("anomdetect.8", "A visit that is N old", "a visit look at N at most", "Only how many requests the first N had")),
    ("WEIGHT_MIN", "core/measure/histogram.c", ("anomdetect.8", "one under N is dropped")),
    ("LEARN_EVERY_S", "core/engine/engine_every_second.c", ("anomdetect.8", "Every N the four limits are made")),
    ("ABOVE_HIGHEST", "core/measure/visits.c", ("anomdetect.8", "limit = at least N * that")),
    ("SPREAD", "core/judge/rules.c", ("anomdetect.8", "different seconds >= N *")),
    ("SPREAD_FEW", "core/judge/rules.c", ("anomdetect.8", "spread n >= N, and")),
    ("GOES_ON_REQUESTS", "core/judge/rules.c", ("anomdetect.8", "when at least N of its requests are in the window")),
    ("GOES_ON_ERRORS", "core/judge/rules.c", ("anomdetect.8", "when at least N own errors are")),
    ("KNOWN", "core/judge/rules.c", ("anomdetect.8", "requests the higher of N * limit")),
    ("OWN_PEAK", "core/judge/rules.c", ("anomdetect.8", "* limit and N * first / 10")),
    ("OWN_LAP", "core/judge/rules.c", ("anomdetect.8", "the higher of limit and N * first")),
    ("HERE_S", "core/judge/site_failing.c", ("anomdetect.8", "began at least N ago")),
    ("GOOD_FEW", "core/judge/site_failing.c", ("anomdetect.8", "it made at least N requests before")),
    ("ERRORS_FEW", "core/judge/site_failing.c", ("anomdetect.8", "in the window it has at least N own errors")),
    ("TURNED_S", "core/judge/site_failing.c", ("anomdetect.8", "voters or more have turned in N,")),
    ("TURNED_MIN", "core/judge/site_failing.c", ("anomdetect.8", "site fails N voters or more")),
    ("TURNED_SHARE", "core/judge/site_failing.c", ("anomdetect.8", "they are N of the active voters or more")),
    ("SITE_FAILING_RING", "core/judge/site_failing.h", ("anomdetect.8", "% of the active voters or more, or N ")),
    ("VOTERS_V4", "core/measure/voters.h", ("anomdetect.8", "its IPv4 /N or IPv6 /48.")),
    ("VOTERS_V6", "core/measure/voters.h", ("anomdetect.8", "IPv4 /24 or IPv6 /N. An attacker")),
    ("VOTERS_SHARE", "core/measure/voters.h", ("anomdetect.8", "networks made over N of the requests")),
    ("LOW_S", "core/judge/site_failing.c", ("anomdetect.8", "highest number since, for N in a row")),
    ("BURST_SECONDS", "core/judge/site_failing.c", ("anomdetect.8", "window are in at most N different seconds")),
    ("BURSTS_SHARE", "core/judge/site_failing.c", ("anomdetect.8", "have that, and they are N or")),
    ("HEAVY_HITTERS_COUNTERS", "core/measure/heavy_hitters.h",
     ("anomdetect.8", "N addresses are counted at a time"), ("anomdetect.5", "and then up to N ")),
    ("HEAVY_HITTERS_MIN", "core/measure/heavy_hitters.h", ("anomdetect.8", "There must be N requests")),
    ("HEAVY_HITTERS_FIRST_TURN_S", "core/measure/heavy_hitters.h", ("anomdetect.8", "the first are N.")),
    ("LOGCLOCK_AGREE", "core/measure/logclock.h", ("anomdetect.8", "is held until N of the next")),
    ("LOGCLOCK_NEXT", "core/measure/logclock.h", ("anomdetect.8", "of the next N ")),
    ("gap_max", "core/measure/logclock.c", ("anomdetect.8", "a time more than N past now")),
    ("CLOCK_SKEW_LINES", "core/measure/clock_skew.h", ("anomdetect.5", "All of N requests in a row")),
    ("CLOCK_SKEW_LEAST", "core/measure/clock_skew.h", ("anomdetect.5", "in a row, over N or more,")),
    ("SILENCES_TIMES", "core/measure/silences.h", ("anomstat.1", "has come for N times the longest")),
    ("SILENCES_LEAST_S", "core/measure/silences.h", ("anomstat.1", "seven days before, and for N at least", "the limit N.")),
    ("SILENCES_FIRST_S", "core/measure/silences.h",
     ("anomstat.1", "Within N of the first request", "A log that stops in the first N is")),
    ("SILENCES_GROWTH", "core/measure/silences.h",
     ("anomstat.1", "counts as N tenths of the limit", "is at most N times the limit before")),
    ("SILENCES_DAYS", "core/measure/silences.h", ("anomdetect.5", "array of at most N days,")),
    ("RECENT_LINES_LEAST", "core/measure/recent_lines.h", ("anomstat.1", "not before it has N lines.")),
    ("RECENT_LINES_BLOCK_S", "core/measure/recent_lines.h", ("anomstat.1", "a block ends after N,")),
    ("RECENT_LINES_USUAL_S", "core/measure/recent_lines.h",
     ("anomstat.1", "half of the lines for N, and requests"), ("anomdetect.5", "integer, 0 to N: for how many", "boolean: it was N,")),
    ("MASS_BAN_WITHIN_S", "core/judge/mass_ban.h", ("anomdetect.8", "no other before N have passed")),
    ("MASS_BAN_EXCESS", "core/judge/mass_ban.h", ("anomdetect.8", "A client beyond N times the limit of"),
     ("anomdetect.5", "is banned beyond N times the limit of")),
    ("MASS_BAN_VISIT_EXCESS", "core/judge/mass_ban.h", ("anomdetect.8", "requests, or N times that of visit_requests"),
     ("anomdetect.5", "requests or N times the limit of visit_requests")),
    ("MASS_BAN_FRESH_MAX", "core/judge/mass_ban.h", ("anomdetect.5", "array of at most N strings, the oldest first")),
    ("UNBANS_MAX", "core/judge/unbans.h", ("anomdetect.5", "prints again, the newest N at most", "because more than N came")),
    ("UNBANS_KEPT", "core/judge/unbans.h", ("anomdetect.8", "and the unbans of the last N, as")),
    ("after_start", "core/engine/engine_announce.c", ("anomdetect.8", "The first announcement begins N after the start")),
    ("TOGETHER_S", "core/judge/mass_ban.c", ("anomdetect.8", "and one more, began within N of this")),
    ("FRESH_FEW", "core/judge/mass_ban.c", ("anomdetect.8", "Then more than N clients in 10 minutes")),
    ("COLD_PROXIES_S", "core/judge/cold_proxies.h", ("anomdetect.8", "So in the first N a client is taken")),
    ("COLD_PROXIES_FIRST_S", "core/judge/cold_proxies.h", ("anomdetect.8", "if its visit began in the first N of the run")),
    ("COLD_PROXIES_PATHS", "core/judge/cold_proxies.h", ("anomdetect.8", "if it was served at least N different paths")),
    ("BANS_PAROLE_S", "core/judge/bans.h", ("anomdetect.8", "for N after the end of its ban"),
     ("anomdetect.5", "an earlier ban of it ended in the last N.")),
    ("RULES_PAROLE_SHARE", "core/judge/rules.h", ("anomdetect.8", "judged by N of the clients' limits")),
    ("RULES_FEW_SHARE", "core/judge/rules.h", ("anomdetect.8", "or under N of the requests.")),
    ("RULES_FEW", "core/judge/rules.h", ("anomdetect.8", "Few own errors are at most N,")),
    ("MILD_EXCESS", "core/engine/engine_verdict.c", ("anomdetect.8", "and it has under N times as many requests")),
    ("READER", "core/judge/rules.c", ("anomdetect.8", "From N paths on, the limits of errors")),
    ("READER_SHARE", "core/judge/rules.c", ("anomdetect.8", "It does not hold if over N of the requests")),
    ("READER_ERRORS", "core/judge/rules.c", ("anomdetect.8", "the limits of errors are N times as high;")),
    ("READER_PAGES", "core/judge/rules.c", ("anomdetect.8", "in bursts they are N times as high")),
    ("VARIED", "core/judge/rules.c", ("anomdetect.8", "From N paths on, with few own errors")),
    ("STEADY", "core/judge/rules.c", ("anomdetect.8", "their different seconds are N of those")),
    ("KEPT", "core/measure/visits.c", ("anomdetect.8", "only while more than N visits are known, and not below")),
    ("PATHS_DEAD_AFTER_S", "core/measure/paths.h", ("anomdetect.8", "served the path in the last N.")),
    ("STATE_BYTES_MAX", "core/record/state.h", ("anomdetect.5", "one object, at most N, replaced whole every 3")),
    ("MEMORY_BYTES_MAX", "core/record/memory.h", ("anomdetect.5", "one object, at most N, replaced whole every 60")),
    ("STATE_BANS_MAX", "core/record/state.h",
     ("anomdetect.5", "array of 0 to N objects. Bans in force"), ("anomstat.1", "so that all of the newest N bans")),
    ("WALK_MAX", "core/engine/engine_snapshot.c", ("anomdetect.5", "only the newest N are")),
    ("STATE_HISTORY_MAX", "core/record/state.h", ("anomdetect.5", "arrays of 0 to N integers")),
    ("STATE_HISTORY_STEP_S", "core/record/state.h", ("anomdetect.5", "integer, seconds: N)")),
    ("RECENT_EVENTS_MAX", "core/record/recent_events.h",
     ("anomdetect.5", "array of 0 to N objects. The last events"), ("anomdetect-proxies.7", "and the last N events")),
    ("SITE_PER_S_MAX", "core/measure/site.h", ("anomdetect.5", "array of integers, to N. The seconds of the baseline")),
    ("TOP_PATHS_EXACT", "core/measure/top_paths.h", ("anomdetect.5", "the window has had at most N lines")),
    ("TOP_PATHS_SEEN_MIN", "core/measure/top_paths.h", ("anomdetect.5", "A path with fewer than N lines in that sample")),
    ("REQUEST_PATH_SHOWN_MAX", "core/read/request.h", ("anomdetect.5", "cut at N bytes, so two of them may")),
    ("PATH_ESCAPED_MAX", "core/record/event.c", ("anomdetect.5", "would take over N bytes with its escapes")),
    ("PATH_BYTES_ESCAPED", "core/record/event.c", ("anomdetect.5", ", is cut at N bytes.")),
    ("FOLLOW_DEFAULT", "anomstat.c", ("anomstat.1", "3600, N if none are given")),
    ("FOLLOW_MAX", "anomstat.c", ("anomstat.1", "(0.1 to N,")),
    ("FOLLOW_MIN", "anomstat.c", ("anomstat.1", "(N to 3600,")),
]

# A row of bench_memory, its column, and the words in anomdetect.8.
MEASURED = [
    ("of --max-clients, at most", 0, "N bytes for each of Fl max-clients:"),
    ("client of one request", 0, "Fl max-clients: N for a client"),
    ("busy client, more than a quiet one", 0, "for a client, N more for a busy one"),
    ("strike, at most: all bans lasted at once, and ended", 0, "N bytes for each of Fl max-strikes, and"),
    ("strike, while its ban lasts", 0, "Fl max-strikes, and N while no ban has ended"),
    ("path", 0, "N bytes for each of Fl max-paths, and"),
    ("path", 0, "known at a time, N to 56 bytes of memory each"),
    ("path", 1, "known at a time, 52 to N bytes of memory each"),
    ("client that fails or writes", 0, "Fl max-paths, and N for each client in the table"),
    ("client that fails or writes", 0, "a table of 65,536 clients, N bytes each"),
]
NEAR = 0.03  # pages and the allocator's own make a small table larger


def plain(page):
    """A page without its macros, as one line; `.Pq x` is (x)."""
    text = re.sub(r"^\.Pq (.*?) ?([.,;:]?)$", r"(\1)\2", page, flags=re.M)
    text = re.sub(r"^\.[A-Z][a-z] |(?<= )(?:Cm|No|Li|Va|Fl Fl|Ar|Ql|Em) |\\&|^\.[A-Z][a-z]$", "", text, flags=re.M)
    return re.sub(r"\s+(?=[.,;:](?:\s|$))", "", re.sub(r"\s+", " ", text))


def constant(name, file):
    """Its value, a time in seconds; None when it is not there."""
    source = re.sub(r"/\*.*?\*/", "", (ROOT / "src" / file).read_text(), flags=re.S)
    found = re.search(rf"^#define {name}\s+(.*)$|^static const struct span {name} = (.*);", source, flags=re.M)
    if not found:
        return None
    body = found[1] or found[2]
    value = eval(re.sub(r"\((?:struct span|int64_t|size_t)\)|(?<=\d)u\b|[{}]", "", body))  # numbers and operators alone
    return value / 1000 if name.endswith("_MS") or "span" in found[0] else value


def figures(words, page):
    """What stands in the place of N, each place, in seconds or bytes."""
    before, after = (re.escape(part) for part in words.split("N", 1))
    number, unit = "|".join([r"[\d.,]*\d", *WORDS]), "|".join(sorted(UNITS, key=len, reverse=True))
    return [(WORDS.get(n) or float(n.replace(",", ""))) * UNITS.get(u, 1)
            for n, u in re.findall(rf"{before}({number})(?: ?({unit}))?{after}", page)]


def wrong_figures(name, file, pages):
    value = constant(name, file)
    if value is None:
        return [f"{name} is not in src/{file}"]
    wrong = []
    for page, *places in pages:
        text = plain((ROOT / "man" / page).read_text())
        for words in places:
            found = figures(words, text)
            wrong += [f"{page}: '{words}' is not there"] if not found else []
            wrong += [f"{page}: '{words}' has {n:.12g}, {name} is {value:.12g}" for n in found if abs(n - value) > 1e-9]
    return wrong


def measure():
    """Row -> its numbers. None: of a build for the sanitizers, whose memory is their own."""
    program = Path(os.environ.get("BUILD", "build")) / "bench" / "bench_memory"
    if b"__asan_init" in program.read_bytes():
        return None
    rows = {}
    for line in subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines():
        name, *numbers = re.split(r"\s{2,}", line.strip())
        rows[name] = [float(n) for n in " ".join(numbers).split()]
    return rows


def wrong_bytes(rows, name, column, words):
    if rows is None:
        return []
    value = rows[name][column]
    found = figures(words, plain((ROOT / "man" / "anomdetect.8").read_text()))
    wrong = [f"'{words}' is not there"] if not found else []
    return wrong + [f"'{words}' has {n:.12g}, measured are {value}" for n in found if abs(n / value - 1) > NEAR]


def main():
    for name, file, *pages in FIGURES:
        check(f"{name} is the figure of the manual", wrong_figures(name, file, pages))
    rows = measure()
    for name, column, words in MEASURED:
        skipped = " # SKIP a sanitizer's memory is its own" if rows is None else ""
        check(f"bytes of the manual are measured: '{words}'{skipped}", wrong_bytes(rows, name, column, words))
    return done()


sys.exit(main())
