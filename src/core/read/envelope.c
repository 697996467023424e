/* envelope.c - see envelope.h. Each header is read by its own grammar, left to right, with a cursor
 * that cannot pass the end; the first that fits and is followed by a brace wins. */
#include "core/read/envelope.h"

#include <stdbool.h>
#include <string.h>

#include "core/base/timestamp.h"

/* Longest token of a header: RFC 5424 allows 255 bytes for a host name, less for the others. */
#define TOKEN_MAX 255

struct reader {
	const char *s;
	const char *end;
	bool standard_error;
};

static bool skip_text(struct reader *r, const char *text)
{
	size_t n = strlen(text);

	if ((size_t)(r->end - r->s) < n || memcmp(r->s, text, n) != 0)
		return false;
	r->s += n;
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_printable(char c)
{
	return c > ' ' && c < 0x7f;
}

/* Printable ASCII without blanks, then one blank (eaten). */
static bool eat_token(struct reader *r, const char **token, size_t *token_len)
{
	const char *s = r->s;

	while (s < r->end && s - r->s < TOKEN_MAX && is_printable(*s))
		s++;
	if (s == r->s || s == r->end || *s != ' ')
		return false;
	*token = r->s;
	*token_len = (size_t)(s - r->s);
	r->s = s + 1;
	return true;
}

static void eat_blanks(struct reader *r)
{
	while (r->s < r->end && (*r->s == ' ' || *r->s == '\t'))
		r->s++;
}

static bool eat_pri(struct reader *r)
{
	const char *s = r->s;
	int digits = 0;

	if (s == r->end || *s++ != '<')
		return false;
	for (; s < r->end && is_digit(*s); s++)
		digits++;
	if (digits < 1 || digits > 3 || s == r->end || *s != '>')
		return false;
	r->s = s + 1;
	return true;
}

/* "Nov 22 04:16:00 " */
static bool eat_rfc3164_time(struct reader *r)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	static const char shape[] =
		"mmm dd dd:dd:dd "; /* d: a digit, the day's first may be blank */
	const char *s = r->s;

	if ((size_t)(r->end - s) < sizeof shape - 1)
		return false;
	for (size_t i = 0; i < sizeof shape - 1; i++) {
		bool ok = shape[i] == 'd'   ? is_digit(s[i]) || (i == 4 && s[i] == ' ')
			  : shape[i] == 'm' ? s[i] >= 'A' && s[i] <= 'z'
					    : s[i] == shape[i];
		if (!ok)
			return false;
	}
	for (int i = 0; i < 12; i++) {
		if (memcmp(s, months + 3 * i, 3) == 0) {
			r->s += sizeof shape - 1;
			return true;
		}
	}
	return false;
}

/* The tag is the last token and ends in a colon; a host name may stand before it. */
static bool skip_rfc3164(struct reader *r)
{
	const char *token;
	size_t len;

	(void)eat_pri(r);
	if (!eat_rfc3164_time(r))
		return false;
	for (int i = 0; i < 2; i++) {
		if (!eat_token(r, &token, &len))
			return false;
		if (token[len - 1] == ':') {
			eat_blanks(r);
			return true;
		}
	}
	return false;
}

/* One or more [...] elements, in which \] does not end the element. */
static bool eat_structured_data(struct reader *r)
{
	if (!skip_text(r, "["))
		return false;
	bool inside = true, quoted = false;
	for (; r->s < r->end; r->s++) {
		char c = *r->s;
		if (!inside && c == ' ') {
			r->s++;
			return true;
		}
		if (!inside && c != '[')
			return false;
		if (!inside)
			inside = true;
		else if (c == '\\' && quoted && r->s + 1 < r->end)
			r->s++;
		else if (c == '"')
			quoted = !quoted;
		else if (c == ']' && !quoted)
			inside = false;
	}
	return false;
}

/* A time that is a date, and no number. */
static bool is_dated(const char *token, size_t len)
{
	return len > 10 && token[4] == '-' && token[10] == 'T';
}

static bool skip_rfc5424(struct reader *r)
{
	const char *token;
	size_t len;
	struct instant t;

	if (!eat_pri(r) || !skip_text(r, "1 ") || !eat_token(r, &token, &len))
		return false;
	if (!(len == 1 && *token == '-') && !timestamp_parse(token, len, NULL, &t))
		return false;
	for (int i = 0; i < 4; i++) /* HOST APP PROCID MSGID */
		if (!eat_token(r, &token, &len))
			return false;
	if (!skip_text(r, "- ") && !eat_structured_data(r))
		return false;
	(void)skip_text(r, "\xef\xbb\xbf");
	eat_blanks(r);
	return true;
}

/* rsyslog's own format for files, its default: TIME HOST TAG: */
static bool rsyslog_file(struct reader *r)
{
	const char *token;
	size_t len;
	struct instant t;

	if (!eat_token(r, &token, &len) || !timestamp_parse(token, len, NULL, &t) ||
		!is_dated(token, len) || !eat_token(r, &token, &len) || token[len - 1] == ':' ||
		!eat_token(r, &token, &len) || token[len - 1] != ':')
		return false;
	eat_blanks(r);
	return true;
}

static bool skip_cri(struct reader *r)
{
	const char *token;
	size_t len;
	struct instant t;

	if (!eat_token(r, &token, &len) || !timestamp_parse(token, len, NULL, &t))
		return false;
	/* F: a full line. Of one that is split (P) the first part is a line that was cut off, and the others
	 * begin with no object. */
	if (skip_text(r, "stderr ")) /* where Caddy logs */
		r->standard_error = true;
	else if (!skip_text(r, "stdout "))
		return false;
	return skip_text(r, "F ") || skip_text(r, "P ");
}

static bool mark_or_nothing(struct reader *r)
{
	(void)skip_text(r, "\xef\xbb\xbf");
	eat_blanks(r);
	return true;
}

size_t envelope_len(const char *line, size_t len, struct envelope *e)
{
	static const struct {
		const char *name;
		bool (*read)(struct reader *);
	} known[] = {{NULL, mark_or_nothing}, {"an RFC 3164 syslog header", skip_rfc3164},
		{"an RFC 5424 syslog header", skip_rfc5424},
		{"rsyslog's file header", rsyslog_file}, {"a CRI header", skip_cri}};

	*e = (struct envelope){NULL, false};
	if (len && line[0] == '{')
		return 0;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct reader r = {line, line + len, false};
		if (known[i].read(&r) && r.s < r.end && *r.s == '{') {
			*e = (struct envelope){known[i].name, r.standard_error};
			return (size_t)(r.s - line);
		}
	}
	return ENVELOPE_NONE;
}
