/* test_minute_counts.c - the counts of a minute, and the bits of its busy seconds, compared with a
 * plain list of all seconds. */
#include "core/measure/minute_counts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "unit/random.h"

#define SECONDS 20000

static uint64_t counted[SECONDS]; /* by second */

static void check(const struct minute_counts *m, int64_t open)
{
	uint64_t sum = 0;

	for (int64_t t = open - WINDOW_S + 1; t <= open; t++) {
		if (t < 0)
			continue;
		sum += counted[t];
		assert_true(m->counts[t % WINDOW_S] == counted[t]);
		if (t < open)
			assert_int_equal(m->busy >> (open - 1 - t) & 1, counted[t] > 0);
	}
	assert_true(m->sum == sum);
	assert_true(m->busy >> MINUTE_BITS_N == 0);
}

static void counts_cover_the_last_minute(void **state)
{
	/* some numbers of seconds are a little less or more than a minute */
	static const int64_t steps[] = {1, 1, 1, 2, 7, 30, 57, 58, 59, 60, 61, 62, 119, 120, 200};
	struct random r = random_new(1);

	(void)state;
	random_note();
	for (int round = 0; round < 40; round++) {
		struct minute_counts m = {.sum = 0};
		int64_t open = 0;
		memset(counted, 0, sizeof counted);
		while (open < SECONDS - 300) {
			for (uint64_t n = random_below(&r, 3); n > 0; n--) {
				uint64_t some = 1 + random_below(&r, 5);
				counted[open] += some;
				minute_counts_add(&m, open, some);
			}
			int64_t n = steps[random_below(&r, sizeof steps / sizeof *steps)];
			open += n;
			minute_counts_move(&m, open, n);
			check(&m, open);
		}
	}
}

/* minute_bits_move closes n seconds. `first`: whether the first of them is learned. `others`:
 * whether the rest are. */
static void bits_are_set_for_the_learned_seconds_of_the_last_minute(void **state)
{
	static bool in[SECONDS];
	struct random r = random_new(2);
	uint64_t bits = 0;
	int64_t open = 100;

	(void)state;
	while (open < SECONDS - 300) {
		int64_t n = 1 + (int64_t)random_below(&r, random_below(&r, 3) ? 3 : 70);
		bool first = random_below(&r, 2), others = random_below(&r, 2);
		for (int64_t t = open; t < open + n; t++)
			in[t] = t == open ? first : others;
		uint64_t leaving = minute_bits_leaving(bits, n), expected = 0;
		for (int ago = 1; ago <= MINUTE_BITS_N; ago++)
			if (ago + n > MINUTE_BITS_N && in[open - ago])
				expected |= (uint64_t)1 << (ago - 1);
		assert_true(leaving == expected);
		if (leaving)
			assert_int_equal(minute_bits_place(leaving, (uint32_t)(open % WINDOW_S)),
				(open - 1 - __builtin_ctzll(leaving)) % WINDOW_S);
		bits = minute_bits_move(bits, n, first, others);
		open += n;
		for (int ago = 1; ago <= MINUTE_BITS_N; ago++)
			assert_int_equal(bits >> (ago - 1) & 1, in[open - ago]);
		assert_true(bits >> MINUTE_BITS_N == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_cover_the_last_minute),
		cmocka_unit_test(bits_are_set_for_the_learned_seconds_of_the_last_minute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
