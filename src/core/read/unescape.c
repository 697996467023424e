/* unescape.c - see unescape.h. */
#include "core/read/unescape.h"

/* If the escape at s is half a surrogate pair, writes U+FFFD and returns the length of the escape;
 * otherwise returns 0. */
static size_t mend_half(const char *s, const char *end, char **out)
{
	int unit = end - s >= 2 && s[1] == 'u' ? unescape_hex(s + 2, end) : -1;

	if (unit < 0xd800 || unit > 0xdfff)
		return 0;
	*out = unescape_put_utf8(*out, 0xfffd);
	return sizeof "\\ud800" - 1;
}

static bool unescape_all(const char *text, size_t len, bool mend, char *out, size_t *out_len)
{
	const char *s = text, *end = text + len;
	char *o = out;

	while (s < end) {
		if (*s != '\\') {
			const char *escape = memchr(s, '\\', (size_t)(end - s));
			size_t n = (size_t)((escape ? escape : end) - s);
			if (o != s)
				memmove(o, s, n);
			o += n;
			s += n;
			continue;
		}
		size_t escape_len = unescape_one(s, end, &o);
		if (escape_len == 0 && mend)
			escape_len = mend_half(s, end, &o);
		if (escape_len == 0)
			return false;
		s += escape_len;
	}
	*out_len = (size_t)(o - out);
	return true;
}

bool unescape_text(const char *text, size_t len, char *out, size_t *out_len)
{
	return unescape_all(text, len, false, out, out_len);
}

bool unescape_mended(const char *text, size_t len, char *out, size_t *out_len)
{
	return unescape_all(text, len, true, out, out_len);
}
