/* input.h - makes the configuration of core/read/line from the options for log lines.
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
	struct line_config line; /* configuration of line_parser_new; points into this struct */
	struct zone zone;
	bool counts;           /* lines are counts of other hosts; then `line` is not used */
	struct allow *trusted; /* NULL: no proxy is trusted */
};

/* Whether the format's name means counts of other hosts. */
bool input_is_counts(const char *format);

/* Whether the values can be used together. Changes nothing. On failure, `why` is as in
 * input_open. */
bool input_check(const struct input_options *o, char *why, size_t why_cap);

/* False on a wrong value; then `why` names the value in one line. *in has pointers into the options
 * and into itself, so it must not move afterwards. */
bool input_open(struct input *in, const struct input_options *o,
	const struct options_list *trust_proxy, char *why, size_t why_cap);
void input_close(struct input *in);

#endif
