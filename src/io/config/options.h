/* options.h - the command line of anomdetect and of anomban, and their configuration file.
 *
 * One table (options_table.c) makes the parser, --help and the configuration file; anomdetect(8)
 * and anomban(8) document each row. The command line wins over the file. Texts point into argv or
 * into memory held until options_free.
 *
 * Both programs can be given the same file, which is anomdetect's: anomban checks all of its lines
 * and uses the options that it has, too. The file may also be that of a service (service_file.h),
 * whose OPTIONS are words of anomdetect's command line.
 */
#ifndef IO_CONFIG_OPTIONS_H
#define IO_CONFIG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "io/config/option_groups.h"

/* Fills *o with the defaults, then the file, then the command line. On failure false, and `why`
 * says in one line what is wrong: the option, its value and the range. */
bool options_parse(struct options *o, int argc, char **argv, char *why, size_t why_cap);
void options_free(struct options *o);

/* The same with anomban's options and its operands, which are in argv. */
bool options_parse_anomban(struct options *o, int argc, char **argv, char *why, size_t why_cap);

/* Prints the answer to --help or --version of that program on standard output. False with errno. */
bool options_answer(const struct program_options *o, const char *program);

#endif
