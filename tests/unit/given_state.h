/* given_state.h - writes a state as text and reads it back. Include it after cmocka.h. */
#ifndef UNIT_GIVEN_STATE_H
#define UNIT_GIVEN_STATE_H

#include <stdlib.h>

#include "unit/sample_state.h"

static struct state sample, back;
static char text[STATE_BYTES_MAX];
static const char *why;

static inline size_t write_text(const struct state *s)
{
	struct buf b;

	buf_init(&b, text, sizeof text);
	state_write(s, &b);
	assert_false(b.full);
	return b.len;
}

/* Reads a copy of the text. The copy has exactly the size of the text, so that a sanitizer detects
 * a read past its end. */
static inline bool read_text(const char *s, size_t len)
{
	char *exact = malloc(len ? len : 1);
	bool ok;

	assert_non_null(exact);
	memcpy(exact, s, len);
	memset(&back, 0xa5, sizeof back);
	ok = state_read(exact, len, &back, &why);
	assert_true(ok == !why);
	free(exact);
	return ok;
}

/* Writes the state of sample_state.h as text, replaces the first `from` by `to`, and reads the
 * result. */
static inline bool read_replaced(const char *from, const char *to)
{
	static char changed[STATE_BYTES_MAX + 65536];
	size_t len;
	char *at;

	sample_fill(&sample);
	len = write_text(&sample);
	text[len] = '\0';
	at = strstr(text, from);
	if (!at)
		fail_msg("%s is not in the state", from);
	int n = snprintf(
		changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	assert_true(n > 0 && (size_t)n < sizeof changed);
	return read_text(changed, (size_t)n);
}

static inline void assert_refused(const char *from, const char *to, const char *reason)
{
	if (read_replaced(from, to))
		fail_msg("%.40s was accepted for %s", to, from);
	if (strcmp(why, reason) != 0)
		fail_msg("%.40s for %s: \"%s\" instead of \"%s\"", to, from, why, reason);
}

static inline void assert_accepted(const char *from, const char *to)
{
	if (!read_replaced(from, to))
		fail_msg("%.40s for %s: %s", to, from, why);
}

#endif
