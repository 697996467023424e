#!/bin/bash
# kills.sh - kills anomdetect by SIGKILL and restarts it immediately, KILLS (200) times. Run it as root.
# tests/e2e/kills-and-starts-lose-no-ban.t does the same 40 times.
KILLS=${KILLS:-200} exec "$(dirname "$0")/../e2e/kills-and-starts-lose-no-ban.t"
