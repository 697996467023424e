/* byte_source.h - a stream of bytes that can be read again from its beginning: a file, or a text in
 * memory. */
#ifndef CORE_BASE_BYTE_SOURCE_H
#define CORE_BASE_BYTE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct byte_source {
	/* Reads at most cap bytes into room. Returns the number of bytes, 0 at the end, or -1 with
	 * errno set. */
	ssize_t (*read)(void *ctx, char *room, size_t cap);
	/* Makes the next read begin at the first byte. On failure, returns false with errno set. */
	bool (*rewind)(void *ctx);
	void *ctx;
};

#endif
