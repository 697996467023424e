/* test_engine_counts.c - a live root reads lines of counts. The tests check to which second the
 * root adds the counts of a line, which lines it rejects, and which alerts it reports. */
#include "unit/given_engine.h"

static uint64_t seq;

static int begin_root(void **state)
{
	struct engine_config c = config_of(false);

	(void)state;
	c.counts = true;
	begin_with(c, NULL);
	seq = 0;
	return 0;
}

/* Feeds a line with the counts of host web1 for `second`, when the wall clock shows wall_s.
 * `second` and `wall_s` are seconds after T0. */
static void say_counts(const char *mode, int64_t second, int64_t wall_s, const char *counts)
{
	char line[512], time[32];
	struct buf b;

	buf_init(&b, time, sizeof time - 1);
	buf_put_instant(&b, instant_at_second(T0 + second));
	time[b.len] = '\0';
	int len = snprintf(line, sizeof line,
		"{\"event\":\"counts\",\"time\":\"%s\",\"mode\":\"%s\",\"origin\":\"web1\","
		"\"run\":1,\"seq\":%llu,\"counts\":[%s]}",
		time, mode, (unsigned long long)++seq, counts);
	say_line(g.engine, line, (size_t)len, false, instant_at_second(T0 + wall_s));
}

#define TWO "[\"203.0.113.7\",3,0,0],[\"2001:db8:bad:1::/64\",4,0,0]"

static struct counters counted(void)
{
	return engine_counters(g.engine);
}

static void counts_of_a_live_run_are_counted(void **state)
{
	(void)state;
	say_counts("live", 8, 10, TWO);
	assert_int_equal(counted().requests, 7);
	assert_int_equal(counted().clients, 2);
}

static void a_live_root_rejects_counts_of_a_replay(void **state)
{
	(void)state;
	say_counts("replay", 8, 10, TWO);
	assert_int_equal(counted().requests, 0);
	assert_int_equal(counted().other, 1);
}

static void counts_older_than_the_window_are_late(void **state)
{
	(void)state;
	say_counts("live", 98, 100, TWO);
	/* A host publishes its counts 2 s after the beginning of their second. The root adds them
	 * to that time, even if the line arrives later: the counts of second 39 to second 41. The
	 * window that ends with second 100 begins with second 41. */
	say_counts("live", 39, 100, TWO);
	assert_int_equal(counted().late, 0);
	assert_int_equal(counted().requests, 14);
	say_counts("live", 38, 100, TWO);
	assert_int_equal(counted().late, 1);
	assert_int_equal(counted().requests, 14);
}

/* The first line of a host with a fast clock shows by how many seconds the clock is ahead (here
 * 998), and is not counted. */
static void counts_of_a_fast_clock_count_in_their_true_second(void **state)
{
	(void)state;
	say_counts("live", 1008, 10, TWO);
	assert_int_equal(counted().ahead, 1);
	assert_int_equal(counted().requests, 0);
	say_counts("live", 1009, 11, TWO);
	assert_int_equal(counted().requests, 7);
	/* by the true clock this is second 12, which is 88 s old at 100 s */
	say_counts("live", 1010, 100, TWO);
	assert_int_equal(counted().late, 1);
	assert_int_equal(counted().ahead, 1);
	assert_int_equal(counted().requests, 7);
}

static void a_root_that_was_stopped_reports_no_silent_host(void **state)
{
	(void)state;
	engine_clock(g.engine, instant_at_second(T0), span_seconds(1000));
	say_counts("live", 0, 2, TWO);
	engine_clock(g.engine, instant_at_second(T0 + 120), span_seconds(1120));
	tick((T0 + 121) * 1000);
	assert_int_equal(count_of(EVENT_ALERT), 0);
	for (int64_t s = 122; s < 160; s++) {
		engine_clock(g.engine, instant_at_second(T0 + s), span_seconds(1000 + s));
		tick((T0 + s) * 1000);
	}
	assert_int_equal(count_of(EVENT_ALERT), 1);
	assert_int_equal(last_of(EVENT_ALERT)->scope, SCOPE_ORIGIN);
	assert_int_equal(last_of(EVENT_ALERT)->trouble, ORIGIN_SILENT);
}

static void a_root_whose_clock_was_set_reports_no_silent_host(void **state)
{
	(void)state;
	engine_clock(g.engine, instant_at_second(T0), span_seconds(1000));
	say_counts("live", 0, 2, TWO);
	engine_clock(g.engine, instant_at_second(T0 + 3600), span_seconds(1003));
	tick((T0 + 3601) * 1000);
	assert_int_equal(count_of(EVENT_ALERT), 0);
	assert_int_equal(count_of(EVENT_ERROR), 1); /* clock_jump */
}

static void a_wrong_topic_is_reported_once_per_minute(void **state)
{
	static const char line[] = "counts/web2\x1b {\"event\":\"counts\",\"origin\":\"web1\"}";

	(void)state;
	say_counts("live", 0, 2, TWO);
	for (int64_t s = 3; s < 64; s++)
		say_line(g.engine, line, sizeof line - 1, false, instant_at_second(T0 + s));
	assert_int_equal(counted().bad_origin, 61);
	assert_int_equal(count_of(EVENT_ERROR), 2);
	assert_string_equal(last_of(EVENT_ERROR)->reason, "bad_origin");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_root, end)
	const struct CMUnitTest tests[] = {
		TEST(counts_of_a_live_run_are_counted),
		TEST(a_live_root_rejects_counts_of_a_replay),
		TEST(counts_older_than_the_window_are_late),
		TEST(counts_of_a_fast_clock_count_in_their_true_second),
		TEST(a_root_that_was_stopped_reports_no_silent_host),
		TEST(a_root_whose_clock_was_set_reports_no_silent_host),
		TEST(a_wrong_topic_is_reported_once_per_minute),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
