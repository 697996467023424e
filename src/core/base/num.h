/* num.h - numbers from text: strict, bounded, without a locale; and sums that saturate.
 *
 * Every parser takes a pointer and a length, reads all of it or fails, and never looks past it.
 * On failure `*out` is left as it was.
 */
#ifndef CORE_BASE_NUM_H
#define CORE_BASE_NUM_H

#include <float.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/instant.h"

#define NUM_DIGITS_MAX 19 /* of which each number fits in a uint64_t */

/* Decimal digits alone, up to UINT64_MAX. */
bool num_u64(const char *s, size_t len, uint64_t *out);

/* A decimal number with an optional sign, fraction and exponent; finite. */
bool num_double(const char *s, size_t len, double *out);

/* A quotient is rounded once, to a double. The x87 of 32-bit x86 rounds it twice. */
#define NUM_ROUNDS_ONCE (FLT_EVAL_METHOD == 0 || FLT_EVAL_METHOD == 1)

/* v with so many decimals, as strtod reads it. False where only strtod does: beyond 27 decimals,
 * and where the arithmetic of the machine rounds twice. */
bool num_decimal(uint64_t v, unsigned decimals, double *out);

/* Seconds since 1970, rounded to the nearest millisecond; fails outside 0..INSTANT_MAX. */
bool num_epoch_double(double seconds, struct instant *out);

/* A duration as users write it: a whole number and s, m, h or d ("90s", "2h", "7d"); a bare number
 * is seconds. Fails beyond SPAN_MAX. */
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
