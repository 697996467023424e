/* test_clock_skew.c - which differences between log and clock are a constant skew, and which are
 * not. */
#include "core/measure/clock_skew.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "unit/random.h"

#define T0 ((int64_t)1795320960000)

struct stream {
	struct clock_skew skew;
	struct random random;
	int64_t wall_ms;
};

/* Feeds n lines, one per step_ms of wall time. Each line's time is off by offset_ms, minus a random
 * delay below jitter_ms. Returns how many times the skew was reported. */
static unsigned feed(struct stream *s, int n, int64_t step_ms, int64_t offset_ms, int64_t jitter_ms)
{
	unsigned told = 0;

	for (int i = 0; i < n; i++, s->wall_ms += step_ms) {
		int64_t late =
			jitter_ms ? (int64_t)random_below(&s->random, (uint64_t)jitter_ms) : 0;
		told += clock_skew_note(&s->skew, (struct instant){s->wall_ms + offset_ms - late},
			(struct instant){s->wall_ms});
	}
	return told;
}

static struct stream stream_new(void)
{
	return (struct stream){.random = random_new(1), .wall_ms = T0};
}

static void constant_skew_is_reported_once(void **state)
{
	static const int64_t offsets_ms[] = {3600000, -3600000, -7200000, 12000, -47000, 10001};

	(void)state;
	for (size_t i = 0; i < sizeof offsets_ms / sizeof *offsets_ms; i++) {
		struct stream s = stream_new();
		/* 10 lines per second: line 100 is read at 9.9 s; the skew is reported at 10 s */
		assert_int_equal(feed(&s, 100, 100, offsets_ms[i], 0), 0);
		assert_int_equal(feed(&s, 1, 100, offsets_ms[i], 0), 1);
		assert_int_equal(feed(&s, 5000, 100, offsets_ms[i], 0), 0);
		assert_int_equal(feed(&s, 5000, 100, -offsets_ms[i], 0), 0);
	}
}

static void hundred_lines_are_needed_even_in_a_slow_log(void **state)
{
	struct stream s = stream_new();

	(void)state;
	assert_int_equal(feed(&s, 99, 60000, -3600000, 0), 0);
	assert_int_equal(feed(&s, 1, 60000, -3600000, 0), 1);
}

static void buffers_and_whole_seconds_do_not_hide_a_skew(void **state)
{
	(void)state;
	for (int64_t jitter_ms = 500; jitter_ms <= 8000; jitter_ms += 500) {
		struct stream s = stream_new();
		/* 200 lines per second, with delays of up to jitter_ms */
		assert_int_equal(feed(&s, 4000, 5, 3600000, jitter_ms), 1);
	}
}

static void current_times_cause_no_report(void **state)
{
	struct stream s = stream_new();

	(void)state;
	assert_int_equal(feed(&s, 5000, 100, 0, 10000), 0);
	assert_int_equal(feed(&s, 5000, 100, 10000, 0), 0);
	assert_int_equal(feed(&s, 5000, 100, -10000, 0), 0);
}

static void one_line_with_the_current_time_restarts_the_count(void **state)
{
	struct stream s = stream_new();

	(void)state;
	for (int i = 0; i < 50; i++) {
		assert_int_equal(feed(&s, 100, 100, -60000, 0), 0);
		assert_int_equal(feed(&s, 1, 100, 0, 0), 0);
	}
	assert_int_equal(feed(&s, 101, 100, -60000, 0), 1);
}

static void scattered_times_cause_no_report(void **state)
{
	struct stream s = stream_new();

	(void)state;
	assert_int_equal(feed(&s, 20000, 10, -20000, 60000), 0);
	/* the lines of two servers alternate, and the clock of one server is an hour off */
	for (int i = 0; i < 1000; i++)
		assert_int_equal(feed(&s, 1, 100, i % 2 ? -3600000 : -20000, 0), 0);
}

/* Each second, the reader reads the lines of `speed` seconds, until it has caught up. */
static unsigned catch_up(double speed, int64_t behind_ms)
{
	struct stream s = stream_new();
	double offset_ms = -(double)behind_ms;
	unsigned told = 0;

	for (; offset_ms < 0; offset_ms += (speed - 1) * 10)
		told += feed(&s, 1, 10, (int64_t)offset_ms, 0);
	return told + feed(&s, 2000, 10, 0, 0);
}

static void reader_that_catches_up_causes_no_report(void **state)
{
	static const double speeds[] = {1.25, 1.5, 2, 3, 10, 100, 5000};

	(void)state;
	for (size_t i = 0; i < sizeof speeds / sizeof *speeds; i++)
		assert_int_equal(catch_up(speeds[i], 3600000), 0);
}

static void backlog_that_is_read_at_once_causes_no_report(void **state)
{
	struct stream s = stream_new();

	(void)state;
	assert_int_equal(feed(&s, 100000, 0, -86400000, 5000), 0);
	assert_int_equal(feed(&s, 10, 1000, 0, 0), 0);
}

static void setting_the_clock_restarts_the_count(void **state)
{
	struct stream s = stream_new();

	(void)state;
	assert_int_equal(feed(&s, 100, 100, -60000, 0), 0);
	clock_skew_restart(&s.skew);
	assert_int_equal(feed(&s, 100, 100, -60000, 0), 0);
	assert_int_equal(feed(&s, 1, 100, -60000, 0), 1);
}

static void message_names_the_skew_and_its_likely_cause(void **state)
{
	static const struct {
		int64_t offset_ms;
		const char *message;
	} cases[] = {
		{3600000,
			"the log's times are 3600 s ahead of this host's clock: they have no time "
			"zone or a wrong one; see --tz"},
		{-20702000,
			"the log's times are 20702 s behind this host's clock: they have no time "
			"zone or a wrong one; see --tz"},
		{-20720000,
			"the log's times are 20720 s behind this host's clock: a clock is wrong, "
			"or lines arrive late"},
		{47000, "the log's times are 47 s ahead of this host's clock: a clock is wrong, "
			"or lines arrive late"},
		{-253402300000000,
			"the log's times are 253402300000 s behind this host's clock: a clock is "
			"wrong, or lines arrive late"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct stream s = stream_new();
		assert_int_equal(feed(&s, 200, 100, cases[i].offset_ms, 0), 1);
		assert_string_equal(s.skew.message, cases[i].message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(constant_skew_is_reported_once),
		cmocka_unit_test(hundred_lines_are_needed_even_in_a_slow_log),
		cmocka_unit_test(buffers_and_whole_seconds_do_not_hide_a_skew),
		cmocka_unit_test(current_times_cause_no_report),
		cmocka_unit_test(one_line_with_the_current_time_restarts_the_count),
		cmocka_unit_test(scattered_times_cause_no_report),
		cmocka_unit_test(reader_that_catches_up_causes_no_report),
		cmocka_unit_test(backlog_that_is_read_at_once_causes_no_report),
		cmocka_unit_test(setting_the_clock_restarts_the_count),
		cmocka_unit_test(message_names_the_skew_and_its_likely_cause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
