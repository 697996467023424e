#!/bin/sh
# Prints the beginning of a file that zstd has compressed, and then bytes that look like two more lines.
printf '\050\265\057\375\004\130\nnoise\n{noise\n'
