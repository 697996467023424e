/* given_state.h - a state, and its text, written and read. Included behind cmocka.h. */
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

/* From memory of exactly that size, so that a sanitizer sees every byte read past it. */
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

#endif
