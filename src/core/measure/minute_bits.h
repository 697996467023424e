/* minute_bits.h - one bit for each of the 59 seconds before the open second. The open second is the
 * current one, which has not ended. In this file, the minute is these 59 seconds.
 *
 * Bit i, from 0 to MINUTE_BITS_N - 1, stands for the second that began i + 1 seconds before the
 * open one. The caller decides what a set bit means, such as a second with a request. Loops
 * visit only the set bits. So seconds without a set bit, the most frequent case, cost nothing.
 */
#ifndef CORE_MEASURE_MINUTE_BITS_H
#define CORE_MEASURE_MINUTE_BITS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/measure/window.h"

#define MINUTE_BITS_N (WINDOW_S - 1)

/* The lowest n bits; all bits for a larger n. */
static inline uint64_t minute_bits_low(int64_t n)
{
	return ((uint64_t)1 << (n < MINUTE_BITS_N ? n : MINUTE_BITS_N)) - 1;
}

/* Returns the bits as they are when n more seconds have ended. These are the open second, with the
 * bit `first`, and the n - 1 seconds after it, each with the bit `others`. n >= 1. */
static inline uint64_t minute_bits_move(uint64_t bits, int64_t n, bool first, bool others)
{
	if (n > MINUTE_BITS_N)
		return others ? minute_bits_low(n) : 0;
	bits = bits << n | (uint64_t)first << (n - 1) | (others ? minute_bits_low(n - 1) : 0);
	return bits & minute_bits_low(MINUTE_BITS_N);
}

/* Returns those of the bits whose seconds leave the minute when n more seconds have ended. */
static inline uint64_t minute_bits_leaving(uint64_t bits, int64_t n)
{
	return n < MINUTE_BITS_N ? bits & ~minute_bits_low(MINUTE_BITS_N - n) : bits;
}

/* The second of the lowest set bit, as an index of an array whose index is second % WINDOW_S.
 * `open`: the index of the open second in this array. */
static inline uint32_t minute_bits_place(uint64_t bits, uint32_t open)
{
	uint32_t ago = (uint32_t)__builtin_ctzll(bits) + 1;

	return open >= ago ? open - ago : open + WINDOW_S - ago;
}

#endif
