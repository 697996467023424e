#!/bin/sh
# The beginning of a file that zstd compressed, then bytes that look like two more lines.
printf '\050\265\057\375\004\130\nnoise\n{noise\n'
