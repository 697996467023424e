/* unescape.h - decodes the escapes of a JSON string.
 *
 * Path:    the modules scan.h, condense.h and unwrap.h call [unescape]. Pure.
 * Promise: decodes as object.h does. \u0000 becomes the byte 1, because a NUL would end the text.
 *          Half a surrogate pair is treated as an invalid escape.
 */
#ifndef CORE_READ_UNESCAPE_H
#define CORE_READ_UNESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The value of the four hexadecimal digits at s, or -1. */
static inline int unescape_hex(const char *s, const char *end)
{
	int v = 0;

	if (end - s < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int c = (unsigned char)s[i], low = c | 0x20;
		if (c >= '0' && c <= '9')
			v = v * 16 + c - '0';
		else if (low >= 'a' && low <= 'f')
			v = v * 16 + low - 'a' + 10;
		else
			return -1;
	}
	return v;
}

static inline char *unescape_put_utf8(char *out, uint32_t c)
{
	static const uint8_t first[] = {0, 0, 0xc0, 0xe0, 0xf0};
	int n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (int i = n - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(c | first[n]);
	return out + n;
}

/* The byte that a letter after a backslash stands for; 0 if the letter forms no escape, or needs
 * more letters, as u does. Uses a table, because strchr would take most of the time for a string
 * full of escapes. */
static inline char unescape_letter(char c)
{
	static const char means[256] = {['"'] = '"',
		['\\'] = '\\',
		['/'] = '/',
		['b'] = '\b',
		['f'] = '\f',
		['n'] = '\n',
		['r'] = '\r',
		['t'] = '\t'};

	return means[(unsigned char)c];
}

/* Decodes the escape at s. The byte at s is a backslash; the text ends at `end`. Returns the length
 * of the escape and moves *out past the decoded bytes, which are fewer than the bytes of the
 * escape. Returns 0 if the escape is invalid. */
static inline size_t unescape_one(const char *s, const char *end, char **out)
{
	size_t len = sizeof "\\u0000" - 1;

	if (end - s < 2)
		return 0;
	if (s[1] != 'u') {
		char meant = unescape_letter(s[1]);
		if (meant)
			*(*out)++ = meant;
		return meant ? 2 : 0;
	}
	int unit = unescape_hex(s + 2, end);
	if (unit < 0 || (unit >= 0xdc00 && unit <= 0xdfff))
		return 0;
	uint32_t c = unit ? (uint32_t)unit : 1;
	if (unit >= 0xd800 && unit <= 0xdbff) {
		const char *other = s + len;
		int low = end - other >= 6 && other[0] == '\\' && other[1] == 'u'
				  ? unescape_hex(other + 2, end)
				  : -1;
		if (low < 0xdc00 || low > 0xdfff)
			return 0;
		c = 0x10000 + (((uint32_t)unit & 0x3ff) << 10 | ((uint32_t)low & 0x3ff));
		len *= 2;
	}
	*out = unescape_put_utf8(*out, c);
	return len;
}

/* Decodes the text of a string between its quotes. `out` needs room for `len` bytes, and may be
 * `text` itself. Returns false if an escape is invalid. */
bool unescape_text(const char *text, size_t len, char *out, size_t *out_len);

/* As unescape_text, but half a surrogate pair becomes U+FFFD, as in repair.h. */
bool unescape_mended(const char *text, size_t len, char *out, size_t *out_len);

#endif
