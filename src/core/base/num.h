/* num.h - converts text to numbers, strictly and without a locale. Also adds numbers with
 * saturation.
 *
 * Every parser gets a pointer and a length. It parses all of the text or fails, and never reads
 * past the text. On failure `*out` is unchanged.
 */
#ifndef CORE_BASE_NUM_H
#define CORE_BASE_NUM_H

#include <float.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/instant.h"

#define NUM_DIGITS_MAX 19 /* every number with at most this many digits fits in a uint64_t */

/* Parses decimal digits only, up to UINT64_MAX. */
bool num_u64(const char *s, size_t len, uint64_t *out);

/* Parses a finite decimal number with an optional sign, fraction and exponent. */
bool num_double(const char *s, size_t len, double *out);

/* Whether the machine rounds a quotient once, to a double. The x87 of 32-bit x86 rounds it
 * twice. */
#define NUM_ROUNDS_ONCE (FLT_EVAL_METHOD == 0 || FLT_EVAL_METHOD == 1)

/* Stores v / 10^decimals, rounded to the same double that strtod would return. Returns false if
 * only strtod can round correctly: for more than 27 decimals, and on a machine that rounds
 * twice. */
bool num_decimal(uint64_t v, unsigned decimals, double *out);

/* Converts seconds since 1970, rounded to the nearest millisecond. Fails outside 0..INSTANT_MAX. */
bool num_epoch_double(double seconds, struct instant *out);

/* Parses a duration as users write it: a whole number and s, m, h or d ("90s", "2h", "7d"). A
 * number without a unit is in seconds. Fails beyond SPAN_MAX. */
bool num_span(const char *s, size_t len, struct span *out);

static inline uint32_t num_add_u32(uint32_t a, uint32_t b)
{
	return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

static inline uint64_t num_add_u64(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

#endif
