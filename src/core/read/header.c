/* header.c - see header.h. The classes of bytes are bits in a table, because a call of strchr for
 * each byte would cost more than all the other work.
 */
#include "core/read/header.h"

#include <string.h>
#include <strings.h>

#include "core/base/timestamp.h"

static const uint16_t classes[256] = {
	['0'] = HEADER_DIGIT,
	['1'] = HEADER_DIGIT,
	['2'] = HEADER_DIGIT | HEADER_GENERATED,
	['3'] = HEADER_DIGIT,
	['4' ... '9'] = HEADER_DIGIT | HEADER_GENERATED | HEADER_HASHED,
	['a'] = HEADER_LOWER,
	['b' ... 'd'] = HEADER_LOWER | HEADER_GENERATED | HEADER_HASHED,
	['e'] = HEADER_LOWER,
	['f'] = HEADER_LOWER | HEADER_GENERATED | HEADER_HASHED,
	['g' ... 'h'] = HEADER_LOWER | HEADER_GENERATED,
	['i'] = HEADER_LOWER,
	['j' ... 'n'] = HEADER_LOWER | HEADER_GENERATED,
	['o'] = HEADER_LOWER,
	['p' ... 't'] = HEADER_LOWER | HEADER_GENERATED,
	['u'] = HEADER_LOWER,
	['v' ... 'x'] = HEADER_LOWER | HEADER_GENERATED,
	['y'] = HEADER_LOWER,
	['z'] = HEADER_LOWER | HEADER_GENERATED,
	['A' ... 'Z'] = HEADER_UPPER,
	['-'] = HEADER_DASH,
	['.'] = HEADER_DOT,
	['_'] = HEADER_SCORE,
	[':'] = HEADER_COLON,
	['+'] = HEADER_PLUS,
	['@'] = HEADER_AT | HEADER_OPENER,
	['<'] = HEADER_OPENER,
	['['] = HEADER_OPENER,
	[' '] = HEADER_OPENER,
	['\t'] = HEADER_OPENER,
	[0xef] = HEADER_OPENER, /* begins a UTF-8 byte order mark */
};

bool header_skip_text(struct header *r, const char *text)
{
	size_t n = strlen(text);

	if ((size_t)(r->end - r->s) < n || memcmp(r->s, text, n) != 0)
		return false;
	r->s += n;
	return true;
}

bool header_is_one_of(char c, unsigned set)
{
	return classes[(unsigned char)c] & set;
}

/* Printable ASCII without blanks, quotes and braces. RFC 5424 allows quotes and braces in names,
 * but no program writes them there. If they were allowed here, the tag nginx{"a": could contain the
 * beginning of the object. */
static const bool is_of_token[256] = {
	['!'] = true, ['#' ... 'z'] = true, ['|'] = true, ['~'] = true};

size_t header_span_of(const char *s, const char *end, unsigned set, size_t max)
{
	size_t n = 0;

	while (n < max && s + n < end && header_is_one_of(s[n], set))
		n++;
	return n;
}

bool header_eat_token(struct header *r, const char **token, size_t *token_len)
{
	const char *s = r->s;
	const char *stop = r->end - s > HEADER_TOKEN_MAX ? s + HEADER_TOKEN_MAX : r->end;

	while (s < stop && is_of_token[(unsigned char)*s])
		s++;
	if (s == r->s || s == r->end || *s != ' ')
		return false;
	*token = r->s;
	*token_len = (size_t)(s - r->s);
	r->s = s + 1;
	return true;
}

/* Tests the dash and the T of a date. Almost all lines that begin with a digit, but not with a
 * date, begin with an address. This test excludes addresses at the cost of two comparisons. */
static bool has_shape_of_time(const char *s, size_t len)
{
	return len > 10 && s[4] == '-' && s[10] == 'T';
}

bool header_eat_time(struct header *r, const char **token, size_t *token_len)
{
	return has_shape_of_time(r->s, (size_t)(r->end - r->s)) &&
	       header_eat_token(r, token, token_len);
}

bool header_eat_blanks(struct header *r)
{
	const char *from = r->s;

	while (r->s < r->end && (*r->s == ' ' || *r->s == '\t'))
		r->s++;
	return r->s > from;
}

bool header_eat_shape(struct header *r, const char *shape)
{
	const char *s = r->s;

	for (; *shape; shape++, s++) {
		if (s == r->end)
			return false;
		bool ok = *shape == 'd'   ? header_is_one_of(*s, HEADER_DIGIT)
			  : *shape == 'b' ? header_is_one_of(*s, HEADER_DIGIT) || *s == ' '
					  : *s == *shape;
		if (!ok)
			return false;
	}
	r->s = s;
	return true;
}

bool header_eat_word_of(struct header *r, const char *words, size_t word_len)
{
	if ((size_t)(r->end - r->s) < word_len)
		return false;
	for (; *words; words += word_len) {
		if (memcmp(r->s, words, word_len) == 0) {
			r->s += word_len;
			return true;
		}
	}
	return false;
}

bool header_eat_clock(struct header *r)
{
	if (!header_eat_shape(r, "dd:dd:dd"))
		return false;
	if (header_skip_text(r, ".")) {
		size_t decimals = header_span_of(r->s, r->end, HEADER_DIGIT, 9);
		r->s += decimals;
		return decimals > 0;
	}
	return true;
}

bool header_is_dated(const char *token, size_t len)
{
	struct instant t;

	return has_shape_of_time(token, len) && timestamp_parse(token, len, NULL, &t);
}

bool header_is_level(const char *s, size_t len)
{
	static const char *const levels[] = {"trace", "debug", "info", "notice", "success", "warn",
		"warning", "error", "err", "crit", "critical", "alert", "fatal", "panic", "emerg"};

	if (header_span_of(s, s + len, HEADER_LOWER | HEADER_UPPER, len) != len)
		return false;
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
		if (strlen(levels[i]) == len && strncasecmp(levels[i], s, len) == 0)
			return true;
	return false;
}

/* Whether the token is the name or address of a host. This check excludes "TIME ERROR module: ",
 * which is not a header. It also excludes "TIME TIME module: ", in which Docker wrote the first
 * TIME. */
static bool is_host(const char *s, size_t len)
{
	return header_span_of(s, s + len,
		       HEADER_WORD | HEADER_DASH | HEADER_SCORE | HEADER_DOT | HEADER_COLON,
		       HEADER_TOKEN_MAX) == len &&
	       !header_is_level(s, len) && !header_is_dated(s, len);
}

bool header_eat_tag(struct header *r, bool host_may_miss)
{
	const char *token;
	size_t len;

	if (!header_eat_token(r, &token, &len))
		return false;
	if (token[len - 1] != ':' || !host_may_miss) {
		if (token[len - 1] == ':' || !is_host(token, len) ||
			!header_eat_token(r, &token, &len) || token[len - 1] != ':')
			return false;
	}
	(void)header_eat_blanks(r);
	return true;
}
