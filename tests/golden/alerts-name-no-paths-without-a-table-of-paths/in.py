#!/usr/bin/env python3
"""A client floods the page that all other clients request, too. With a table of paths, the site's alert would name this
page. The run has no such table (--max-paths 0), so the alert names no path."""
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "..")
from lines import flood, visitors, write  # noqa: E402

write(visitors(700), flood("203.0.113.7", 600, 20, 30))
