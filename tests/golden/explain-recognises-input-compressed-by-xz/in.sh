#!/bin/sh
# The beginning of a file that xz compressed, then bytes that look like two more lines.
printf '\375\067zXZ\000\000\004\nnoise\n{noise\n'
