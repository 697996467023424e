/* option_hints.h - what was probably meant by a wrong word on a command line or in a file.
 *
 * Path:    a word that options refuse -> [option_hints: core/base/nearest] -> the message.
 * Output:  each function writes the end of a message, such as "; did you mean --format?", or an
 *          empty text when it has nothing to add.
 * Programs are named as the user calls them: "anomdetect", "anomban", "anomcount", "anomstat".
 */
#ifndef IO_CONFIG_OPTION_HINTS_H
#define IO_CONFIG_OPTION_HINTS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/figure.h"
#include "io/config/options_table.h"

#define OPTION_HINTS_CAP 320

struct option_hint {
	char s[OPTION_HINTS_CAP];
};

/* An unknown option, with dashes or without them, with "=VALUE" or without it. It may be the option
 * of another program, the beginning of several options, or a word of fail2ban. `dashes`: "--" on a
 * command line, "" in a file. */
struct option_hint option_hints_name(const char *program, const char *given, const char *dashes);

/* A word in the place of an option: an option without its dashes, a file, an address. */
struct option_hint option_hints_operand(const char *program, const char *given);

/* A value that is none of these words; NULL ends the list. */
struct option_hint option_hints_word(const char *value, const char *const *words);

/* A value of a count, a number or a time, in a form that is not read: "5w", "10 min", "0,5", "50%",
 * "10k". Nothing is added unless the value that is meant lies within the row's range. */
struct option_hint option_hints_value(const struct options_row *row, const char *value);

/* The same of the time that one ban lasts. */
struct option_hint option_hints_ban_time(const char *value);

/* Seconds in the largest unit that leaves no rest: "90s", "2h", "7d". */
struct figure option_hints_seconds(double seconds);

/* The first word of a command line, before "--", that is a long option of the program, or four
 * letters of its beginning, but for its second dash: getopt would read letters from it, and "-state
 * FILE" would name the state "tate". NULL: none. */
const char *option_hints_single_dash(const char *program, int argc, char **argv);

/* The word that getopt_long has refused: at optind when it stopped at a letter within it, or else
 * the word before. */
const char *option_hints_word_read(int argc, char **argv);

/* The program of that bit. */
const char *option_hints_program(enum options_program bit);

/* Whether the program has that long option; the name is `len` bytes. */
bool option_hints_has(const char *program, const char *name, size_t len);

#endif
