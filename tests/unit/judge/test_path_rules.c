/* test_path_rules.c - each path rule at its limit and beyond it, and what prevents a match. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/judge/path_rules.h"

/* A client with this many probes. The request that is judged is its last probe. */
static struct path_rules_case prober(uint32_t probes)
{
	return (struct path_rules_case){
		.counts = {.probes = probes, .requests = probes, .own = probes},
		.own = true,
		.probe = true,
		.learned = true,
	};
}

static struct path_rules_case baited(uint32_t bait)
{
	struct path_rules_case c = prober(bait);

	c.bait = true;
	c.counts.bait = bait;
	return c;
}

static struct path_rules_case writer(uint32_t writes)
{
	return (struct path_rules_case){
		.counts = {.requests = writes, .visit_requests = writes, .writes = writes},
		.learned = true,
	};
}

static struct path_rules_case failing(uint32_t errors)
{
	return (struct path_rules_case){
		.counts = {.requests = errors,
			.own = errors,
			.day_requests = errors,
			.day_own = errors},
		.own = true,
		.learned = true,
	};
}

static unsigned judge(struct path_rules_case c)
{
	struct verdict v = {0};

	path_rules_judge(&c, &v);
	return rules_bits(&v);
}

static void each_rule_matches_only_beyond_its_limit(void **state)
{
	(void)state;
	assert_int_equal(judge(prober(8)), 0);
	assert_int_equal(judge(prober(9)), 1u << RULE_PROBES);
	assert_int_equal(judge(baited(2)), 0);
	assert_int_equal(judge(baited(3)), 1u << RULE_BAIT);
	assert_int_equal(judge(writer(12)), 0);
	assert_int_equal(judge(writer(13)), 1u << RULE_REPEATS);
	assert_int_equal(judge(failing(60)), 0);
	assert_int_equal(judge(failing(61)), 1u << RULE_SLOW_ERRORS);
}

static void before_limits_are_learned_ten_probes_are_allowed(void **state)
{
	struct path_rules_case c = prober(10);

	(void)state;
	c.learned = false;
	assert_int_equal(judge(c), 0);
	c.counts.probes = 11;
	assert_int_equal(judge(c), 1u << RULE_PROBES);
}

static void evidence_names_the_value_and_the_limit(void **state)
{
	struct path_rules_case c = writer(26);
	struct verdict v = {0};

	(void)state;
	c.usual = 10;
	assert_true(path_rules_judge(&c, &v) > 1.29 && path_rules_judge(&c, &v) < 1.31);
	assert_int_equal(v.evidence[0].rule, RULE_REPEATS);
	assert_true(v.evidence[0].value == 26 && v.evidence[0].limit == 20);
	c.counts.writes = 20;
	assert_int_equal(judge(c), 0);
}

static void no_rule_matches_while_the_site_fails(void **state)
{
	struct path_rules_case all[] = {prober(100), baited(6), writer(1000), failing(1000)};

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		all[i].failing = true;
		assert_int_equal(judge(all[i]), 0);
	}
}

static void failing_pages_are_no_probes(void **state)
{
	struct path_rules_case c = baited(6);

	(void)state;
	c.counts.probes = 100;
	c.pages_fail = true;
	assert_int_equal(judge(c), 0);
}

static void first_page_may_lack_all_its_files(void **state)
{
	struct path_rules_case c = prober(24);

	(void)state;
	c.burst = true;
	assert_int_equal(judge(c), 0);
	c.counts.probes = 25;
	assert_int_equal(judge(c), 1u << RULE_PROBES);
}

/* A page of another site embeds URLs of this site that do not exist. */
static void page_load_is_no_probe(void **state)
{
	struct path_rules_case c = baited(6);

	(void)state;
	c.counts.probes = c.counts.visit_requests = 12;
	c.counts.visit_tenths = 18;
	assert_int_equal(judge(c), 0);
	/* after the first request, at most 6 requests per second follow: too few for a page load */
	c.counts.visit_tenths = 19;
	assert_int_equal(judge(c), 1u << RULE_PROBES | 1u << RULE_BAIT);
	c.counts.visit_tenths = 0;
	c.counts.visit_requests = 13;
	assert_int_equal(judge(c), 1u << RULE_PROBES | 1u << RULE_BAIT);
}

static void reloaded_page_is_no_probe(void **state)
{
	struct path_rules_case c = baited(6);

	(void)state;
	c.counts.probes = 12;
	c.counts.visit_requests = 1;
	assert_int_equal(judge(c), 0);
	c.counts.probe_anew = true;
	assert_int_equal(judge(c), 1u << RULE_PROBES);
	c.counts.probe_anew = false;
	c.counts.bait_anew = true;
	assert_int_equal(judge(c), 1u << RULE_BAIT);
}

/* path_rules.h defines a served client. */
static void served_clients_are_no_probers(void **state)
{
	struct path_rules_case c = baited(6);

	(void)state;
	c.counts.probes = 24;
	c.counts.pages = 3;
	c.counts.requests = 100;
	c.counts.own = 90;
	assert_int_equal(judge(c), 0);
	c.counts.own = 91;
	assert_int_equal(judge(c), 1u << RULE_PROBES);
	c.counts.own = 75;
	/* with over 24 probes, the rule matches a served client, like other clients, if own errors
	 * are over 75 % of its requests */
	c.counts.probes = 25;
	assert_int_equal(judge(c), 0);
	c.counts.own = 76;
	assert_int_equal(judge(c), 1u << RULE_PROBES);
}

/* A feature is a path to which many visitors often write (written_paths.h). */
static void writes_to_a_feature_or_after_three_served_paths_are_no_repeats(void **state)
{
	struct path_rules_case c = writer(1000);

	(void)state;
	c.feature = true;
	assert_int_equal(judge(c), 0);
	c.feature = false;
	c.counts.read = 3;
	assert_int_equal(judge(c), 0);
	c.counts.read = 1; /* the client read only the path that it writes to */
	assert_int_equal(judge(c), 1u << RULE_REPEATS);
	c.counts.visit_requests = 4000;
	assert_int_equal(judge(c), 0);
}

static void writer_that_was_served_a_page_has_a_higher_limit(void **state)
{
	struct path_rules_case c = writer(240);

	(void)state;
	c.counts.read = 2;
	assert_int_equal(judge(c), 0);
	c.counts.writes = 241;
	assert_int_equal(judge(c), 1u << RULE_REPEATS);
}

static void honest_clients_have_higher_limits(void **state)
{
	struct path_rules_case probes = prober(24), bait = baited(6), writes = writer(240);

	(void)state;
	probes.known = bait.known = writes.known = true;
	assert_int_equal(judge(probes), 0);
	assert_int_equal(judge(bait), 0);
	assert_int_equal(judge(writes), 0);
	probes.counts.probes = 25;
	assert_int_equal(judge(probes), 1u << RULE_PROBES);
	writes.counts.writes = 241;
	assert_int_equal(judge(writes), 1u << RULE_REPEATS);
}

static void robots_have_higher_limits(void **state)
{
	struct path_rules_case probes = prober(24), bait = baited(6), errors = failing(180);

	(void)state;
	probes.counts.robot = bait.counts.robot = errors.counts.robot = true;
	assert_int_equal(judge(probes), 0);
	assert_int_equal(judge(bait), 0);
	assert_int_equal(judge(errors), 0);
}

static void limits_on_parole_are_a_fifth_of_the_usual_limits(void **state)
{
	struct path_rules_case c = writer(3);

	(void)state;
	c.parole = true; /* a form may be sent three times */
	assert_int_equal(judge(c), 0);
	c.counts.writes = 4;
	assert_int_equal(judge(c), 1u << RULE_REPEATS);
	c.slow = true; /* a slow writer may be a program that works for the site */
	assert_int_equal(judge(c), 0);
}

static void errors_on_few_unserved_paths_are_recognised(void **state)
{
	struct path_rules_case c = prober(5);

	(void)state;
	assert_false(path_rules_few_paths(&c));
	c.counts.own = c.counts.requests = 15;
	assert_true(path_rules_few_paths(&c));
	c.probe = false;
	assert_false(path_rules_few_paths(&c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_matches_only_beyond_its_limit),
		cmocka_unit_test(before_limits_are_learned_ten_probes_are_allowed),
		cmocka_unit_test(evidence_names_the_value_and_the_limit),
		cmocka_unit_test(no_rule_matches_while_the_site_fails),
		cmocka_unit_test(failing_pages_are_no_probes),
		cmocka_unit_test(first_page_may_lack_all_its_files),
		cmocka_unit_test(page_load_is_no_probe),
		cmocka_unit_test(reloaded_page_is_no_probe),
		cmocka_unit_test(served_clients_are_no_probers),
		cmocka_unit_test(writes_to_a_feature_or_after_three_served_paths_are_no_repeats),
		cmocka_unit_test(writer_that_was_served_a_page_has_a_higher_limit),
		cmocka_unit_test(honest_clients_have_higher_limits),
		cmocka_unit_test(robots_have_higher_limits),
		cmocka_unit_test(limits_on_parole_are_a_fifth_of_the_usual_limits),
		cmocka_unit_test(errors_on_few_unserved_paths_are_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
