/* options_place.h - finds the line of a value that was refused after the options were parsed.
 *
 * The parser names the line of each value that it refuses itself. Other modules refuse some values
 * later, such as a network of --allow, and do not know the line. This module finds the line in the
 * configuration file.
 */
#ifndef IO_CONFIG_OPTIONS_PLACE_H
#define IO_CONFIG_OPTIONS_PLACE_H

#include <stddef.h>

#include "io/config/option_groups.h"

/* If `why` begins with "--NAME: 'VALUE'" and a line of the --config file has NAME and VALUE,
 * inserts "FILE: line N: " in front. If the variable OPTIONS in a service's file (service_file.h)
 * has NAME and VALUE, inserts "FILE: OPTIONS: ", with the word OPTIONS itself. Leaves other texts
 * unchanged, and keeps errno. */
void options_place(const struct options *o, char *why, size_t why_cap);

#endif
