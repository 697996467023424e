/* test_rules_weight.c - whether a verdict is by rates alone, and how far the client is over its
 * limits. Both decide about mass_ban. Also tests which clients the rules zscore and multiplier ban
 * before limits are learned. */
#include "core/judge/rules.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/judged.h"

/* Makes a verdict by this detection rule. The client has own errors only if the rule needs them. */
static void judge_by(struct judged *j, enum rule rule)
{
	judged_init(j);
	lap(j, 140, 0, 140);
	switch (rule) {
	case RULE_REQUESTS:
		assert_true(judge_window(j, 140, 0, 0, 60));
		break;
	case RULE_VISIT_REQUESTS:
		lap(j, 310, 0, 300);
		assert_true(judge_window(j, 40, 0, 0, 40));
		break;
	case RULE_ERRORS:
		j->parole = true; /* so that few errors are over the limit, which is 4 */
		lap(j, 20, 5, 20);
		assert_true(judge_window(j, 20, 5, 5, 20));
		break;
	case RULE_VISIT_ERRORS:
		j->limits.most[LIMIT_VISIT_ERRORS] = 3;
		lap(j, 16, 4, 16);
		assert_true(judge_window(j, 16, 4, 4, 16));
		break;
	case RULE_SWARM:
		j->site.swarm = true;
		assert_true(judge_window(j, 41, 0, 0, 41));
		break;
	case RULE_VISIT_SWARM:
		j->site.visit_swarm = true;
		assert_true(judge_window(j, 41, 0, 0, 41));
		break;
	default: /* zscore and multiplier, which ban only before limits are learned */
		j->baseline = baseline_of(1, 0.5);
		j->limits = (struct limits){{700, 20, 700, 30, INFINITY, INFINITY}, false};
		lap(j, 610, 0, 60);
		assert_true(judge_window(j, 610, 0, 0, 60));
	}
	assert_true(has(&j->verdict, rule));
}

static void only_request_rules_make_a_verdict_by_rates_alone(void **state)
{
	(void)state;
	for (int rule = 0; rule < RULE_PROBES; rule++) {
		struct judged j;
		judge_by(&j, (enum rule)rule);
		assert_int_equal(j.verdict.rates_alone,
			rule == RULE_REQUESTS || rule == RULE_VISIT_REQUESTS ||
				rule == RULE_ZSCORE || rule == RULE_MULTIPLIER);
	}
}

/* A verdict by one of the rules for rates and by one other rule is not by rates alone. */
static void verdict_by_a_rate_and_another_rule_is_not_by_rates_alone(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	j.site.swarm = true;
	lap(&j, 140, 0, 140);
	assert_true(judge_window(&j, 140, 0, 0, 60));
	assert_true(has(&j.verdict, RULE_REQUESTS) && has(&j.verdict, RULE_SWARM));
	assert_false(j.verdict.rates_alone);
	judged_init(&j);
	lap(&j, 140, 0, 140);
	assert_true(judge_window(&j, 140, 60, 60, 60));
	assert_true(has(&j.verdict, RULE_REQUESTS) && has(&j.verdict, RULE_ERRORS));
	assert_false(j.verdict.rates_alone);
}

static void verdict_with_one_own_error_in_twenty_requests_is_not_by_rates_alone(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	lap(&j, 140, 6, 140);
	assert_true(judge_window(&j, 140, 6, 6, 60));
	assert_true(j.verdict.rates_alone);
	assert_true(judge_window(&j, 140, 7, 7, 60)); /* 7 of 140 are in the window */
	assert_false(j.verdict.rates_alone);
	lap(&j, 140, 7, 140); /* 7 of 140 are in the visit */
	assert_true(judge_window(&j, 140, 6, 6, 60));
	assert_false(j.verdict.rates_alone);
}

static void verdict_despite_errors_of_the_server_is_by_rates_alone(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	lap(&j, 140, 0, 140);
	assert_true(judge_window(&j, 140, 140, 0, 60));
	assert_true(j.verdict.rates_alone);
}

static bool is_near(double a, double b)
{
	return fabs(a - b) < 1e-9;
}

static void excess_is_measured_for_each_limit(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	lap(&j, 180, 0, 100);
	assert_true(judge_window(&j, 180, 0, 0, 60));
	assert_true(is_near(j.verdict.excess, 1.5));
	assert_true(is_near(j.verdict.visit_excess, 0.6));
	lap(&j, 690, 0, 600);
	assert_true(judge_window(&j, 180, 0, 0, 60));
	assert_true(is_near(j.verdict.excess, 1.5));
	assert_true(is_near(j.verdict.visit_excess, 2.3));
	assert_true(judge_window(&j, 600, 0, 0, 60));
	assert_true(is_near(j.verdict.excess, 5));
}

/* A client that is banned below its usual limits, because of parole, a surge or a swarm, is not
 * over the limits of everybody. */
static void excess_is_relative_to_the_limits_of_everybody(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	j.parole = true;
	lap(&j, 30, 0, 30);
	assert_true(judge_window(&j, 30, 0, 0, 30));
	assert_true(is_near(j.verdict.excess, 0.25));
	j.parole = false;
	j.site.surge = true;
	lap(&j, 90, 0, 90);
	assert_true(judge_window(&j, 90, 0, 0, 60));
	assert_true(is_near(j.verdict.excess, 0.75));
	judged_init(&j); /* after its first lap, a client may do more */
	j.view.before = 1;
	lap(&j, 182, 0, 100);
	assert_true(judge_window(&j, 182, 0, 0, 60));
	assert_true(is_near(j.verdict.excess, 182 / 120.0));
}

/* The client reaches no learned limit. The site is quiet, so at a rate over 2.5 requests per second
 * both zscore and multiplier match. */
static void init_cold(struct judged *j)
{
	judged_init(j);
	j->baseline = baseline_of(0.5, 0.5);
	j->baseline.error_mean = 100;
	j->limits = (struct limits){{1000, 1000, 10000, 1000, INFINITY, INFINITY}, false};
	j->config.cold_requests = 300;
}

/* If 301 requests come at random times in 60 s, they fall on average into 60 * (1 - e^(-301 / 60))
 * = 59.6 different seconds. The rules need 0.9 of this number, 53.6. */
static void zscore_and_multiplier_ban_only_steady_requests(void **state)
{
	struct judged j;

	(void)state;
	init_cold(&j);
	assert_false(judge_window(&j, 301, 0, 0, 1));
	assert_false(judge_window(&j, 301, 0, 0, 53));
	assert_true(judge_window(&j, 301, 0, 0, 54));
	assert_int_equal(rules_bits(&j.verdict), 1u << RULE_ZSCORE | 1u << RULE_MULTIPLIER);
	/* when limits are learned, a match of zscore and multiplier alone bans nobody */
	j.limits.known = true;
	j.limits.most[LIMIT_REQUESTS] = 400;
	assert_false(judge_window(&j, 301, 0, 0, 60));
}

static void zscore_and_multiplier_ban_nobody_below_the_cold_limit(void **state)
{
	struct judged j;

	(void)state;
	init_cold(&j);
	assert_false(judge_window(&j, 299, 0, 0, 60));
	assert_true(judge_window(&j, 300, 0, 0, 60));
	/* zscore and multiplier never ban below 200 requests, even if the cold limit is lower */
	j.config.cold_requests = 100;
	assert_false(judge_window(&j, 199, 0, 0, 60));
	assert_true(judge_window(&j, 200, 0, 0, 60));
}

static void zscore_and_multiplier_never_ban_before_the_warm_up_ends(void **state)
{
	struct judged j;

	(void)state;
	init_cold(&j);
	j.baseline.ready = false;
	assert_false(judge_window(&j, 900, 0, 0, 60));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_request_rules_make_a_verdict_by_rates_alone),
		cmocka_unit_test(verdict_by_a_rate_and_another_rule_is_not_by_rates_alone),
		cmocka_unit_test(
			verdict_with_one_own_error_in_twenty_requests_is_not_by_rates_alone),
		cmocka_unit_test(verdict_despite_errors_of_the_server_is_by_rates_alone),
		cmocka_unit_test(excess_is_measured_for_each_limit),
		cmocka_unit_test(excess_is_relative_to_the_limits_of_everybody),
		cmocka_unit_test(zscore_and_multiplier_ban_only_steady_requests),
		cmocka_unit_test(zscore_and_multiplier_ban_nobody_below_the_cold_limit),
		cmocka_unit_test(zscore_and_multiplier_never_ban_before_the_warm_up_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
