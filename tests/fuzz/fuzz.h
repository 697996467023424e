/* fuzz.h - shared by the fuzz targets. A target is LLVMFuzzerTestOneInput, as libFuzzer calls it.
 * `make fuzz` links the target with libFuzzer, and `make check` with replay.c, which feeds the
 * corpus. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A promise that the input must not break. For libFuzzer and for replay.c, an abort is a finding.
 */
#define FUZZ_HOLDS(promise)                                                                        \
	do {                                                                                       \
		if (!(promise)) {                                                                  \
			fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #promise);      \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* A copy of the bytes in memory of exactly their size, so a sanitizer detects a read past them. */
static inline char *fuzz_exact(const void *data, size_t len)
{
	char *copy = malloc(len + !len);

	FUZZ_HOLDS(copy);
	memcpy(copy, data, len);
	return copy;
}

/* The same bytes followed by others, which must not change any result. */
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
