/* options_parts.h - declarations that only the files of options.h share:
 *
 * options.c           the command line, and the options in a service's file (service_file.h)
 * options_operands.c  the words of a command line that are not options
 * options_file.c      the configuration file
 * options_values.c    the values of options
 * options_help.c      --help
 */
#ifndef IO_CONFIG_OPTIONS_PARTS_H
#define IO_CONFIG_OPTIONS_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "io/config/options_table.h"

/* The buffer for the reason why an option is refused, and the place where the option was given. */
struct options_report {
	char *why;
	size_t cap;
	const char *where; /* beginning of the reason: "--", or in a file "FILE: line 3: " */
	/* the option is in OPTIONS of a service's file, or in the file that --config in OPTIONS
	 * names */
	bool of_service;
};

/* Writes the reason for a wrong value. `want` describes the valid values. Returns false. */
bool options_fail_value(
	const struct options_report *r, const char *name, const char *value, const char *want);

/* Appends a hint of option_hints.h to the reason. */
void options_add_hint(const struct options_report *r, const char *hint);

/* Parses the length of a ban, or "permanent". False if it is neither. */
bool options_ban_time(const char *s, size_t len, struct span *out);

/* Whether the operands of *o fit its action. Sets ban_time from the second operand of --ban, if
 * there is one. */
bool options_check_operands(
	struct anomban_options *o, enum options_program program, const struct options_report *r);

/* The program's option of that name, or NULL. */
const struct options_row *options_row_named(enum options_program program, const char *name);

/* Checks the value of the option `row`, and sets the option in *o if `program` has it. The option
 * may belong to another program, because several programs may share a file of options. False with a
 * reason if the value is wrong, or if the option is in a service's file and stops the service from
 * reading its log. */
bool options_take(struct options *o, enum options_program program, const struct options_row *row,
	const char *value, const struct options_report *r);

/* Reads the file of --config. The caller frees the text. NULL with a reason. */
char *options_file_text(const char *path, const struct options_report *r);

/* Sets the options of a configuration file, one per line. Values then point into the text. */
bool options_file_lines(struct options *o, enum options_program program, const char *path,
	char *text, const struct options_report *r);

/* Prints --help of that program on standard output. */
void options_help(const char *program);

#endif
