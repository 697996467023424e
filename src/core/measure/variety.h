/* variety.h - an estimate of how many different paths a client was served in its visit, in 32 bits.
 *
 * Path:    engine (a request was served) -> clients -> [variety] -> rules, cold_proxies.   Pure.
 * Method:  linear counting (K.-Y. Whang, B. T. Vander-Zanden, H. M. Taylor 1990): each path sets
 *          one of m = 31 bits. If k bits are set, n = -m ln(1 - k / m) paths are expected. Bit 31
 *          means that the client requested /robots.txt (RFC 9309), as robots do.
 * Error:   the root mean square error is 0.3 paths for 3 paths, 0.9 for 8 and 2.4 for 16
 *          (test_variety).
 */
#ifndef CORE_MEASURE_VARIETY_H
#define CORE_MEASURE_VARIETY_H

#include <stdbool.h>
#include <stdint.h>

#define VARIETY_BITS 31
/* The highest value of variety_n: all bits are set. */
#define VARIETY_MAX 128
/* The client requested /robots.txt, with any status of the answer. */
#define VARIETY_ROBOT ((uint32_t)1 << VARIETY_BITS)

/* The bit of a path. The path's hash is keyed, so that no client can choose paths that share a
 * bit. */
static inline uint32_t variety_bit(uint64_t path_hash)
{
	return (uint32_t)1 << ((path_hash >> 32) * VARIETY_BITS >> 32);
}

/* The number of different paths, estimated. */
static inline uint32_t variety_n(uint32_t bits)
{
	/* the formula; if all bits are set, half a bit is assumed to be missing */
	static const uint8_t n[VARIETY_BITS + 1] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 14, 15, 17,
		19, 21, 23, 25, 27, 29, 32, 35, 38, 42, 46, 51, 57, 63, 72, 85, 106, VARIETY_MAX};

	return n[__builtin_popcount(bits & ~VARIETY_ROBOT)];
}

/* True if at least 3 bits of paths are set. Called for each request, so it does not count all
 * bits. */
static inline bool variety_is_some(uint32_t bits)
{
	bits &= ~VARIETY_ROBOT;
	bits &= bits - 1; /* clears the lowest bit */
	bits &= bits - 1;
	return bits != 0;
}

/* True if exactly 3 bits of paths are set. */
static inline bool variety_is_three(uint32_t bits)
{
	bits &= ~VARIETY_ROBOT;
	bits &= bits - 1;
	bits &= bits - 1;
	return bits != 0 && (bits & (bits - 1)) == 0;
}

#endif
