/* options_place.h - the line of a value that is refused after the options were parsed.
 *
 * The parser names the line of each value that it refuses. A value that is refused later, such as a
 * network of --allow, is a text without a place; this finds its line in the configuration file.
 */
#ifndef IO_CONFIG_OPTIONS_PLACE_H
#define IO_CONFIG_OPTIONS_PLACE_H

#include <stddef.h>

#include "io/config/option_groups.h"

/* If `why` begins with "--NAME: 'VALUE'" and the file of --config has a line with both, "FILE: line
 * N: " is inserted in front. If a service's file has both, "FILE: OPTIONS: " is inserted. Other
 * texts do not change. errno does not change. */
void options_place(const struct options *o, char *why, size_t why_cap);

#endif
