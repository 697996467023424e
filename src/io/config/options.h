/* options.h - the command lines of anomdetect, anomban and anomcount, and their configuration file.
 *
 * One table (options_table.c) is the source of the parser, --help and the configuration file;
 * anomdetect(8), anomban(8) and anomcount(1) document each row. The command line has precedence
 * over the file. Strings point into argv, or into memory that options_free frees.
 *
 * All programs can read the same file, with options of anomdetect: the other programs check all of
 * its lines, and use the options that they also have. The file may instead be a service's file
 * (service_file.h), whose OPTIONS are words of anomdetect's command line.
 */
#ifndef IO_CONFIG_OPTIONS_H
#define IO_CONFIG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "io/config/option_groups.h"

/* Fills *o from the defaults, then the file, then the command line. On failure it returns false,
 * and `why` is one line: the option, its wrong value and the range. */
bool options_parse(struct options *o, int argc, char **argv, char *why, size_t why_cap);
void options_free(struct options *o);

/* Like options_parse, with anomban's options. Its operands stay in argv. */
bool options_parse_anomban(struct options *o, int argc, char **argv, char *why, size_t why_cap);

/* Like options_parse, with anomcount's options. */
bool options_parse_anomcount(struct options *o, int argc, char **argv, char *why, size_t why_cap);

/* Prints --help or --version of that program on standard output. False with errno if this fails. */
bool options_answer(const struct program_options *o, const char *program);

#endif
