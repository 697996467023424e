#!/bin/bash
# kills.sh - 200 times kill -9 and a start at once (KILLS), as tests/e2e/kills-and-starts-lose-no-ban.t does it 40 times. As root.
KILLS=${KILLS:-200} exec "$(dirname "$0")/../e2e/kills-and-starts-lose-no-ban.t"
