#!/bin/sh
# The beginning of a file that gzip compressed, then bytes that look like two more lines.
printf '\037\213\010\000\000\000\000\000\000\003\253V*\nnoise\n{noise\n'
