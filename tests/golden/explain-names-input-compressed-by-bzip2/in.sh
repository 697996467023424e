#!/bin/sh
# The beginning of such a file, and what looks like two more lines of it.
printf 'BZh91AY\046SY\251\nnoise\n{noise\n'
