/* options_place.c - see options_place.h. The file is read again, because the parser has overwritten
 * the ends of its lines. If the file was changed meanwhile, the value may be on another line. */
#include "io/config/options_place.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/host/statefile.h"

#define FILE_BYTES_MAX (1 << 20)
#define WHY_MAX        512

#define BLANKS " \t\r"

/* The parts of "--NAME: 'VALUE'". */
struct complaint {
	const char *name, *value;
	size_t name_len, value_len;
};

static bool read_complaint(const char *why, struct complaint *c)
{
	if (strncmp(why, "--", 2) != 0)
		return false;
	c->name = why + 2;
	c->name_len = strcspn(c->name, ": ");
	if (strncmp(c->name + c->name_len, ": '", 3) != 0)
		return false;
	c->value = c->name + c->name_len + 3;
	c->value_len = strcspn(c->value, "'");
	return c->value[c->value_len] == '\'';
}

/* Whether the line consists of the name, blanks and the value. */
static bool line_has(const char *line, size_t len, const struct complaint *c)
{
	const char *end = line + len, *value;

	while (line < end && strchr(BLANKS, *line))
		line++;
	while (line < end && strchr(BLANKS, end[-1]))
		end--;
	if ((size_t)(end - line) < c->name_len || memcmp(line, c->name, c->name_len) != 0)
		return false;
	value = line + c->name_len;
	if (value == end || !strchr(BLANKS, *value))
		return false;
	while (value < end && strchr(BLANKS, *value))
		value++;
	return (size_t)(end - value) == c->value_len && memcmp(value, c->value, c->value_len) == 0;
}

/* The number of the last line with name and value, because the last value of an option counts; 0:
 * no line has them. */
static int find_line(const char *text, size_t len, const struct complaint *c)
{
	const char *end = text + len;
	int found = 0, n = 1;

	for (const char *s = text; s < end; n++) {
		const char *newline = memchr(s, '\n', (size_t)(end - s));
		const char *stop = newline ? newline : end;
		if (line_has(s, (size_t)(stop - s), c))
			found = n;
		s = stop + 1;
	}
	return found;
}

/* Whether the name and the value are anywhere in the text: OPTIONS may extend over several
 * lines. */
static bool service_has(const char *text, size_t len, const struct complaint *c)
{
	return c->value_len && memmem(text, len, c->name, c->name_len) &&
	       memmem(text, len, c->value, c->value_len);
}

/* Inserts `place` in front of the reason. */
static void put_place(char *why, size_t why_cap, const char *place)
{
	char placed[WHY_MAX];

	snprintf(placed, sizeof placed, "%s%s", place, why);
	snprintf(why, why_cap, "%s", placed);
}

void options_place(const struct options *o, char *why, size_t why_cap)
{
	int saved = errno, n = 0;
	struct complaint c;
	char place[300] = "";
	size_t len;
	char *text = NULL;

	if (o->config && read_complaint(why, &c))
		text = statefile_read(o->config, FILE_BYTES_MAX, &len);
	if (text)
		n = find_line(text, len, &c);
	free(text);
	text = NULL;
	if (n)
		snprintf(place, sizeof place, "%.200s: line %d: ", o->config, n);
	else if (o->service && read_complaint(why, &c))
		text = statefile_read(o->service, FILE_BYTES_MAX, &len);
	if (text && service_has(text, len, &c))
		snprintf(place, sizeof place, "%.200s: OPTIONS: ", o->service);
	free(text);
	if (place[0])
		put_place(why, why_cap, place);
	errno = saved;
}
