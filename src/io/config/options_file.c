/* options_file.c - see options_parts.h: the configuration file. Each line has a long option's name
 * and its value. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/config/option_hints.h"
#include "io/config/option_removed.h"
#include "io/config/options_parts.h"
#include "io/host/file_access.h"
#include "io/host/statefile.h"

#define CONFIG_BYTES_MAX (1 << 20)

char *options_file_text(const char *path, const struct options_report *r)
{
	size_t len;
	char *text = statefile_read(path, CONFIG_BYTES_MAX, &len);

	if (!text) {
		snprintf(r->why, r->cap, "--config: unable to read '%.200s': %s", path,
			file_access_of(path, errno, false).s);
		return NULL;
	}
	if (memchr(text, '\0', len)) {
		snprintf(r->why, r->cap, "%.200s: not a text file", path);
		free(text);
		return NULL;
	}
	size_t mark = statefile_mark_len(text, len);
	memmove(text, text + mark, len - mark + 1); /* moves the final NUL, too */
	return text;
}

static char *trim_blanks(char *s)
{
	size_t len;

	s += strspn(s, " \t\r");
	len = strlen(s);
	while (len && strchr(" \t\r", s[len - 1]))
		s[--len] = '\0';
	return s;
}

/* Refuses a name. `known`: an option has this name, but only on the command line. */
static bool refuse_name(const struct options_report *r, const char *name, bool known)
{
	struct option_hint hint = option_hints_name("anomdetect", name, "");
	const char *bare = name + strspn(name, "-");
	size_t len = strcspn(bare, "=:");

	if (option_removed(name, "delete this line").s[0]) {
		snprintf(r->why, r->cap, "%s%s", r->where,
			option_removed(name, "delete this line").s);
		return false;
	}
	if (known)
		snprintf(hint.s, sizeof hint.s, "; give it on the command line");
	else if (bare[len] && bare[len + 1] && option_hints_has("anomdetect", bare, len))
		snprintf(hint.s, sizeof hint.s, "; write a blank before the value: %.*s %.100s",
			(int)len, bare, bare + len + 1);
	else if (bare[len] && option_hints_has("anomdetect", bare, len))
		snprintf(hint.s, sizeof hint.s, "; write it without '%c'", bare[len]);
	else if (bare > name && option_hints_has("anomdetect", bare, len))
		snprintf(hint.s, sizeof hint.s, "; write it without the dashes: %.*s", (int)len,
			bare);
	if (!hint.s[0])
		snprintf(hint.s, sizeof hint.s,
			"; a line is a long option's name, a blank and its value");
	snprintf(
		r->why, r->cap, "%s'%.200s' is not an option for a file%s", r->where, name, hint.s);
	return false;
}

/* Sets the option of one line: a long option's name, blanks, its value. */
static bool take_line(
	struct options *o, enum options_program program, char *line, const struct options_report *r)
{
	char *name = trim_blanks(line), *value;
	const struct options_row *row;

	if (*name == '\0' || *name == '#')
		return true;
	value = name + strcspn(name, " \t");
	if (*value)
		*value++ = '\0';
	value = trim_blanks(value);
	row = options_row_named(OPTIONS_ANOMDETECT, name);
	if (!row || row->letter == 'c' || row->letter == 'h' || row->letter == 'V')
		return refuse_name(r, name, row != NULL);
	if ((*value != '\0') != (row->argument != NULL)) {
		if (row->argument)
			snprintf(r->why, r->cap, "%s%s takes a value: %s, %s", r->where, name,
				row->argument, row->help);
		else
			snprintf(r->why, r->cap, "%s%s takes no value; remove '%.100s'", r->where,
				name, value);
		return false;
	}
	return options_take(o, program, row, value, r);
}

bool options_file_lines(struct options *o, enum options_program program, const char *path,
	char *text, const struct options_report *r)
{
	char where[300], *next;
	struct options_report in_line = {r->why, r->cap, where, r->of_service};

	for (int n = 1; text; n++, text = next) {
		snprintf(where, sizeof where, "%.200s: line %d: ", path, n);
		next = strchr(text, '\n');
		if (next)
			*next++ = '\0';
		if (!take_line(o, program, text, &in_line))
			return false;
	}
	return true;
}
