/* draw.h - random numbers that are the same in each run: a seed and xorshift64* (Vigna 2016).
 *
 * Only integers are used, so that no result depends on a libm. No statement draws two numbers in an
 * order that the compiler may choose, as with two arguments of one call. So all compilers make
 * programs with the same output.
 */
#ifndef BENCH_SITE_DRAW_H
#define BENCH_SITE_DRAW_H

#include <stdbool.h>
#include <stdint.h>

struct draw {
	uint64_t state; /* never 0 */
};

static inline uint64_t draw_next(struct draw *d)
{
	d->state ^= d->state >> 12;
	d->state ^= d->state << 25;
	d->state ^= d->state >> 27;
	return d->state * 0x2545f4914f6cdd1d;
}

/* A separate sequence for each pair of numbers (splitmix64's mixing). */
static inline struct draw draw_of(uint64_t a, uint64_t b)
{
	uint64_t z = a * 0x9e3779b97f4a7c15 + b * 0xd1342543de82ef95 + 0x632be59bd9b4e019;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (struct draw){(z ^ z >> 31) | 1};
}

/* 0 .. n - 1 */
static inline uint32_t draw_below(struct draw *d, uint32_t n)
{
	return (uint32_t)((draw_next(d) >> 32) * n >> 32);
}

/* low .. high */
static inline uint32_t draw_from(struct draw *d, uint32_t low, uint32_t high)
{
	return low + draw_below(d, high - low + 1);
}

/* True once in n times. */
static inline bool draw_one_in(struct draw *d, uint32_t n)
{
	return draw_below(d, n) == 0;
}

/* 0 .. 2^bits - 2. All octaves are equally likely, so the n-th number is drawn 1/n times as often
 * as the first: Zipf's law. */
static inline uint32_t draw_ranked(struct draw *d, uint32_t bits)
{
	uint32_t octave = draw_below(d, bits);

	return (1u << octave) - 1 + draw_below(d, 1u << octave);
}

/* low .. low * 2^octaves - 1. All octaves are equally likely, as for the times between the clicks
 * of people. */
static inline uint32_t draw_wide(struct draw *d, uint32_t low, uint32_t octaves)
{
	uint32_t from = low << draw_below(d, octaves);

	return from + draw_below(d, from);
}

#define DRAW_ONE_OF(d, list) ((list)[draw_below((d), sizeof(list) / sizeof *(list))])

#endif
