#!/bin/bash
# kills.sh - kills anomdetect by SIGKILL and restarts it immediately, KILLS (200) times. Run it as root.
# The script starts tests/e2e/kills-and-starts-lose-no-ban.t, which kills anomdetect 40 times by default.
KILLS=${KILLS:-200} exec "$(dirname "$0")/../e2e/kills-and-starts-lose-no-ban.t"
