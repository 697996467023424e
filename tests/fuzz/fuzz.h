/* fuzz.h - what the fuzz targets share. A target is LLVMFuzzerTestOneInput, as libFuzzer wants it;
 * `make fuzz` links it with that, and `make check` with replay.c, which gives it its corpus. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A promise that the input breaks: both drivers take an abort for a finding. */
#define FUZZ_HOLDS(promise)                                                                        \
	do {                                                                                       \
		if (!(promise)) {                                                                  \
			fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #promise);      \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* The bytes in memory of their own size, so that a sanitizer sees a read past them. */
static inline char *fuzz_exact(const void *data, size_t len)
{
	char *copy = malloc(len + !len);

	FUZZ_HOLDS(copy);
	memcpy(copy, data, len);
	return copy;
}

/* The same bytes with others behind them: what is read there must not matter. */
static inline char *fuzz_followed(const void *data, size_t len, const char *by)
{
	size_t by_len = strlen(by);
	char *copy = malloc(len + by_len);

	FUZZ_HOLDS(copy);
	memcpy(copy, data, len);
	memcpy(copy + len, by, by_len);
	return copy;
}

#endif
