/* option_hints.h - guesses the right word for a wrong one on a command line or in a file.
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

/* A hint for an unknown option, with or without dashes and "=VALUE". The unknown option may be an
 * option of another program, the beginning of several options, or a word of fail2ban. `dashes`:
 * "--" on a command line, "" in a file. */
struct option_hint option_hints_name(const char *program, const char *given, const char *dashes);

/* A hint for a word in the place of an option: an option without its dashes, a file, an address. */
struct option_hint option_hints_operand(const char *program, const char *given);

/* A hint for a value that is not one of these words; NULL ends the list. */
struct option_hint option_hints_word(const char *value, const char *const *words);

/* A hint for a count, a number or a time in a form that options do not accept: "5w", "10 min",
 * "0,5", "50%", "10k". The hint is empty if the value in a valid form would be outside the row's
 * range. */
struct option_hint option_hints_value(const struct options_row *row, const char *value);

/* Like option_hints_value, for the length of a ban. */
struct option_hint option_hints_ban_time(const char *value);

/* Formats seconds in the largest unit that leaves no remainder: "90s", "2h", "7d". */
struct figure option_hints_seconds(double seconds);

/* Returns the first word of a command line, before "--", that has one dash instead of two. The word
 * is a long option of the program, or the first four or more letters of one. getopt would parse
 * "-state FILE" as -s with the value "tate". NULL: there is no such word. */
const char *option_hints_single_dash(const char *program, int argc, char **argv);

/* The word that getopt_long has refused: the word at optind if getopt_long stopped at a letter
 * within this word, otherwise the word before optind. */
const char *option_hints_word_read(int argc, char **argv);

/* The name of the program with that bit. */
const char *option_hints_program(enum options_program bit);

/* Whether the program has a long option with this name of `len` bytes. */
bool option_hints_has(const char *program, const char *name, size_t len);

#endif
