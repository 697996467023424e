/* minute_bits.h - one bit for each second of the minute before the open second. The open second is
 * the current one, which has not ended.
 *
 * Bit i, from 0 to MINUTE_BITS_N - 1, stands for the second that began i + 1 seconds before the
 * open one. Most seconds of most sites are empty. Only seconds that are not empty have a bit set,
 * so empty seconds cost nothing.
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

/* The bits after n seconds have closed: the open second and the n - 1 after it. `first`: the bit of
 * the open second. `others`: the bit of each of the n - 1 seconds after it. n >= 1. */
static inline uint64_t minute_bits_move(uint64_t bits, int64_t n, bool first, bool others)
{
	if (n > MINUTE_BITS_N)
		return others ? minute_bits_low(n) : 0;
	bits = bits << n | (uint64_t)first << (n - 1) | (others ? minute_bits_low(n - 1) : 0);
	return bits & minute_bits_low(MINUTE_BITS_N);
}

/* The bits of the seconds that leave the minute when n seconds have closed. */
static inline uint64_t minute_bits_leaving(uint64_t bits, int64_t n)
{
	return n < MINUTE_BITS_N ? bits & ~minute_bits_low(MINUTE_BITS_N - n) : bits;
}

/* The second of the lowest set bit, as the index of an array that is indexed by second % WINDOW_S.
 * `open`: the index of the open second. */
static inline uint32_t minute_bits_place(uint64_t bits, uint32_t open)
{
	uint32_t ago = (uint32_t)__builtin_ctzll(bits) + 1;

	return open >= ago ? open - ago : open + WINDOW_S - ago;
}

#endif
