#!/usr/bin/env python3
"""Three hosts send counts in the test counts-of-all-hosts-are-judged-together. This input has only the lines of web1."""
import subprocess
lines = subprocess.run(["../counts-of-all-hosts-are-judged-together/in.py"], capture_output=True, text=True,
                       cwd="../counts-of-all-hosts-are-judged-together", check=True).stdout.splitlines()
print(*(x for x in lines if '"origin":"web1"' in x), sep="\n")
