/* test_anomaly.c - each anomaly has one start and one end, even if the rate goes up and down.
 *
 * The tight thresholds are lower than the usual thresholds (rules.h). They decide only when an open
 * anomaly closes. */
#include "core/judge/anomaly.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/random.h"

/* Steps through n seconds, the first of which is *second + 1. Returns the change in the last of
 * them. Checks that the other seconds cause no change. */
static enum anomaly_change seconds(
	struct anomaly *a, int64_t *second, int n, bool matched, bool matched_tight)
{
	enum anomaly_change change = ANOMALY_SAME;

	for (int i = 0; i < n; i++) {
		assert_int_equal(change, ANOMALY_SAME);
		change = anomaly_step(a, matched, matched_tight, instant_at_second(++*second));
	}
	return change;
}

static void anomaly_opens_in_the_first_second_in_which_a_rule_matches(void **state)
{
	struct anomaly a = {0};
	int64_t t = 1000;

	(void)state;
	assert_int_equal(seconds(&a, &t, 100, false, false), ANOMALY_SAME);
	assert_false(a.open);
	assert_int_equal(seconds(&a, &t, 1, true, true), ANOMALY_OPENED);
	assert_true(a.open);
	assert_int_equal(a.since.ms, t * 1000);
}

static void tight_thresholds_alone_do_not_open_an_anomaly(void **state)
{
	struct anomaly a = {0};
	int64_t t = 1000;

	(void)state;
	assert_int_equal(seconds(&a, &t, 1000, false, true), ANOMALY_SAME);
	assert_false(a.open);
}

static void anomaly_closes_after_30_calm_seconds_in_a_row(void **state)
{
	struct anomaly a = {0};
	int64_t t = 1000;

	(void)state;
	seconds(&a, &t, 1, true, true);
	assert_int_equal(seconds(&a, &t, 29, false, false), ANOMALY_SAME);
	assert_int_equal(seconds(&a, &t, 1, false, false), ANOMALY_CLOSED);
	assert_false(a.open);
	assert_int_equal(seconds(&a, &t, 100, false, false), ANOMALY_SAME);
}

static void one_second_above_the_tight_thresholds_restarts_the_30_calm_seconds(void **state)
{
	struct anomaly a = {0};
	int64_t t = 1000;

	(void)state;
	seconds(&a, &t, 1, true, true);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(seconds(&a, &t, 29, false, false), ANOMALY_SAME);
		assert_int_equal(seconds(&a, &t, 1, false, true), ANOMALY_SAME);
	}
	assert_int_equal(a.since.ms, 1001 * 1000);
	assert_int_equal(seconds(&a, &t, 30, false, false), ANOMALY_CLOSED);
}

/* A real site that exceeds a usual threshold exceeds the lower tight threshold, too. But
 * anomaly_step does not rely on this: with `matched`, a second is not calm, whatever
 * `matched_tight` is. */
static void rule_that_matches_keeps_the_anomaly_open_without_the_tight_thresholds(void **state)
{
	struct anomaly a = {0};
	int64_t t = 1000;

	(void)state;
	assert_int_equal(seconds(&a, &t, 1, true, false), ANOMALY_OPENED);
	assert_int_equal(seconds(&a, &t, 100, true, false), ANOMALY_SAME);
	assert_true(a.open);
}

static void later_anomaly_has_its_own_start(void **state)
{
	struct anomaly a = {0};
	int64_t t = 1000;

	(void)state;
	seconds(&a, &t, 1, true, true);
	seconds(&a, &t, 30, false, false);
	assert_int_equal(seconds(&a, &t, 1, true, true), ANOMALY_OPENED);
	assert_int_equal(a.since.ms, t * 1000);
	assert_int_equal(seconds(&a, &t, 29, false, false), ANOMALY_SAME);
	assert_int_equal(seconds(&a, &t, 1, false, false), ANOMALY_CLOSED);
}

static void openings_and_closings_alternate_on_random_seconds(void **state)
{
	struct random r = random_new(2);
	struct anomaly a = {0};
	bool open = false;
	int64_t calm_s = 0, changes = 0;

	(void)state;
	random_note();
	for (int64_t t = 1; t < 200000; t++) {
		uint64_t often = t / 5000 % 2 ? 100 : 10;
		bool held = random_below(&r, often) == 0;
		bool tight = held || random_below(&r, often) == 0;
		enum anomaly_change want = ANOMALY_SAME;
		calm_s = tight ? 0 : calm_s + 1;
		if (!open && held)
			want = ANOMALY_OPENED;
		else if (open && calm_s >= 30)
			want = ANOMALY_CLOSED;
		assert_int_equal(anomaly_step(&a, held, tight, instant_at_second(t)), want);
		open ^= want != ANOMALY_SAME;
		assert_int_equal(a.open, open);
		changes += want != ANOMALY_SAME;
	}
	assert_true(changes > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(anomaly_opens_in_the_first_second_in_which_a_rule_matches),
		cmocka_unit_test(tight_thresholds_alone_do_not_open_an_anomaly),
		cmocka_unit_test(anomaly_closes_after_30_calm_seconds_in_a_row),
		cmocka_unit_test(
			one_second_above_the_tight_thresholds_restarts_the_30_calm_seconds),
		cmocka_unit_test(
			rule_that_matches_keeps_the_anomaly_open_without_the_tight_thresholds),
		cmocka_unit_test(later_anomaly_has_its_own_start),
		cmocka_unit_test(openings_and_closings_alternate_on_random_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
