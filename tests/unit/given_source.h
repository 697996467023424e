/* given_source.h - a byte source that returns a text in memory, a few bytes at a time. */
#ifndef UNIT_GIVEN_SOURCE_H
#define UNIT_GIVEN_SOURCE_H

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "core/base/byte_source.h"

struct given_source {
	const char *text;
	size_t len;
	size_t most;     /* maximum bytes per read; 0: all bytes in one read */
	size_t fails_at; /* a read that begins at this byte or later fails with EIO; 0: never */
	size_t at;
	int rewound;
};

static ssize_t given_source_read(void *ctx, char *room, size_t cap)
{
	struct given_source *s = ctx;
	size_t n = s->len - s->at;

	if (s->fails_at && s->at >= s->fails_at) {
		errno = EIO;
		return -1;
	}
	if (n > cap)
		n = cap;
	if (s->most && n > s->most)
		n = s->most;
	memcpy(room, s->text + s->at, n);
	s->at += n;
	return (ssize_t)n;
}

static bool given_source_rewind(void *ctx)
{
	struct given_source *s = ctx;

	s->at = 0;
	s->rewound++;
	return true;
}

static inline struct byte_source given_source(struct given_source *s)
{
	return (struct byte_source){
		.read = given_source_read, .rewind = given_source_rewind, .ctx = s};
}

#endif
