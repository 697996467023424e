#!/usr/bin/env python3
"""The value in the message for a removed option is the constant that replaced the option. TAP on standard output."""
import re
import subprocess
import sys
import os
from pathlib import Path

sys.dont_write_bytecode = True
from constants import constant, source  # noqa: E402
from promises import check, done  # noqa: E402

ANOMDETECT = Path(os.environ.get("BUILD", "build")) / "anomdetect"
UNITS = {"s": 1, "m": 60, "h": 3600}

# {removed option: (constant, its file in src)}. A value that is not a constant is in visits_config_of: for this value,
# the pair is (array, index).
CONSTANTS = {
    "zscore": ("ZSCORE", "core/judge/rules.c"),
    "multiplier": ("MULTIPLIER", "core/judge/rules.c"),
    "tight-zscore": ("TIGHT_ZSCORE", "core/judge/rules.c"),
    "tight-multiplier": ("TIGHT_MULTIPLIER", "core/judge/rules.c"),
    "error-surge": ("ERROR_SURGE", "core/judge/rules.c"),
    "min-requests": ("JUDGED_FROM", "core/judge/rules.c"),
    "busy-seconds": ("BUSY_SECONDS", "core/judge/rules.c"),
    "burst": ("BURST", "core/judge/rules.c"),
    "tight-share": ("TIGHT_SHARE", "core/judge/rules.c"),
    "error-share": ("CLIENTS_ERROR_SHARE", "core/measure/clients.h"),
    "errors-floor": ("VISITS_ERRORS_FLOOR", "core/measure/visits.h"),
    "errors-cold": ("VISITS_ERRORS_FLOOR", "core/measure/visits.h"),
    "visit-requests-floor": ("floor", 2),
    "visit-requests-cold": ("cold", 2),
    "visit-errors-floor": ("floor", 3),
    "visit-errors-cold": ("cold", 3),
    "mark-floor": ("floor", 4),
    "visit-mark-floor": ("floor", 5),
    "known-from": ("KNOWN_FROM", "core/measure/visits.c"),
    "growth": ("GROWTH", "core/measure/visits.c"),
    "growth-from": ("GROWTH_FROM", "core/measure/visits.c"),
    "top-share": ("TOP_SHARE", "core/measure/visits.c"),
    "top-share-few": ("TOP_SHARE_FEW", "core/measure/visits.c"),
    "top-many": ("TOP_MANY", "core/measure/visits.c"),
    "beyond-highest": ("BEYOND_HIGHEST", "core/measure/visits.c"),
    "mark-share": ("MARK_SHARE", "core/measure/visits.c"),
    "per-network": ("PER_NETWORK", "core/measure/visits.c"),
    "half-life": ("DAY_S", "core/measure/visits.c"),
    "swarm-min": ("SWARM_MIN", "core/judge/swarm.h"),
    "swarm-share": ("SWARM_SHARE", "core/judge/swarm.h"),
    "visit-swarm-share": ("SWARM_VISIT_SHARE", "core/judge/swarm.h"),
    "known-after": ("CROWD_KNOWN_AFTER_S", "core/measure/crowd.h"),
    "mass-min": ("MASS_BAN_KNOWN_MIN", "core/judge/mass_ban.h"),
    "warmup": ("SITE_WARMUP_S", "core/measure/site.h"),
    "baseline-window": ("SITE_BASELINE_S", "core/measure/site.h"),
    "recompute": ("SITE_RECOMPUTE_S", "core/measure/site.h"),
    "hour-min": ("SITE_HOUR_MIN_S", "core/measure/site.h"),
    "mean-floor": ("SITE_MEAN_FLOOR", "core/measure/site.h"),
    "stddev-floor": ("SITE_STDDEV_FLOOR", "core/measure/site.h"),
    "error-mean-floor": ("SITE_ERROR_FLOOR", "core/measure/site.h"),
    "recovery": ("ANOMALY_CALM_S", "core/judge/anomaly.h"),
    "accept-after": ("SITE_BASELINE_S", "core/measure/site.h"),
    "state-interval": ("state_interval", "io/run/saver.c"),
    "in-flight": ("IN_FLIGHT_MS", "core/engine/engine_verdict.c"),
}
# Options for which the message has a sentence instead of a value.
REPLACED = ["client-baseline", "requests-cold"]


def visits_value(array, index):
    values = re.search(rf"\.{array} = {{(.*?)}}", source("core/measure/visits.c"), flags=re.S)[1].split(",")
    return float(values[index])


def value_in_message(option):
    run = subprocess.run([ANOMDETECT, f"--{option}=1", "--state", "none"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    found = re.search(rf"--{option} was removed in 1\.0\.0; its value is ([\d.]+)([smh]?) now", run.stderr)
    return float(found[1]) * UNITS.get(found[2], 1) if found else None


def wrong_value(option, name, where):
    wanted = visits_value(name, where) if isinstance(where, int) else constant(name, where)
    shown = value_in_message(option)
    return [] if wanted is not None and shown == wanted else [f"the message has {shown}, {name} in {where} is {wanted}"]


def main():
    table = re.findall(r'^\t{"([a-z-]+)", ', source("io/config/option_removed.c"), flags=re.M)
    listed = [*CONSTANTS, *REPLACED]
    check("this test has a row for each removed option", sorted(set(table) ^ set(listed)))
    for option, (name, where) in CONSTANTS.items():
        check(f"the message for --{option} has the value of the constant", wrong_value(option, name, where))
    return done()


sys.exit(main())
