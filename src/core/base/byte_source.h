/* byte_source.h - bytes that come in order, and can be read again from the first one: a file, or a
 * text in memory. */
#ifndef CORE_BASE_BYTE_SOURCE_H
#define CORE_BASE_BYTE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct byte_source {
	/* Reads at most cap bytes into room; returns how many, 0 at the end, -1 with errno. */
	ssize_t (*read)(void *ctx, char *room, size_t cap);
	/* The next read begins at the first byte. False with errno. */
	bool (*rewind)(void *ctx);
	void *ctx;
};

#endif
