/* repair.c - see repair.h.
 *
 * If a web server does not escape quotes in its log, a client can write whole members into its own
 * line, with or without the repairs. If the web server escapes quotes, the repairs do not help a
 * client to write members. A glued line is accepted only if it begins with the bytes that the web
 * server writes before any text from the client. The client cannot write these bytes: if it sends
 * {", the web server logs {\" or {\x22.
 */
#include "core/read/repair.h"

#include <stdbool.h>
#include <string.h>

#include "core/read/scan_values.h"
#include "core/read/truncated.h"

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* The value of the four hexadecimal digits at s, which follow a \u; -1 if there are no four digits
 * at s. */
static int unit_at(const char *s, const char *end)
{
	int v = 0;

	if (end - s < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		if (!is_hex(s[i]))
			return -1;
		v = v * 16 + (s[i] <= '9' ? s[i] - '0' : (s[i] | 0x20) - 'a' + 10);
	}
	return v;
}

/* The replacement for a backslash and the bytes that belong to it. */
struct mended {
	size_t read; /* bytes of the text that are replaced */
	size_t len;
	char with[12];
	bool changed;
};

static struct mended as_it_is(const char *s, size_t len)
{
	struct mended m = {.read = len, .len = len};

	memcpy(m.with, s, len);
	return m;
}

static struct mended mend_unit(const char *s, const char *end)
{
	int unit = unit_at(s + 2, end);

	if (unit < 0) /* the client sent a backslash and the letter u */
		return (struct mended){2, 3, "\\\\u", true};
	if ((unit & 0xf800) != 0xd800)
		return as_it_is(s, 6);
	if (unit < 0xdc00 && end - s >= 12 && s[6] == '\\' && s[7] == 'u' &&
		(unit_at(s + 8, end) & 0xfc00) == 0xdc00)
		return as_it_is(s, 12);
	return (struct mended){6, 6, "\\ufffd", true};
}

static struct mended mend_escape(const char *s, const char *end)
{
	struct mended m;

	if (end - s < 2)
		return as_it_is(s, 1);
	if (s[1] == 'u')
		return mend_unit(s, end);
	if (strchr("\"\\/bfnrt", s[1]))
		return as_it_is(s, 2);
	if (s[1] == 'v')
		return (struct mended){2, 6, "\\u000b", true};
	if (s[1] == 'x' && end - s >= 4 && is_hex(s[2]) && is_hex(s[3])) {
		m = (struct mended){4, 6, "\\u00", true};
		m.with[4] = s[2];
		m.with[5] = s[3];
		return m;
	}
	m = (struct mended){2, 3, "\\\\", true};
	m.with[2] = s[1];
	return m;
}

/* Whether the - at s replaces a number: it must be between a colon and the end of the member. */
static bool is_bare(const char *text, const char *s, const char *end)
{
	const char *before = s, *after = s + 1;

	while (before > text && (before[-1] == ' ' || before[-1] == '\t'))
		before--;
	while (after < end && (*after == ' ' || *after == '\t'))
		after++;
	return before > text && before[-1] == ':' && after < end &&
	       (*after == ',' || *after == '}');
}

/* The first byte from s on that may need a repair or is a quote; `end` if there is no such byte. */
static const char *find_flaw(const char *s, const char *end, bool quoted)
{
	if (quoted)
		return scan_special(s, end);
	while (s < end && *s != '"' && *s != '-')
		s++;
	return s;
}

/* Appends text[0..len) to the n bytes of out. Returns false if there is no room. */
static bool append_text(char *out, size_t *n, size_t cap, const char *text, size_t len)
{
	if (*n + len > cap)
		return false;
	memcpy(out + *n, text, len);
	*n += len;
	return true;
}

size_t repair_escapes(const char *text, size_t len, char *out, size_t cap)
{
	/* text..from has been copied to out, repaired if necessary */
	const char *end = text + len, *from = text;
	bool quoted = false;
	size_t n = 0;

	for (const char *s = text; (s = find_flaw(s, end, quoted)) < end;) {
		struct mended m = {.read = 1};
		if (*s == '"')
			quoted = !quoted;
		else if (*s == '\\')
			m = mend_escape(s, end);
		else if (is_bare(text, s, end))
			m = (struct mended){1, 2, "\"\"", true};
		if (m.changed) {
			if (!append_text(out, &n, cap, from, (size_t)(s - from)) ||
				!append_text(out, &n, cap, m.with, m.len))
				return 0;
			from = s + m.read;
		}
		s += m.read;
	}
	return from > text && append_text(out, &n, cap, from, (size_t)(end - from)) ? n : 0;
}

/* The length of `{"key"` at the beginning of the text; 0 if the text does not begin with a key. */
static size_t first_key_len(const char *text, size_t len)
{
	const char *close = len > 2 && text[1] == '"' ? memchr(text + 2, '"', len - 2) : NULL;

	return close ? (size_t)(close + 1 - text) : 0;
}

size_t repair_glued(const char *text, size_t len)
{
	for (size_t at = len; at-- > 1;) {
		if (text[at] != '{')
			continue;
		size_t n = first_key_len(text + at, len - at);
		if (n == 0)
			continue;
		if (n > at) /* the half line ends inside its first key */
			n = at;
		if (memcmp(text, text + at, n) == 0)
			return truncated_is_half(text, at) ? at : 0;
	}
	return 0;
}
