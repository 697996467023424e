/* test_variety.c - compares the estimate of the number of different paths with an exact count of
 * random paths, and tests the bit that marks robots. */
#include "core/measure/variety.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/random.h"

#define VISITS 20000

/* The lowest k bits. */
static uint32_t bits_of(int k)
{
	return ((uint32_t)1 << k) - 1;
}

static void each_path_sets_one_of_31_bits_and_never_the_robot_bit(void **state)
{
	struct random r = random_new(1);
	uint32_t all = 0;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		uint32_t bit = variety_bit(random_u64(&r));
		assert_int_equal(__builtin_popcount(bit), 1);
		all |= bit;
	}
	assert_int_equal(all, ~VARIETY_ROBOT);
	assert_int_equal(variety_bit(0), 1);
	assert_int_equal(variety_bit(UINT64_MAX), (uint32_t)1 << (VARIETY_BITS - 1));
}

static void bits_are_equally_likely(void **state)
{
	struct random r = random_new(2);
	int n[VARIETY_BITS] = {0};

	(void)state;
	random_note();
	for (int i = 0; i < 1000 * VARIETY_BITS; i++)
		n[__builtin_ctz(variety_bit(random_u64(&r)))]++;
	for (int k = 0; k < VARIETY_BITS; k++)
		assert_in_range(n[k], 800, 1200); /* 6 standard deviations */
}

static void estimate_is_the_formula_of_linear_counting(void **state)
{
	(void)state;
	assert_int_equal(variety_n(0), 0);
	for (int k = 1; k < VARIETY_BITS; k++) {
		double n = -VARIETY_BITS * log(1 - (double)k / VARIETY_BITS);
		assert_int_equal(variety_n(bits_of(k)), (uint32_t)lround(n));
		assert_true(variety_n(bits_of(k)) > variety_n(bits_of(k - 1)));
	}
	assert_int_equal(variety_n(~VARIETY_ROBOT), VARIETY_MAX);
	assert_true(VARIETY_MAX > variety_n(bits_of(VARIETY_BITS - 1)));
}

static void order_of_the_bits_does_not_matter(void **state)
{
	(void)state;
	for (int k = 0; k < VARIETY_BITS; k++) {
		assert_int_equal(variety_n((uint32_t)1 << k), 1);
		assert_int_equal(variety_n(~VARIETY_ROBOT & ~((uint32_t)1 << k)), 106);
	}
}

/* Mean and standard error of the estimate, over many visits with n different paths each. */
static void measure_error(struct random *r, int n, double *mean, double *error)
{
	double sum = 0, squares = 0;

	for (int i = 0; i < VISITS; i++) {
		uint32_t bits = 0;
		for (int k = 0; k < n; k++)
			bits |= variety_bit(random_u64(r));
		double off = (double)variety_n(bits) - n;
		sum += off;
		squares += off * off;
	}
	*mean = n + sum / VISITS;
	*error = sqrt(squares / VISITS);
}

/* The bounds are a little above the errors that variety.h promises for 3, 8 and 16 paths. For 1 and
 * 30 paths, it promises nothing. */
static void estimate_is_as_precise_as_the_header_promises(void **state)
{
	static const struct {
		int paths;
		double error;
	} cases[] = {{1, 0}, {3, 0.35}, {8, 0.95}, {16, 2.45}, {30, 5.5}};
	struct random r = random_new(3);

	(void)state;
	random_note();
	for (int i = 0; i < 5; i++) {
		double mean, error;
		measure_error(&r, cases[i].paths, &mean, &error);
		assert_true(fabs(mean - cases[i].paths) < 0.05 * cases[i].paths);
		assert_true(error <= cases[i].error);
	}
}

static void repeated_path_counts_once(void **state)
{
	struct random r = random_new(4);
	uint64_t path = random_u64(&r);
	uint32_t bits = 0;

	(void)state;
	for (int i = 0; i < 1000; i++)
		bits |= variety_bit(path);
	assert_int_equal(variety_n(bits), 1);
	assert_false(variety_is_some(bits));
}

static void robot_bit_counts_as_no_path(void **state)
{
	(void)state;
	for (int k = 0; k <= VARIETY_BITS; k++) {
		uint32_t bits = bits_of(k);
		assert_int_equal(variety_n(bits | VARIETY_ROBOT), variety_n(bits));
		assert_int_equal(variety_is_some(bits | VARIETY_ROBOT), variety_is_some(bits));
	}
	assert_int_equal(variety_n(VARIETY_ROBOT), 0);
}

static void variety_some_means_three_bits_or_more(void **state)
{
	struct random r = random_new(5);

	(void)state;
	random_note();
	for (int i = 0; i < 100000; i++) {
		/* an AND of random words has few bits */
		uint32_t bits = (uint32_t)random_u64(&r);
		for (uint64_t k = random_below(&r, 6); k > 0; k--)
			bits &= (uint32_t)random_u64(&r);
		int n = __builtin_popcount(bits & ~VARIETY_ROBOT);
		assert_int_equal(variety_is_some(bits), n >= 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_path_sets_one_of_31_bits_and_never_the_robot_bit),
		cmocka_unit_test(bits_are_equally_likely),
		cmocka_unit_test(estimate_is_the_formula_of_linear_counting),
		cmocka_unit_test(order_of_the_bits_does_not_matter),
		cmocka_unit_test(estimate_is_as_precise_as_the_header_promises),
		cmocka_unit_test(repeated_path_counts_once),
		cmocka_unit_test(robot_bit_counts_as_no_path),
		cmocka_unit_test(variety_some_means_three_bits_or_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
