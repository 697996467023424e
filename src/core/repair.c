/* repair.c - see repair.h.
 *
 * A client that could write a quote into its line without the server's escaping it could write
 * whole members, and nothing here makes that easier: a glued line is believed only when it begins
 * with the bytes that the server puts before anything of the client's, and {" in a client's own
 * words arrives as {\" or {\x22.
 */
#include "core/repair.h"

#include <stdbool.h>
#include <string.h>

#include "core/truncated.h"

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* What a backslash and the bytes behind it become; how many of them were read, 0: none. */
static size_t mend_escape(const char *s, const char *end, char out[6])
{
	if (end - s >= 4 && s[1] == 'x' && is_hex(s[2]) && is_hex(s[3])) {
		memcpy(out, "\\u00", 4);
		out[4] = s[2];
		out[5] = s[3];
		return 4;
	}
	if (end - s >= 2 && s[1] == 'v') {
		memcpy(out, "\\u000b", 6);
		return 2;
	}
	return 0;
}

/* Whether the - at s stands where a number is missing: behind a colon, before the next member. */
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

size_t repair_escapes(const char *text, size_t len, char *out, size_t cap)
{
	const char *end = text + len;
	bool quoted = false, mended = false;
	size_t n = 0;

	for (const char *s = text; s < end; s++) {
		char with[6] = {*s};
		size_t with_len = 1;
		if (!quoted) {
			if (*s == '-' && is_bare(text, s, end)) {
				memcpy(with, "\"\"", with_len = 2);
				mended = true;
			}
			quoted = *s == '"';
		} else if (*s == '"') {
			quoted = false;
		} else if (*s == '\\' && s + 1 < end) {
			size_t read = mend_escape(s, end, with);
			if (read) {
				with_len = sizeof with;
				s += read - 1;
				mended = true;
			} else {
				with[with_len++] = *++s;
			}
		}
		if (n + with_len > cap)
			return 0;
		memcpy(out + n, with, with_len);
		n += with_len;
	}
	return mended ? n : 0;
}

/* Bytes of `{"key"` at the beginning of the text; 0 when it has none. */
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
		if (n > at) /* the half ends within its first key */
			n = at;
		if (memcmp(text, text + at, n) == 0)
			return truncated_is_half(text, at) ? at : 0;
	}
	return 0;
}
