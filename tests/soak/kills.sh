#!/bin/bash
# kills.sh - kills anomdetect by SIGKILL and starts it at once, KILLS (200) times. As root.
# tests/e2e/kills-and-starts-lose-no-ban.t does the same 40 times.
KILLS=${KILLS:-200} exec "$(dirname "$0")/../e2e/kills-and-starts-lose-no-ban.t"
