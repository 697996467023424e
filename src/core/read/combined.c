/* combined.c - see combined.h. */
#include "core/read/combined.h"

#include <string.h>

/* The quote that ends a string; servers write one inside it as \" or \x22. */
static const char *closing_quote(const char *s, const char *end)
{
	for (; s < end; s++) {
		if (*s == '"')
			return s;
		if (*s == '\\')
			s++;
	}
	return NULL;
}

/* The first quote behind `] `: a user's name may hold "] \"" but no bare quote. */
static const char *request_quote(const char *line, const char *end)
{
	for (const char *s = line; (s = memchr(s, '"', (size_t)(end - s))); s++)
		if (s - line >= 3 && s[-1] == ' ' && s[-2] == ']')
			return s;
	return NULL;
}

/* The text in the brackets that end at `close`, or NULL. */
static const char *opening_bracket(const char *line, const char *close)
{
	while (close > line && close[-1] != '[' && close[-1] != ']')
		close--;
	return close > line && close[-1] == '[' ? close : NULL;
}

bool combined_read(const char *line, size_t len, struct combined *out)
{
	const char *end = line + len;
	const char *blank = memchr(line, ' ', len);
	const char *quote = request_quote(line, end);

	memset(out, 0, sizeof *out);
	if (!blank || blank == line)
		return false;
	out->client = field_of_text(line, (size_t)(blank - line));
	out->truncated = true;
	if (!quote) /* cut off, or something else that begins with a word: its client will tell */
		return memchr(line, '[', len) != NULL;
	const char *time = opening_bracket(line, quote - 2);
	if (!time || time < blank + 1)
		return false;
	out->time = field_of_text(time, (size_t)(quote - 2 - time));
	const char *after = closing_quote(quote + 1, end);
	if (!after || after + 1 >= end)
		return true;
	if (after[1] != ' ')
		return false;
	const char *status = after + 2;
	const char *stop = memchr(status, ' ', (size_t)(end - status));
	if (!stop) /* a number that the line ends within may be half of one */
		return true;
	out->status = field_of_text(status, (size_t)(stop - status));
	out->truncated = false;
	return true;
}
