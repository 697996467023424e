/* random.h - random numbers for tests of many histories. They are the same in each run, unless the
 * environment variable TEST_SEED gives another seed.
 *
 * The generator is xorshift64* (S. Vigna, 2016). It is short and the same on each machine, so a
 * seed repeats a history. A test that fails prints its seed (random_note).
 */
#ifndef UNIT_RANDOM_H
#define UNIT_RANDOM_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct random {
	uint64_t x;
};

static inline uint64_t random_seed(void)
{
	const char *text = getenv("TEST_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 0) : 0;

	return seed ? seed : 20261122;
}

/* `salt` gives each test of one file its own sequence. */
static inline struct random random_new(uint64_t salt)
{
	struct random r = {random_seed() * 0x9e3779b97f4a7c15 + salt};

	if (r.x == 0)
		r.x = 1;
	return r;
}

static inline uint64_t random_u64(struct random *r)
{
	r->x ^= r->x >> 12;
	r->x ^= r->x << 25;
	r->x ^= r->x >> 27;
	return r->x * 0x2545f4914f6cdd1d;
}

/* A number from 0 to n - 1. The bias of the modulo does not matter here. */
static inline uint64_t random_below(struct random *r, uint64_t n)
{
	return (random_u64(r) >> 16) % n;
}

static inline void random_note(void)
{
	fprintf(stderr, "# TEST_SEED=%" PRIu64 "\n", random_seed());
}

#endif
