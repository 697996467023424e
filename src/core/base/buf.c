/* buf.c - see buf.h. */
#include "core/base/buf.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/timestamp.h"

/* The largest number that is printed with decimals. A larger double has no meaningful decimals, and
 * its digits would not fit into `text` below. */
#define FIXED_MAX 1e15

void buf_init(struct buf *b, char *data, size_t cap)
{
	*b = (struct buf){.data = data, .cap = cap};
}

void buf_put_bytes(struct buf *b, const char *s, size_t len)
{
	if (len > b->cap - b->len) {
		b->full = true;
		return;
	}
	if (len) /* if len is 0, data or s may be NULL, and memcpy must not get NULL */
		memcpy(b->data + b->len, s, len);
	b->len += len;
}

void buf_put_char(struct buf *b, char c)
{
	buf_put_bytes(b, &c, 1);
}

/* Writes v in decimal before `end`, at most 20 digits (UINT64_MAX has 20). Returns the number of
 * digits. */
static size_t print_u64(char *end, uint64_t v)
{
	size_t n = 0;

	do {
		*--end = (char)('0' + v % 10);
		v /= 10;
		n++;
	} while (v);
	return n;
}

void buf_put_u64(struct buf *b, uint64_t v)
{
	char digits[20];
	char *end = digits + sizeof digits;
	size_t n = print_u64(end, v);

	buf_put_bytes(b, end - n, n);
}

void buf_put_i64(struct buf *b, int64_t v)
{
	char text[21]; /* a sign and 20 digits */
	char *end = text + sizeof text;
	size_t n = print_u64(end, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);

	if (v < 0)
		*(end - ++n) = '-';
	buf_put_bytes(b, end - n, n);
}

/* Prints the last `width` digits of v, with leading zeros. */
static void print_padded(char *to, int64_t v, int width)
{
	for (int i = width; i-- > 0; v /= 10)
		to[i] = (char)('0' + v % 10);
}

void buf_put_format(struct buf *b, const char *format, ...)
{
	char text[BUF_FORMAT_MAX + 1];
	va_list args;

	va_start(args, format);
	int len = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof text)
		b->full = true;
	else
		buf_put_bytes(b, text, (size_t)len);
}

/* Rounds the whole part and the decimals separately. The product of v and 10^digits would lose
 * precision that a double of 1e12 still has. */
void buf_put_fixed(struct buf *b, double v, int digits)
{
	static const int64_t scale[] = {1, 10, 100, 1000, 10000, 100000, 1000000};
	char text[32]; /* sign, 16 digits, point, 6 decimals */
	struct buf number;

	if (!isfinite(v) || fabs(v) > FIXED_MAX) {
		buf_put_text(b, "null");
		return;
	}
	int64_t unit = scale[digits];
	int64_t whole = (int64_t)fabs(v);
	int64_t fraction = llround((fabs(v) - (double)whole) * (double)unit);
	if (fraction == unit) {
		whole++;
		fraction = 0;
	}
	buf_init(&number, text, sizeof text);
	if (v < 0 && (whole || fraction))
		buf_put_char(&number, '-');
	buf_put_u64(&number, (uint64_t)whole);
	if (fraction) {
		char decimals[6];
		print_padded(decimals, fraction, digits);
		while (decimals[digits - 1] == '0')
			digits--;
		buf_put_char(&number, '.');
		buf_put_bytes(&number, decimals, (size_t)digits);
	}
	buf_put_bytes(b, text, number.len);
}

void buf_put_exact(struct buf *b, double v)
{
	char text[32];
	int len;

	if (!isfinite(v)) {
		buf_put_text(b, "null");
		return;
	}
	len = snprintf(text, sizeof text, "%.17g", v);
	buf_put_bytes(b, text, (size_t)len);
}

void buf_put_number(struct buf *b, double v, int digits)
{
	if (fabs(v) <= FIXED_MAX)
		buf_put_fixed(b, v, digits);
	else
		buf_put_exact(b, v);
}

/* The length of the UTF-8 sequence at s; 0 if the bytes at s are not valid or not printable. */
static size_t utf8_len(const unsigned char *s, size_t len)
{
	size_t n;
	uint32_t c;

	if (s[0] < 0x80)
		return s[0] >= 0x20 && s[0] != 0x7f;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		n = 2, c = s[0] & 0x1f;
	else if ((s[0] & 0xf0) == 0xe0)
		n = 3, c = s[0] & 0x0f;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		n = 4, c = s[0] & 0x07;
	else
		return 0;
	if (n > len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if ((n == 3 && c < 0x800) || (n == 4 && (c < 0x10000 || c > 0x10ffff)))
		return 0;
	if ((c >= 0xd800 && c <= 0xdfff) || c < 0xa0)
		return 0; /* refuses surrogates, and C1 controls, which terminals interpret */
	return n;
}

static void put_json_bytes(struct buf *b, const char *s, size_t len)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < len;) {
		const unsigned char *p = (const unsigned char *)s + i;
		size_t n = utf8_len(p, len - i);
		if (n == 1 && (*p == '"' || *p == '\\')) {
			char escaped[2] = {'\\', (char)*p};
			buf_put_bytes(b, escaped, sizeof escaped);
		} else if (n) {
			buf_put_bytes(b, s + i, n);
		} else if (*p < 0x80) {
			char escaped[6] = {'\\', 'u', '0', '0', hex[*p >> 4], hex[*p & 15]};
			buf_put_bytes(b, escaped, sizeof escaped);
		} else {
			buf_put_text(b, "\\ufffd"); /* replacement character */
		}
		i += n ? n : 1;
	}
}

void buf_put_json(struct buf *b, const char *s, size_t len, size_t max)
{
	size_t start = b->len;
	bool was_full = b->full;

	b->full = false;
	buf_put_char(b, '"');
	put_json_bytes(b, s, len < max ? len : max);
	buf_put_char(b, '"');
	if (b->full)
		b->len = start;
	b->full |= was_full;
}

/* Whether the sequence is U+2028 to U+202E or U+2066 to U+2069. These characters break a line or
 * reverse the order of the following text, so a person would read a different text. */
static bool turns_text(const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;

	return n == 3 && u[0] == 0xe2 &&
	       ((u[1] == 0x80 && u[2] >= 0xa8 && u[2] <= 0xae) ||
		       (u[1] == 0x81 && u[2] >= 0xa6 && u[2] <= 0xa9));
}

void buf_put_plain(struct buf *b, const char *s, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t n = utf8_len((const unsigned char *)s + i, len - i);
		if (turns_text(s + i, n))
			buf_put_char(b, '?');
		else if (n)
			buf_put_bytes(b, s + i, n);
		else
			buf_put_char(b, '?');
		i += n ? n : 1;
	}
}

void buf_put_instant(struct buf *b, struct instant t)
{
	char text[] = "0000-00-00T00:00:00.000Z";
	struct timestamp_date d = timestamp_date(t);

	print_padded(text, d.year, 4);
	print_padded(text + 5, d.month, 2);
	print_padded(text + 8, d.day, 2);
	print_padded(text + 11, d.second_of_day / 3600, 2);
	print_padded(text + 14, d.second_of_day / 60 % 60, 2);
	print_padded(text + 17, d.second_of_day % 60, 2);
	print_padded(text + 20, t.ms % 1000, 3);
	buf_put_bytes(b, text, sizeof text - 1);
}
