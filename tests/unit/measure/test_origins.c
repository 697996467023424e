/* test_origins.c - hosts that send counts: repeats, gaps, runs, silence, clocks. */
#include "core/measure/origins.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define T0 1795320960000

static struct origins *all;
static int64_t now_ms;
/* What was reported, as words: "web1 silent", "web1 over silent". */
static char told[8192];
static uint64_t told_missing;
static double told_offset;

static struct instant at(int64_t ms)
{
	return (struct instant){T0 + ms};
}

static void note_report(
	void *ctx, const struct origin *o, enum origin_trouble trouble, struct instant now)
{
	size_t len = strlen(told);

	(void)ctx;
	assert_int_equal(now.ms, T0 + now_ms);
	snprintf(told + len, sizeof told - len, "%s%s %s%s", len ? "; " : "", o->name,
		o->in[trouble] ? "" : "over ", origin_trouble_name(trouble));
	told_missing = o->missing;
	told_offset = o->offset_s;
}

static void assert_told(const char *words)
{
	assert_string_equal(told, words);
	told[0] = '\0';
}

/* Time passes, second by second. */
static void pass_to(int64_t ms)
{
	for (int64_t s = now_ms / 1000 + 1; s * 1000 <= ms; s++) {
		now_ms = s * 1000;
		origins_check(all, at(now_ms), note_report, NULL);
	}
	now_ms = ms;
}

static enum origins_place note_line(const char *name, uint64_t run, uint64_t seq)
{
	struct origins_line line = {.name = name,
		.run = run,
		.seq = seq,
		.time = at(now_ms),
		.heartbeat = true,
		.clients = 2};
	uint32_t index;

	return origins_note(all, &line, at(now_ms), &index);
}

static enum origins_place note(uint64_t seq)
{
	return note_line("web1", 1, seq);
}

/* A heartbeat that was sent `delay` before it comes. */
static void beat_after(uint64_t seq, int64_t delay_ms)
{
	struct origins_line line = {.name = "web1",
		.run = 1,
		.seq = seq,
		.time = at(now_ms - delay_ms),
		.heartbeat = true};
	uint32_t index;

	assert_int_equal(origins_note(all, &line, at(now_ms), &index), ORIGINS_NEW);
}

static int open_origins(void **state)
{
	(void)state;
	all = origins_new((struct hash_key){{1, 2}}, true);
	now_ms = 0;
	told[0] = '\0';
	return all ? 0 : -1;
}

static int close_origins(void **state)
{
	(void)state;
	origins_free(all);
	return 0;
}

static void each_number_counts_once(void **state)
{
	static const uint64_t order[] = {5, 6, 9, 7, 8, 3, 1, 2, 4};

	(void)state;
	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		assert_int_equal(note(order[i]), ORIGINS_NEW);
	for (uint64_t seq = 1; seq <= 9; seq++)
		assert_int_equal(note(seq), ORIGINS_REPEATED);
	assert_int_equal(note_line("web2", 1, 5), ORIGINS_NEW);
	assert_int_equal(origins_n(all), 2);
}

static void numbers_beyond_the_bitmap_are_old(void **state)
{
	(void)state;
	for (uint64_t seq = 1; seq <= 70000; seq += 7000)
		assert_int_equal(note(seq), ORIGINS_NEW);
	assert_int_equal(note(70000), ORIGINS_NEW);
	assert_int_equal(note(70000 - ORIGINS_NUMBERS + 1), ORIGINS_NEW);
	assert_int_equal(note(70000 - ORIGINS_NUMBERS + 1), ORIGINS_REPEATED);
	assert_int_equal(note(70000 - ORIGINS_NUMBERS), ORIGINS_OLD);
	assert_int_equal(note(1), ORIGINS_OLD);
	/* numbers that share a bit with those are new */
	assert_int_equal(note(70001), ORIGINS_NEW);
	assert_int_equal(note(70001), ORIGINS_REPEATED);
}

static void a_jump_needs_a_second_line(void **state)
{
	(void)state;
	assert_int_equal(note(100), ORIGINS_NEW);
	assert_int_equal(note(10100), ORIGINS_NEW);
	assert_int_equal(note(20101), ORIGINS_JUMPED);
	assert_int_equal(note(20101), ORIGINS_JUMPED);
	assert_int_equal(note(10101), ORIGINS_NEW);
	/* another jump confirms none */
	assert_int_equal(note(900000), ORIGINS_JUMPED);
	assert_int_equal(note(30000), ORIGINS_JUMPED);
	assert_int_equal(note(10102), ORIGINS_NEW);
	assert_int_equal(note(30000), ORIGINS_JUMPED);
	assert_int_equal(note(30001), ORIGINS_NEW);
	assert_int_equal(note(30000), ORIGINS_NEW); /* it said nothing when it jumped */
	assert_int_equal(note(30000), ORIGINS_REPEATED);
	assert_int_equal(note(10103), ORIGINS_NEW); /* late, not repeated */
	/* out of order: the line behind the one that jumped comes first */
	assert_int_equal(note(500001), ORIGINS_JUMPED);
	assert_int_equal(note(500000), ORIGINS_NEW);
	assert_int_equal(note(500001), ORIGINS_NEW);
}

static void runs_only_grow(void **state)
{
	(void)state;
	assert_int_equal(note_line("web1", 1000, 7), ORIGINS_NEW);
	assert_int_equal(note_line("web1", 2000, 1), ORIGINS_NEW);
	assert_int_equal(note_line("web1", 2000, 7), ORIGINS_NEW);
	assert_int_equal(note_line("web1", 1000, 8), ORIGINS_OLD);
	assert_int_equal(note_line("web1", 1999, 1), ORIGINS_OLD);
	assert_int_equal(note_line("web1", 2000, 1), ORIGINS_REPEATED);
}

static void a_clock_set_back_counts_again_after_silence(void **state)
{
	struct origins_line older = {
		.name = "web1", .run = 500, .seq = 1, .time = at(0), .heartbeat = true};
	uint32_t index;

	(void)state;
	assert_int_equal(note_line("web1", 1000, 7), ORIGINS_NEW);
	now_ms = 30000;
	assert_int_equal(note_line("web1", 500, 1), ORIGINS_OLD);
	now_ms = 30001;
	/* a line of the old run that is delivered again says nothing new */
	assert_int_equal(origins_note(all, &older, at(now_ms), &index), ORIGINS_OLD);
	assert_int_equal(note_line("web1", 500, 1), ORIGINS_NEW);
	assert_int_equal(note_line("web1", 500, 2), ORIGINS_NEW);
	assert_int_equal(note_line("web1", 500, 1), ORIGINS_REPEATED);
}

static void missing_lines_are_reported_once_and_over(void **state)
{
	(void)state;
	note(1);
	note(5);
	note(9);
	pass_to(5000);
	note(10);
	pass_to(9999);
	assert_told("");
	pass_to(10000);
	assert_told("web1 missing");
	assert_int_equal(told_missing, 6);
	note(2);
	note(3);
	note(4);
	note(6);
	note(7);
	pass_to(11000);
	assert_told("");
	note(8);
	pass_to(12000);
	assert_told("web1 over missing");
	assert_int_equal(origins_lost(all), 0);
}

static void missing_lines_are_given_up_after_a_minute(void **state)
{
	(void)state;
	note(1);
	note(4);
	for (uint64_t k = 1; k <= 6; k++) {
		pass_to((int64_t)k * 10000 - 1);
		note(4 + k);
	}
	assert_told("web1 missing");
	assert_int_equal(origins_lost(all), 0);
	pass_to(60000);
	assert_told("web1 over missing");
	assert_int_equal(origins_lost(all), 2);
	/* they may come all the same, and are no more missing than before */
	assert_int_equal(note(2), ORIGINS_NEW);
	assert_int_equal(note(2), ORIGINS_REPEATED);
	note(12);
	assert_int_equal(note(3), ORIGINS_NEW);
	assert_int_equal(origins_get(all, 0)->missing, 1);
}

static void nothing_is_missing_before_the_first_line(void **state)
{
	(void)state;
	note(500);
	note(499);
	pass_to(20000);
	assert_told("");
	/* of a later run the beginning is known */
	assert_int_equal(note_line("web1", 2, 3), ORIGINS_NEW);
	pass_to(30000);
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
	note(1); /* a line that is delivered again is no news */
	pass_to(40000);
	assert_told("");
	note(2);
	pass_to(41000);
	assert_told("web1 over silent");
	pass_to(60000);
	assert_told("web2 silent");
}

static void a_clock_that_is_ahead_is_reported_at_once(void **state)
{
	(void)state;
	beat_after(1, -2000);
	pass_to(1000);
	assert_told("");
	beat_after(2, -660000);
	pass_to(2000);
	assert_told("web1 clock");
	assert_true(told_offset > 659 && told_offset < 661);
	/* over when no line of the last 20 to 30 s says so */
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

/* Seconds that are published late, such as of a log with a buffer, between heartbeats in time. */
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

static void a_clock_that_is_set_moves_all(void **state)
{
	(void)state;
	note(1);
	note(3);
	pass_to(5000);
	origins_shift(all, 3600000);
	now_ms += 3600000;
	pass_to(now_ms + 4000);
	assert_told("");
	pass_to(now_ms + 1000);
	assert_told("web1 missing");
	pass_to(now_ms + 21000);
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

static void put_name(char name[16], int k)
{
	snprintf(name, 16, "web%d", k);
}

static void silent_origins_make_room(void **state)
{
	char name[16];

	(void)state;
	for (int k = 0; k < ORIGINS_MAX; k++) {
		put_name(name, k);
		now_ms = k;
		assert_int_equal(note_line(name, 1, 1), ORIGINS_NEW);
	}
	assert_int_equal(note_line("other", 1, 1), ORIGINS_FULL);
	now_ms = 30001;
	assert_int_equal(note_line("other", 1, 1), ORIGINS_NEW);
	assert_int_equal(origins_n(all), ORIGINS_MAX);
	assert_int_equal(origins_evicted(all), 1);
	assert_int_equal(note_line("another", 1, 1), ORIGINS_FULL);
	/* the others are still known */
	for (int k = 1; k < ORIGINS_MAX; k++) {
		put_name(name, k);
		assert_int_equal(note_line(name, 1, 1), ORIGINS_REPEATED);
	}
}

static void silent_origins_are_forgotten_after_a_week(void **state)
{
	(void)state;
	note(1);
	note_line("web2", 1, 1);
	now_ms = ORIGINS_FORGET_S * INT64_C(1000);
	note_line("web2", 1, 2);
	origins_check(all, at(now_ms), note_report, NULL);
	assert_told("web1 silent");
	pass_to(now_ms + 1000);
	assert_int_equal(origins_n(all), 1);
	assert_string_equal(origins_get(all, 0)->name, "web2");
	assert_int_equal(note_line("web2", 1, 2), ORIGINS_REPEATED);
	assert_int_equal(note(1), ORIGINS_NEW);
}

static void a_restored_origin_is_missed_and_not_repeated(void **state)
{
	struct origin known = {.name = "web1", .run = 1, .seq = 100, .time = at(-500000)};

	(void)state;
	assert_true(origins_restore(all, &known));
	assert_false(origins_restore(all, &known));
	assert_int_equal(note(100), ORIGINS_REPEATED);
	assert_int_equal(note(1), ORIGINS_REPEATED);
	/* what came between the last save and now is not known: it is not missing, and may come */
	assert_int_equal(note(150), ORIGINS_NEW);
	pass_to(20000);
	assert_told("");
	assert_int_equal(note(120), ORIGINS_NEW);
	assert_int_equal(note(120), ORIGINS_REPEATED);
	pass_to(51000);
	assert_told("web1 silent");
}

static void a_restored_origin_that_stays_away_is_silent_from_the_start_on(void **state)
{
	struct origin known = {.name = "web1", .run = 1, .seq = 100, .time = at(-500000)};

	(void)state;
	assert_true(origins_restore(all, &known));
	pass_to(31000); /* the first second is 1 */
	assert_true(origins_get(all, 0)->restored);
	assert_int_equal(origins_get(all, 0)->time.ms, at(-500000).ms);
	assert_told("");
	pass_to(32000);
	assert_told("web1 silent");
	assert_int_equal(note(101), ORIGINS_NEW);
	assert_false(origins_get(all, 0)->restored);
	pass_to(33000);
	assert_told("web1 over silent");
}

static void a_restored_origin_is_forgotten_after_seven_days(void **state)
{
	struct origin old = {.name = "old", .time = at(-ORIGINS_FORGET_S * INT64_C(1000))};
	struct origin ahead = {.name = "ahead", .time = at(5000000)};

	(void)state;
	assert_true(origins_restore(all, &old));
	assert_true(origins_restore(all, &ahead));
	assert_int_equal(note_line("web1", 1, 1), ORIGINS_NEW);
	assert_int_equal(origins_n(all), 3);
	assert_int_equal(origins_get(all, 1)->time.ms, at(0).ms);
	origins_free(all);
	all = origins_new((struct hash_key){{1, 2}}, true);
	old.time.ms--;
	assert_true(origins_restore(all, &old));
	assert_true(origins_restore(all, &ahead));
	pass_to(1000);
	assert_int_equal(origins_n(all), 1);
	assert_string_equal(origins_get(all, 0)->name, "ahead");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_origins, close_origins)
	const struct CMUnitTest tests[] = {
		TEST(each_number_counts_once),
		TEST(numbers_beyond_the_bitmap_are_old),
		TEST(a_jump_needs_a_second_line),
		TEST(runs_only_grow),
		TEST(a_clock_set_back_counts_again_after_silence),
		TEST(missing_lines_are_reported_once_and_over),
		TEST(missing_lines_are_given_up_after_a_minute),
		TEST(nothing_is_missing_before_the_first_line),
		TEST(silence_is_reported_after_30_seconds),
		TEST(a_clock_that_is_ahead_is_reported_at_once),
		TEST(a_clock_that_is_behind_is_reported_within_30_seconds),
		TEST(a_burst_after_an_outage_is_no_wrong_clock),
		TEST(late_seconds_are_no_wrong_clock),
		TEST(a_clock_that_is_set_moves_all),
		TEST(replay_compares_no_clocks),
		TEST(silent_origins_make_room),
		TEST(silent_origins_are_forgotten_after_a_week),
		TEST(a_restored_origin_is_missed_and_not_repeated),
		TEST(a_restored_origin_that_stays_away_is_silent_from_the_start_on),
		TEST(a_restored_origin_is_forgotten_after_seven_days),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
