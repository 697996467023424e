#!/bin/sh
# The beginning of such a file, and what looks like two more lines of it.
printf '\050\265\057\375\004\130\nnoise\n{noise\n'
