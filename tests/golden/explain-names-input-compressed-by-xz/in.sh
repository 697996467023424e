#!/bin/sh
# The beginning of such a file, and what looks like two more lines of it.
printf '\375\067zXZ\000\000\004\nnoise\n{noise\n'
