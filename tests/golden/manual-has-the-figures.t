#!/usr/bin/env python3
"""The limits in the manual pages are the constants of the sources. TAP on standard output.

Each row of FIGURES has a constant, its file, and for each page the words around the constant's figure on this page. N
stands for the figure with its unit.
A constant that is a struct span or whose name ends in _MS is in milliseconds. Each place on the page with these words
must have the right figure. The words are compared without mdoc's macros and line breaks.

The manual's bytes per client, strike and path must be the numbers that the test measures with tests/bench/bench_memory.
"""
import os
import re
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
from constants import ROOT, constant  # noqa: E402
from promises import check, done  # noqa: E402

UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "ms": 0.001, "seconds": 1, "s": 1, "minutes": 60, "hours": 3600, "hour": 3600, "d": 86400, "days": 86400,
         "%": 0.01}
WORDS = {"a fifth": 0.2, "an": 1, "two": 2, "three": 3, "five": 5}

# Each row: the constant, its file in src, and then tuples of a page and the words on this page.
FIGURES = [
    ("SSH_PEERS_MAX", "core/judge/ssh_peers.h", ("anomdetect.5", "array of 0 to N clients", "whole number, 1 to N"),
     ("../CHANGELOG.md", "up to N connections (`ssh_peers` of `start`)"),
     ("anomdetect-bans.7", "At most N connections are remembered"),
     ("anomdetect-messages.7", "over N SSH connections have a session")),
    ("SSH_PEERS_KEPT_S", "core/judge/ssh_peers.h",
     ("anomdetect.8", "with an SSH session is exempt until N after the connection"),
     ("anomdetect.5", "Each is exempt until N after its connection ends"),
     ("anomban.8", "an address with an SSH session, until N after its connection"),
     ("../CHANGELOG.md", "ends N after the end of the connection"),
     ("anomdetect-bans.7", "The exemption lasts until N after the connection", "The N begin when the detector"),
     ("anomdetect-messages.7", "while its connection is open, and for N after", "of this address ended at least N ago")),
    ("EXEMPTIONS_EVERY", "io/run/exemptions.h", ("anomdetect-bans.7", "at start, at SIGHUP and every N.")),
    ("SSH_SESSIONS_MS", "io/host/ssh_sessions.h", ("anomdetect-messages.7", "to find all SSH sessions in N;")),
    ("ALLOWLIST_WIDEST4", "io/config/allowlist.h", ("anomdetect.8", "A network wider than /N (IPv6"),
     ("anomban.8", "A network wider than /N (IPv6"), ("anomdetect-messages.7", "from bans; the widest is /N")),
    ("ALLOWLIST_WIDEST6", "io/config/allowlist.h", ("anomdetect.8", "A network wider than /8 (IPv6: /N)"),
     ("anomban.8", "A network wider than /8 (IPv6: /N)"), ("anomdetect-messages.7", "For IPv6 the widest is /N")),
    ("OPTIONS_LIST_MAX", "io/config/option_groups.h",
     ("anomdetect.8", "May be given up to N times"), ("anomban.8", "May be given up to N times")),
    ("BANS_SCHEDULE_MAX", "core/judge/ban_schedule.h", ("anomdetect.8", "further strikes: a list of up to N, each")),
    ("BAN_MAX_MS", "io/config/options_values.c", ("anomdetect.8", "each from 1s to N or"), ("anomban.8", "1s to N; 10m")),
    ("CONFIG_BYTES_MAX", "io/config/options_file.c", ("anomdetect.5", "a regular file of at most N"),
     ("anomdetect-messages.7", "not a regular file, larger than N,")),
    ("FILE_BYTES_MAX", "io/config/allowlist.c",
     ("anomdetect.5", "The file may have up to N"),
     ("anomdetect-messages.7", "an allow-list may have up to N")),
    ("FIELDS_NAME_MAX", "core/read/fields.h", ("anomdetect-messages.7", "a member's name has at most N bytes")),
    ("FORWARDED_HOPS_MAX", "core/read/forwarded.h", ("anomdetect.5", "more than N trusted proxies")),
    ("REQUEST_METHOD_MAX", "core/read/request.h", ("anomdetect.5", "at most N letters")),
    ("REQUEST_PATH_MAX", "core/read/request.h", ("anomdetect.5", "all beyond N bytes")),
    ("FIREWALL_NAME_MAX", "io/firewall/firewall.h",
     ("anomdetect.8", "Up to N letters"), ("anomban.8", "Up to N letters")),
    ("DROP_RULES_CHAIN_MAX", "io/firewall/drop_rules.h", ("anomdetect.8", "name has 1 to N letters")),
    ("DROP_RULES_PORTS_MAX", "io/firewall/drop_rules.h",
     ("anomdetect.8", "up to N ports"), ("anomban.8", "up to N ports")),
    ("LINE_LONGEST", "core/read/line.h",
     ("anomdetect.5", "If a line is longer than N,", "reads its first N.", "The line is longer than N,", "its first N have no client",
      "or was longer than N, and still named"),
     ("anomdetect-messages.7", "The first N of the line name no client")),
    ("LINE_BYTES_MAX", "core/read/line.h", ("anomdetect.5", "If an object is longer than N,")),
    ("ORDER_LINE_MAX", "core/record/order.h", ("anomban.8", "A line over N,")),
    ("RUN_KEY_BYTES", "io/run/run_key.h", ("anomdetect.8", "nothing is printed before N bytes of input"),
     ("anomdetect-bans.7", "makes the key from the first N bytes")),
    ("PIPE_BYTES", "io/host/line_reader.c", ("anomdetect.5", "a pipe on standard input to N,")),
    ("EVENT_BYTES_MAX", "core/record/event.h",
     ("anomdetect.8", "An event has at most N bytes"), ("anomdetect.5", "at most N bytes with its newline")),
    ("MESSAGE_MAX", "core/record/event.c", ("anomdetect.5", "string, at most N bytes. For people")),
    ("EVENT_TOP_MAX", "core/record/event.h",
     ("anomdetect.5", "array of 0 to N objects. The clients with the most requests, in desc")),
    ("STATE_TOP_MAX", "core/record/state.h",
     ("anomdetect.5", "array of 0 to N objects. The clients with the most requests in")),
    ("TOP_NETWORKS_MAX", "core/measure/top_networks.h", ("anomdetect.5", "array of 0 to N objects. The IPv4")),
    ("OUT_QUEUE_BYTES", "io/host/out.h",
     ("anomdetect.8", "Up to N of events waits")),
    ("EXPLAIN_LINES_MAX", "io/check/explain.h", ("anomdetect.8", "It reads the first N lines of standard input")),
    ("WAIT_MS", "io/check/explain.c", ("anomdetect.8", "or fewer if N pass first")),
    ("DOCTOR_LINES_MAX", "io/check/doctor_parts.h",
     ("anomdetect-bans.7", "at most N lines that come within", "reads the last N lines of the log")),
    ("silence_usual", "io/check/doctor_lines.c", ("anomdetect-bans.7", "The newest line may be up to N old")),
    ("silence_longest", "io/check/doctor_lines.c", ("anomdetect-bans.7", "as old as this silence, but at most N.")),
    ("silence_long", "io/check/doctor_lines.c", ("anomdetect-bans.7", "if it is also over N old, it is a failure")),
    ("ahead_usual", "io/check/doctor_lines.c",
     ("anomdetect-bans.7", "is more than N ahead of this host's clock is a warning")),
    ("ahead_small", "io/check/doctor_lines.c", ("anomdetect-bans.7", "Beyond N it is a failure")),
    ("DOCTOR_WAIT_MS", "io/check/doctor_parts.h", ("anomdetect-bans.7", "lines that come within N.")),
    ("CHILD_MS", "io/host/child.h", ("anomdetect-messages.7", "did not end properly within N;")),
    ("PASSED_MANY", "core/engine/engine_verdict.c",
     ("anomdetect-proxies.7", "If N lines of a client still"),
     ("anomdetect-bans.7", "When N lines of a client come later")),
    ("ENGINE_ASKS_PER_S", "core/engine/engine_parts.h", ("anomdetect-bans.7", "for up to N requests per second")),
    ("ENFORCE_CHECKS", "io/run/enforce.h", ("anomdetect-bans.7", "it checks about N bans per second")),
    ("SMALL_SAMPLE", "core/judge/ban_drift.c",
     ("anomdetect-bans.7", "If it checks fewer than N entries together", "if fewer than N bans are in force")),
    ("FLUSH_MIN", "core/judge/ban_drift.c", ("anomdetect-bans.7", "all of these must be gone, and at least N.")),
    ("LIST_MAX", "io/run/enforce.c",
     ("anomdetect-bans.7", "while there are at most N entries", "while there are over N entries",
      "While a set has over N entries")),
    ("FIREWALL_RULES_EVERY", "io/firewall/firewall.h", ("anomban.8", "which is checked every N."),
     ("anomdetect-bans.7", "Every N the detector checks its firewall rules")),
    ("second_try_after", "io/run/apply_orders.c", ("anomban.8", "A ban is tried once more, N later")),
    ("APPLY_ORDERS_REFUSED_MAX", "io/run/apply_orders.h", ("anomban.8", "up to N wait for that")),
    ("ORDER_QUEUE_MAX", "core/record/order_queue.h", ("anomban.8", "Up to N bans wait."),
     ("anomdetect-messages.7", "waiting bans were dropped: over N waited")),
    ("ORDER_HISTORY_CLIENTS", "core/record/order_history.h", ("anomban.8", "remembers the newest orders of N clients")),
    ("ORDER_HISTORY_BANS", "core/record/order_history.h", ("anomban.8", "Of each client it remembers up to N bans")),
    ("ORDER_UNBAN_AHEAD_MAX", "core/record/order.h", ("anomban.8", "for an unban the limit is N.", "an unban, over N.")),
    ("TCP_PEERS_PORTS_MAX", "io/host/tcp_peers.h", ("anomban.8", "Up to N ports, separated"),
     ("anomdetect-messages.7", "list of at most N ports")),
    ("TCP_PEERS_MS", "io/host/tcp_peers.h", ("anomdetect-messages.7", "those to the ports of --allow-peers in N;")),
    ("CLIENTS_LOOK", "core/measure/clients.h", ("anomdetect.5", "At most the N clients that were seen last")),
    ("TOP_NETWORKS_V4", "core/measure/top_networks.h", ("anomdetect.5", "The IPv4 /N and IPv6")),
    ("TOP_NETWORKS_V6", "core/measure/top_networks.h", ("anomdetect.5", "and IPv6 /N networks with the most")),
    ("CLIENTS_GAP_S", "core/measure/clients.h", ("anomdetect.8", "requests of one client with no gap over N."),
     ("anomdetect-detection.7", "A client's requests with no gap over N.", "A client that pauses for over N begins")),
    ("CLIENTS_LAP_S", "core/measure/clients.h",
     ("anomdetect-detection.7", "lap N of a visit.", "A visit that reaches N teaches then", "goes on after its first N, the detector")),
    ("WEIGHT_MIN", "core/measure/histogram.c", ("anomdetect-detection.7", "A bucket with a weight under N is emptied")),
    ("LEARN_EVERY_S", "core/engine/engine_every_second.c", ("anomdetect-detection.7", "Every N the detector computes the four limits")),
    ("ABOVE_HIGHEST", "core/measure/visits.c", ("anomdetect-detection.7", "limit = at least N * that value")),
    ("SPREAD", "core/judge/rules.c", ("anomdetect-detection.7", "different seconds >= N * expected", "The value N was measured with an office")),
    ("SPREAD_FEW", "core/judge/rules.c", ("anomdetect-detection.7", "spread n >= N, and", "Fewer than N requests show no pattern")),
    ("GOES_ON_REQUESTS", "core/judge/rules.c",
     ("anomdetect-detection.7", "requests in the window >= N, and (requests in the lap", "while at least N of its requests are in the window")),
    ("GOES_ON_ERRORS", "core/judge/rules.c", ("anomdetect-detection.7", "own errors in the window >= N, and own errors >= 0.25")),
    ("KNOWN", "core/judge/rules.c", ("anomdetect-detection.7", "requests the higher of N * limit")),
    ("OWN_PEAK", "core/judge/rules.c", ("anomdetect-detection.7", "* limit and N * first / 10")),
    ("OWN_LAP", "core/judge/rules.c", ("anomdetect-detection.7", "the higher of limit and N * first")),
    ("HERE_S", "core/judge/site_failing.c", ("anomdetect-detection.7", "its lap began at least N ago")),
    ("GOOD_FEW", "core/judge/site_failing.c", ("anomdetect-detection.7", "it made at least N requests before")),
    ("ERRORS_FEW", "core/judge/site_failing.c", ("anomdetect-detection.7", "own errors in the window >= N, and own errors in the window >= 0.25")),
    ("TURNED_S", "core/judge/site_failing.c", ("anomdetect-detection.7", "voters that turned in the last N >=")),
    ("TURNED_MIN", "core/judge/site_failing.c",
     ("anomdetect-detection.7", "turned in the last 120 seconds >= N, and", "two may turn by chance, so N are required")),
    ("TURNED_SHARE", "core/judge/site_failing.c",
     ("anomdetect-detection.7", "these are >= N of the active voters", "clients always turn by chance, so N are required")),
    ("SITE_FAILING_RING", "core/judge/site_failing.h",
     ("anomdetect-detection.7", "% of the active voters, or >= N Both conditions", "but never in more than N.")),
    ("VOTERS_V4", "core/measure/voters.h", ("anomdetect-detection.7", "network An IPv4 /N or an IPv6")),
    ("VOTERS_V6", "core/measure/voters.h", ("anomdetect-detection.7", "network An IPv4 /24 or an IPv6 /N.")),
    ("VOTERS_SHARE", "core/measure/voters.h", ("anomdetect-detection.7", "networks made over N of the requests, each of their")),
    ("LOW_S", "core/judge/site_failing.c", ("anomdetect-detection.7", "have been low for N in a row")),
    ("BURST_SECONDS", "core/judge/site_failing.c", ("anomdetect-detection.7", "requests in the window are in at most N seconds")),
    ("BURSTS_SHARE", "core/judge/site_failing.c", ("anomdetect-detection.7", "these are >= N of the voters that came")),
    ("HEAVY_HITTERS_COUNTERS", "core/measure/heavy_hitters.h",
     ("anomdetect-detection.7", "The detector counts N addresses at a time"), ("anomdetect.5", "and then up to N ")),
    ("HEAVY_HITTERS_MIN", "core/measure/heavy_hitters.h",
     ("anomdetect-detection.7", "At least N requests must have been counted", "The sum must be at least N requests")),
    ("HEAVY_HITTERS_FIRST_TURN_S", "core/measure/heavy_hitters.h", ("anomdetect-detection.7", "run without a memory file is N.")),
    ("LOGCLOCK_AGREE", "core/measure/logclock.h", ("anomdetect-detection.7", "waits until N of the next")),
    ("LOGCLOCK_NEXT", "core/measure/logclock.h", ("anomdetect-detection.7", "of the next N lines agree")),
    ("gap_max", "core/measure/logclock.c", ("anomdetect-detection.7", "a line that is more than N ahead of the current time")),
    ("CLOCK_SKEW_LINES", "core/measure/clock_skew.h", ("anomdetect.5", "All of N requests in a row")),
    ("CLOCK_SKEW_LEAST", "core/measure/clock_skew.h", ("anomdetect.5", "in a row, over N or more,")),
    ("SILENCES_TIMES", "core/measure/silences.h", ("anomstat.1", "This limit is N times the longest")),
    ("SILENCES_LEAST_S", "core/measure/silences.h",
     ("anomstat.1", "seven days before, but at least N.", "the limit N.")),
    ("SILENCES_FIRST_S", "core/measure/silences.h",
     ("anomstat.1", "In the first N after the first request", "A log that stops in the first N is")),
    ("SILENCES_GROWTH", "core/measure/silences.h",
     ("anomstat.1", "stores N tenths of the limit", "is at most N times the old limit")),
    ("SILENCES_DAYS", "core/measure/silences.h", ("anomdetect.5", "array of at most N days,")),
    ("RECENT_LINES_LEAST", "core/measure/recent_lines.h", ("anomstat.1", "not before it has N lines.")),
    ("RECENT_LINES_BLOCK_S", "core/measure/recent_lines.h", ("anomstat.1", "a block ends after N,")),
    ("RECENT_LINES_USUAL_S", "core/measure/recent_lines.h",
     ("anomstat.1", "half of the lines for N, and requests"), ("anomdetect.5", "integer, 0 to N: for how many", "boolean: true if foreign_s was N,")),
    ("MASS_BAN_WITHIN_S", "core/judge/mass_ban.h",
     ("anomdetect-detection.7", "by rates alone within N, and came", "and the next one after N without")),
    ("MASS_BAN_EXCESS", "core/judge/mass_ban.h", ("anomdetect-detection.7", "A client beyond N times the limit of"),
     ("anomdetect.5", "is banned beyond N times the limit of")),
    ("MASS_BAN_VISIT_EXCESS", "core/judge/mass_ban.h",
     ("anomdetect.5", "requests or N times the limit of visit_requests"),
     ("anomdetect-detection.7", "requests, or N times the limit of visit_requests")),
    ("MASS_BAN_FRESH_MAX", "core/judge/mass_ban.h", ("anomdetect.5", "array of at most N strings, the oldest first")),
    ("UNBANS_MAX", "core/judge/unbans.h", ("anomdetect.5", "prints again, the newest N at most", "because more than N came")),
    ("UNBANS_KEPT", "core/judge/unbans.h", ("anomdetect.8", "and the unbans of the last N. Set"), ("anomdetect-bans.7", "prints the unbans of the last N again")),
    ("after_start", "core/engine/engine_announce.c", ("anomdetect.8", "The first announcement begins N after the start"),
     ("anomdetect-bans.7", "The first announcement begins N after the start")),
    ("TOGETHER_S", "core/judge/mass_ban.c", ("anomdetect-detection.7", "of the n visits began within N of the beginning")),
    ("FRESH_FEW", "core/judge/mass_ban.c", ("anomdetect-detection.7", "when more than N clients got verdicts by rates alone")),
    ("COLD_PROXIES_S", "core/judge/cold_proxies.h", ("anomdetect-detection.7", "In the first N of a run without a memory file, the detector cannot")),
    ("COLD_PROXIES_FIRST_S", "core/judge/cold_proxies.h",
     ("anomdetect-detection.7", "its visit began in the first N of the run", "if its visit began in the first N of the run.")),
    ("COLD_PROXIES_PATHS", "core/judge/cold_proxies.h", ("anomdetect-detection.7", "it was served at least N different paths, if")),
    ("BANS_PAROLE_S", "core/judge/bans.h", ("anomdetect.5", "an earlier ban of the client ended in the last N."),
     ("anomdetect-bans.7", "For N after the end of a ban, the client is on parole")),
    ("RULES_PAROLE_SHARE", "core/judge/rules.h",
     ("anomdetect-detection.7", "The 24 hours after a ban, in which only N of each limit", "end of its ban, N of each limit applies"),
     ("anomdetect-bans.7", "judges it by N of the clients' limits")),
    ("RULES_FEW_SHARE", "core/judge/rules.h", ("anomdetect-detection.7", "or under N of the requests of the visit")),
    ("RULES_FEW", "core/judge/rules.h", ("anomdetect-detection.7", "own errors are at most N,")),
    ("MILD_EXCESS", "core/engine/engine_verdict.c",
     ("anomdetect-bans.7", "the client made under N times as many requests", "is at most N times the limit")),
    ("READER", "core/judge/rules.c", ("anomdetect-detection.7", "N paths The client is a reader", "was served at least N different paths in its visit, or")),
    ("READER_SHARE", "core/judge/rules.c",
     ("anomdetect-detection.7", "A client with over N own errors in its visit", "The reason for N is that on old pages")),
    ("READER_ERRORS", "core/judge/rules.c",
     ("anomdetect-detection.7", "limits of errors are N times as high.", "A reader has N times the limit, and 6")),
    ("READER_PAGES", "core/judge/rules.c",
     ("anomdetect-detection.7", "For bursts of errors they are N times as high", "3 times the limit, and N times in a burst")),
    ("VARIED", "core/judge/rules.c",
     ("anomdetect-detection.7", "N paths If the client has few own errors", "client with N different served paths and few own errors has 2")),
    ("STEADY", "core/judge/rules.c", ("anomdetect-detection.7", "steady different seconds >= N * 60", "and are not banned with N.")),
    ("KEPT", "core/measure/visits.c", ("anomdetect-detection.7", "only while their sum is over N visits, and not below")),
    ("ANOMALY_CALM_S", "core/judge/anomaly.h",
     ("anomdetect-detection.7", "until the rate has been normal for N.", "exceeded no threshold for N in a row", "it ends after N in a row")),
    ("ZSCORE", "core/judge/rules.c", ("anomdetect-detection.7", "(rate - mean) / stddev > N ", "an anomaly begins when z > N, or")),
    ("MULTIPLIER", "core/judge/rules.c", ("anomdetect-detection.7", "or rate > N * mean it ends")),
    ("TIGHT_ZSCORE", "core/judge/rules.c", ("anomdetect-detection.7", "with z <= N and rate", "rate > mean + N * stddev, or rate > 3")),
    ("TIGHT_MULTIPLIER", "core/judge/rules.c", ("anomdetect-detection.7", "and rate <= N * mean")),
    ("ERROR_SURGE", "core/judge/rules.c",
     ("anomdetect-detection.7", "more than N times the mean of the site's errors", "/ 60 > N * mean of the site's errors")),
    ("JUDGED_FROM", "core/judge/rules.c",
     ("anomdetect-detection.7", "requests in the window >= N and >= the cold limit", "From N requests in the window on, they appear")),
    ("TIGHT_SHARE", "core/judge/rules.c", ("anomdetect-detection.7", "tightened limit A limit times N,", "Then requests uses N of the limit")),
    ("BUSY_SECONDS", "core/judge/rules.c", ("anomdetect-detection.7", "and in at least N different seconds")),
    ("BURST", "core/judge/rules.c", ("anomdetect-detection.7", "or requests in the window > N * limit")),
    ("SWARM_MIN", "core/judge/swarm.h", ("anomdetect-detection.7", "over the mark at their last request >= N, and")),
    ("SWARM_SHARE", "core/judge/swarm.h", ("anomdetect-detection.7", "these clients >= N * active")),
    ("SWARM_VISIT_SHARE", "core/judge/swarm.h", ("anomdetect-detection.7", "(N * for the visit mark)")),
    ("MASS_BAN_KNOWN_MIN", "core/judge/mass_ban.h", ("anomdetect-detection.7", "within 10 minutes more than N known clients")),
    ("CLIENTS_ERROR_SHARE", "core/measure/clients.h", ("anomdetect-detection.7", "own errors >= N * requests in the window, and (own")),
    ("CROWD_KNOWN_AFTER_S", "core/measure/crowd.h", ("anomdetect-detection.7", "when its present visit has lasted for N.")),
    ("SITE_BASELINE_S", "core/measure/site.h", ("anomdetect-detection.7", "of each second of the last N.", "An anomaly that lasts N is the new")),
    ("SITE_RECOMPUTE_S", "core/measure/site.h", ("anomdetect-detection.7", "Every N, and when an hour begins")),
    ("SITE_WARMUP_S", "core/measure/site.h", ("anomdetect-detection.7", "The thresholds apply when N have been seen", "until the detector has seen N of the log")),
    ("SITE_HOUR_MIN_S", "core/measure/site.h", ("anomdetect-detection.7", "When N of an hour were learned")),
    ("SITE_MEAN_FLOOR", "core/measure/site.h", ("anomdetect-detection.7", "requests per second Ta N Ta 0.5")),
    ("SITE_STDDEV_FLOOR", "core/measure/site.h", ("anomdetect-detection.7", "requests per second Ta 1 Ta N ")),
    ("SITE_ERROR_FLOOR", "core/measure/site.h", ("anomdetect-detection.7", "errors per second Ta N Ta 0.1", "errors per second Ta 0.1 Ta N ")),
    ("KNOWN_FROM", "core/measure/visits.c",
     ("anomdetect-detection.7", "Limits are learned when N visits have taught", "Until N visits have taught, the limit")),
    ("GROWTH", "core/measure/visits.c", ("anomdetect-detection.7", "rises above N times its stored value")),
    ("GROWTH_FROM", "core/measure/visits.c", ("anomdetect-detection.7", "When N visits have taught, the detector stores")),
    ("TOP_SHARE", "core/measure/visits.c", ("anomdetect-detection.7", "top = N u =")),
    ("TOP_SHARE_FEW", "core/measure/visits.c", ("anomdetect-detection.7", "with top = N and uses")),
    ("TOP_MANY", "core/measure/visits.c", ("anomdetect-detection.7", "If fewer than N visits have taught")),
    ("BEYOND_HIGHEST", "core/measure/visits.c", ("anomdetect-detection.7", "limit = at most N * the highest")),
    ("PER_NETWORK", "core/measure/visits.c", ("anomdetect-detection.7", "after N clients of the network have taught")),
    ("VISITS_ERRORS_FLOOR", "core/measure/visits.h", ("anomdetect-detection.7", "uses 0.6 of the limit but at least N.")),
    ("SUDDEN", "core/judge/rules.c", ("anomdetect-detection.7", "or > N * limit and sudden", "requests in the lap > N * limit, and sudden")),
    ("PAGES", "core/judge/rules.c",
     ("anomdetect-detection.7", "own errors in the window > N * limit)", "requests in the lap > N * limit)", "own errors in the lap > N * limit)")),
    ("VARIED_REQUESTS", "core/judge/rules.c", ("anomdetect-detection.7", "served paths and few own errors has N times the limit")),
    ("ABOVE_FEW", "core/measure/visits.c", ("anomdetect-detection.7", "the cold limit, or N times the highest value taught")),
    ("SWARM_EVERY_S", "core/engine/engine_every_second.c", ("anomdetect-detection.7", "The detector checks for a swarm every N.")),
    ("PROBES", "core/judge/path_rules.c", ("anomdetect-detection.7", "different probes > N, and over", "different probes > N (10")),
    ("PROBES_COLD", "core/judge/path_rules.c", ("anomdetect-detection.7", "different probes > 8 (N until limits are learned)")),
    ("PROBE_SHARE", "core/judge/path_rules.c",
     ("anomdetect-detection.7", "own errors > N * its requests", "and over N of its requests are own errors",
      "At least N of its requests are own errors, and it has")),
    ("SERVED_SHARE", "core/judge/path_rules.c", ("anomdetect-detection.7", "own errors must be over N of its requests,")),
    ("SERVED_PROBES", "core/judge/path_rules.c", ("anomdetect-detection.7", "This applies up to N probes.")),
    ("PAGE", "core/judge/path_rules.c", ("anomdetect-detection.7", "of its first visit, a client has N times the limit,")),
    ("PAGE_SERVED", "core/judge/path_rules.c", ("anomdetect-detection.7", "such as the page, it has N times the limit")),
    ("LOAD_FILES", "core/judge/path_rules.c", ("anomdetect-detection.7", "a visit with at most N requests that come faster")),
    ("LOAD_PER_S", "core/judge/path_rules.c", ("anomdetect-detection.7", "that come faster than N per second")),
    ("BAIT", "core/judge/path_rules.c", ("anomdetect-detection.7", "different bait > N, and own errors", "bait different bait > N, and at least")),
    ("BAIT_PAGE", "core/judge/path_rules.c", ("anomdetect-detection.7", "served anything in this visit may ask for N more")),
    ("BAIT_SHARE", "core/judge/path_rules.c", ("anomdetect-detection.7", "different bait > 2, and own errors >= N * its requests")),
    ("PATHS_BAIT", "core/measure/paths.h", ("anomdetect-detection.7", "has failed on it: N parts of other networks;")),
    ("SLOW_FAILURES_BAIT_S", "core/measure/slow_failures.h", ("anomdetect-detection.7", "remembers bait until the client has been silent for N.")),
    ("SLOW_FAILURES_FORGET_S", "core/measure/slow_failures.h",
     ("anomdetect-detection.7", "remembers probes until the client has been silent for N.")),
    ("REPEATS_FLOOR", "core/judge/path_rules.c", ("anomdetect-detection.7", "in the visit > max(N, 2 * usual)")),
    ("REPEATS_TIMES", "core/judge/path_rules.c", ("anomdetect-detection.7", "in the visit > max(12, N * usual)")),
    ("WRITE_SHARE", "core/judge/path_rules.c", ("anomdetect-detection.7", "writes + 1 >= N * requests of the visit")),
    ("SERVED_PATHS", "core/judge/path_rules.c", ("anomdetect-detection.7", "different served paths < N ")),
    ("SERVED_WRITES", "core/judge/path_rules.c", ("anomdetect-detection.7", "an honest visit (24 to 48 hours) has N times the limit. A client that was served")),
    ("SLOW_REQUESTS", "core/engine/engine_failures.c", ("anomdetect-detection.7", "A client that makes at most N requests in 60 seconds, and few")),
    ("SLOW_FAILURES_GAP_S", "core/measure/slow_failures.h", ("anomdetect-detection.7", "a visit ends after N without a request")),
    ("SLOW_FAILURES_FADE_S", "core/measure/slow_failures.h", ("anomdetect-detection.7", "Each N of a pause take one write off")),
    ("WRITTEN_USUAL_MAX", "core/measure/written_paths.h", ("anomdetect-detection.7", "it at most doubles, up to N, and")),
    ("WRITTEN_OFTEN", "core/measure/written_paths.h", ("anomdetect-detection.7", "3 other networks write to it N times in a visit")),
    ("FEATURE_MIN", "core/measure/written_paths.c", ("anomdetect-detection.7", "A path is a feature for a client when at least N other networks")),
    ("SLOW", "core/judge/path_rules.c", ("anomdetect-detection.7", "own errors in 24 hours > N, and own errors >=")),
    ("SLOW_SHARE", "core/judge/path_rules.c", ("anomdetect-detection.7", "own errors >= N * its requests in these 24 hours")),
    ("PATH_RULES_FAST", "core/judge/path_rules.h", ("anomdetect-detection.7", "while the client has over N of them in the window")),
    ("FEW_PATHS", "core/judge/path_rules.c", ("anomdetect-detection.7", "at least N own errors for each path that it probed")),
    ("KNOWN_ERRORS", "core/judge/path_rules.c", ("anomdetect-detection.7", "an honest visit (24 to 48 hours) has N times the limit. A client that asked")),
    ("ROBOT_ERRORS", "core/judge/path_rules.c", ("anomdetect-detection.7", "asked for /robots.txt has N times the limit")),
    ("DOUBTFUL_ERRORS", "core/engine/engine_paths.c",
     ("anomdetect-detection.7", "The first N own errors of a visit that was served anything teach no bait")),
    ("BURST_ERRORS", "core/judge/site_failing.c", ("anomdetect-detection.7", "A client in each of these networks makes N errors in a burst")),
    ("BURSTS_MIN", "core/judge/site_failing.c", ("anomdetect-detection.7", "voters with a burst >= N, and")),
    ("ENGINE_CROSS_SITE_ONE", "core/engine/engine.h", ("anomdetect-detection.7", "One in N of these requests counts")),
    ("START_KNOWN_S", "core/judge/ban_holds.c", ("anomdetect-detection.7", "After the first N of the log The detector adds up")),
    ("HEAVY_HITTERS_MAX", "core/measure/heavy_hitters.h", ("anomdetect-detection.7", "one of at most N that made over")),
    ("JUDGED_OF_SUM_MAX", "core/engine/engine_verdict.c", ("anomdetect-detection.7", "adds this sum in up to N equal steps")),
    ("PATHS_DEAD_AFTER_S", "core/measure/paths.h", ("anomdetect-detection.7", "was served the path in the last N.")),
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
    ("TOP_PATHS_EXACT", "core/measure/top_paths.h", ("anomdetect.5", "the window never contained more than N lines")),
    ("TOP_PATHS_SEEN_MIN", "core/measure/top_paths.h", ("anomdetect.5", "A path with fewer than N lines in that sample")),
    ("REQUEST_PATH_SHOWN_MAX", "core/read/request.h", ("anomdetect.5", "cut at N bytes, so two different paths may")),
    ("PATH_ESCAPED_MAX", "core/record/event.c", ("anomdetect.5", "would take over N bytes with its escapes")),
    ("PATH_BYTES_ESCAPED", "core/record/event.c", ("anomdetect.5", ", is cut at N bytes.")),
    ("FOLLOW_DEFAULT", "anomstat.c", ("anomstat.1", "3600, default N)")),
    ("FOLLOW_MAX", "anomstat.c", ("anomstat.1", "(0.1 to N,")),
    ("FOLLOW_MIN", "anomstat.c", ("anomstat.1", "(N to 3600,")),
]

# Each row: a row and a column in the output of bench_memory, a page, and the words on this page.
MEASURED = [
    ("client, one in 8 busy, and in the filter of teachers", 0, "anomdetect.8", "with up to N bytes of memory each. Raise the number if the counter"),
    ("strike, after all bans were in force together and have ended", 0, "anomdetect.8", "up to N bytes of memory each. The number is also"),
    ("client, one in 8 busy, and in the filter of teachers", 0, "anomdetect-bans.7", "N bytes for each of Fl max-clients:"),
    ("client of one request", 0, "anomdetect-bans.7", "Fl max-clients: N for a client"),
    ("busy client, more than a quiet one", 0, "anomdetect-bans.7", "for a client, N more for a busy one"),
    ("strike, after all bans were in force together and have ended", 0, "anomdetect-bans.7", "N bytes for each of Fl max-strikes; only"),
    ("strike, while its ban lasts", 0, "anomdetect-bans.7", "Fl max-strikes; only N as long as no ban has ended"),
    ("path", 0, "anomdetect-bans.7", "N bytes for each of Fl max-paths, and"),
    ("path", 0, "anomdetect.8", "of the site, with N to 56 bytes of memory each"),
    ("path", 1, "anomdetect.8", "of the site, with 52 to N bytes of memory each"),
    ("client that fails or writes", 0, "anomdetect-bans.7", "Fl max-paths, and N for each client in the table"),
    ("client that fails or writes", 0, "anomdetect-detection.7", "a table of 65,536 clients, N bytes each"),
]
NEAR = 0.03  # allowed difference, because whole memory pages and the allocator's overhead make a small table larger


def plain(page):
    """The text of a page without macros, as one line; `.Pq x` becomes (x)."""
    text = re.sub(r"^\.Pq (.*?) ?([.,;:]?)$", r"(\1)\2", page, flags=re.M)
    text = re.sub(r"^\.[A-Z][a-z] |(?<= )(?:Cm|No|Li|Va|Fl Fl|Ar|Ql|Em) |\\&|^\.[A-Z][a-z]$", "", text, flags=re.M)
    return re.sub(r"\s+(?=[.,;:](?:\s|$))", "", re.sub(r"\s+", " ", text))


def figures(words, page):
    """The figure at each place that has these words, in seconds or bytes."""
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
    """Row -> its numbers. None if built with sanitizers, which need more memory."""
    program = Path(os.environ.get("BUILD", "build")) / "bench" / "bench_memory"
    if b"__asan_init" in program.read_bytes():
        return None
    rows = {}
    for line in subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines():
        name, *numbers = re.split(r"\s{2,}", line.strip())
        rows[name] = [float(n) for n in " ".join(numbers).split()]
    return rows


def wrong_bytes(rows, name, column, page, words):
    if rows is None:
        return []
    value = rows[name][column]
    found = figures(words, plain((ROOT / "man" / page).read_text()))
    wrong = [f"'{words}' is not there"] if not found else []
    return wrong + [f"'{words}' has {n:.12g}, but {value} is measured" for n in found if abs(n / value - 1) > NEAR]


def main():
    for name, file, *pages in FIGURES:
        check(f"the manual has the value of {name}", wrong_figures(name, file, pages))
    rows = measure()
    for name, column, page, words in MEASURED:
        skipped = " # SKIP sanitizers need more memory" if rows is None else ""
        check(f"the manual has the measured bytes: '{words}'{skipped}", wrong_bytes(rows, name, column, page, words))
    return done()


sys.exit(main())
