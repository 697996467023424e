/* test_site_failing.c - which clients turn, how many of them show that the site fails, and when the
 * failure ends. A client turns when it was served before and fails now. Tests the bounds with
 * counts made by hand; test_site_failing_clients.c uses the table of clients. */
#include "core/judge/site_failing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/given.h"
#include "unit/random.h"

#define NOW ((int64_t)1700000040) /* the first second of a minute */
/* Number of active clients. 5 % of it is below 3, so 3 voters are enough. */
#define NO_ONE 0

/* A client that came 90 s ago and made three requests. Then its window has five errors in twenty
 * requests, which is just enough to turn. */
static struct client_counts turned_at(int64_t second)
{
	return (struct client_counts){
		.window = {.requests = 20, .errors = 5, .own = 5, .seconds = 20},
		.visit = {.first = (uint32_t)(second - 90),
			.start = (uint32_t)(second - 90),
			.requests = 23,
			.errors = 5},
	};
}

static void note(struct site_failing *f, uint32_t client, const struct client_counts *v,
	uint32_t active, int64_t second)
{
	struct address a = given_client(client); /* of both families in turn */

	site_failing_note(f, &a, v, 1, active, second);
}

/* Whether the site counts as failing after three clients had these counts. */
static bool is_sign(const struct client_counts *v)
{
	struct site_failing f = {0};

	for (uint32_t i = 0; i < 3; i++)
		note(&f, i, v, NO_ONE, NOW);
	return f.site;
}

static struct site_failing failing_site(void)
{
	struct client_counts v = turned_at(NOW);
	struct site_failing f = {0};

	for (uint32_t i = 0; i < 3; i++)
		note(&f, i, &v, NO_ONE, NOW);
	assert_true(f.site);
	return f;
}

static void three_clients_that_turn_show_that_the_site_fails_and_two_do_not(void **state)
{
	struct client_counts v = turned_at(NOW);
	struct site_failing f = {0};

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		assert_false(f.site);
		/* each client counts once, however often its requests fail */
		for (int k = 0; k < 100; k++)
			note(&f, i, &v, NO_ONE, NOW);
	}
	assert_true(f.site);
}

static void five_percent_of_the_active_clients_must_turn(void **state)
{
	struct client_counts v = turned_at(NOW);

	(void)state;
	for (uint32_t n = 3; n <= 15; n++) {
		struct site_failing at = {0}, under = {0};
		for (uint32_t i = 0; i < n; i++) {
			assert_false(at.site || under.site);
			note(&at, i, &v, 20 * n, NOW);
			note(&under, i, &v, 20 * n + 1, NOW);
		}
		assert_true(at.site);
		assert_false(under.site);
	}
}

/* The clients that turned are under 5 % of the active clients here. But several active clients may
 * share a network, and so be one voter. So the clients that turned may still be 5 % of the active
 * voters: the caller counts these voters and calls site_failing_weigh. */
static void share_of_the_active_voters_counts_if_clients_are_too_many(void **state)
{
	struct client_counts v = turned_at(NOW);

	(void)state;
	for (uint32_t over = 0; over < 2; over++) {
		struct site_failing f = {0};
		for (uint32_t i = 0; i < 4; i++) {
			struct address a = given_client(i);
			uint32_t n = site_failing_note(&f, &a, &v, 1, 1000, NOW);
			assert_int_equal(n, i < 2 ? 0 : i + 1);
			assert_int_equal(site_failing_note(&f, &a, &v, 1, 1000, NOW), 0);
		}
		assert_int_equal(site_failing_most(4), 80);
		site_failing_weigh(&f, 4, 80 + over);
		assert_true(f.site == !over);
	}
}

static void sixteen_clients_are_enough_however_many_are_active(void **state)
{
	struct client_counts v = turned_at(NOW);
	struct site_failing f = {0};

	(void)state;
	for (uint32_t i = 0; i < 16; i++) {
		assert_false(f.site);
		note(&f, i, &v, UINT32_MAX, NOW);
	}
	assert_true(f.site);
}

static void clients_must_turn_within_two_minutes(void **state)
{
	(void)state;
	for (int64_t late_s = 0; late_s < 2; late_s++) {
		struct site_failing f = {0};
		for (uint32_t i = 0; i < 3; i++) {
			int64_t second = NOW + 60 * i + (i == 2 ? late_s : 0);
			struct client_counts v = turned_at(second);
			note(&f, i, &v, NO_ONE, second);
		}
		assert_int_equal(f.site, late_s == 0);
	}
}

/* One client turns every 61 s, so there are never three within two minutes. */
static void clients_that_turn_now_and_then_are_no_failure(void **state)
{
	struct site_failing f = {0};

	(void)state;
	for (uint32_t i = 0; i < 200; i++) {
		int64_t second = NOW + 61 * (int64_t)i;
		struct client_counts v = turned_at(second);
		note(&f, i % 20, &v, NO_ONE, second);
		assert_false(f.site);
	}
}

static void client_that_came_less_than_90_seconds_ago_does_not_turn(void **state)
{
	struct client_counts v = turned_at(NOW);

	(void)state;
	assert_true(is_sign(&v));
	/* in a later lap, the lap must have begun 90 s ago, because its counts begin at zero */
	v.visit.start++;
	assert_false(is_sign(&v));
	/* the age of a client is right even if the clock passes 2^32 seconds in the meantime */
	v = turned_at(NOW);
	struct site_failing f = {0};
	int64_t wrap = (INT64_C(1) << 32) + 30;
	v.visit.first = v.visit.start = (uint32_t)(wrap - 90);
	for (uint32_t i = 0; i < 3; i++)
		note(&f, i, &v, NO_ONE, wrap);
	assert_true(f.site);
}

static void client_with_two_requests_before_the_window_does_not_turn(void **state)
{
	struct client_counts v = turned_at(NOW);

	(void)state;
	v.visit.requests = v.window.requests + 2;
	assert_false(is_sign(&v));
	v.before = 1; /* the client made requests in its first lap */
	assert_true(is_sign(&v));
}

static void client_with_an_error_before_the_window_does_not_turn(void **state)
{
	struct client_counts v = turned_at(NOW);

	(void)state;
	v.visit.errors = 6;
	assert_false(is_sign(&v));
	v.window.own = 6;
	assert_true(is_sign(&v));
}

static void client_with_few_errors_does_not_turn(void **state)
{
	struct client_counts v = turned_at(NOW);

	(void)state;
	v.window.own = v.visit.errors = 4;
	v.window.requests = 8;
	assert_false(is_sign(&v));
	for (uint32_t over = 0; over < 2; over++) { /* 25 of 101 are under a quarter */
		v.window.own = v.visit.errors = 25;
		v.window.requests = 100 + over;
		v.visit.requests = 103 + over;
		assert_int_equal(is_sign(&v), over == 0);
	}
}

/* A client turns if at least a quarter of the requests in the window are errors. */
static void client_turns_if_a_quarter_of_its_requests_are_errors(void **state)
{
	struct client_counts v = turned_at(NOW);

	(void)state;
	for (int over = 0; over < 2; over++) {
		struct site_failing f = {0};
		v.window.requests = 4 * v.window.own + (uint32_t)over;
		v.visit.requests = v.window.requests + 3;
		for (uint32_t i = 0; i < 3; i++) {
			struct address a = given_client(i);
			site_failing_note(&f, &a, &v, 1, NO_ONE, NOW);
		}
		assert_true(f.site == !over);
	}
}

static void step(struct site_failing *f, uint64_t errors, int64_t *second)
{
	static struct voters nobody; /* too large for the stack */

	site_failing_step(f, errors, &nobody, (*second)++);
}

static void failure_ends_after_a_minute_of_few_errors(void **state)
{
	struct site_failing f = failing_site();
	int64_t second = NOW;

	(void)state;
	step(&f, 300, &second);
	for (int k = 0; k < 100; k++)
		step(&f, 100, &second); /* a third of the highest count, 300, is not few */
	assert_true(f.site);
	for (int k = 0; k < 59; k++)
		step(&f, 99, &second);
	assert_true(f.site);
	step(&f, 99, &second);
	assert_false(f.site);
}

static void errors_must_be_few_for_a_minute_without_a_break(void **state)
{
	struct site_failing f = failing_site();
	int64_t second = NOW;

	(void)state;
	step(&f, 300, &second);
	for (int round = 0; round < 5; round++) {
		for (int k = 0; k < 59; k++)
			step(&f, 0, &second);
		step(&f, 100, &second);
	}
	assert_true(f.site);
}

static void end_of_a_failure_depends_on_the_highest_count_during_this_failure(void **state)
{
	struct site_failing f = failing_site();
	int64_t second = NOW;

	(void)state;
	step(&f, 30, &second);
	step(&f, 3000, &second); /* the highest count rises during the failure */
	for (int k = 0; k < 60; k++)
		step(&f, 999, &second);
	assert_false(f.site);
	for (uint32_t i = 10; i < 13; i++) {
		struct client_counts v = turned_at(second);
		note(&f, i, &v, NO_ONE, second);
	}
	assert_true(f.site);
	step(&f, 300, &second);
	for (int k = 0; k < 200; k++)
		step(&f, 100, &second); /* a third of 300, not of 3000 */
	assert_true(f.site);
}

static void few_errors_before_a_failure_do_not_end_it(void **state)
{
	struct site_failing f = {0};
	int64_t second = NOW - 200;

	(void)state;
	step(&f, 300, &second);
	while (second < NOW)
		step(&f, 0, &second);
	struct client_counts v = turned_at(NOW);
	for (uint32_t i = 0; i < 3; i++)
		note(&f, i, &v, NO_ONE, NOW);
	step(&f, 50, &second);
	for (int k = 0; k < 59; k++)
		step(&f, 0, &second);
	assert_true(f.site);
	step(&f, 0, &second);
	assert_false(f.site);
}

/* Pages fail while voters come. Then nobody comes for some seconds: f[0] passes these seconds in
 * one step, f[1] one by one. */
static void seconds_without_lines_need_only_one_step(void **state)
{
	static struct voters voters[2];
	struct site_failing f[2] = {{0}, {0}};
	struct random r = random_new(1);
	int64_t second = NOW;
	int failed = 0;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct client_counts v = {.window = {.seconds = 2},
			.visit = {.first = (uint32_t)second, .errors = 10, .requests = 12}};
		for (uint64_t n = random_below(&r, 5); n > 0; n--) {
			uint32_t client = (uint32_t)random_below(&r, 1000);
			struct address a = given_client(client);
			for (int k = 0; k < 2; k++) {
				voters_note_came(&voters[k], &a, second);
				if (client % 3)
					note(&f[k], client, &v, NO_ONE, second);
			}
		}
		int64_t n = 1 + (int64_t)random_below(&r, random_below(&r, 4) ? 30 : 900);
		assert_true(site_failing_rests(&f[0]));
		site_failing_step(&f[0], 0, &voters[0], second + n - 1);
		for (; n > 0; n--)
			site_failing_step(&f[1], 0, &voters[1], second++);
		assert_memory_equal(&f[0], &f[1], sizeof f[0]);
		failed += f[0].pages;
	}
	assert_in_range(failed, 200, 1800);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_clients_that_turn_show_that_the_site_fails_and_two_do_not),
		cmocka_unit_test(five_percent_of_the_active_clients_must_turn),
		cmocka_unit_test(share_of_the_active_voters_counts_if_clients_are_too_many),
		cmocka_unit_test(sixteen_clients_are_enough_however_many_are_active),
		cmocka_unit_test(clients_must_turn_within_two_minutes),
		cmocka_unit_test(clients_that_turn_now_and_then_are_no_failure),
		cmocka_unit_test(client_that_came_less_than_90_seconds_ago_does_not_turn),
		cmocka_unit_test(client_with_two_requests_before_the_window_does_not_turn),
		cmocka_unit_test(client_with_an_error_before_the_window_does_not_turn),
		cmocka_unit_test(client_with_few_errors_does_not_turn),
		cmocka_unit_test(client_turns_if_a_quarter_of_its_requests_are_errors),
		cmocka_unit_test(failure_ends_after_a_minute_of_few_errors),
		cmocka_unit_test(errors_must_be_few_for_a_minute_without_a_break),
		cmocka_unit_test(end_of_a_failure_depends_on_the_highest_count_during_this_failure),
		cmocka_unit_test(few_errors_before_a_failure_do_not_end_it),
		cmocka_unit_test(seconds_without_lines_need_only_one_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
