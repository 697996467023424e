/* test_rules_client.c - each rule with a limit matches a client whose count is above the limit, and
 * not a client whose count is equal to it. Each other condition of these rules has its own test:
 * requests that are spread or in bursts, clients that stop or continue, known clients, own errors.
 */
#include "core/judge/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/read/request.h"

#include "unit/judged.h"

/* 121 requests at random moments of 60 seconds fall into 60 (1 - exp(-121 / 60)) = 52.01 different
 * seconds on average (rules.h). Three quarters of that are 39.01 seconds. So 121 requests in 40
 * different seconds are spread, and 121 requests in 39 seconds are not. */
static void requests_fire_above_the_limit_when_they_are_spread(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	assert_false(judge_window(&j, 120, 0, 0, 60));
	assert_false(judge_window(&j, 121, 0, 0, 39));
	assert_true(judge_window(&j, 121, 0, 0, 40));
	assert_int_equal(j.verdict.evidence_n, 1);
	assert_true(evidence_of(&j.verdict, RULE_REQUESTS)->value == 121);
	assert_true(evidence_of(&j.verdict, RULE_REQUESTS)->limit == 120);
	assert_int_equal(j.verdict.limit, 120);
	assert_int_equal(j.verdict.tight, 0);
	assert_true(j.verdict.rate == 121 / 60.0);
	/* however low the limit is, requests in fewer than 15 different seconds do not fire */
	j.limits.most[LIMIT_REQUESTS] = 10;
	assert_false(judge_window(&j, 15, 0, 0, 14));
	assert_true(judge_window(&j, 15, 0, 0, 15));
}

static void burst_matches_above_twice_the_limit(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	assert_false(judge_window(&j, 240, 0, 0, 1));
	assert_true(judge_window(&j, 241, 0, 0, 1));
	assert_true(evidence_of(&j.verdict, RULE_REQUESTS)->value == 241);
	assert_true(evidence_of(&j.verdict, RULE_REQUESTS)->limit == 240);
}

/* In the later laps of its visit, a client has a higher limit of requests in 60 seconds. It is the
 * higher of two numbers: 1.5 times the usual limit of 120, and four times the client's mean number
 * of requests per 60 seconds in its first lap. */
static void known_client_may_make_more_requests_in_60_seconds(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	j.view.before = 1;
	assert_false(judge_window(&j, 180, 0, 0, 60));
	assert_true(judge_window(&j, 181, 0, 0, 60));
	assert_true(evidence_of(&j.verdict, RULE_REQUESTS)->limit == 180);
	assert_false(judge_window(&j, 360, 0, 0, 1));
	assert_true(judge_window(&j, 361, 0, 0, 1));
	j.view.before = 450; /* 45 per 60 seconds; four times 45 are 180 */
	assert_true(judge_window(&j, 181, 0, 0, 60));
	j.view.before = 600;
	assert_false(judge_window(&j, 240, 0, 0, 60));
	assert_true(judge_window(&j, 241, 0, 0, 60));
	assert_false(judge_window(&j, 480, 0, 0, 1));
	assert_true(judge_window(&j, 481, 0, 0, 1));
	/* but it may make no more errors than other clients */
	assert_true(judge_window(&j, 21, 21, 21, 21));
}

/* The limit of bursts is three times as high, because any visitor may open three pages that lack
 * their files. 21 errors one by one fall into 17.7 different seconds on average. So 21 errors in 14
 * seconds, over three quarters of that, are spread, and 21 errors in 13 seconds are a burst. */
static void errors_fire_above_the_limit_or_in_bursts_above_3_times_the_limit(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	assert_false(judge_window(&j, 20, 20, 20, 20));
	assert_false(judge_window(&j, 21, 21, 21, 13));
	assert_true(judge_window(&j, 21, 21, 21, 14));
	assert_int_equal(j.verdict.evidence_n, 1);
	assert_true(evidence_of(&j.verdict, RULE_ERRORS)->limit == 20);
	assert_false(judge_window(&j, 60, 60, 60, 1));
	assert_true(judge_window(&j, 61, 61, 61, 1));
}

static void fewer_than_eight_errors_do_not_count_as_spread(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	j.parole = true; /* the limit is a fifth of 20 errors: 4 errors */
	assert_false(judge_window(&j, 7, 7, 7, 7));
	assert_true(judge_window(&j, 8, 8, 8, 8));
}

static void errors_count_from_a_quarter_of_the_requests_on(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	assert_true(judge_window(&j, 84, 21, 21, 60));
	assert_false(judge_window(&j, 85, 21, 21, 60));
}

/* 5xx are among the errors, but they are not own errors. */
static void errors_of_the_server_ban_nobody(void **state)
{
	struct judged j;
	struct request r = {.count = 1};

	(void)state;
	judged_init(&j);
	assert_false(judge_window(&j, 100, 100, 0, 60));
	lap(&j, 300, 0, 300);
	assert_false(judge_window(&j, 100, 100, 20, 60));
	for (r.status = 0; r.status < 700; r.status++) {
		assert_int_equal(request_blames(&r), r.status >= 400 && r.status < 500);
		assert_int_equal(request_is_error(&r), r.status >= 400 && r.status < 600);
	}
}

static void no_error_counts_while_the_site_fails(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	lap(&j, 200, 100, 200);
	assert_true(judge_window(&j, 100, 100, 100, 60));
	assert_true(has(&j.verdict, RULE_ERRORS) && has(&j.verdict, RULE_VISIT_ERRORS));
	j.site.failing = true;
	assert_false(judge_window(&j, 100, 100, 100, 60));
	assert_true(judge_window(&j, 121, 100, 100, 60)); /* a flood is banned even then */
	assert_false(has(&j.verdict, RULE_ERRORS) || has(&j.verdict, RULE_VISIT_ERRORS));
}

static void bursts_of_errors_do_not_count_while_pages_fail(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	j.site.pages_fail = true;
	assert_false(judge_window(&j, 61, 61, 61, 1));
	assert_true(judge_window(&j, 21, 21, 21, 14)); /* errors in 14 seconds are no burst */
	lap(&j, 91, 91, 5);
	assert_false(judge_window(&j, 20, 20, 20, 1));
	lap(&j, 91, 91, 91);
	assert_true(judge_window(&j, 20, 20, 20, 1));
	assert_true(has(&j.verdict, RULE_VISIT_ERRORS));
}

/* Every visitor of a page that lacks its files requests these files. So, while the site or its
 * pages fail, errors in bursts are no evidence of a flood. */
static void missing_files_are_no_burst_of_requests(void **state)
{
	(void)state;
	for (int k = 0; k < 2; k++) {
		struct judged j;
		judged_init(&j);
		j.site.failing = k == 0;
		j.site.pages_fail = k == 1;
		assert_false(judge_window(&j, 440, 200, 0, 1));
		assert_true(judge_window(&j, 441, 200, 0, 1));
		assert_true(evidence_of(&j.verdict, RULE_REQUESTS)->value == 241);
		/* if the requests are spread, all of them count */
		assert_true(judge_window(&j, 121, 100, 0, 60));
		/* visit_requests does not match a visit of many bursts */
		lap(&j, 5000, 0, 20);
		assert_false(judge_window(&j, 100, 50, 0, 1));
		lap(&j, 301, 0, 300);
		assert_true(judge_window(&j, 100, 50, 0, 1));
	}
}

/* 301 requests at random moments of a lap of 600 seconds fall into 600 (1 - exp(-301 / 600)) =
 * 236.7 different seconds on average. Three quarters of that are 177.5 seconds. */
static void visit_matches_above_its_limit_if_it_is_spread(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	lap(&j, 300, 0, 300);
	assert_false(judge_window(&j, 10, 0, 0, 1));
	lap(&j, 301, 0, 177);
	assert_false(judge_window(&j, 10, 0, 0, 1));
	lap(&j, 301, 0, 178);
	assert_true(judge_window(&j, 10, 0, 0, 1));
	assert_int_equal(j.verdict.evidence_n, 1);
	assert_true(evidence_of(&j.verdict, RULE_VISIT_REQUESTS)->value == 301);
	assert_true(evidence_of(&j.verdict, RULE_VISIT_REQUESTS)->limit == 300);
	assert_false(judge_window(&j, 9, 0, 0, 9)); /* the client has stopped */
	lap(&j, 301, 0, 30);
	j.view.lap_s = 30; /* a lap counts as one minute at least */
	assert_false(judge_window(&j, 10, 0, 0, 1));
}

static void visit_of_bursts_matches_above_3_times_its_limit(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	lap(&j, 900, 0, 60);
	assert_false(judge_window(&j, 10, 0, 0, 1));
	lap(&j, 901, 0, 60);
	assert_true(judge_window(&j, 10, 0, 0, 1));
	assert_false(judge_window(&j, 9, 0, 0, 1));
}

/* A visit is sudden if at least half of its requests came in the last 60 seconds. */
static void sudden_visit_matches_above_one_and_a_half_times_its_limit(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	j.limits.most[LIMIT_REQUESTS] = 1000; /* a limit that is not tested here */
	lap(&j, 450, 0, 60);
	assert_false(judge_window(&j, 450, 0, 0, 20));
	lap(&j, 452, 0, 60);
	assert_false(judge_window(&j, 225, 0, 0, 20));
	assert_true(judge_window(&j, 226, 0, 0, 20));
	assert_true(has(&j.verdict, RULE_VISIT_REQUESTS));
}

static void later_lap_may_have_twice_the_requests_of_the_first(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	j.view.before = 200;
	lap(&j, 400, 0, 400);
	assert_false(judge_window(&j, 40, 0, 0, 40));
	lap(&j, 401, 0, 400);
	assert_true(judge_window(&j, 40, 0, 0, 40));
	assert_true(evidence_of(&j.verdict, RULE_VISIT_REQUESTS)->limit == 400);
	j.view.before = 100; /* the usual limit, 300, is higher than twice 100 */
	lap(&j, 300, 0, 300);
	assert_false(judge_window(&j, 40, 0, 0, 40));
	lap(&j, 301, 0, 300);
	assert_true(judge_window(&j, 40, 0, 0, 40));
	j.view.before = 1000; /* the first lap does not raise the limit of errors */
	lap(&j, 301, 100, 300);
	assert_true(judge_window(&j, 40, 40, 20, 40));
	assert_true(has(&j.verdict, RULE_VISIT_ERRORS));
	assert_false(has(&j.verdict, RULE_VISIT_REQUESTS));
}

static void errors_of_a_visit_fire_above_their_limit(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	lap(&j, 120, 30, 120);
	assert_false(judge_window(&j, 4, 4, 4, 4));
	lap(&j, 124, 31, 120);
	assert_true(judge_window(&j, 4, 4, 4, 4));
	assert_int_equal(j.verdict.evidence_n, 1);
	assert_true(evidence_of(&j.verdict, RULE_VISIT_ERRORS)->value == 31);
	assert_true(evidence_of(&j.verdict, RULE_VISIT_ERRORS)->limit == 30);
	assert_false(judge_window(&j, 3, 3, 3, 3)); /* the client has stopped */
	assert_true(judge_window(&j, 16, 4, 4, 16));
	assert_false(judge_window(&j, 17, 4, 4, 17)); /* the client continues without errors */
	lap(&j, 125, 31, 120); /* errors are under a quarter of the requests */
	assert_false(judge_window(&j, 4, 4, 4, 4));
	lap(&j, 90, 90, 9); /* the errors come in bursts */
	assert_false(judge_window(&j, 4, 4, 4, 1));
	lap(&j, 91, 91, 9);
	assert_true(judge_window(&j, 4, 4, 4, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_fire_above_the_limit_when_they_are_spread),
		cmocka_unit_test(burst_matches_above_twice_the_limit),
		cmocka_unit_test(known_client_may_make_more_requests_in_60_seconds),
		cmocka_unit_test(errors_fire_above_the_limit_or_in_bursts_above_3_times_the_limit),
		cmocka_unit_test(fewer_than_eight_errors_do_not_count_as_spread),
		cmocka_unit_test(errors_count_from_a_quarter_of_the_requests_on),
		cmocka_unit_test(errors_of_the_server_ban_nobody),
		cmocka_unit_test(no_error_counts_while_the_site_fails),
		cmocka_unit_test(bursts_of_errors_do_not_count_while_pages_fail),
		cmocka_unit_test(missing_files_are_no_burst_of_requests),
		cmocka_unit_test(visit_matches_above_its_limit_if_it_is_spread),
		cmocka_unit_test(visit_of_bursts_matches_above_3_times_its_limit),
		cmocka_unit_test(sudden_visit_matches_above_one_and_a_half_times_its_limit),
		cmocka_unit_test(later_lap_may_have_twice_the_requests_of_the_first),
		cmocka_unit_test(errors_of_a_visit_fire_above_their_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
