#!/bin/sh
# The beginning of a file that bzip2 compressed, then bytes that look like two more lines.
printf 'BZh91AY\046SY\251\nnoise\n{noise\n'
