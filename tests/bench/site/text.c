/* text.c - see text.h. */
#include "bench/site/text.h"

#include <string.h>

static const char hex_digits[] = "0123456789abcdef";

void text_add(struct text *t, const char *s, size_t len)
{
	if (len > TEXT_CAP - t->len) {
		t->full = true;
		return;
	}
	memcpy(t->s + t->len, s, len);
	t->len += len;
}

void text_put(struct text *t, const char *s)
{
	text_add(t, s, strlen(s));
}

void text_char(struct text *t, char c)
{
	text_add(t, &c, 1);
}

void text_padded(struct text *t, uint64_t n, unsigned digits)
{
	char s[20];
	size_t at = sizeof s;

	while (n || digits) {
		s[--at] = (char)('0' + n % 10);
		n /= 10;
		digits -= digits > 0;
	}
	text_add(t, s + at, sizeof s - at);
}

void text_number(struct text *t, uint64_t n)
{
	text_padded(t, n, 1);
}

void text_hex(struct text *t, uint64_t n, unsigned digits)
{
	while (digits--)
		text_char(t, hex_digits[n >> (4 * digits) & 15]);
}

/* ---- escapes ---- */

/* The character at s, and its number of bytes. The texts of this folder are whole UTF-8 of at most
 * three bytes per character. */
static uint32_t read_character(const char *s, size_t *bytes)
{
	const unsigned char *u = (const unsigned char *)s;

	*bytes = u[0] < 0x80 ? 1 : u[0] < 0xe0 ? 2 : 3;
	return *bytes == 1   ? u[0]
	       : *bytes == 2 ? (u[0] & 31u) << 6 | (u[1] & 63u)
			     : (u[0] & 15u) << 12 | (u[1] & 63u) << 6 | (u[2] & 63u);
}

static void put_unicode(struct text *t, uint32_t character)
{
	text_put(t, "\\u");
	text_hex(t, character, 4);
}

static void put_byte(struct text *t, const char *s, size_t len, bool upper)
{
	static const char upper_digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];
		const char *digits = upper ? upper_digits : hex_digits;
		char out[] = {'\\', 'x', digits[c >> 4], digits[c & 15]};
		text_add(t, out, sizeof out);
	}
}

static bool is_plain(unsigned char c, enum text_escape how)
{
	if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f)
		return false;
	if (c >= 0x80)
		return how == TEXT_NGINX_JSON || how == TEXT_GO_HTML;
	return !(how == TEXT_HAPROXY && c == '/') &&
	       !(how == TEXT_GO_HTML && (c == '<' || c == '>' || c == '&'));
}

static void put_special(
	struct text *t, const char *s, size_t bytes, uint32_t c, enum text_escape how)
{
	if (how == TEXT_NGINX) {
		put_byte(t, s, bytes, true);
	} else if (c == '"' || c == '\\' || c == '/') {
		text_char(t, '\\');
		text_char(t, (char)c);
	} else if (c == '\n' || c == '\t') {
		text_put(t, c == '\n' ? "\\n" : "\\t");
	} else if (how == TEXT_APACHE) {
		put_byte(t, s, bytes, false);
	} else {
		put_unicode(t, c);
	}
}

void text_escaped(struct text *t, const char *s, size_t len, enum text_escape how)
{
	for (size_t i = 0, bytes; i < len; i += bytes) {
		size_t run = i;
		while (run < len && is_plain((unsigned char)s[run], how))
			run++;
		text_add(t, s + i, run - i);
		i = run;
		if (i == len)
			return;
		uint32_t c = read_character(s + i, &bytes);
		put_special(t, s + i, bytes, c, how);
	}
}

/* ---- times ---- */

struct date {
	int year;
	unsigned month, day; /* from 1 */
};

static const char months[12][4] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* From days since 1970: civil_from_days of Howard Hinnant,
 * https://howardhinnant.github.io/date_algorithms.html */
static struct date date_of(int64_t ms)
{
	uint32_t z = (uint32_t)(ms / 86400000) + 719468;
	uint32_t era = z / 146097, in_era = z % 146097;
	uint32_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	uint32_t in_year = in_era - (365 * year + year / 4 - year / 100);
	uint32_t shifted = (5 * in_year + 2) / 153;
	struct date d = {(int)(year + era * 400), shifted < 10 ? shifted + 3 : shifted - 9,
		in_year - (153 * shifted + 2) / 5 + 1};

	d.year += d.month <= 2;
	return d;
}

static void put_clock(struct text *t, int64_t ms)
{
	uint64_t second = (uint64_t)(ms / 1000 % 86400);

	text_padded(t, second / 3600, 2);
	text_char(t, ':');
	text_padded(t, second / 60 % 60, 2);
	text_char(t, ':');
	text_padded(t, second % 60, 2);
}

void text_seconds(struct text *t, int64_t ms)
{
	text_number(t, (uint64_t)(ms / 1000));
	text_char(t, '.');
	text_padded(t, (uint64_t)(ms % 1000), 3);
}

void text_iso(struct text *t, int64_t ms)
{
	struct date d = date_of(ms);

	text_padded(t, (uint64_t)d.year, 4);
	text_char(t, '-');
	text_padded(t, d.month, 2);
	text_char(t, '-');
	text_padded(t, d.day, 2);
	text_char(t, 'T');
	put_clock(t, ms);
}

void text_clf_time(struct text *t, int64_t ms)
{
	struct date d = date_of(ms);

	text_padded(t, d.day, 2);
	text_char(t, '/');
	text_put(t, months[d.month - 1]);
	text_char(t, '/');
	text_padded(t, (uint64_t)d.year, 4);
	text_char(t, ':');
	put_clock(t, ms);
}

void text_syslog_time(struct text *t, int64_t ms)
{
	struct date d = date_of(ms);

	text_put(t, months[d.month - 1]);
	text_put(t, d.day < 10 ? "  " : " ");
	text_number(t, d.day);
	text_char(t, ' ');
	put_clock(t, ms);
}
