/* test_visits_growth.c - limits over days, restarts and changes of the clock: no client raises its
 * own limit. */
#include "core/measure/visits.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/random.h"
#include "unit/school.h"

/* Ever larger visits raise a limit by a factor of at most 1.5 in 24 h, and the limit does rise by
 * this factor. The first 24 h begin when 1000 visits have taught. */
static void limits_rise_by_at_most_a_factor_of_1_5_in_24_hours(void **state)
{
	struct school s = school();
	double first[LIMIT_COUNT];

	(void)state;
	for (int i = 0; i < 2000; i++)
		teach(&s, (uint32_t)(50 + i % 100), (uint16_t)(i % 10));
	learn(&s, 60);
	int64_t start = s.second;
	for (int k = 0; k < LIMIT_COUNT; k++)
		first[k] = most(&s)[k];
	for (int minute = 1; minute < 5 * 1440; minute++) {
		for (int i = 0; i < 3; i++)
			teach(&s, 1000000, 15000 * (minute % 2));
		learn(&s, 60);
		double rise = pow(1.5, 1 + (double)((s.second - 1 - start) / DAY));
		for (int k = 0; k < LIMIT_COUNT; k++) {
			assert_true(most(&s)[k] <= first[k] * rise * (1 + 1e-12));
			if (k != LIMIT_ERRORS && k != LIMIT_VISIT_ERRORS && minute % 1440 == 1439)
				assert_true(most(&s)[k] >= first[k] * rise * (1 - 1e-12));
		}
	}
	visits_free(s.v);
}

static void growth_is_not_bounded_below_1000_visits(void **state)
{
	struct school s = school();

	(void)state;
	for (int i = 0; i < 200; i++)
		teach(&s, 5, 0);
	learn(&s, 60);
	for (int i = 0; i < 200; i++)
		teach(&s, 10000, 0);
	learn(&s, 60);
	assert_true(most(&s)[LIMIT_REQUESTS] > 10000);
	visits_free(s.v);
}

static void growth_stays_bounded_at_1000_visits(void **state)
{
	struct school s = school();

	(void)state;
	for (int i = 0; i < 1100; i++)
		teach(&s, 5, 0);
	learn(&s, 60);
	learn(&s, DAY / 2); /* 1000 visits are left */
	assert_true(visits_n(s.v) >= 1000 - 1e-6);
	for (int i = 0; i < 100; i++)
		teach(&s, 10000, 0);
	learn(&s, 60);
	assert_true(most(&s)[LIMIT_REQUESTS] == 180);
	visits_free(s.v);
}

static void restored_visits_give_the_same_limits(void **state)
{
	struct school s = school(), t = school();
	struct random r = random_new(2);

	(void)state;
	for (int i = 0; i < 3000; i++)
		teach(&s, 1 + (uint32_t)random_below(&r, 300), (uint16_t)random_below(&r, 6));
	learn(&s, 60);
	for (int i = 0; i < 200; i++) /* the bound of growth is restored, too */
		teach(&s, 5000, 0);
	learn(&s, 3600);
	visits_restore(t.v, visits_memory(s.v));
	assert_true(visits_limits(t.v)->known);
	assert_true(fabs(visits_n(t.v) - visits_n(s.v)) < 1e-9);
	for (int k = 0; k < LIMIT_COUNT; k++)
		assert_true(fabs(most(&t)[k] - most(&s)[k]) < 1e-9 * most(&s)[k]);
	/* later visits change the limits of both runs in the same way */
	t.second = s.second;
	for (int day = 0; day < 3; day++) {
		s.next = t.next = 100000 + 1000 * (uint32_t)day;
		for (int i = 0; i < 300; i++) {
			teach(&s, 900, 1);
			teach(&t, 900, 1);
		}
		learn(&s, DAY);
		learn(&t, DAY);
		for (int k = 0; k < LIMIT_COUNT; k++)
			assert_true(fabs(most(&t)[k] - most(&s)[k]) < 1e-9 * most(&s)[k]);
	}
	visits_free(s.v);
	visits_free(t.v);
}

static void restored_limits_stay_learned_although_few_visits_are_left(void **state)
{
	struct school s = school(), t = school();

	(void)state;
	for (int i = 0; i < 100; i++)
		teach(&s, 5, 0);
	learn(&s, 0);
	learn(&s, DAY);
	visits_restore(t.v, visits_memory(s.v));
	assert_true(visits_limits(t.v)->known);
	assert_true(most(&t)[LIMIT_REQUESTS] == 120);
	visits_free(s.v);
	visits_free(t.v);
}

/* An option raised the floor while the program was down. */
static void learned_limits_rise_to_a_raised_floor(void **state)
{
	struct visits_config higher = given_visits_config();
	struct school s = school();

	(void)state;
	for (int k = 0; k < LIMIT_COUNT; k++)
		higher.floor[k] *= 10;
	struct school t = school_with(&higher);
	for (int i = 0; i < 1100; i++)
		teach(&s, 5, 0);
	learn(&s, 60);
	visits_restore(t.v, visits_memory(s.v));
	for (int minute = 0; minute < 3; minute++) {
		for (int k = 0; k < LIMIT_COUNT; k++)
			assert_true(most(&t)[k] == higher.floor[k]);
		t.second = s.second;
		learn(&t, 60);
	}
	visits_free(s.v);
	visits_free(t.v);
}

/* 24 h of real time pass, whatever the clock was set to in between. */
static void setting_the_clock_does_not_change_growth(void **state)
{
	const int64_t shifts[] = {-3600, 7200, -40 * DAY, 400 * DAY};

	(void)state;
	for (int k = 0; k < 4; k++) {
		struct school s = school();
		for (int i = 0; i < 1100; i++)
			teach(&s, 5, 0);
		learn(&s, 60);
		for (int i = 0; i < 200; i++)
			teach(&s, 10000, 0);
		visits_shift(s.v, shifts[k]);
		s.second += shifts[k];
		learn(&s, DAY - 1);
		assert_true(most(&s)[LIMIT_REQUESTS] == 180);
		learn(&s, 1);
		learn(&s, 60);
		assert_true(most(&s)[LIMIT_REQUESTS] == 270);
		visits_free(s.v);
	}
}

static void setting_the_clock_lets_no_client_teach_again(void **state)
{
	const int64_t shifts[] = {-3600, 7200, -40 * DAY, 400 * DAY};

	(void)state;
	for (int k = 0; k < 4; k++) {
		struct school s = school();
		teach(&s, 5, 0);
		visits_shift(s.v, shifts[k]);
		s.second += shifts[k] + 3600;
		s.next = 0;
		teach(&s, 5, 0);
		assert_true(requests_known(&s) == 1);
		visits_free(s.v);
	}
}

/* A limit's growth is measured from an anchor: the limit at the moment when its growth became
 * bounded, and then again once per day. Before this moment, the memory file contains 0 as the time
 * of the anchor. */
static void setting_the_clock_before_growth_is_bounded_makes_no_anchor(void **state)
{
	struct school s = school();

	(void)state;
	visits_shift(s.v, -3600);
	assert_int_equal(visits_memory(s.v)->anchored, 0);
	visits_free(s.v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_rise_by_at_most_a_factor_of_1_5_in_24_hours),
		cmocka_unit_test(growth_is_not_bounded_below_1000_visits),
		cmocka_unit_test(growth_stays_bounded_at_1000_visits),
		cmocka_unit_test(restored_visits_give_the_same_limits),
		cmocka_unit_test(restored_limits_stay_learned_although_few_visits_are_left),
		cmocka_unit_test(learned_limits_rise_to_a_raised_floor),
		cmocka_unit_test(setting_the_clock_does_not_change_growth),
		cmocka_unit_test(setting_the_clock_lets_no_client_teach_again),
		cmocka_unit_test(setting_the_clock_before_growth_is_bounded_makes_no_anchor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
