/* test_engine_marks.c - the marks of swarms are updated from the limits when a client that may
 * exceed a mark is counted. */
#include "core/engine/engine_parts.h"

#include "unit/given_engine.h"

static void ignore(void *ctx, const struct event *e)
{
	(void)ctx;
	(void)e;
}

static void ask(struct engine *e, uint32_t client, int64_t second)
{
	char line[160];
	int len = snprintf(line, sizeof line,
		client % 2 ? "{\"time\":%lld,\"remote_addr\":\"2001:db8:%x::7\",\"status\":200}"
			   : "{\"time\":%lld,\"remote_addr\":\"9.%u.7.7\",\"status\":200}",
		(long long)second, client);

	engine_queue(e, line, (size_t)len, false, (struct instant){0});
	engine_flush(e);
}

static void marks_are_updated_for_a_client_above_the_lowest_mark(void **state)
{
	struct allow *allow = allow_of(NULL);
	struct engine_config c = config_of(true);
	int64_t second = T0;

	(void)state;
	c.allow = allow;
	struct engine *e = engine_new(&c, ignore, NULL);
	assert_non_null(e);
	for (uint32_t client = 0; client < 250; client++) /* visits of 1 to 40 requests */
		for (uint32_t i = 0; i <= client % 40; i++)
			ask(e, client, second += 2);
	second += 300; /* all visits have taught, and the marks are over a minute old */
	ask(e, 1001, second);
	const struct crowd *crowd = clients_crowd(e->clients);
	assert_true(crowd->stale); /* one request is below any mark */
	for (int i = 0; i < 100; i++)
		ask(e, 1001, second);
	assert_false(crowd->stale);
	assert_true(visits_limits(e->visits)->known);
	assert_int_equal(crowd->mark, (uint32_t)visits_limits(e->visits)->most[LIMIT_MARK]);
	assert_int_equal(
		crowd->visit_mark, (uint32_t)visits_limits(e->visits)->most[LIMIT_VISIT_MARK]);
	engine_free(e);
	allow_free(allow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(marks_are_updated_for_a_client_above_the_lowest_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
