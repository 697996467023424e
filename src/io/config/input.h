/* input.h - the options that decide how lines are read, as the configuration of core/read/line.
 *
 * Path:    options -> [input] -> line; --doctor and --explain use it, too.
 */
#ifndef IO_CONFIG_INPUT_H
#define IO_CONFIG_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/read/line.h"
#include "io/config/option_groups.h"
#include "io/config/zone.h"

struct input {
	struct line_config line; /* for line_parser_new; points into this struct */
	struct zone zone;
	bool counts;           /* lines are counts of other hosts; `line` says nothing */
	struct allow *trusted; /* NULL: no proxy is trusted */
};

/* Whether a format of that name is counts of other hosts. */
bool input_is_counts(const char *format);

/* Whether the values can be used together. Changes nothing; false as below. */
bool input_check(const struct input_options *o, char *why, size_t why_cap);

/* False on a wrong value; `why` then names it in one line. *in must not move afterwards; it points
 * to texts of the options. */
bool input_open(struct input *in, const struct input_options *o,
	const struct options_list *trust_proxy, char *why, size_t why_cap);
void input_close(struct input *in);

#endif
