/* options_parts.h - what the files of io/config/options.h share, for them alone:
 *
 * options.c           the command line, and the options in a service's file
 * options_operands.c  the words of a command line that are no options
 * options_file.c      the configuration file
 * options_values.c    the values of options
 * options_help.c      --help
 */
#ifndef IO_CONFIG_OPTIONS_PARTS_H
#define IO_CONFIG_OPTIONS_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "io/config/options_table.h"

/* What a setter needs to say what is wrong. */
struct options_report {
	char *why;
	size_t cap;
	const char *where; /* "--" on the command line; "FILE: line 3: " in a file */
	bool of_service;   /* OPTIONS of a service, or the file that they name */
};

/* Says that a value is not what is wanted. Returns false. */
bool options_fail_value(
	const struct options_report *r, const char *name, const char *value, const char *want);

/* Puts the end of a message, of option_hints.h, behind the reason. */
void options_add_hint(const struct options_report *r, const char *hint);

/* How long one ban lasts. */
bool options_ban_time(const char *s, size_t len, struct span *out);

/* Whether the operands of *o, if any, fit its action. Takes the time of --ban. */
bool options_check_operands(
	struct anomban_options *o, enum options_program program, const struct options_report *r);

/* The program's option of that name; NULL: it has none. */
const struct options_row *options_row_named(enum options_program program, const char *name);

/* Checks the value of an option, which may be the other program's, and takes it when `program` has
 * that option, too. False, with a reason, when it is wrong, or when a service with this option
 * would not read its log. */
bool options_take(struct options *o, enum options_program program, const struct options_row *row,
	const char *value, const struct options_report *r);

/* The text of the file of --config, for free(); NULL with a reason. */
char *options_file_text(const char *path, const struct options_report *r);

/* Takes the options of a configuration file: a line each. Options then point into the text. */
bool options_file_lines(struct options *o, enum options_program program, const char *path,
	char *text, const struct options_report *r);

/* Prints --help of that program on standard output. */
void options_help(const char *program);

#endif
