/* test_visits.c - what teaches, what it makes of the limits, and what bounds them; tests/prop compares
 * the limits with a plain model. */
#include "core/visits.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "given.h"
#include "given_host.h"
#include "random.h"

#define NOW ((int64_t)1700000000)
#define DAY 86400

/* Visits that teach one after the other, each by a client with a network of its own. */
struct school {
	struct visits *v;
	uint32_t next; /* client */
	int64_t second;
};

static struct school school_with(const struct visits_config *config)
{
	struct school s = {visits_new(config, 20000, (struct hash_key){{5, 6}}), 0, NOW};

	assert_non_null(s.v);
	return s;
}

static struct school school(void)
{
	struct visits_config config = given_visits_config();

	return school_with(&config);
}

static void teach(struct school *s, uint32_t requests, uint16_t errors)
{
	struct address a = given_host(s->next++, 1);
	struct visit visit = {1, 1, requests, requests, errors, errors};

	visits_teach(s->v, &a, &visit, s->second);
}

static void learn(struct school *s, int64_t after_s)
{
	s->second += after_s;
	visits_learn(s->v, s->second, span_seconds(after_s));
}

static const double *most(const struct school *s)
{
	return visits_limits(s->v)->most;
}

static double requests_known(const struct school *s)
{
	return visits_memory(s->v)->tails[LIMIT_REQUESTS].total;
}

static double errors_known(const struct school *s)
{
	return visits_memory(s->v)->tails[LIMIT_ERRORS].total;
}

static void limits_are_cold_until_100_visits_are_known(void **state)
{
	struct school s = school();
	const struct visits_config config = given_visits_config();

	(void)state;
	for (int i = 0; i <= 100; i++) {
		assert_false(visits_limits(s.v)->known);
		for (int k = 0; k < LIMIT_COUNT; k++)
			assert_true(most(&s)[k] == config.cold[k]);
		teach(&s, 5, 0);
		learn(&s, 0);
		if (visits_limits(s.v)->known) {
			assert_int_equal(i, 99);
			assert_true(visits_n(s.v) == 100);
			break;
		}
	}
	assert_true(visits_limits(s.v)->known);
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

static void known_limits_stay_known(void **state)
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
		assert_true(most(&s)[LIMIT_REQUESTS] < 2000 && most(&s)[LIMIT_REQUESTS] >= 120);
	}
	assert_true(visits_n(s.v) == 0);
	for (int k = 0; k < LIMIT_COUNT; k++)
		assert_true(most(&s)[k] == given_visits_config().floor[k]);
	visits_free(s.v);
}

static void limit_is_at_most_twice_the_highest_known(void **state)
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
		/* as far as buckets tell */
		assert_true(most(&s)[LIMIT_REQUESTS] <= 2 * highest * exp2(1.0 / 16));
		assert_true(most(&s)[LIMIT_REQUESTS] > highest);
		assert_true(most(&s)[LIMIT_VISIT_REQUESTS] == most(&s)[LIMIT_REQUESTS]);
		visits_free(s.v);
	}
}

static void mark_is_what_99_of_100_visits_stay_under(void **state)
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

/* Who teaches ever larger visits raises no limit faster, and does raise it. The 24 h begin when the
 * growth begins to be bounded. */
static void limits_rise_at_most_one_and_a_half_times_in_24_hours(void **state)
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

static void bound_of_growth_outlives_a_loss_of_visits(void **state)
{
	struct school s = school();

	(void)state;
	for (int i = 0; i < 1100; i++)
		teach(&s, 5, 0);
	learn(&s, 60);
	learn(&s, DAY / 2); /* under 1000 are known now */
	assert_true(visits_n(s.v) < 1000);
	for (int i = 0; i < 100; i++)
		teach(&s, 10000, 0);
	learn(&s, 60);
	assert_true(most(&s)[LIMIT_REQUESTS] == 180);
	visits_free(s.v);
}

static void mostly_errors_teach_nothing(void **state)
{
	struct school s = school();

	(void)state;
	teach(&s, 10, 5);
	teach(&s, 10, 10);
	teach(&s, 5, 5);
	teach(&s, 100000, UINT16_MAX);
	assert_true(requests_known(&s) == 0 && errors_known(&s) == 0);
	teach(&s, 4, 4); /* so few say nothing */
	assert_true(requests_known(&s) == 1 && errors_known(&s) == 1);
	teach(&s, 11, 5);
	assert_true(requests_known(&s) == 2);
	visits_free(s.v);
}

/* The visit's errors stop at 65535: what share of its requests they are is not known any more. */
static void more_errors_than_are_counted_teach_nothing(void **state)
{
	struct school s = school();

	(void)state;
	teach(&s, 300000, UINT16_MAX);
	assert_true(requests_known(&s) == 0 && errors_known(&s) == 0);
	visits_free(s.v);
}

static void a_quarter_of_errors_teaches_no_error_limit(void **state)
{
	struct school s = school();

	(void)state;
	teach(&s, 20, 5);
	teach(&s, 11, 5);
	assert_true(requests_known(&s) == 2 && errors_known(&s) == 0);
	assert_true(visits_memory(s.v)->tails[LIMIT_VISIT_REQUESTS].total == 2);
	assert_true(visits_memory(s.v)->tails[LIMIT_VISIT_ERRORS].total == 0);
	teach(&s, 21, 5);
	teach(&s, 4, 4);
	assert_true(requests_known(&s) == 4 && errors_known(&s) == 2);
	assert_true(visits_memory(s.v)->tails[LIMIT_VISIT_ERRORS].total == 2);
	visits_free(s.v);
}

static void each_number_of_a_visit_goes_its_own_way(void **state)
{
	struct school s = school();
	struct address a = given_address("2001:db8:1:2::/64");
	struct visit visit = {
		.first = 7, .start = 7, .requests = 1024, .peak = 64, .errors = 16, .error_peak = 4};
	const double want[LIMIT_TAILS] = {64, 4, 1024, 16};

	(void)state;
	visits_teach(s.v, &a, &visit, NOW);
	for (int k = 0; k < LIMIT_TAILS; k++)
		assert_true(fabs(tail_quantile(&visits_memory(s.v)->tails[k], 1) - want[k]) < 1e-9);
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
	lap.start = 1000; /* and it took no turn */
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
		visits_teach(s.v, &a, &bad, NOW); /* taught nothing */
		for (int64_t t = 0; t < DAY; t += 600)
			visits_teach(s.v, &a, &good, NOW + t);
		assert_true(requests_known(&s) == 1);
		visits_teach(s.v, &a, &good, NOW + 2 * DAY);
		assert_true(requests_known(&s) == 2);
		visits_free(s.v);
	}
}

static void eight_clients_of_a_network_teach_a_day(void **state)
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

static void visits_weigh_half_after_a_day(void **state)
{
	struct school s = school();

	(void)state;
	for (int i = 0; i < 1000; i++)
		teach(&s, 5, 0);
	for (int minute = 0; minute < 1440; minute++)
		learn(&s, 60);
	assert_true(fabs(visits_n(s.v) - 500) < 1e-6);
	learn(&s, DAY);
	assert_true(fabs(visits_n(s.v) - 250) < 1e-6);
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
	for (int i = 0; i < 200; i++) /* the bound of growth holds too */
		teach(&s, 5000, 0);
	learn(&s, 3600);
	visits_restore(t.v, visits_memory(s.v));
	assert_true(visits_limits(t.v)->known);
	assert_true(fabs(visits_n(t.v) - visits_n(s.v)) < 1e-9);
	for (int k = 0; k < LIMIT_COUNT; k++)
		assert_true(fabs(most(&t)[k] - most(&s)[k]) < 1e-9 * most(&s)[k]);
	/* and go on alike */
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

static void restored_known_limits_are_known_though_few_visits_are_left(void **state)
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

/* A floor that was raised by option while the program was down. */
static void no_learned_limit_is_under_a_floor_that_was_raised(void **state)
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_are_cold_until_100_visits_are_known),
		cmocka_unit_test(limits_of_small_visits_are_the_floors),
		cmocka_unit_test(known_limits_stay_known),
		cmocka_unit_test(limit_is_at_most_twice_the_highest_known),
		cmocka_unit_test(mark_is_what_99_of_100_visits_stay_under),
		cmocka_unit_test(limits_rise_at_most_one_and_a_half_times_in_24_hours),
		cmocka_unit_test(growth_is_not_bounded_below_1000_visits),
		cmocka_unit_test(bound_of_growth_outlives_a_loss_of_visits),
		cmocka_unit_test(mostly_errors_teach_nothing),
		cmocka_unit_test(more_errors_than_are_counted_teach_nothing),
		cmocka_unit_test(a_quarter_of_errors_teaches_no_error_limit),
		cmocka_unit_test(each_number_of_a_visit_goes_its_own_way),
		cmocka_unit_test(later_laps_do_not_teach),
		cmocka_unit_test(client_teaches_once_in_24_hours),
		cmocka_unit_test(eight_clients_of_a_network_teach_a_day),
		cmocka_unit_test(visits_weigh_half_after_a_day),
		cmocka_unit_test(restored_visits_give_the_same_limits),
		cmocka_unit_test(restored_known_limits_are_known_though_few_visits_are_left),
		cmocka_unit_test(no_learned_limit_is_under_a_floor_that_was_raised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
