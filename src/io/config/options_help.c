/* options_help.c - see options_parts.h: prints --help from the rows of options_table.c.
 *
 * A terminal has 80 columns, and nobody reads a page of more than 50 lines. So neighbouring rows
 * with the same help text become one entry, and a long help text continues on the next line, in the
 * same column. contrib/completion parses these lines: " -x, --name ARGUMENT", at least two blanks,
 * the help text.
 */
#include <stdio.h>
#include <string.h>

#include "io/config/option_hints.h"
#include "io/config/options_parts.h"

#define COLUMNS 80
/* Column of the help text. If an option extends beyond this column, its help text begins two blanks
 * after the option. */
#define HELP_COLUMN 23

static const struct {
	enum options_program bit;
	const char *text;
} heads[] = {
	{OPTIONS_ANOMDETECT, "usage: anomdetect [OPTION]... < access.log\n"
			     "Finds and bans abusive clients in a web server's access log; "
			     "see anomdetect(8).\n"},
	{OPTIONS_ANOMBAN,
		"usage: anomban [OPTION]... < events.jsonl\n"
		"       anomban --list [--json] | --flush | --teardown [OPTION]...\n"
		"       anomban --ban ADDRESS [TIME] [OPTION]...\n"
		"       anomban --unban ADDRESS... [OPTION]...\n"
		"Carries out on this host the bans that anomdetect ordered; see anomban(8).\n"},
	{OPTIONS_ANOMCOUNT,
		"usage: anomcount [OPTION]... < access.log\n"
		"Counts each client's requests and errors per second in an access log, for\n"
		"anomdetect --format counts on another host; see anomcount(1).\n"},
};

static const char *const headings[] = {
	[OPTIONS_ACTIONS] = "Instead of reading events",
	[OPTIONS_EVERYDAY] = "Everyday",
	[OPTIONS_LINES] = "Log lines",
	[OPTIONS_BANS] = "Bans",
	[OPTIONS_DETECTION] = "Detection",
	[OPTIONS_MEMORY] = "Memory and files",
};

/* Returns the index of the program's first row from i on; options_rows_n if there is none. */
static size_t next_row(size_t i, enum options_program program)
{
	while (i < options_rows_n && !(options_rows[i].programs & program))
		i++;
	return i;
}

/* The length of the part of `text` that fits into `room` columns. The part ends before a blank or
 * after a comma, if there is one. */
static size_t part_len(const char *text, size_t room)
{
	size_t len = strlen(text), cut = 0;

	if (len <= room)
		return len;
	for (size_t i = 1; i <= room; i++)
		if (text[i] == ' ' || text[i - 1] == ',')
			cut = i;
	return cut ? cut : room;
}

static void print_text(const char *text, size_t column)
{
	for (;;) {
		size_t len = part_len(text, COLUMNS - column);
		printf("%.*s\n", (int)len, text);
		text += len;
		text += strspn(text, " ");
		if (!*text)
			return;
		column = HELP_COLUMN;
		printf("%*s", HELP_COLUMN, "");
	}
}

/* Prints the entry of row i and of all following rows with the same help text. Returns the index of
 * the row after the entry. */
static size_t print_entry(size_t i, enum options_program program)
{
	const struct options_row *first = &options_rows[i];
	size_t column = 0;

	for (; i < options_rows_n && strcmp(options_rows[i].help, first->help) == 0;
		i = next_row(i + 1, program)) {
		const struct options_row *row = &options_rows[i];
		column += (size_t)printf("%s", row == first ? "  " : ", ");
		if (row->letter)
			column += (size_t)printf("-%c, ", row->letter);
		column += (size_t)printf("--%s", row->name);
	}
	if (first->argument)
		column += (size_t)printf(" %s", first->argument);
	column += (size_t)printf(
		"%*s", column + 2 < HELP_COLUMN ? (int)(HELP_COLUMN - column) : 2, "");
	print_text(first->help, column);
	return i;
}

void options_help(const char *program)
{
	enum options_program bit = OPTIONS_ANOMDETECT;
	int heading = -1;
	size_t i = 0;

	for (size_t k = 0; k < sizeof heads / sizeof *heads; k++)
		if (strcmp(option_hints_program(heads[k].bit), program) == 0) {
			bit = heads[k].bit;
			printf("%s", heads[k].text);
		}
	for (i = next_row(0, bit); i < options_rows_n; i = print_entry(i, bit)) {
		if ((int)options_rows[i].group != heading)
			printf("%s:\n", headings[options_rows[i].group]);
		heading = (int)options_rows[i].group;
	}
}
