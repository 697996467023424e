#!/bin/sh
# The beginning of such a file, and what looks like two more lines of it.
printf '\037\213\010\000\000\000\000\000\000\003\253V*\nnoise\n{noise\n'
