/* options_table.h - the options of both programs, one row each, and their defaults; for options.c
 * alone.
 *
 * A new option is a member of a group in option_groups.h, a row and a default here, its item in the
 * manual of each program that has it, and a row in tests/unit/option_rows.h.
 */
#ifndef IO_CONFIG_OPTIONS_TABLE_H
#define IO_CONFIG_OPTIONS_TABLE_H

#include <stddef.h>

#include "io/config/option_groups.h"

enum options_kind {
	OPTIONS_FLAG,
	OPTIONS_TEXT,
	OPTIONS_COUNT,  /* uint32_t */
	OPTIONS_NUMBER, /* double */
	OPTIONS_SPAN,
	OPTIONS_EVENTS,
	OPTIONS_SCHEDULE,
	OPTIONS_NETWORKS,
	OPTIONS_ACTION, /* enum options_action in min; what it takes are operands */
};

/* A program is a bit. A name may stand in two rows when they are of different programs. */
enum options_program { OPTIONS_ANOMDETECT = 1, OPTIONS_ANOMBAN = 2 };

struct options_row {
	const char *name;
	char letter;       /* 0: none */
	unsigned programs; /* that have it: bits of enum options_program */
	enum options_kind kind;
	size_t offset;
	double min, max;      /* of a span: seconds */
	const char *argument; /* its name in --help; NULL: takes none */
	const char *help;     /* with the default */
};

/* clang-format off */
#define OPTIONS_ROW(name, letter, programs, kind, member, min, max, argument, help) \
	{name, letter, programs, OPTIONS_##kind, offsetof(struct options, member), min, max, \
		argument, help}
/* clang-format on */

extern const struct options_row options_rows[];
extern const size_t options_rows_n;

/* Most rows there may be: what the parser has room for. */
#define OPTIONS_ROWS_MAX 128

void options_set_defaults(struct options *o);

#endif
