/* test_origins_trouble.c - hosts that send counts: gaps, silence, clocks, shared names. */
#include "unit/given_origins.h"

static void missing_lines_and_their_end_are_reported_once(void **state)
{
	(void)state;
	note(1);
	note(5);
	note(9);
	pass_to(5000);
	note(10);
	pass_to(19999);
	assert_told("");
	pass_to(20000);
	assert_told("web1 missing");
	assert_int_equal(told_missing, 6);
	note(2);
	note(3);
	note(4);
	note(6);
	note(7);
	pass_to(21000);
	assert_told("");
	note(8);
	pass_to(22000);
	assert_told("web1 over missing");
	assert_int_equal(origins_lost(all), 0);
}

/* One line per second; every twentieth is lost. */
static void each_missing_line_counts_as_lost_after_70_seconds(void **state)
{
	(void)state;
	for (uint64_t k = 1; k <= 300; k++) {
		pass_to((int64_t)k * 1000 - 1);
		if (k % 20)
			note(k);
	}
	assert_told("web1 missing");
	/* Lines 20 to 220 have been missing for over 70 s. Ages are known only to within 10 s, so
	 * the test also accepts that line 240, missing for 59 s, counts as lost. */
	assert_in_range(origins_lost(all), 11, 12);
	assert_in_range(origins_get(all, 0)->missing, 2, 4);
	/* a lost line may still arrive; then the number of missing lines does not fall */
	uint64_t missing = origins_get(all, 0)->missing;
	assert_int_equal(note(20), ORIGINS_NEW);
	assert_int_equal(note(20), ORIGINS_REPEATED);
	pass_to(300000);
	assert_in_range(origins_get(all, 0)->missing, missing, missing + 1);
	origins_end(all);
	/* line 300 is not counted as lost, because no later line arrived */
	assert_int_equal(origins_lost(all), 14);
}

static void lines_out_of_order_are_not_missing(void **state)
{
	(void)state;
	note(2);
	for (uint64_t k = 4; k < 400; k += 2) {
		pass_to((int64_t)k * 300);
		note(k);
		note(k - 3);
	}
	assert_told("");
	assert_int_equal(origins_lost(all), 0);
}

static void nothing_is_missing_before_the_first_line(void **state)
{
	(void)state;
	note(500);
	note(499);
	pass_to(20000);
	assert_told("");
	/* each later run is known to begin with line 1 */
	assert_int_equal(note_line("web1", 2, 3), ORIGINS_NEW);
	pass_to(40000);
	note_line("web1", 2, 4);
	assert_told("web1 missing");
	assert_int_equal(told_missing, 2);
}

static void silence_is_reported_after_30_seconds(void **state)
{
	(void)state;
	note(1);
	note_line("web2", 1, 1);
	pass_to(20000);
	note_line("web2", 1, 2);
	pass_to(30000);
	assert_told("");
	pass_to(31000);
	assert_told("web1 silent");
	note(1); /* a line that is delivered again does not end the silence */
	pass_to(40000);
	assert_told("");
	note(2);
	pass_to(41000);
	assert_told("web1 over silent");
	pass_to(60000);
	assert_told("web2 silent");
}

static void a_clock_that_is_ahead_is_reported_immediately(void **state)
{
	(void)state;
	beat_after(1, -2000);
	pass_to(1000);
	assert_told("");
	beat_after(2, -660000);
	pass_to(2000);
	assert_told("web1 clock");
	assert_true(told_offset > 659 && told_offset < 661);
	/* the fault is over when no line of the last 20 to 30 s shows a wrong clock */
	for (uint64_t k = 1; k <= 4; k++) {
		pass_to((int64_t)k * 10000);
		beat_after(2 + k, 5);
	}
	assert_told("web1 over clock");
}

static void a_clock_that_is_behind_is_reported_within_30_seconds(void **state)
{
	(void)state;
	for (uint64_t k = 0; k < 3; k++) {
		pass_to((int64_t)k * 10000 + 500);
		beat_after(1 + k, 4200000);
	}
	pass_to(29000);
	assert_told("web1 clock");
	assert_true(told_offset < -4199 && told_offset > -4201);
}

static void a_burst_after_an_outage_is_no_wrong_clock(void **state)
{
	(void)state;
	beat_after(1, 10);
	pass_to(25000);
	for (uint64_t k = 0; k < 3; k++)
		beat_after(2 + k, 20000 - (int64_t)k * 10000);
	pass_to(28000);
	beat_after(5, 10);
	pass_to(50000);
	assert_told("");
}

/* Counts are published late, as from a log with a buffer, but heartbeats are punctual. */
static void late_seconds_are_no_wrong_clock(void **state)
{
	uint32_t index;

	(void)state;
	for (int64_t s = 0; s < 100; s++) {
		pass_to(s * 1000);
		struct origins_line line = {.name = "web1",
			.run = 1,
			.seq = (uint64_t)s + 1,
			.time = at(s % 10 ? now_ms - 8000 : now_ms),
			.heartbeat = s % 10 == 0};
		origins_note(all, &line, at(now_ms), &index);
	}
	assert_told("");
	assert_true(origins_get(all, 0)->lines_per_s > 0.9);
	assert_true(origins_get(all, 0)->lines_per_s < 1.1);
}

static void setting_the_clock_moves_all_times(void **state)
{
	(void)state;
	note(1);
	note(3);
	pass_to(5000);
	origins_shift(all, 3600000);
	now_ms += 3600000;
	pass_to(now_ms + 14000);
	assert_told("");
	pass_to(now_ms + 1000);
	assert_told("web1 missing");
	pass_to(now_ms + 11000);
	assert_told("web1 silent");
}

static void replay_compares_no_clocks(void **state)
{
	origins_free(all);
	all = origins_new((struct hash_key){{1, 2}}, false);
	(void)state;
	beat_after(1, -660000);
	for (uint64_t k = 1; k < 5; k++) {
		pass_to((int64_t)k * 10000);
		beat_after(1 + k, 660000);
	}
	assert_told("");
}

static void two_senders_under_one_name_are_reported(void **state)
{
	(void)state;
	note_line("web1", 2000, 1);
	for (uint64_t k = 1; k <= 12; k++) {
		pass_to((int64_t)k * 1000);
		note_line("web1", 2000, k + 1);
		assert_int_equal(note_line("web1", 1000, k), ORIGINS_OLD);
	}
	assert_told("web1 duplicate");
	for (uint64_t k = 13; k <= 43; k++) {
		pass_to((int64_t)k * 1000);
		note_line("web1", 2000, k + 1);
	}
	assert_told("web1 over duplicate");
}

static void the_last_lines_of_a_run_are_no_second_sender(void **state)
{
	(void)state;
	note_line("web1", 1000, 1);
	pass_to(1000);
	note_line("web1", 2000, 1);
	for (uint64_t k = 2; k < 50; k++)
		assert_int_equal(note_line("web1", 1000, k), ORIGINS_OLD);
	pass_to(9000);
	assert_int_equal(note_line("web1", 1000, 50), ORIGINS_OLD);
	pass_to(15000);
	assert_told("");
}

static int64_t second_ahead(uint64_t seq, int64_t late_s, enum origins_place where)
{
	struct origins_line line = {.name = "web1",
		.run = 1,
		.seq = seq,
		.time = at(now_ms + (1000 - 2 - late_s) * 1000)};
	uint32_t index;

	assert_int_equal(origins_note(all, &line, at(now_ms), &index), where);
	return instant_since(at(now_ms), line.time).ms / 1000;
}

static void backlog_of_a_host_with_a_fast_clock_is_late(void **state)
{
	(void)state;
	second_ahead(1, 0, ORIGINS_AHEAD); /* the skew of the clock is not known yet */
	for (uint64_t k = 2; k < 20; k++) {
		pass_to((int64_t)k * 1000);
		assert_int_equal(second_ahead(k, 0, ORIGINS_NEW), 0);
	}
	assert_told("web1 clock");
	/* an outage of 100 s: the lines after it have their true age */
	pass_to(119000);
	for (uint64_t k = 20; k < 120; k++)
		assert_int_equal(second_ahead(k, 119 - (int64_t)k, ORIGINS_NEW), 119 - (int64_t)k);
	/* the backlog of a new host is rejected until its end, because its clock is not known */
	close_origins(NULL);
	open_origins(NULL);
	for (uint64_t k = 1; k < 100; k++)
		second_ahead(k, 100 - (int64_t)k, ORIGINS_AHEAD);
	second_ahead(100, 0, ORIGINS_AHEAD);
	pass_to(1000);
	assert_int_equal(second_ahead(101, 0, ORIGINS_NEW), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_origins, close_origins)
	const struct CMUnitTest tests[] = {
		TEST(missing_lines_and_their_end_are_reported_once),
		TEST(each_missing_line_counts_as_lost_after_70_seconds),
		TEST(lines_out_of_order_are_not_missing),
		TEST(nothing_is_missing_before_the_first_line),
		TEST(silence_is_reported_after_30_seconds),
		TEST(a_clock_that_is_ahead_is_reported_immediately),
		TEST(a_clock_that_is_behind_is_reported_within_30_seconds),
		TEST(a_burst_after_an_outage_is_no_wrong_clock),
		TEST(late_seconds_are_no_wrong_clock),
		TEST(setting_the_clock_moves_all_times),
		TEST(replay_compares_no_clocks),
		TEST(two_senders_under_one_name_are_reported),
		TEST(the_last_lines_of_a_run_are_no_second_sender),
		TEST(backlog_of_a_host_with_a_fast_clock_is_late),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
