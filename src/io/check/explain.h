/* explain.h - `anomdetect --explain`: how are these lines understood?
 *
 * Path:    standard input -> lines -> core/read/line -> [explain] -> standard output, for a person.
 */
#ifndef IO_CHECK_EXPLAIN_H
#define IO_CHECK_EXPLAIN_H

#include <stdbool.h>

#include "io/config/option_groups.h"

/* Reads the first lines (as many as come within a while, or EXPLAIN_LINES_MAX) and prints each
 * different shape of line once: the format, the members taken and their values, or why it is no
 * request. False when not one of the lines is a request, or the input cannot be read. */
#define EXPLAIN_LINES_MAX 10000
bool explain_run(const struct input_options *o, const struct options_list *trust_proxy);

#endif
