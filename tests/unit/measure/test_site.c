/* test_site.c - the window and the baseline of the site, one promise per test. tests/prop
 * tests random histories. */
#include "core/measure/site.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "unit/given.h"

/* 00:00:00 UTC of some day. */
#define MIDNIGHT ((int64_t)1700006400)

static struct site *site_at(int64_t second)
{
	struct site *s = site_new();

	assert_non_null(s);
	if (second)
		site_start(s, second);
	return s;
}

/* Each of the next n seconds has the same traffic. */
static void pass(struct site *s, int64_t n, uint32_t requests, uint32_t errors, bool learn)
{
	for (int64_t i = 0; i < n; i++) {
		site_count(s, site_second(s), requests, errors);
		site_close(s, learn);
	}
}

static void check_near(double got, double want)
{
	assert_true(fabs(got - want) < 1e-9 * (1 + fabs(want)));
}

static void window_contains_the_last_60_seconds(void **state)
{
	struct site *s = site_at(MIDNIGHT);

	(void)state;
	site_count(s, MIDNIGHT, 7, 3);
	for (int i = 0; i < 59; i++)
		site_close(s, true);
	assert_int_equal(site_window(s).requests, 7);
	assert_int_equal(site_window(s).errors, 3);
	site_close(s, true);
	assert_int_equal(site_window(s).requests, 0);
	assert_int_equal(site_window(s).errors, 0);
	site_free(s);
}

static void late_line_leaves_the_window_with_its_own_second(void **state)
{
	struct site *s = site_at(MIDNIGHT);

	(void)state;
	pass(s, 100, 0, 0, true);
	site_count(s, MIDNIGHT + 41, 5, 1); /* the oldest second of the window */
	assert_int_equal(site_window(s).requests, 5);
	site_close(s, true);
	assert_int_equal(site_window(s).requests, 0);
	site_free(s);
}

static void late_line_corrects_what_was_learned(void **state)
{
	struct site *s = site_at(MIDNIGHT);

	(void)state;
	pass(s, 60, 10, 0, true);
	site_count(s, MIDNIGHT + 59, 600, 60);
	pass(s, 60, 10, 0, true);
	check_near(site_baseline(s)->mean, 15);
	check_near(site_baseline(s)->stddev, sqrt((119 * 25 + 595.0 * 595) / 120));
	check_near(site_baseline(s)->error_mean, 0.5);
	site_free(s);
}

static void before_traffic_the_floors_are_the_baseline(void **state)
{
	struct site *s = site_at(MIDNIGHT);
	const struct baseline *b = site_baseline(s);

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_true(b->mean == 1 && b->stddev == 0.5);
		assert_true(b->error_mean == 0.1 && b->error_stddev == 0.1);
		assert_int_equal(b->source, BASELINE_FLOOR);
		assert_int_equal(b->error_source, BASELINE_FLOOR);
		pass(s, 300, 0, 0, true);
	}
	site_free(s);
}

static void deviation_of_a_steady_rate_is_the_floor(void **state)
{
	struct site *s = site_at(MIDNIGHT);

	(void)state;
	pass(s, 120, 10, 0, true);
	assert_true(site_baseline(s)->mean == 10 && site_baseline(s)->stddev == 0.5);
	assert_int_equal(site_baseline(s)->source, BASELINE_RECENT);
	assert_int_equal(site_baseline(s)->error_source, BASELINE_FLOOR);
	site_free(s);
}

static void baseline_is_computed_every_minute_and_ready_after_the_warm_up(void **state)
{
	struct site *s = site_at(MIDNIGHT + 17);

	(void)state;
	for (int i = 1; i <= 240; i++) {
		site_count(s, site_second(s), (uint32_t)i, 0);
		assert_int_equal(site_close(s, true), i % 60 == 0);
		assert_int_equal(site_baseline(s)->ready, i >= 120);
	}
	check_near(site_baseline(s)->mean, 120.5);
	site_free(s);
}

static void idle_seconds_count_as_zeros(void **state)
{
	struct site *s = site_at(MIDNIGHT);

	(void)state;
	pass(s, 900, 20, 0, true);
	pass(s, 900, 0, 0, true);
	check_near(site_baseline(s)->mean, 10);
	check_near(site_baseline(s)->stddev, 10);
	site_free(s);
}

static void only_the_last_30_minutes_count(void **state)
{
	struct site *s = site_at(MIDNIGHT);

	(void)state;
	pass(s, 1800, 1000, 10, true);
	pass(s, 1800, 20, 0, true);
	check_near(site_baseline(s)->mean, 20);
	assert_true(site_baseline(s)->stddev == 0.5);
	site_free(s);
}

static void attack_is_learned_only_by_site_accept(void **state)
{
	struct site *s = site_at(MIDNIGHT);
	uint32_t requests, errors;

	(void)state;
	pass(s, 1800, 10, 1, true);
	pass(s, 1800, 500, 50, false);
	check_near(site_baseline(s)->mean, 10);
	check_near(site_baseline(s)->error_mean, 1);
	assert_int_equal(site_ring_n(s, SITE_RING_LEARNED), 1800);
	site_accept(s);
	check_near(site_baseline(s)->mean, 500);
	check_near(site_baseline(s)->error_mean, 50);
	site_ring_at(s, SITE_RING_LEARNED, 0, &requests, &errors);
	assert_int_equal(requests, 500);
	assert_int_equal(errors, 50);
	site_free(s);
}

/* site_today returns the sums of the current hour of the day. site_accept copies seconds of an
 * attack to the ring of the recent baseline, but not to these sums. A late line of such a second
 * does not change these sums. */
static void accepted_attack_does_not_change_the_sums_of_the_current_hour(void **state)
{
	struct site *s = site_at(MIDNIGHT);
	int64_t since;

	(void)state;
	pass(s, 300, 10, 0, true);
	pass(s, 300, 500, 0, false);
	site_accept(s);
	site_count(s, site_second(s) - 5, 100, 100);
	struct site_sums today = site_today(s, &since);
	assert_true(today.seconds == 300 && today.requests == 3000);
	assert_true(today.requests_squared == 30000 && today.errors == 0);
	site_free(s);
}

static void known_busy_hour_is_the_baseline_from_its_first_second(void **state)
{
	struct site *s = site_at(MIDNIGHT);

	(void)state;
	pass(s, 3600, 100, 10, true);
	pass(s, 23 * 3600 - 1, 5, 0, true);
	check_near(site_baseline(s)->mean, 5);
	assert_int_equal(site_baseline(s)->source, BASELINE_RECENT);
	pass(s, 1, 5, 0, true);
	check_near(site_baseline(s)->mean, 100);
	check_near(site_baseline(s)->error_mean, 10);
	assert_int_equal(site_baseline(s)->source, BASELINE_HOUR);
	assert_int_equal(site_baseline(s)->error_source, BASELINE_HOUR);
	/* if the mean of the last 30 minutes is higher, it is the baseline */
	pass(s, 1800, 200, 0, true);
	check_near(site_baseline(s)->mean, 200);
	assert_int_equal(site_baseline(s)->source, BASELINE_RECENT);
	assert_int_equal(site_baseline(s)->error_source, BASELINE_HOUR);
	site_free(s);
}

static void hour_with_too_few_learned_seconds_does_not_count(void **state)
{
	struct site *s = site_at(MIDNIGHT + 1801);

	(void)state;
	pass(s, 1799, 100, 10, true);
	pass(s, 23 * 3600 + 600, 5, 0, true);
	check_near(site_baseline(s)->mean, 5);
	assert_int_equal(site_hour_sums(s, 0).learned, 1799);
	site_free(s);
}

static void each_day_halves_the_weight_of_earlier_days(void **state)
{
	struct site *s = site_at(MIDNIGHT);

	(void)state;
	pass(s, 3600, 100, 0, true);
	pass(s, 23 * 3600, 0, 0, true);
	pass(s, 3600, 40, 0, true);
	pass(s, 3600, 0, 0, true);
	struct site_hour h = site_hour_sums(s, 0);
	assert_true(h.sums.seconds == 5400 && h.sums.requests == 3600 * 90.0);
	assert_int_equal(h.learned, 7200);
	struct site_hour_rates view = site_hour(s, 0);
	check_near(view.mean, 60);
	check_near(view.stddev, sqrt((1800 * 10000.0 + 3600 * 1600) / 5400 - 3600));
	assert_true(site_hour(s, 12).mean == 0 && site_hour(s, 12).learned == 3600);
	site_free(s);
}

static void hours_stay_right_after_months_are_skipped(void **state)
{
	struct site *s = site_at(MIDNIGHT);
	int64_t gap = 400 * (int64_t)86400 + 5 * 3600 + 17;

	(void)state;
	pass(s, 3600, 100, 0, true);
	pass(s, 9000, 0, 0, true);
	int64_t from = site_second(s);
	site_skip(s, gap);
	assert_int_equal(site_second(s), from + gap);
	assert_int_equal(site_age(s), 12600 + gap);
	assert_true(site_hour(s, 0).mean < 1e-9);
	assert_int_equal(site_window(s).requests, 0);
	assert_int_equal(site_baseline(s)->source, BASELINE_FLOOR);
	pass(s, 60, 7, 0, true);
	assert_int_equal(site_window(s).requests, 59 * 7);
	site_free(s);
}

/* After the skip, a line may still be late for each of the last 59 skipped seconds. */
static void late_line_after_a_skip_is_learned(void **state)
{
	struct site *s = site_at(MIDNIGHT);

	(void)state;
	pass(s, 1800, 0, 0, true);
	site_skip(s, 12345);
	site_count(s, site_second(s) - 59, 36000, 0);
	assert_int_equal(site_window(s).requests, 36000);
	pass(s, 60, 0, 0, true);
	check_near(site_baseline(s)->mean, 20);
	site_free(s);
}

static void history_begins_at_the_start_of_the_run(void **state)
{
	struct site *s = site_at(5);
	uint32_t requests[SITE_HISTORY_MAX], errors[SITE_HISTORY_MAX];

	(void)state;
	pass(s, 150, 0, 0, true);
	site_skip(s, 100);
	assert_int_equal(site_history(s, requests, errors), 26);
	site_free(s);
}

static void jump_empties_the_window_and_keeps_the_baseline(void **state)
{
	const int64_t to[] = {MIDNIGHT - 100000, MIDNIGHT + 100000};
	uint32_t requests[SITE_HISTORY_MAX], errors[SITE_HISTORY_MAX];

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct site *s = site_at(MIDNIGHT);
		pass(s, 600, 30, 3, true);
		site_count(s, site_second(s), 30, 3);
		site_jump(s, to[i]);
		assert_int_equal(site_second(s), to[i]);
		assert_int_equal(site_window(s).requests, 0);
		assert_int_equal(site_window(s).errors, 0);
		check_near(site_baseline(s)->mean, 30);
		assert_int_equal(site_history(s, requests, errors), 1);
		assert_int_equal(requests[0], 0);
		pass(s, 600, 10, 1, true);
		check_near(site_baseline(s)->mean, 20);
		assert_int_equal(site_window(s).requests, 590);
		site_free(s);
	}
}

static void late_line_after_a_jump_is_no_part_of_the_hour(void **state)
{
	struct site *s = site_at(MIDNIGHT);
	int64_t since;

	(void)state;
	pass(s, 600, 30, 3, true);
	site_jump(s, MIDNIGHT + 1000);
	for (int64_t back = 1; back < 60; back++)
		site_count(s, MIDNIGHT + 1000 - back, 5, 5);
	assert_int_equal(site_window(s).requests, 59 * 5);
	struct site_sums today = site_today(s, &since);
	assert_true(today.seconds == 600 && today.requests == 18000 && today.errors == 1800);
	site_free(s);
}

static void history_has_steps_of_10_s_with_or_without_attack(void **state)
{
	struct site *s = site_at(MIDNIGHT);
	uint32_t requests[SITE_HISTORY_MAX], errors[SITE_HISTORY_MAX];

	(void)state;
	assert_int_equal(site_history(s, requests, errors), 1);
	pass(s, 20, 1, 1, true);
	pass(s, 25, 3, 2, false);
	assert_int_equal(site_history(s, requests, errors), 5);
	assert_int_equal(requests[1], 10);
	assert_int_equal(requests[2], 30);
	assert_int_equal(errors[3], 20);
	assert_int_equal(requests[4], 15);
	pass(s, 5000, 4, 0, true);
	assert_int_equal(site_history(s, requests, errors), SITE_HISTORY_MAX);
	assert_int_equal(requests[0], 40);
	site_free(s);
}

static void counts_of_one_second_saturate(void **state)
{
	struct site *s = site_at(MIDNIGHT);

	(void)state;
	for (int i = 0; i < 60; i++) {
		site_count(s, site_second(s), UINT32_MAX, UINT32_MAX);
		site_count(s, site_second(s), UINT32_MAX, UINT32_MAX);
		site_close(s, true);
	}
	assert_int_equal(site_window(s).requests, 59 * (uint64_t)SITE_PER_S_MAX);
	check_near(site_baseline(s)->mean, SITE_PER_S_MAX);
	assert_true(site_baseline(s)->stddev == 0.5);
	site_free(s);
}

static void site_is_empty_before_its_start(void **state)
{
	struct site *s = site_at(0);
	uint32_t requests[SITE_HISTORY_MAX], errors[SITE_HISTORY_MAX];

	(void)state;
	assert_false(site_started(s));
	assert_int_equal(site_history(s, requests, errors), 0);
	assert_true(site_hour(s, 3).mean == 0 && site_hour(s, 3).learned == 0);
	site_start(s, MIDNIGHT);
	assert_true(site_started(s));
	assert_int_equal(site_second(s), MIDNIGHT);
	site_free(s);
}

static void restored_ring_that_is_too_long_keeps_its_newest_seconds(void **state)
{
	struct site *s = site_at(0);
	uint32_t requests, errors;

	(void)state;
	for (uint32_t i = 0; i < 2000; i++)
		site_ring_restore(s, SITE_RING_LEARNED, i, i / 2);
	site_ring_restore(s, SITE_RING_ALL, UINT32_MAX, UINT32_MAX);
	assert_int_equal(site_ring_n(s, SITE_RING_LEARNED), 1800);
	site_ring_at(s, SITE_RING_LEARNED, 0, &requests, &errors);
	assert_int_equal(requests, 200);
	site_ring_at(s, SITE_RING_LEARNED, 1799, &requests, &errors);
	assert_int_equal(requests, 1999);
	site_ring_at(s, SITE_RING_ALL, 0, &requests, &errors);
	assert_int_equal(requests, SITE_PER_S_MAX);
	site_age_restore(s, 120);
	assert_true(site_baseline(s)->ready);
	site_start(s, MIDNIGHT);
	check_near(site_baseline(s)->mean, (200 + 1999) / 2.0);
	site_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(window_contains_the_last_60_seconds),
		cmocka_unit_test(late_line_leaves_the_window_with_its_own_second),
		cmocka_unit_test(late_line_corrects_what_was_learned),
		cmocka_unit_test(before_traffic_the_floors_are_the_baseline),
		cmocka_unit_test(deviation_of_a_steady_rate_is_the_floor),
		cmocka_unit_test(baseline_is_computed_every_minute_and_ready_after_the_warm_up),
		cmocka_unit_test(idle_seconds_count_as_zeros),
		cmocka_unit_test(only_the_last_30_minutes_count),
		cmocka_unit_test(attack_is_learned_only_by_site_accept),
		cmocka_unit_test(accepted_attack_does_not_change_the_sums_of_the_current_hour),
		cmocka_unit_test(known_busy_hour_is_the_baseline_from_its_first_second),
		cmocka_unit_test(hour_with_too_few_learned_seconds_does_not_count),
		cmocka_unit_test(each_day_halves_the_weight_of_earlier_days),
		cmocka_unit_test(hours_stay_right_after_months_are_skipped),
		cmocka_unit_test(late_line_after_a_skip_is_learned),
		cmocka_unit_test(history_begins_at_the_start_of_the_run),
		cmocka_unit_test(jump_empties_the_window_and_keeps_the_baseline),
		cmocka_unit_test(late_line_after_a_jump_is_no_part_of_the_hour),
		cmocka_unit_test(history_has_steps_of_10_s_with_or_without_attack),
		cmocka_unit_test(counts_of_one_second_saturate),
		cmocka_unit_test(site_is_empty_before_its_start),
		cmocka_unit_test(restored_ring_that_is_too_long_keeps_its_newest_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
