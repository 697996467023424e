/* unescape.c - see unescape.h. */
#include "core/read/unescape.h"

#include <stdint.h>
#include <string.h>

#define REPLACEMENT 0xfffd

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The number of n hex digits at s, or -1. */
static int32_t hex_number(const char *s, const char *end, int n)
{
	int32_t v = 0;

	if (end - s < n)
		return -1;
	while (n--) {
		int digit = hex_digit(*s++);
		if (digit < 0)
			return -1;
		v = v << 4 | digit;
	}
	return v;
}

static char *put_utf8(char *out, int32_t c)
{
	if (c < 0x80) {
		*out++ = (char)c;
		return out;
	}
	if (c < 0x800) {
		*out++ = (char)(0xc0 | c >> 6);
	} else if (c < 0x10000) {
		*out++ = (char)(0xe0 | c >> 12);
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
	} else {
		*out++ = (char)(0xf0 | c >> 18);
		*out++ = (char)(0x80 | (c >> 12 & 0x3f));
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
	}
	*out++ = (char)(0x80 | (c & 0x3f));
	return out;
}

/* The character of the \uXXXX at *s, which then points behind it or behind the pair that it begins;
 * -1 when it is none. */
static int32_t read_unit(const char **s, const char *end)
{
	int32_t unit = hex_number(*s + 2, end, 4), low;

	if (unit < 0)
		return -1;
	*s += 6;
	if ((unit & 0xf800) != 0xd800)
		return unit ? unit : 1;
	low = (unit & 0xfc00) == 0xd800 && end - *s >= 6 && (*s)[0] == '\\' && (*s)[1] == 'u'
		      ? hex_number(*s + 2, end, 4)
		      : -1;
	if ((low & 0xfc00) != 0xdc00 || low < 0)
		return REPLACEMENT;
	*s += 6;
	return 0x10000 + ((unit & 0x3ff) << 10 | (low & 0x3ff));
}

/* What a backslash and this letter mean; 0: not one byte. */
static const char meanings[256] = {['"'] = '"',
	['\\'] = '\\',
	['/'] = '/',
	['b'] = '\b',
	['f'] = '\f',
	['n'] = '\n',
	['r'] = '\r',
	['t'] = '\t',
	['v'] = '\v'};

/* Reads the escape at *s that is longer than two bytes, or none, and writes what it means. */
static char *put_long_escape(char *out, const char **s, const char *end)
{
	const char *at = *s;
	int32_t c = -1;

	if (at[1] == 'u') {
		c = read_unit(s, end);
	} else if (at[1] == 'x') {
		c = hex_number(at + 2, end, 2);
		*s += c < 0 ? 0 : 4;
		c += c == 0;
	}
	if (c >= 0)
		return put_utf8(out, c);
	*out++ = at[0];
	*out++ = at[1];
	*s += 2;
	return out;
}

size_t unescape_text(const char *text, size_t len, char *out)
{
	const char *s = text, *end = text + len;
	char *o = out;

	while (s < end) {
		const char *slash = memchr(s, '\\', (size_t)(end - s));
		size_t plain = (size_t)((slash ? slash : end) - s);
		memmove(o, s, plain);
		o += plain;
		s += plain;
		/* escapes often come in a row */
		for (; end - s >= 2 && *s == '\\' && meanings[(unsigned char)s[1]]; s += 2)
			*o++ = meanings[(unsigned char)s[1]];
		if (end - s >= 2 && *s == '\\')
			o = put_long_escape(o, &s, end);
		else if (end - s == 1) /* the last byte, or an escape that was cut off */
			*o++ = *s++;
	}
	return (size_t)(o - out);
}
