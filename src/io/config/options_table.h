/* options_table.h - the options of all programs, one row each, and their defaults. It is for the
 * files that options_parts.h lists, and for option_hints, option_removed and options_reload.
 *
 * A new option needs a member in a group of option_groups.h, a row and a default here, and a row in
 * tests/unit/option_rows.h. It also needs an item in the manual of each program that has it.
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
	OPTIONS_ACTION, /* the member `min` is an enum options_action; arguments are operands */
};

/* Each program is a bit. Two rows may have the same name if they are for different programs. */
enum options_program { OPTIONS_ANOMDETECT = 1, OPTIONS_ANOMBAN = 2, OPTIONS_ANOMCOUNT = 4 };

/* The headings of --help, in their order. */
enum options_group {
	OPTIONS_ACTIONS, /* of anomban */
	OPTIONS_EVERYDAY,
	OPTIONS_LINES,
	OPTIONS_BANS,
	OPTIONS_DETECTION,
	OPTIONS_MEMORY
};

struct options_row {
	enum options_group group;
	const char *name;
	char letter;       /* 0: none */
	unsigned programs; /* programs that have the option: bits of enum options_program */
	enum options_kind kind;
	size_t offset;
	double min, max; /* in seconds for OPTIONS_SPAN */
	/* name of the argument in --help; NULL: the option takes no argument */
	const char *argument;
	const char *help; /* text in --help; it ends with the default in parentheses */
};

/* The parser writes through a pointer to the kind's C type, so a row whose member has another type
 * would overwrite other members. OPTIONS_ROW refuses such a row at compile time: its _Generic has
 * one branch, for a pointer to the kind's type, and a member of any other type matches none. The
 * size of that branch, times 0, is added to the offset and does not change it. Limit: gcc and clang
 * treat an enum and uint32_t as the same type. A test checks that wrong rows do not compile:
 * tests/golden/members-of-a-wrong-type-do-not-compile.t
 */
#define OPTIONS_FLAG_TYPE     bool *
#define OPTIONS_TEXT_TYPE     const char **
#define OPTIONS_COUNT_TYPE    uint32_t *
#define OPTIONS_NUMBER_TYPE   double *
#define OPTIONS_SPAN_TYPE     struct span *
#define OPTIONS_EVENTS_TYPE   unsigned *
#define OPTIONS_SCHEDULE_TYPE struct span(*)[BANS_SCHEDULE_MAX]
#define OPTIONS_NETWORKS_TYPE struct options_list *
#define OPTIONS_ACTION_TYPE   enum options_action *

/* clang-format off */
#define OPTIONS_OFFSET(type, member) \
	(offsetof(struct options, member) + \
		0 * sizeof(_Generic(&((struct options *)NULL)->member, type: 0)))
#define OPTIONS_ROW(group, name, letter, programs, kind, member, min, max, argument, help) \
	{OPTIONS_##group, name, letter, programs, OPTIONS_##kind, \
		OPTIONS_OFFSET(OPTIONS_##kind##_TYPE, member), min, max, argument, help}
/* clang-format on */

extern const struct options_row options_rows[];
extern const size_t options_rows_n;

/* Maximum number of rows for which the parser has room. */
#define OPTIONS_ROWS_MAX 128

void options_set_defaults(struct options *o);

#endif
