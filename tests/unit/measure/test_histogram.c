/* test_histogram.c - compares the quantile and the extrapolation of a histogram with the results of
 * the same formulas for a plain list. The list has the same values, each rounded to the value of
 * its bucket. */
#include "core/measure/histogram.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "unit/random.h"

#define RISK 3e-5

struct value {
	double x; /* rounded to its bucket */
	double weight;
};

struct list {
	size_t n;
	struct value values[200000];
};

static struct list list;

static double rounded(uint32_t x)
{
	return x ? exp2(round(8 * log2(x)) / 8) : 0;
}

static int by_value_downwards(const void *a, const void *b)
{
	const struct value *x = a, *y = b;

	return (x->x < y->x) - (x->x > y->x);
}

static void add(struct histogram *t, uint32_t x)
{
	histogram_add(t, x);
	list.values[list.n++] = (struct value){rounded(x), 1};
}

/* Decays *t. histogram_decay takes a group of four histograms: here an empty one, *t twice, and one
 * with high values. */
static void decay(struct histogram *t, double share)
{
	struct histogram four[HISTOGRAM_TOGETHER] = {{.total = 7}, *t, *t, {.total = 0}};

	for (uint32_t x = 1; x < 100000; x = 2 * x + 1)
		histogram_add(&four[3], x);
	histogram_decay(four, share);
	assert_true(four[0].total == 0 && four[0].end == 0);
	assert_memory_equal(&four[1], &four[2], sizeof *four);
	*t = four[1];
}

/* The value where the top share begins, among the values above zero. *top: the weight of all values
 * that are at least as high. */
static double begins(double share, bool lowest, double *top, double *total)
{
	double u = 0, above = 0;

	*top = *total = 0;
	qsort(list.values, list.n, sizeof *list.values, by_value_downwards);
	for (size_t i = 0; i < list.n; i++)
		*total += list.values[i].weight;
	for (size_t i = 0; i < list.n && list.values[i].x > 0; i++) {
		above += list.values[i].weight;
		u = list.values[i].x;
		if (above >= share * *total * (1 - 1e-12))
			break;
	}
	if (above < share * *total * (1 - 1e-12) && !lowest)
		u = 0;
	for (size_t i = 0; i < list.n; i++)
		*top += list.values[i].x >= u ? list.values[i].weight : 0;
	return u;
}

static double quantile(double share)
{
	double top, total;

	return begins(share, false, &top, &total);
}

static double extrapolate(double share, double risk, double cap)
{
	double top, total, sum = 0, u = begins(share, true, &top, &total);

	if (u == 0)
		return 0;
	for (size_t i = 0; i < list.n; i++)
		if (list.values[i].x >= u)
			sum += list.values[i].weight * (log(list.values[i].x / u) + log(2) / 16);
	return fmin(u * pow(top / total / risk, sum / top), cap * list.values[0].x);
}

static void check_near(double got, double want)
{
	assert_true(fabs(got - want) <= 1e-9 * fabs(want));
}

static uint32_t pareto(struct random *r, double x_min, double index)
{
	double u = (double)(1 + random_below(r, 1u << 30)) / (1u << 30);

	return (uint32_t)fmin(x_min * pow(u, -index), 4e9);
}

static void value_is_counted_in_the_nearest_of_eight_buckets_per_octave(void **state)
{
	(void)state;
	for (int k = 0; k < 32; k++) {
		struct histogram t = {0};
		uint32_t x = (uint32_t)1 << k;
		histogram_add(&t, x);
		assert_true(t.weight[1 + 8 * k] == 1 && t.total == 1);
		check_near(histogram_quantile(&t, 0.5), x);
	}
	for (uint32_t x = 1; x < 5000; x++) {
		struct histogram t = {0};
		histogram_add(&t, x);
		assert_true(fabs(log2(histogram_quantile(&t, 1) / x)) <= 0.5 / 8 + 1e-12);
	}
}

static void largest_count_has_a_bucket(void **state)
{
	struct histogram t = {0};

	(void)state;
	histogram_add(&t, UINT32_MAX);
	assert_true(t.weight[HISTOGRAM_BUCKETS - 1] == 1);
	check_near(histogram_quantile(&t, 0.01), 4294967296.0);
}

static void empty_histogram_gives_no_limit(void **state)
{
	struct histogram t = {0};

	(void)state;
	assert_true(histogram_quantile(&t, 0.01) == 0);
	assert_true(histogram_extrapolate(&t, 0.01, RISK, 2) == 0);
}

static void zeros_alone_give_no_limit(void **state)
{
	struct histogram t = {0};

	(void)state;
	for (int i = 0; i < 1000; i++)
		histogram_add(&t, 0);
	assert_true(t.total == 1000);
	assert_true(histogram_quantile(&t, 0.01) == 0);
	assert_true(histogram_extrapolate(&t, 0.01, RISK, 2) == 0);
}

static void zeros_count_in_the_total(void **state)
{
	struct histogram t = {0};

	(void)state;
	for (int i = 0; i < 99; i++)
		histogram_add(&t, 0);
	histogram_add(&t, 64);
	check_near(histogram_quantile(&t, 0.01), 64);
	histogram_add(&t, 0); /* now under 1 % of the values are above zero */
	assert_true(histogram_quantile(&t, 0.01) == 0);
}

static void values_above_zero_are_the_tail_if_fewer_than_the_share(void **state)
{
	struct random r = random_new(1);

	(void)state;
	for (int n = 1; n < 40; n++) {
		struct histogram t = {0};
		list.n = 0;
		for (int i = 0; i < 1000 - n; i++)
			add(&t, 0);
		for (int i = 0; i < n; i++)
			add(&t, 1 + (uint32_t)random_below(&r, 50));
		check_near(histogram_extrapolate(&t, 0.05, RISK, 2), extrapolate(0.05, RISK, 2));
		check_near(
			histogram_extrapolate(&t, 0.05, RISK, 1e9), extrapolate(0.05, RISK, 1e9));
		assert_true(histogram_extrapolate(&t, 0.05, RISK, 2) > 0);
	}
}

static void limits_equal_those_of_a_plain_list(void **state)
{
	struct random r = random_new(2);

	(void)state;
	random_note();
	for (int round = 0; round < 200; round++) {
		struct histogram t = {0};
		double index = 0.05 + (double)random_below(&r, 150) / 100;
		int n = 1 + (int)random_below(&r, 5000);
		uint64_t zeros = random_below(&r, 100);
		list.n = 0;
		for (int i = 0; i < n; i++)
			add(&t, random_below(&r, 100) < zeros ? 0
							      : pareto(&r, 1 + round % 10, index));
		for (int k = 0; k < 2; k++) {
			double share = k ? 0.05 : 0.01;
			check_near(histogram_quantile(&t, share), quantile(share));
			check_near(histogram_extrapolate(&t, share, RISK, 2),
				extrapolate(share, RISK, 2));
			check_near(histogram_extrapolate(&t, share, RISK, 1e12),
				extrapolate(share, RISK, 1e12));
		}
	}
}

static void limit_is_at_most_cap_times_the_highest_value(void **state)
{
	struct histogram t = {0};

	(void)state;
	for (int i = 0; i < 990; i++)
		histogram_add(&t, 1);
	histogram_add(&t, 2);
	for (int i = 0; i < 9; i++)
		histogram_add(&t, 1024);
	assert_true(histogram_extrapolate(&t, 0.01, RISK, 1e9) > 2048);
	check_near(histogram_extrapolate(&t, 0.01, RISK, 2), 2048);
	check_near(histogram_extrapolate(&t, 0.01, RISK, 1.25), 1280);
}

/* For a Pareto distribution, a formula gives the value that a share RISK of the values exceeds:
 * x_min * risk^-index. */
static void tail_of_a_pareto_distribution_is_estimated(void **state)
{
	struct random r = random_new(3);

	(void)state;
	for (int k = 0; k < 5; k++) {
		struct histogram t = {0};
		double index = 0.2 + 0.15 * k;
		for (int i = 0; i < 100000; i++)
			histogram_add(&t, pareto(&r, 50, index));
		double limit = histogram_extrapolate(&t, 0.01, RISK, 100),
		       want = 50 * pow(RISK, -index);
		assert_true(limit > want / 1.5 && limit < want * 1.5);
	}
}

static void decay_gives_old_values_less_weight(void **state)
{
	struct histogram t = {0};
	struct random r = random_new(4);
	size_t kept = 0;

	(void)state;
	list.n = 0;
	for (int day = 0; day < 3; day++) {
		for (int i = 0; i < 3000; i++)
			add(&t, pareto(&r, 5 * (1 + day), 0.5));
		decay(&t, 0.5);
		for (size_t i = 0; i < list.n; i++)
			list.values[i].weight /= 2;
	}
	/* no weight was dropped, because each bucket in use has a weight over 0.05 */
	for (int b = 0; b < HISTOGRAM_BUCKETS; b++)
		kept += t.weight[b] > 0;
	assert_true(kept > 20);
	check_near(t.total, 375 + 750 + 1500);
	check_near(histogram_quantile(&t, 0.01), quantile(0.01));
	check_near(histogram_extrapolate(&t, 0.01, RISK, 2), extrapolate(0.01, RISK, 2));
}

static void weight_under_a_twentieth_is_dropped(void **state)
{
	struct histogram t = {0};

	(void)state;
	histogram_add(&t, 1000);
	for (int i = 0; i < 16; i++)
		histogram_add(&t, 10);
	decay(&t, 0.0625); /* 1/16 of each weight stays */
	assert_true(histogram_quantile(&t, 1e-9) > 900);
	check_near(t.total, 17.0 / 16);
	decay(&t, 0.75); /* the weight 3/64 is dropped */
	check_near(t.total, 0.75);
	assert_true(histogram_quantile(&t, 1e-9) < 11);
	decay(&t, 0);
	assert_true(t.total == 0);
	assert_true(histogram_extrapolate(&t, 0.01, RISK, 2) == 0);
}

static void dropped_weights_do_not_count_for_the_highest_value(void **state)
{
	struct histogram t = {0};

	(void)state;
	assert_true(histogram_highest(&t) == 0);
	histogram_add(&t, 0);
	assert_true(histogram_highest(&t) == 0);
	for (uint32_t x = 1; x < 5000; x++) {
		histogram_add(&t, x);
		histogram_add(&t, 1 + x / 2);
		check_near(histogram_highest(&t), rounded(x));
	}
	histogram_add(&t, UINT32_MAX);
	check_near(histogram_highest(&t), 4294967296.0);
	/* each weight becomes 0.04 of itself: a bucket of one value is dropped, and a bucket of
	 * many values is kept */
	decay(&t, 0.04);
	check_near(histogram_highest(&t), rounded(4999));
}

static void totals_are_recomputed_from_the_weights(void **state)
{
	struct histogram t[HISTOGRAM_TOGETHER] = {0};

	(void)state;
	for (int k = 0; k < HISTOGRAM_TOGETHER; k++) {
		t[k].weight[0] = 2.5;
		t[k].weight[HISTOGRAM_BUCKETS - 1 - k] = 0.25;
		t[k].total = 77;
	}
	histogram_sum(t);
	for (int k = 0; k < HISTOGRAM_TOGETHER; k++) {
		assert_true(t[k].total == 2.75);
		assert_int_equal(t[k].end, HISTOGRAM_BUCKETS - k);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(value_is_counted_in_the_nearest_of_eight_buckets_per_octave),
		cmocka_unit_test(largest_count_has_a_bucket),
		cmocka_unit_test(empty_histogram_gives_no_limit),
		cmocka_unit_test(zeros_alone_give_no_limit),
		cmocka_unit_test(zeros_count_in_the_total),
		cmocka_unit_test(values_above_zero_are_the_tail_if_fewer_than_the_share),
		cmocka_unit_test(limits_equal_those_of_a_plain_list),
		cmocka_unit_test(limit_is_at_most_cap_times_the_highest_value),
		cmocka_unit_test(tail_of_a_pareto_distribution_is_estimated),
		cmocka_unit_test(decay_gives_old_values_less_weight),
		cmocka_unit_test(weight_under_a_twentieth_is_dropped),
		cmocka_unit_test(dropped_weights_do_not_count_for_the_highest_value),
		cmocka_unit_test(totals_are_recomputed_from_the_weights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
