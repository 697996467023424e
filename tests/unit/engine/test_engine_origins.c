/* test_engine_origins.c - the state has the hosts that send counts, and the faults of each host. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/engine/engine.h"
#include "core/read/format.h"
#include "unit/given.h"

#define T0 ((int64_t)1795320960)

static struct engine *engine;
static struct allow *allow;
static struct state state;

static void no_sink(void *ctx, const struct event *e)
{
	(void)ctx;
	(void)e;
}

static void begin(bool counts, bool replay)
{
	struct engine_config c = {
		.replay = replay,
		.counts = counts,
		.max_clients = 100,
		.v4_prefix_len = 32,
		.v6_prefix_len = 64,
		.rules = given_rules_config(),
		.visits = given_visits_config(),
		.bans = given_bans_config(10),
	};

	allow = allow_new();
	assert_non_null(allow);
	allow_seal(allow);
	c.allow = allow;
	engine = engine_new(&c, no_sink, NULL);
	assert_non_null(engine);
}

static int end(void **unused)
{
	(void)unused;
	engine_free(engine);
	allow_free(allow);
	engine = NULL;
	allow = NULL;
	return 0;
}

static struct instant at(int64_t second)
{
	return instant_at_second(T0 + second);
}

static void snapshot(int64_t second)
{
	memset(&state, 0xa5, sizeof state);
	state.saved = at(second);
	engine_snapshot(engine, &state);
}

/* A heartbeat that arrives without delay. */
static void beat(const char *host, uint64_t seq, int64_t second, bool replay)
{
	char line[300], time[32];
	struct buf b;

	buf_init(&b, time, sizeof time - 1);
	buf_put_instant(&b, at(second));
	time[b.len] = '\0';
	int len = snprintf(line, sizeof line,
		"{\"event\":\"counts\",\"time\":\"%s\",\"mode\":\"%s\",\"origin\":\"%s\","
		"\"run\":1795320000000,\"seq\":%llu,\"counts\":[]}",
		time, replay ? "replay" : "live", host, (unsigned long long)seq);
	engine_queue(engine, line, (size_t)len, false, at(second));
	engine_flush(engine);
}

static void pass(int64_t from, int64_t to)
{
	for (int64_t s = from; s <= to; s++)
		engine_tick(engine, at(s));
}

static void a_run_that_reads_a_log_has_no_hosts(void **unused)
{
	(void)unused;
	begin(false, false);
	snapshot(0);
	assert_false(state.reads_counts);
	assert_true(state.origins_n == 0 && state.origins_total == 0);
}

static void hosts_with_a_fault_come_first_and_then_by_name(void **unused)
{
	static const char *const names[] = {"b", "d", "a", "c"};
	static const char *const want[] = {"c", "d", "a", "b"};

	(void)unused;
	begin(true, false);
	for (int i = 0; i < 4; i++)
		beat(names[i], 1, i, false);
	pass(4, 30);
	beat("a", 2, 30, false);
	beat("b", 2, 30, false);
	pass(31, 40);
	snapshot(41);
	assert_true(state.reads_counts);
	assert_int_equal(state.origins_total, 4);
	assert_int_equal(state.origins_n, 4);
	assert_int_equal(state.origins_in[ORIGIN_SILENT], 2);
	assert_int_equal(state.origins_in[ORIGIN_MISSING], 0);
	for (int i = 0; i < 4; i++)
		assert_string_equal(state.origins[i].origin, want[i]);
	const struct state_origin *c = &state.origins[0], *a = &state.origins[2];
	assert_int_equal(c->troubles, 1u << ORIGIN_SILENT);
	/* last heard at second 3; a host is silent when it was not heard for over 30 s */
	assert_int_equal(c->since.ms, at(34).ms);
	assert_int_equal(c->heard.ms, at(3).ms);
	assert_true(c->lag_s == 38);
	assert_int_equal(a->troubles, 0);
	assert_int_equal(a->since.ms, 0);
	assert_true(a->lag_s == 11);
}

static void since_is_the_time_of_the_first_fault(void **unused)
{
	(void)unused;
	begin(true, false);
	beat("a", 1, 0, false);
	beat("a", 5, 1, false);
	pass(2, 35);
	snapshot(35);
	assert_int_equal(state.origins[0].troubles, 1u << ORIGIN_MISSING | 1u << ORIGIN_SILENT);
	/* lines 2 to 4 are missing from second 1 on; this is a fault after 10 to 20 s */
	assert_int_equal(state.origins[0].since.ms, at(20).ms);
	assert_true(state.origins[0].missing == 3 && state.origins[0].lost == 0);
	pass(36, 82);
	snapshot(82);
	assert_true(state.origins[0].missing == 0 && state.origins[0].lost == 3);
}

static void the_state_contains_the_first_1000_hosts(void **unused)
{
	char name[16];

	(void)unused;
	begin(true, true);
	for (int i = 0; i < ORIGINS_MAX; i++) {
		snprintf(name, sizeof name, "w%04d", ORIGINS_MAX - i);
		beat(name, 1, 0, true);
	}
	beat("w0500", 2, 59, true);
	beat("w0500", 3, 60, true);
	snapshot(0); /* a replay uses the times in its log as its clock */
	assert_int_equal(state.origins_total, ORIGINS_MAX);
	assert_int_equal(state.origins_in[ORIGIN_SILENT], ORIGINS_MAX - 1);
	assert_int_equal(state.origins_n, STATE_ORIGINS_MAX);
	assert_string_equal(state.origins[0].origin, "w0001");
	/* without w0500, which has no fault */
	assert_string_equal(state.origins[499].origin, "w0501");
	assert_true(state.origins[0].lag_s == 60);
}

static void a_restored_host_is_not_heard_yet(void **unused)
{
	struct origin known = {.name = "web1", .run = 1795320000000, .seq = 7, .time = at(-100)};

	(void)unused;
	begin(true, false);
	assert_true(origins_restore(engine_memory(engine).origins, &known));
	pass(0, 31);
	snapshot(32);
	assert_int_equal(state.origins[0].troubles, 1u << ORIGIN_SILENT);
	assert_int_equal(state.origins[0].heard.ms, 0);
	assert_true(state.origins[0].lag_s == 132);
	beat("web1", 7, 33, false); /* a repeated line does not count as heard */
	snapshot(33);
	assert_int_equal(state.origins[0].heard.ms, 0);
	assert_int_equal(state.counters.counts_repeated, 1);
	beat("web1", 8, 34, false);
	snapshot(34);
	assert_int_equal(state.origins[0].heard.ms, at(34).ms);
}

/* If the root is killed just after the first line of a host, only a save lets the next run know
 * this host. */
static void a_new_host_causes_a_save_and_its_next_line_does_not(void **unused)
{
	(void)unused;
	begin(true, false);
	beat("web1", 1, 0, false);
	assert_int_equal(engine_lasting(engine), 1);
	beat("web1", 2, 10, false);
	assert_int_equal(engine_lasting(engine), 1);
	beat("web2", 1, 11, false);
	assert_int_equal(engine_lasting(engine), 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, end)
	const struct CMUnitTest tests[] = {
		TEST(a_run_that_reads_a_log_has_no_hosts),
		TEST(hosts_with_a_fault_come_first_and_then_by_name),
		TEST(since_is_the_time_of_the_first_fault),
		TEST(the_state_contains_the_first_1000_hosts),
		TEST(a_restored_host_is_not_heard_yet),
		TEST(a_new_host_causes_a_save_and_its_next_line_does_not),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
