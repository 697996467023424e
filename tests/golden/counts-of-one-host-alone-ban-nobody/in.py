#!/usr/bin/env python3
"""Only the lines of the first of the three hosts in counts-of-all-hosts-are-judged-together."""
import subprocess
lines = subprocess.run(["../counts-of-all-hosts-are-judged-together/in.py"], capture_output=True, text=True,
                       cwd="../counts-of-all-hosts-are-judged-together", check=True).stdout.splitlines()
print(*(x for x in lines if '"origin":"web1"' in x), sep="\n")
