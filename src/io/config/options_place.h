/* options_place.h - where a value stands that was found to be wrong after the options were parsed.
 *
 * The parser names the line of what it refuses. A value that its reader refuses later, such as a
 * network of --allow, is a text without a place; this finds its line in the configuration file.
 */
#ifndef IO_CONFIG_OPTIONS_PLACE_H
#define IO_CONFIG_OPTIONS_PLACE_H

#include <stddef.h>

#include "io/config/option_groups.h"

/* `why` is "--NAME: 'VALUE' ...": puts "FILE: line N: " in front of it when the file of --config
 * has such a line, or "FILE: OPTIONS: " when a service's file has the name and the value. Leaves
 * other texts alone. errno is as before. */
void options_place(const struct options *o, char *why, size_t why_cap);

#endif
