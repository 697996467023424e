/* test_visits.c - which visits teach, and which limits follow from them. test_visits_growth.c tests
 * how far limits rise over days, and tests/prop compares limits with a simple model. */
#include "core/measure/visits.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/random.h"
#include "unit/school.h"

static void limits_are_cold_until_30_visits_have_taught(void **state)
{
	struct school s = school();
	const struct visits_config config = given_visits_config();

	(void)state;
	for (int i = 0; i <= 30; i++) {
		assert_false(visits_limits(s.v)->known);
		for (int k = 0; k < LIMIT_COUNT; k++)
			assert_true(most(&s)[k] == config.cold[k]);
		teach(&s, 5, 0);
		learn(&s, 0);
		if (visits_limits(s.v)->known) {
			assert_int_equal(i, 29);
			assert_true(visits_n(s.v) == 30);
			break;
		}
	}
	assert_true(visits_limits(s.v)->known);
	visits_free(s.v);
}

/* If there are few clients, as behind a CDN, only their few visits can teach limits. The marks stay
 * cold, because the visits of few clients do not show how many requests most clients make. */
static void few_visits_raise_the_cold_limits_above_the_highest_visit(void **state)
{
	const struct visits_config config = given_visits_config();
	const double want[LIMIT_HISTOGRAMS] = {1.5 * 256, 1.5 * 64, 1.5 * 4096, 1.5 * 128};
	struct school s = school();
	struct visit visit = {.requests = 4096, .peak = 256, .errors = 128, .error_peak = 64};
	struct address a = given_address("2001:db8:1:2::/64");

	(void)state;
	for (int i = 0; i < 20; i++)
		teach(&s, 5, 0);
	visits_teach(s.v, &a, &visit, NOW);
	learn(&s, 0);
	assert_false(visits_limits(s.v)->known);
	for (int k = 0; k < LIMIT_HISTOGRAMS; k++)
		assert_true(fabs(most(&s)[k] - want[k]) < 1e-9);
	assert_true(most(&s)[LIMIT_MARK] == config.cold[LIMIT_MARK]);
	assert_true(most(&s)[LIMIT_VISIT_MARK] == config.cold[LIMIT_VISIT_MARK]);
	for (int i = 0; i < 20; i++)
		teach(&s, 5, 0);
	learn(&s, 0);
	assert_true(visits_limits(s.v)->known);
	visits_free(s.v);
}

/* One large visit in a thousand hardly changes the distribution of the largest visits, from which
 * the limit is extrapolated. So the extrapolation alone would give a lower limit. */
static void visit_limit_is_at_least_1_25_times_the_highest_visit(void **state)
{
	struct school s = school();

	(void)state;
	for (int i = 0; i < 999; i++)
		teach(&s, 5, 0);
	teach(&s, 1024, 0);
	visits_learn(s.v, NOW, span_seconds(0));
	assert_true(most(&s)[LIMIT_REQUESTS] == 120); /* the peak of this visit sets no limit */
	assert_true(fabs(most(&s)[LIMIT_VISIT_REQUESTS] - 1.25 * 1024) < 1e-9);
	visits_free(s.v);
}

static void limits_of_small_visits_are_the_floors(void **state)
{
	struct school s = school();
	const struct visits_config config = given_visits_config();

	(void)state;
	for (int i = 0; i < 200; i++)
		teach(&s, 5, 0);
	learn(&s, 60);
	for (int k = 0; k < LIMIT_COUNT; k++)
		assert_true(most(&s)[k] == config.floor[k]);
	visits_free(s.v);
}

static void learned_limits_stay_learned_without_new_visits(void **state)
{
	struct school s = school();

	(void)state;
	for (int i = 0; i < 150; i++)
		teach(&s, 500, 0);
	learn(&s, 60);
	assert_true(most(&s)[LIMIT_REQUESTS] > 500);
	for (int day = 0; day < 30; day++) {
		learn(&s, DAY);
		assert_true(visits_limits(s.v)->known);
		assert_true(most(&s)[LIMIT_REQUESTS] > 500 && most(&s)[LIMIT_REQUESTS] < 2000);
	}
	assert_true(visits_n(s.v) == 150); /* few visits do not lose weight */
	visits_free(s.v);
}

static void limit_is_at_most_twice_the_highest_visit(void **state)
{
	struct random r = random_new(1);

	(void)state;
	for (int round = 0; round < 20; round++) {
		struct school s = school();
		uint32_t highest = 0;
		for (int i = 0; i < 900; i++) {
			/* a long tail: 1 to 10^6 */
			uint32_t n = (uint32_t)exp((double)random_below(&r, 1400) / 100);
			highest = n > highest ? n : highest;
			teach(&s, n, 0);
		}
		learn(&s, 60);
		/* a bucket of the histogram is 2^(1/8) wide, so a value is exact up to 2^(1/16) */
		assert_true(most(&s)[LIMIT_REQUESTS] <= 2 * highest * exp2(1.0 / 16));
		assert_true(most(&s)[LIMIT_REQUESTS] > highest);
		assert_true(most(&s)[LIMIT_VISIT_REQUESTS] == most(&s)[LIMIT_REQUESTS]);
		visits_free(s.v);
	}
}

static void mark_is_the_count_that_99_of_100_visits_stay_below(void **state)
{
	struct school s = school();

	(void)state;
	for (int i = 0; i < 990; i++)
		teach(&s, 40, 0);
	for (int i = 0; i < 10; i++)
		teach(&s, 64, 0);
	visits_learn(s.v, NOW, span_seconds(0));
	assert_true(fabs(most(&s)[LIMIT_MARK] - 64) < 1e-9);
	teach(&s, 10, 0);
	visits_learn(s.v, NOW, span_seconds(0));
	assert_true(most(&s)[LIMIT_MARK] < 42);
	visits_free(s.v);
}

static void visit_with_mostly_errors_teaches_nothing(void **state)
{
	struct school s = school();

	(void)state;
	teach(&s, 10, 5);
	teach(&s, 10, 10);
	teach(&s, 5, 5);
	teach(&s, 100000, UINT16_MAX);
	assert_true(requests_known(&s) == 0 && errors_known(&s) == 0);
	teach(&s, 4, 4); /* too few requests to count as mostly errors */
	assert_true(requests_known(&s) == 1 && errors_known(&s) == 1);
	teach(&s, 11, 5);
	assert_true(requests_known(&s) == 2);
	visits_free(s.v);
}

/* The errors of a visit are counted up to 65535, so their share of the requests is not known. */
static void visit_with_more_errors_than_can_be_counted_teaches_nothing(void **state)
{
	struct school s = school();

	(void)state;
	teach(&s, 300000, UINT16_MAX);
	assert_true(requests_known(&s) == 0 && errors_known(&s) == 0);
	visits_free(s.v);
}

static void visit_with_a_quarter_of_errors_teaches_no_error_limit(void **state)
{
	struct school s = school();

	(void)state;
	teach(&s, 20, 5);
	teach(&s, 11, 5);
	assert_true(requests_known(&s) == 2 && errors_known(&s) == 0);
	assert_true(visits_memory(s.v)->histograms[LIMIT_VISIT_REQUESTS].total == 2);
	assert_true(visits_memory(s.v)->histograms[LIMIT_VISIT_ERRORS].total == 0);
	teach(&s, 21, 5);
	teach(&s, 4, 4);
	assert_true(requests_known(&s) == 4 && errors_known(&s) == 2);
	assert_true(visits_memory(s.v)->histograms[LIMIT_VISIT_ERRORS].total == 2);
	visits_free(s.v);
}

static void each_number_of_a_visit_teaches_its_own_limit(void **state)
{
	struct school s = school();
	struct address a = given_address("2001:db8:1:2::/64");
	struct visit visit = {.first = 7,
		.start = 7,
		.requests = 1024,
		.peak = 64,
		.errors = 16,
		.error_peak = 4};
	const double want[LIMIT_HISTOGRAMS] = {64, 4, 1024, 16};

	(void)state;
	visits_teach(s.v, &a, &visit, NOW);
	for (int k = 0; k < LIMIT_HISTOGRAMS; k++)
		assert_true(fabs(histogram_quantile(&visits_memory(s.v)->histograms[k], 1) -
				    want[k]) < 1e-9);
	visits_free(s.v);
}

static void later_laps_do_not_teach(void **state)
{
	struct school s = school();
	struct address a = given_address("198.51.100.7");
	struct visit lap = {.first = 1000, .start = 1600, .requests = 50, .peak = 9};

	(void)state;
	visits_teach(s.v, &a, &lap, NOW);
	assert_true(requests_known(&s) == 0);
	lap.start = 1000; /* after the later lap, the client may still teach */
	visits_teach(s.v, &a, &lap, NOW);
	assert_true(requests_known(&s) == 1);
	lap.requests = 0;
	a = given_address("198.51.100.8");
	visits_teach(s.v, &a, &lap, NOW);
	assert_true(requests_known(&s) == 1);
	visits_free(s.v);
}

static void client_teaches_once_in_24_hours(void **state)
{
	const char *const clients[] = {"198.51.100.7", "2001:db8:1:2::/64"};

	(void)state;
	for (int k = 0; k < 2; k++) {
		struct school s = school();
		struct address a = given_address(clients[k]);
		struct visit bad = {.requests = 9, .peak = 9, .errors = 9};
		struct visit good = {.requests = 9, .peak = 9};
		visits_teach(s.v, &a, &bad, NOW); /* teaches nothing */
		for (int64_t t = 0; t < DAY; t += 600)
			visits_teach(s.v, &a, &good, NOW + t);
		assert_true(requests_known(&s) == 1);
		visits_teach(s.v, &a, &good, NOW + 2 * DAY);
		assert_true(requests_known(&s) == 2);
		visits_free(s.v);
	}
}

static void at_most_eight_clients_of_a_network_teach_per_day(void **state)
{
	(void)state;
	for (uint32_t network = 0; network < 2; network++) {
		struct school s = school();
		struct visit visit = {.requests = 9, .peak = 9};
		for (int host = 0; host < 256; host++) {
			struct address a = given_host(network, (uint8_t)host);
			visits_teach(s.v, &a, &visit, NOW);
		}
		assert_true(requests_known(&s) == 8);
		visits_free(s.v);
	}
}

static void weight_of_all_visits_halves_in_a_day_but_not_below_1000(void **state)
{
	struct school s = school();

	(void)state;
	for (int i = 0; i < 4000; i++)
		teach(&s, 5, 0);
	for (int minute = 0; minute < 1440; minute++)
		learn(&s, 60);
	assert_true(fabs(visits_n(s.v) - 2000) < 1e-6);
	learn(&s, DAY / 2);
	assert_true(fabs(visits_n(s.v) - 2000 * sqrt(0.5)) < 1e-6);
	for (int day = 0; day < 10; day++)
		learn(&s, DAY);
	assert_true(fabs(visits_n(s.v) - 1000) < 1e-6);
	visits_free(s.v);
}

/* With few visits, the limit is the higher one of two: computed from the top 1 %, and from the top
 * 5 %. */
static void limit_of_few_visits_also_uses_the_top_5_percent_of_visits(void **state)
{
	(void)state;
	for (uint32_t n = 0; n < 2; n++) {
		struct school s = school();
		struct histogram t = {0};
		for (uint32_t i = 0; i < (n ? 1000 : 900); i++) {
			/* the top 5 % fall off slowly, the top 1 % steeply */
			uint32_t x = i % 100 == 0 ? 200 : i % 20 == 0 ? 50 : 5;
			teach(&s, x, 0);
			histogram_add(&t, x);
		}
		double one = histogram_extrapolate(&t, 0.01, 3e-5, 2);
		double five = histogram_extrapolate(&t, 0.05, 3e-5, 2);
		visits_learn(s.v, NOW, span_seconds(0));
		assert_true(one < 0.9 * five && one > 120);
		assert_true(fabs(most(&s)[LIMIT_REQUESTS] - (n ? one : five)) < 1e-9);
		visits_free(s.v);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_are_cold_until_30_visits_have_taught),
		cmocka_unit_test(few_visits_raise_the_cold_limits_above_the_highest_visit),
		cmocka_unit_test(visit_limit_is_at_least_1_25_times_the_highest_visit),
		cmocka_unit_test(limits_of_small_visits_are_the_floors),
		cmocka_unit_test(learned_limits_stay_learned_without_new_visits),
		cmocka_unit_test(limit_is_at_most_twice_the_highest_visit),
		cmocka_unit_test(mark_is_the_count_that_99_of_100_visits_stay_below),
		cmocka_unit_test(visit_with_mostly_errors_teaches_nothing),
		cmocka_unit_test(visit_with_more_errors_than_can_be_counted_teaches_nothing),
		cmocka_unit_test(visit_with_a_quarter_of_errors_teaches_no_error_limit),
		cmocka_unit_test(each_number_of_a_visit_teaches_its_own_limit),
		cmocka_unit_test(later_laps_do_not_teach),
		cmocka_unit_test(client_teaches_once_in_24_hours),
		cmocka_unit_test(at_most_eight_clients_of_a_network_teach_per_day),
		cmocka_unit_test(weight_of_all_visits_halves_in_a_day_but_not_below_1000),
		cmocka_unit_test(limit_of_few_visits_also_uses_the_top_5_percent_of_visits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
