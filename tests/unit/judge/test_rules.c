/* test_rules.c - the rules of the site, swarms, tightened limits, and properties that hold for any
 * counts. test_rules_client.c tests the limits of one client. */
#include "core/judge/rules.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "unit/judged.h"
#include "unit/random.h"

static void zscore_matches_above_its_threshold_and_not_at_it(void **state)
{
	struct baseline b = baseline_of(4, 2);
	struct verdict v;

	(void)state;
	assert_false(rules_judge_site(&b, false, 600, false, &v)); /* 10/s: z is 3 */
	assert_true(v.z == 3);
	assert_true(rules_judge_site(&b, false, 601, false, &v));
	assert_int_equal(v.evidence_n, 1);
	assert_int_equal(v.evidence[0].rule, RULE_ZSCORE);
	assert_true(v.evidence[0].value == v.z && v.evidence[0].value > v.evidence[0].limit);
	assert_true(v.evidence[0].limit == 3);
	assert_int_equal(v.limit, 600);
	assert_true(v.rate == 601 / 60.0 && v.mean == 4 && v.stddev == 2);
	assert_int_equal(v.source, BASELINE_RECENT);
}

static void multiplier_matches_above_its_threshold_and_not_at_it(void **state)
{
	struct baseline b = baseline_of(4, 100);
	struct verdict v;

	(void)state;
	assert_false(rules_judge_site(&b, false, 1200, false, &v)); /* 20/s: 5 times the mean */
	assert_true(rules_judge_site(&b, false, 1201, false, &v));
	assert_int_equal(v.evidence_n, 1);
	assert_int_equal(v.evidence[0].rule, RULE_MULTIPLIER);
	assert_true(v.evidence[0].value == 1201 / 60.0 / 4 && v.evidence[0].limit == 5);
	assert_int_equal(v.limit, 1200);
}

static void every_rule_that_matches_is_evidence(void **state)
{
	struct baseline b = baseline_of(4, 2);
	struct verdict v;

	(void)state;
	assert_true(rules_judge_site(&b, false, 6000, false, &v));
	assert_int_equal(v.evidence_n, 2);
	assert_true(has(&v, RULE_ZSCORE) && has(&v, RULE_MULTIPLIER));
}

static void errors_are_judged_by_their_own_baseline(void **state)
{
	struct baseline b = baseline_of(1000, 100);
	struct verdict v;

	(void)state;
	assert_false(rules_judge_site(&b, true, 75, false, &v)); /* 1.25/s: z is 3 */
	assert_true(rules_judge_site(&b, true, 76, false, &v));
	assert_true(v.mean == 0.5 && v.stddev == 0.25);
	assert_int_equal(v.source, BASELINE_HOUR);
	assert_false(rules_judge_site(&b, false, 76, false, &v));
}

static void tight_thresholds_of_the_site_are_lower(void **state)
{
	struct baseline b = baseline_of(4, 2), wide = baseline_of(4, 100);
	struct verdict v;

	(void)state;
	assert_false(rules_judge_site(&b, false, 480, true, &v)); /* 8/s: z is 2 */
	assert_true(rules_judge_site(&b, false, 481, true, &v));
	assert_false(rules_judge_site(&b, false, 481, false, &v));
	/* 12/s: 3 times the mean */
	assert_false(rules_judge_site(&wide, false, 720, true, &v));
	assert_true(rules_judge_site(&wide, false, 721, true, &v));
}

static void site_is_not_judged_before_the_warm_up(void **state)
{
	struct baseline b = baseline_of(4, 2);
	struct verdict v;

	(void)state;
	b.ready = false;
	memset(&v, 0xff, sizeof v);
	assert_false(rules_judge_site(&b, false, 1000000, false, &v));
	assert_false(rules_judge_site(&b, true, 1000000, true, &v));
	assert_int_equal(v.evidence_n, 0);
	assert_true(v.mean == 0 && v.stddev == 0 && v.z == 0 && v.limit == 0);
}

static void swarm_rule_matches_above_the_mark_only_during_a_swarm(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	assert_false(judge_window(&j, 41, 0, 0, 1));
	j.site.swarm = true;
	assert_false(judge_window(&j, 40, 0, 0, 1));
	assert_true(judge_window(&j, 41, 0, 0, 1));
	assert_int_equal(j.verdict.evidence_n, 1);
	assert_true(evidence_of(&j.verdict, RULE_SWARM)->limit == 40);
}

static void visit_swarm_rule_matches_above_its_mark_only_during_a_visit_swarm(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	j.view.visit.requests = 81;
	assert_false(judge_window(&j, 1, 0, 0, 1));
	j.site.visit_swarm = true;
	assert_true(judge_window(&j, 1, 0, 0, 1));
	assert_int_equal(j.verdict.evidence_n, 1);
	assert_true(evidence_of(&j.verdict, RULE_VISIT_SWARM)->limit == 80);
	j.view.visit.requests = 80;
	assert_false(judge_window(&j, 1, 0, 0, 1));
	/* marks above the limits switch no limit off */
	j.site.swarm = true;
	j.limits.most[LIMIT_MARK] = j.limits.most[LIMIT_VISIT_MARK] = 5000;
	lap(&j, 301, 0, 300);
	assert_true(judge_window(&j, 10, 0, 0, 1));
	assert_true(has(&j.verdict, RULE_VISIT_REQUESTS));
}

static void site_surge_tightens_every_client(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	assert_false(judge_window(&j, 73, 0, 0, 60));
	j.site.surge = true;
	assert_false(judge_window(&j, 72, 0, 0, 60));
	assert_true(judge_window(&j, 73, 0, 0, 60));
	assert_int_equal(j.verdict.tight, TIGHT_SITE_SURGE);
	assert_int_equal(j.verdict.limit, 72);
	assert_true(evidence_of(&j.verdict, RULE_REQUESTS)->limit == 72);
	/* a burst may reach twice the tightened limit */
	assert_false(judge_window(&j, 144, 0, 0, 1));
	assert_true(judge_window(&j, 145, 0, 0, 1));
}

static void own_error_rate_tightens_the_limits_of_a_client(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	j.baseline.error_mean = 0.1; /* three times this mean is 18 errors in 60 s */
	assert_false(judge_window(&j, 73, 20, 18, 60));
	assert_false(judge_window(&j, 73, 73, 0, 60)); /* 5xx are errors of the site */
	assert_true(judge_window(&j, 73, 20, 19, 60));
	assert_int_equal(j.verdict.tight, TIGHT_ERROR_SURGE);
	j.site.surge = true;
	assert_true(judge_window(&j, 73, 20, 19, 60));
	assert_int_equal(j.verdict.tight, TIGHT_ERROR_SURGE | TIGHT_SITE_SURGE);
	j.site.surge = j.baseline.ready = false;
	assert_false(judge_window(&j, 73, 20, 19, 60));
	/* errors that are the fault of the site tighten no limit */
	j.baseline.ready = j.site.failing = true;
	assert_false(judge_window(&j, 73, 20, 19, 60));
	j.site.failing = false;
	j.site.pages_fail = true;
	assert_false(judge_window(&j, 73, 20, 19, 60));
	j.site.pages_fail = false;
	assert_true(judge_window(&j, 73, 20, 19, 60));
}

static void tightened_error_limit_is_never_under_its_floor(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	j.site.surge = true;
	assert_false(judge_window(&j, 20, 20, 20, 20));
	assert_true(judge_window(&j, 21, 21, 21, 20));
	j.limits.most[LIMIT_ERRORS] = 50;
	assert_false(judge_window(&j, 30, 30, 30, 30));
	assert_true(judge_window(&j, 31, 31, 31, 30));
	/* errors below the floor are no evidence, even if another rule matches */
	j.limits.most[LIMIT_ERRORS] = 20;
	lap(&j, 301, 0, 300);
	assert_true(judge_window(&j, 50, 15, 15, 50));
	assert_false(has(&j.verdict, RULE_ERRORS));
}

static void site_rules_judge_clients_until_limits_are_learned(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	/* zscore would match from 2.5/s on: 150 requests in 60 s; but 200 are required */
	j.baseline = baseline_of(1, 0.5);
	j.limits.most[LIMIT_REQUESTS] = 1000;
	assert_false(judge_window(&j, 200, 0, 0, 60));
	j.limits.known = false;
	assert_false(judge_window(&j, 199, 0, 0, 60));
	assert_true(judge_window(&j, 200, 0, 0, 60));
	assert_true(has(&j.verdict, RULE_ZSCORE) && !has(&j.verdict, RULE_REQUESTS));
	j.baseline.ready = false;
	assert_false(judge_window(&j, 999, 0, 0, 60));
}

static void site_rules_are_evidence_in_addition_to_a_verdict(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j);
	j.baseline = baseline_of(1, 0.5);
	assert_true(judge_window(&j, 400, 0, 0, 60));
	assert_int_equal(j.verdict.evidence_n, 3);
	assert_true(has(&j.verdict, RULE_ZSCORE) && has(&j.verdict, RULE_MULTIPLIER));
	/* the rules of the site are no evidence if the client made fewer than 200 requests */
	assert_true(judge_window(&j, 199, 0, 0, 60));
	assert_int_equal(j.verdict.evidence_n, 1);
}

/* For any counts: one more request does not remove a verdict, and the value of each evidence is
 * above its limit. Exception: one more request may remove a verdict on errors, because it lowers
 * the share of errors. The requests come either one by one or all at once. Other forms are not
 * tested, because more requests in the same seconds are less spread. */
static void more_requests_never_remove_a_verdict(void **state)
{
	struct random r = random_new(1);

	(void)state;
	random_note();
	for (int i = 0; i < 20000; i++) {
		struct judged j;
		judged_init(&j);
		j.baseline = baseline_of((double)(1800 + random_below(&r, 100000)) / 1800,
			0.5 + (double)random_below(&r, 10000) / 1000);
		j.baseline.ready = random_below(&r, 4);
		j.limits.known = random_below(&r, 2);
		j.site.surge = random_below(&r, 2);
		j.site.swarm = random_below(&r, 2);
		j.site.failing = random_below(&r, 8) == 0;
		j.site.pages_fail = random_below(&r, 8) == 0;
		j.view.before = random_below(&r, 2) ? (uint16_t)random_below(&r, 1000) : 0;
		lap(&j, (uint32_t)random_below(&r, 1200), (uint16_t)random_below(&r, 120),
			random_below(&r, 2) ? 600 : 1);
		uint32_t requests = (uint32_t)random_below(&r, 2000);
		uint32_t own = (uint32_t)random_below(&r, 30);
		own = own < requests ? own : requests;
		uint32_t seconds = random_below(&r, 2) ? 60 : 1;
		bool fewer = judge_window(&j, requests, own, own, seconds);
		bool by_errors = fewer && (has(&j.verdict, RULE_ERRORS) ||
						  has(&j.verdict, RULE_VISIT_ERRORS));
		for (size_t k = 0; fewer && k < j.verdict.evidence_n; k++)
			assert_true(j.verdict.evidence[k].value > j.verdict.evidence[k].limit);
		bool more = judge_window(&j, requests + 1, own, own, seconds);
		assert_true(more || !fewer || by_errors);
	}
}

static void largest_counts_give_finite_numbers(void **state)
{
	const struct visit most = {.requests = 4 * UINT16_MAX, .errors = UINT16_MAX};
	struct judged j;

	(void)state;
	judged_init(&j);
	j.baseline = baseline_of(1, 0.5);
	j.site.surge = j.site.swarm = j.site.visit_swarm = true;
	j.view.visit = most;
	assert_true(judge_window(&j, UINT32_MAX, UINT32_MAX, UINT32_MAX, 60));
	assert_int_equal(j.verdict.evidence_n, RULE_PROBES);
	for (int k = 0; k < RULE_PROBES; k++)
		assert_true(isfinite(j.verdict.evidence[k].value));
	assert_true(isfinite(j.verdict.z) && isfinite(j.verdict.rate));
	j.limits.most[LIMIT_REQUESTS] = 1e12;
	assert_true(judge_window(&j, UINT32_MAX, UINT32_MAX, UINT32_MAX, 60));
	assert_true(j.verdict.limit == UINT32_MAX);
	assert_true(rules_judge_site(&j.baseline, false, UINT64_MAX, false, &j.verdict));
	assert_true(isfinite(j.verdict.z) && isfinite(j.verdict.evidence[1].value));
}

static void names_are_those_of_the_manual(void **state)
{
	static const char *const names[] = {"requests", "errors", "visit_requests", "visit_errors",
		"swarm", "visit_swarm", "zscore", "multiplier", "probes", "bait", "repeats",
		"slow_errors"};
	static const char *const units[] = {"requests/60s", "errors/60s", "requests/visit",
		"errors/visit", "requests/60s", "requests/visit", "stddev", "mean", "paths",
		"paths/visit", "writes/visit", "errors/24h"};

	(void)state;
	assert_int_equal(sizeof names / sizeof *names, RULE_COUNT);
	for (int k = 0; k < RULE_COUNT; k++) {
		assert_string_equal(rule_name((enum rule)k), names[k]);
		assert_string_equal(rule_unit((enum rule)k), units[k]);
	}
	assert_string_equal(tight_name(TIGHT_ERROR_SURGE), "error_surge");
	assert_string_equal(tight_name(TIGHT_SITE_SURGE), "site_surge");
	assert_string_equal(baseline_source_name(BASELINE_FLOOR), "floor");
	assert_string_equal(baseline_source_name(BASELINE_RECENT), "recent");
	assert_string_equal(baseline_source_name(BASELINE_HOUR), "hour");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zscore_matches_above_its_threshold_and_not_at_it),
		cmocka_unit_test(multiplier_matches_above_its_threshold_and_not_at_it),
		cmocka_unit_test(every_rule_that_matches_is_evidence),
		cmocka_unit_test(errors_are_judged_by_their_own_baseline),
		cmocka_unit_test(tight_thresholds_of_the_site_are_lower),
		cmocka_unit_test(site_is_not_judged_before_the_warm_up),
		cmocka_unit_test(swarm_rule_matches_above_the_mark_only_during_a_swarm),
		cmocka_unit_test(visit_swarm_rule_matches_above_its_mark_only_during_a_visit_swarm),
		cmocka_unit_test(site_surge_tightens_every_client),
		cmocka_unit_test(own_error_rate_tightens_the_limits_of_a_client),
		cmocka_unit_test(tightened_error_limit_is_never_under_its_floor),
		cmocka_unit_test(site_rules_judge_clients_until_limits_are_learned),
		cmocka_unit_test(site_rules_are_evidence_in_addition_to_a_verdict),
		cmocka_unit_test(more_requests_never_remove_a_verdict),
		cmocka_unit_test(largest_counts_give_finite_numbers),
		cmocka_unit_test(names_are_those_of_the_manual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
