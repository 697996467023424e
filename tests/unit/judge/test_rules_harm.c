/* test_rules_harm.c - limits that differ from client to client: higher limits for readers and for
 * varied clients, and lower limits on parole. Also tests that errors which are not a client's own
 * tighten no limit. A reader was served 8 different paths, or asked for /robots.txt. A varied
 * client was served 16 different paths, as an office is, and has few own errors. */
#include "core/judge/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/measure/variety.h"

#include "unit/judged.h"

/* Bits that stand for 7, 8, 15 and 17 paths; no number of bits stands for 16. */
#define BITS_7  0x3fu
#define BITS_8  0x7fu
#define BITS_15 0xfffu
#define BITS_17 0x1fffu

static void bits_stand_for_these_numbers_of_paths(void **state)
{
	(void)state;
	assert_int_equal(variety_n(BITS_7), 7);
	assert_int_equal(variety_n(BITS_8), 8);
	assert_int_equal(variety_n(BITS_15), 15);
	assert_int_equal(variety_n(BITS_17), 17);
}

static void parole_reduces_the_limits_of_60_seconds_to_a_fifth(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	j.parole = true;
	assert_false(judge_window(&j, 24, 0, 0, 24));
	assert_false(judge_window(&j, 25, 0, 0, 14)); /* 15 different seconds are needed */
	assert_true(judge_window(&j, 25, 0, 0, 25));
	assert_true(j.verdict.parole);
	assert_true(evidence_of(&j.verdict, RULE_REQUESTS)->value == 25);
	assert_true(evidence_of(&j.verdict, RULE_REQUESTS)->limit == 24);
	assert_int_equal(j.verdict.limit, 24);
	assert_false(judge_window(&j, 48, 0, 0, 1)); /* a burst */
	assert_true(judge_window(&j, 49, 0, 0, 1));
	assert_false(judge_window(&j, 12, 12, 12, 1));
	assert_true(judge_window(&j, 13, 13, 13, 1));
	j.limits.most[LIMIT_ERRORS] = 50;
	assert_false(judge_window(&j, 10, 10, 10, 10));
	assert_true(judge_window(&j, 11, 11, 11, 11));
	assert_true(evidence_of(&j.verdict, RULE_ERRORS)->limit == 10);
	j.parole = false;
	assert_false(judge_window(&j, 25, 11, 11, 25));
}

static void parole_reduces_the_limits_of_a_visit_to_a_fifth(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	j.parole = true;
	lap(&j, 60, 0, 60);
	assert_false(judge_window(&j, 10, 0, 0, 10));
	lap(&j, 61, 0, 60);
	assert_true(judge_window(&j, 10, 0, 0, 10));
	assert_true(evidence_of(&j.verdict, RULE_VISIT_REQUESTS)->limit == 60);
	lap(&j, 24, 6, 24);
	assert_false(judge_window(&j, 4, 4, 4, 4));
	lap(&j, 28, 7, 24);
	assert_true(judge_window(&j, 4, 4, 4, 4));
	assert_true(evidence_of(&j.verdict, RULE_VISIT_ERRORS)->limit == 6);
	j.parole = false;
	assert_false(judge_window(&j, 4, 4, 4, 4));
}

/* A visit with 500 requests in its first lap may make 2 * 500 in a later lap. On parole, this limit
 * is a fifth, too: 200. */
static void parole_reduces_the_limit_of_a_later_lap_to_a_fifth(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	j.parole = true;
	j.view.before = 500;
	lap(&j, 200, 0, 200);
	assert_false(judge_window(&j, 20, 0, 0, 20));
	lap(&j, 201, 0, 200);
	assert_true(judge_window(&j, 20, 0, 0, 20));
}

static void limits_on_parole_are_not_tightened_further(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	j.parole = j.site.surge = true;
	assert_false(judge_window(&j, 24, 0, 0, 24)); /* 0.2 * 120, not 0.2 * 0.6 * 120 */
	assert_true(judge_window(&j, 25, 0, 0, 25));
	assert_int_equal(j.verdict.tight, TIGHT_SITE_SURGE);
}

/* A fifth of the limit of 300 is 60 requests. So an office on parole would be banned for two pages
 * of 40 files in 10 minutes. */
static void varied_client_on_parole_keeps_its_limit_of_a_visit(void **state)
{
	struct judged j;

	(void)state;
	for (int varied = 0; varied < 2; varied++) {
		judged_init(&j);
		j.parole = true;
		j.view.visit.variety = varied ? BITS_17 : BITS_8;
		lap(&j, 300, 0, 300);
		assert_int_equal(judge_window(&j, 20, 0, 0, 20), !varied);
		lap(&j, 301, 0, 300);
		assert_true(judge_window(&j, 20, 0, 0, 20));
	}
}

/* Readers get 404 for missing pages. At a request that is refused with 401 or 403, the client may
 * be guessing a password, so it is no reader at this request. */
static void client_is_no_reader_at_a_refused_request(void **state)
{
	static const uint32_t bits[] = {BITS_8, BITS_17, VARIETY_ROBOT};
	struct judged j;

	(void)state;
	for (int k = 0; k < 3; k++) {
		judged_init(&j);
		j.view.visit.variety = bits[k];
		lap(&j, 50, 31, 50);
		assert_false(judge_window(&j, 30, 21, 21, 30));
		j.refused = true;
		assert_true(judge_window(&j, 30, 21, 21, 30));
		assert_true(evidence_of(&j.verdict, RULE_ERRORS)->limit == 20);
		assert_true(evidence_of(&j.verdict, RULE_VISIT_ERRORS)->limit == 30);
	}
}

static void verdict_contains_whether_its_client_is_on_parole(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	assert_true(judge_window(&j, 121, 0, 0, 60));
	assert_false(j.verdict.parole);
	assert_int_equal(j.verdict.limit, 120);
	j.parole = true;
	assert_true(judge_window(&j, 121, 0, 0, 60));
	assert_true(j.verdict.parole);
}

/* A client is banned for 21 errors in 60 s that come one by one, or for 61 in a burst. A reader is
 * banned for 61 that come one by one, or for 121 in a burst. */
static void check_error_limits(struct judged *j, bool reader)
{
	lap(j, 200, 100, 200);
	j->view.visit.errors = 0; /* the limit of the visit is not tested here */
	assert_true(judge_window(j, 21, 21, 21, 21) == !reader);
	assert_false(judge_window(j, 60, 60, 60, 60) == reader);
	assert_true(judge_window(j, 61, 61, 61, 60));
	assert_true(evidence_of(&j->verdict, RULE_ERRORS)->limit == (reader ? 60 : 20));
	assert_true(judge_window(j, 61, 61, 61, 1) == !reader);
	assert_false(judge_window(j, 120, 120, 120, 1) == reader);
	assert_true(judge_window(j, 121, 121, 121, 1));
	assert_true(evidence_of(&j->verdict, RULE_ERRORS)->limit == (reader ? 120 : 60));
}

static void reader_may_have_three_times_the_errors(void **state)
{
	static const struct {
		uint32_t bits;
		bool reader;
	} cases[] = {{0, false}, {BITS_7, false}, {BITS_8, true}, {BITS_17, true},
		{VARIETY_ROBOT, true}, {VARIETY_ROBOT | 1, true}};

	(void)state;
	for (int k = 0; k < 6; k++) {
		struct judged j;
		judged_init(&j);
		j.view.visit.variety = cases[k].bits;
		check_error_limits(&j, cases[k].reader);
	}
}

static void reader_may_have_three_times_the_errors_of_a_visit(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	j.view.visit.variety = BITS_8;
	lap(&j, 120, 90, 120);
	assert_false(judge_window(&j, 8, 8, 8, 8));
	lap(&j, 120, 91, 120);
	assert_true(judge_window(&j, 8, 8, 8, 8));
	assert_true(evidence_of(&j.verdict, RULE_VISIT_ERRORS)->limit == 90);
	lap(&j, 240, 180, 20);
	assert_false(judge_window(&j, 8, 8, 8, 1));
	lap(&j, 240, 181, 20);
	assert_true(judge_window(&j, 8, 8, 8, 1));
	assert_true(evidence_of(&j.verdict, RULE_VISIT_ERRORS)->limit == 180);
}

static void client_with_errors_in_over_80_percent_of_its_requests_is_no_reader(void **state)
{
	static const uint32_t bits[] = {BITS_8, BITS_17};
	struct judged j;

	(void)state;
	for (int k = 0; k < 2; k++) {
		judged_init(&j);
		j.view.visit.variety = bits[k];
		lap(&j, 50, 40, 50);
		assert_false(judge_window(&j, 30, 30, 30, 30));
		lap(&j, 50, 41, 50);
		assert_true(judge_window(&j, 30, 30, 30, 30));
		assert_true(evidence_of(&j.verdict, RULE_ERRORS)->limit == 20);
	}
	judged_init(&j); /* a robot may get nothing but errors */
	j.view.visit.variety = VARIETY_ROBOT;
	lap(&j, 50, 50, 50);
	assert_false(judge_window(&j, 30, 30, 30, 30));
}

static void no_client_is_a_reader_while_pages_fail(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	j.view.visit.variety = BITS_17;
	lap(&j, 100, 30, 100);
	assert_false(judge_window(&j, 30, 30, 30, 30));
	j.site.pages_fail = true;
	assert_true(judge_window(&j, 30, 30, 30, 30));
	assert_true(evidence_of(&j.verdict, RULE_ERRORS)->limit == 20);
}

/* The limit is a fifth of three times the usual limit of errors. */
static void reader_on_parole_is_still_a_reader(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	j.parole = true;
	j.view.visit.variety = BITS_8;
	lap(&j, 50, 0, 50);
	assert_false(judge_window(&j, 12, 12, 12, 12));
	assert_true(judge_window(&j, 13, 13, 13, 13));
	assert_true(evidence_of(&j.verdict, RULE_ERRORS)->limit == 12);
}

static void reader_may_not_make_more_requests(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	j.view.visit.variety = BITS_15 | VARIETY_ROBOT;
	assert_false(judge_window(&j, 120, 0, 0, 60));
	assert_true(judge_window(&j, 121, 0, 0, 60));
}

static void varied_client_may_make_twice_the_requests_in_60_seconds(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	j.view.visit.variety = BITS_17;
	lap(&j, 240, 0, 100);
	assert_false(judge_window(&j, 240, 0, 0, 60));
	assert_true(judge_window(&j, 241, 0, 0, 60));
	assert_int_equal(j.verdict.evidence_n, 1);
	assert_true(evidence_of(&j.verdict, RULE_REQUESTS)->limit == 240);
	assert_int_equal(j.verdict.limit, 240);
	assert_true(judge_window(&j, 481, 0, 0, 1)); /* a burst */
	assert_false(judge_window(&j, 480, 0, 0, 1));
	j.view.visit.variety = BITS_15;
	assert_true(judge_window(&j, 121, 0, 0, 60));
}

/* The limit of the requests in a lap of 10 minutes is not raised. */
static void varied_client_may_not_make_more_requests_in_a_visit(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	j.view.visit.variety = BITS_17;
	lap(&j, 301, 0, 300);
	assert_true(judge_window(&j, 40, 0, 0, 40));
	assert_true(evidence_of(&j.verdict, RULE_VISIT_REQUESTS)->limit == 300);
}

static void client_with_errors_in_5_percent_of_its_requests_is_not_varied(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	j.view.visit.variety = BITS_17;
	lap(&j, 200, 9, 100);
	assert_false(judge_window(&j, 200, 9, 9, 60));
	lap(&j, 200, 10, 100);
	assert_true(judge_window(&j, 200, 9, 9, 60));
	assert_true(evidence_of(&j.verdict, RULE_REQUESTS)->limit == 120);
}

static void tightening_and_parole_apply_to_a_varied_client(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	j.view.visit.variety = BITS_17;
	lap(&j, 150, 0, 100);
	j.site.surge = true; /* 2 * 0.6 * 120 */
	assert_false(judge_window(&j, 144, 0, 0, 60));
	assert_true(judge_window(&j, 145, 0, 0, 60));
	j.site.surge = false;
	j.parole = true; /* 2 * 0.2 * 120 */
	lap(&j, 50, 0, 50);
	assert_false(judge_window(&j, 48, 0, 0, 48));
	assert_true(judge_window(&j, 49, 0, 0, 49));
}

/* Neither a missing page nor an error of the server is an error surge of the client. */
static void errors_of_the_server_tighten_nobody(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	j.baseline.error_mean = 0.1; /* three times this mean is 18 errors in 60 s */
	assert_false(judge_window(&j, 100, 100, 0, 60));
	assert_false(judge_window(&j, 100, 100, 18, 60));
	assert_true(judge_window(&j, 100, 19, 19, 60));
	assert_int_equal(j.verdict.tight, TIGHT_ERROR_SURGE);
	assert_true(evidence_of(&j.verdict, RULE_REQUESTS)->limit == 72);
}

static void own_errors_tighten_nobody_while_the_site_fails(void **state)
{
	(void)state;
	for (int k = 0; k < 3; k++) {
		struct judged j;
		judged_init(&j);
		j.baseline.error_mean = 0.1;
		j.site.failing = k == 1;
		j.site.pages_fail = k == 2;
		assert_true(judge_window(&j, 100, 19, 19, 60) == (k == 0));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bits_stand_for_these_numbers_of_paths),
		cmocka_unit_test(parole_reduces_the_limits_of_60_seconds_to_a_fifth),
		cmocka_unit_test(parole_reduces_the_limits_of_a_visit_to_a_fifth),
		cmocka_unit_test(parole_reduces_the_limit_of_a_later_lap_to_a_fifth),
		cmocka_unit_test(limits_on_parole_are_not_tightened_further),
		cmocka_unit_test(varied_client_on_parole_keeps_its_limit_of_a_visit),
		cmocka_unit_test(client_is_no_reader_at_a_refused_request),
		cmocka_unit_test(verdict_contains_whether_its_client_is_on_parole),
		cmocka_unit_test(reader_may_have_three_times_the_errors),
		cmocka_unit_test(reader_may_have_three_times_the_errors_of_a_visit),
		cmocka_unit_test(
			client_with_errors_in_over_80_percent_of_its_requests_is_no_reader),
		cmocka_unit_test(no_client_is_a_reader_while_pages_fail),
		cmocka_unit_test(reader_on_parole_is_still_a_reader),
		cmocka_unit_test(reader_may_not_make_more_requests),
		cmocka_unit_test(varied_client_may_make_twice_the_requests_in_60_seconds),
		cmocka_unit_test(varied_client_may_not_make_more_requests_in_a_visit),
		cmocka_unit_test(client_with_errors_in_5_percent_of_its_requests_is_not_varied),
		cmocka_unit_test(tightening_and_parole_apply_to_a_varied_client),
		cmocka_unit_test(errors_of_the_server_tighten_nobody),
		cmocka_unit_test(own_errors_tighten_nobody_while_the_site_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
