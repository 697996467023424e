/* test_counting_clock.c - anomcount with wrong times in the log, and while the clock is set. */
#include "unit/given_counts.h"

static void wrong_times_are_counted_as_late_or_ahead(void **state)
{
	static const char no_time[] = "{\"remote_addr\":\"198.51.100.7\",\"status\":200}";
	struct instant at = {(T0 + 100) * 1000};

	(void)state;
	begin_live(counting_config_of(false));
	tick_at(100000);
	ask_late("198.51.100.9", 100000 - 60000, 100000); /* older than the window */
	ask_late("198.51.100.1", 100000 - 59000, 100000);
	ask_late("198.51.100.2", 100000 + 2000, 100000); /* 2.5 s ahead: ask_late adds 0.5 s */
	counting_queue(g_counting, no_time, sizeof no_time - 1, false, at);
	struct counting_counters c = counters();
	assert_int_equal(c.late, 1);
	assert_int_equal(c.ahead, 1);
	assert_int_equal(c.requests, 3);
	tick_at(102000);
	assert_null(strstr(g_out.text, "198.51.100.9"));
	assert_non_null(strstr(g_out.text, "T14:14:01.000Z"));
	assert_non_null(strstr(g_out.text, "T14:15:00.000Z"));
	assert_non_null(strstr(g_out.text, "[\"198.51.100.2\",1,0,0],[\"198.51.100.7\",1,0,0]"));
	end_counting();
}

/* Begins with counts that wait for the longest grace period. */
static void begin_waiting(void)
{
	struct counting_config config = counting_config_of(false);

	config.grace.ms = 60000;
	begin_live(config);
	ask_live("198.51.100.7", 200, 100);
	ask_live("2001:db8::1", 200, 100);
	counting_flush(g_counting);
}

static void tick_off(int64_t wall_ms, int64_t monotonic_ms)
{
	counting_tick(g_counting, (struct instant){T0 * 1000 + wall_ms},
		(struct span){1000000 + monotonic_ms});
}

#define BOTH "[\"198.51.100.7\",1,0,0],[\"2001:db8::/64\",1,0,0]"

static void setting_the_clock_publishes_all_counts_immediately(void **state)
{
	static const int64_t jumps[] = {3600 * 1000, -3600 * 1000};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		begin_live(counting_config_of(false));
		ask_live("198.51.100.7", 200, 100);
		counting_flush(g_counting);
		struct instant wall = {T0 * 1000 + 200 + jumps[i]};
		counting_tick(g_counting, wall, (struct span){1000200});
		published_is(LIVE("14:13:20.000", 2, "[\"198.51.100.7\",1,0,0]"));
		ask("2001:db8::1", NULL, 200, wall.ms);
		assert_int_equal(counters().late, 0);
		wall.ms += 3000;
		counting_tick(g_counting, wall, (struct span){1003200});
		assert_non_null(strstr(g_out.text, "2001:db8::/64"));
		end_counting();
	}
}

static void step_of_over_five_seconds_means_the_clock_was_set(void **state)
{
	static const int64_t ways[] = {1, -1};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		begin_waiting();
		tick_off(200 + 5000 * ways[i], 200);
		published_is("");
		end_counting();
		begin_waiting();
		tick_off(200 + 5001 * ways[i], 200);
		published_is(LIVE("14:13:20.000", 2, BOTH));
		/* from now on the new time is right: later lines wait for their grace period */
		ask_live("198.51.100.7", 200, 300 + 5001 * ways[i]);
		counting_flush(g_counting);
		tick_off(400 + 5001 * ways[i], 400);
		published_is("");
		end_counting();
	}
}

/* A time daemon slews the clock until it has moved by 20 s. */
static void small_steps_of_the_clock_are_not_taken_for_a_jump(void **state)
{
	static const int64_t ways[] = {1, -1};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		begin_waiting();
		for (int64_t step = 1; step <= 20; step++) {
			tick_off(200 + 1000 * step * ways[i], 200 + step);
			published_is("");
		}
		end_counting();
	}
}

/* No later line agrees with these times, because the input ends. */
static void times_that_no_line_confirms_are_bad_at_the_end(void **state)
{
	(void)state;
	begin_counting(counting_config_of(true));
	ask("198.51.100.7", NULL, 200, T0 * 1000);
	ask("198.51.100.8", NULL, 200, T0 * 1000 + 7200000);
	ask("2001:db8::1", NULL, 200, T0 * 1000 + 7200000);
	assert_int_equal(counters().bad_time, 0);
	assert_true(counting_end(g_counting, false));
	assert_int_equal(counters().bad_time, 2);
	assert_int_equal(counters().requests, 1);
	end_counting();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_times_are_counted_as_late_or_ahead),
		cmocka_unit_test(setting_the_clock_publishes_all_counts_immediately),
		cmocka_unit_test(step_of_over_five_seconds_means_the_clock_was_set),
		cmocka_unit_test(small_steps_of_the_clock_are_not_taken_for_a_jump),
		cmocka_unit_test(times_that_no_line_confirms_are_bad_at_the_end),
	};

	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(g_out.text);
	return failed;
}
