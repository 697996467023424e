/* unescape.c - see unescape.h. */
#include "core/read/unescape.h"

bool unescape_text(const char *text, size_t len, char *out, size_t *out_len)
{
	const char *s = text, *end = text + len;
	char *o = out;

	while (s < end) {
		const char *escape = memchr(s, '\\', (size_t)(end - s));
		size_t n = (size_t)((escape ? escape : end) - s);
		if (o != s)
			memmove(o, s, n);
		o += n;
		s += n;
		if (!escape)
			break;
		size_t escape_len = unescape_one(s, end, &o);
		if (escape_len == 0)
			return false;
		s += escape_len;
	}
	*out_len = (size_t)(o - out);
	return true;
}
