/* explain.h - `anomdetect --explain`: prints how the first lines of the input are parsed.
 *
 * Path:    standard input -> lines -> core/read/line -> [explain] -> standard output.
 */
#ifndef IO_CHECK_EXPLAIN_H
#define IO_CHECK_EXPLAIN_H

#include <stdbool.h>

#include "io/config/option_groups.h"

/* Reads at most EXPLAIN_LINES_MAX lines, for at most 10 s. Lines that differ only in values
 * have the same shape. For each shape, prints the format, and the members that are used with their
 * values, or else why the line is rejected. False when no line is a request, or the input cannot be
 * read. */
#define EXPLAIN_LINES_MAX 10000
bool explain_run(const struct input_options *o, const struct options_list *trust_proxy);

#endif
