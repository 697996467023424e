/* test_origins.c - hosts that send counts: repeats, runs, and which hosts are known. */
#include "unit/given_origins.h"

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
	assert_int_equal(note(70000 - ORIGIN_NUMBERS + 1), ORIGINS_NEW);
	assert_int_equal(note(70000 - ORIGIN_NUMBERS + 1), ORIGINS_REPEATED);
	assert_int_equal(note(70000 - ORIGIN_NUMBERS), ORIGINS_OLD);
	assert_int_equal(note(1), ORIGINS_OLD);
	/* new numbers that share a bit with numbers that were seen are still new */
	assert_int_equal(note(70001), ORIGINS_NEW);
	assert_int_equal(note(70001), ORIGINS_REPEATED);
}

static void a_jump_is_accepted_after_a_second_line_confirms_it(void **state)
{
	(void)state;
	assert_int_equal(note(100), ORIGINS_NEW);
	assert_int_equal(note(10100), ORIGINS_NEW);
	assert_int_equal(note(20101), ORIGINS_JUMPED);
	assert_int_equal(note(20101), ORIGINS_JUMPED);
	assert_int_equal(note(10101), ORIGINS_NEW);
	/* two jumps to numbers that are far apart do not confirm each other */
	assert_int_equal(note(900000), ORIGINS_JUMPED);
	assert_int_equal(note(30000), ORIGINS_JUMPED);
	assert_int_equal(note(10102), ORIGINS_NEW);
	assert_int_equal(note(30000), ORIGINS_JUMPED);
	assert_int_equal(note(30001), ORIGINS_NEW);
	assert_int_equal(note(30000), ORIGINS_NEW); /* line 30000 was not counted when it jumped */
	assert_int_equal(note(30000), ORIGINS_REPEATED);
	assert_int_equal(note(10103), ORIGINS_NEW); /* late, but not repeated */
	/* out of order: the line before the one that jumped arrives after it */
	assert_int_equal(note(500001), ORIGINS_JUMPED);
	assert_int_equal(note(500000), ORIGINS_NEW);
	assert_int_equal(note(500001), ORIGINS_NEW);
}

static void a_run_with_a_lower_number_is_old(void **state)
{
	(void)state;
	assert_int_equal(note_line("web1", 1000, 7), ORIGINS_NEW);
	assert_int_equal(note_line("web1", 2000, 1), ORIGINS_NEW);
	assert_int_equal(note_line("web1", 2000, 7), ORIGINS_NEW);
	assert_int_equal(note_line("web1", 1000, 8), ORIGINS_OLD);
	assert_int_equal(note_line("web1", 1999, 1), ORIGINS_OLD);
	assert_int_equal(note_line("web1", 2000, 1), ORIGINS_REPEATED);
}

static void a_host_whose_clock_was_set_back_counts_again_after_a_silence(void **state)
{
	struct origins_line older = {
		.name = "web1", .run = 500, .seq = 1, .time = at(0), .heartbeat = true};
	uint32_t index;

	(void)state;
	assert_int_equal(note_line("web1", 1000, 7), ORIGINS_NEW);
	now_ms = 30000;
	assert_int_equal(note_line("web1", 500, 1), ORIGINS_OLD);
	now_ms = 30001;
	/* a line of the old run that is delivered again counts for nothing */
	assert_int_equal(origins_note(all, &older, at(now_ms), &index), ORIGINS_OLD);
	assert_int_equal(note_line("web1", 500, 1), ORIGINS_NEW);
	assert_int_equal(note_line("web1", 500, 2), ORIGINS_NEW);
	assert_int_equal(note_line("web1", 500, 1), ORIGINS_REPEATED);
}

static void put_name(char name[16], int k)
{
	snprintf(name, 16, "web%d", k);
}

static void silent_origin_is_evicted_for_a_new_one(void **state)
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
	/* the other origins are still known */
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

static void a_restored_origin_is_reported_silent_and_its_old_lines_are_repeats(void **state)
{
	struct origin known = {.name = "web1", .run = 1, .seq = 100, .time = at(-500000)};

	(void)state;
	assert_true(origins_restore(all, &known));
	assert_false(origins_restore(all, &known));
	assert_int_equal(note(100), ORIGINS_REPEATED);
	assert_int_equal(note(1), ORIGINS_REPEATED);
	/* nobody knows which lines arrived after the last save, so earlier lines are not missing
	 * and may still arrive */
	assert_int_equal(note(150), ORIGINS_NEW);
	pass_to(20000);
	assert_told("");
	assert_int_equal(note(120), ORIGINS_NEW);
	assert_int_equal(note(120), ORIGINS_REPEATED);
	pass_to(51000);
	assert_told("web1 silent");
}

static void a_restored_origin_is_silent_30_seconds_after_the_start(void **state)
{
	struct origin known = {.name = "web1", .run = 1, .seq = 100, .time = at(-500000)};

	(void)state;
	assert_true(origins_restore(all, &known));
	pass_to(31000); /* the silence begins at the first check, at 1 s */
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

static void lines_of_a_replaced_run_are_not_accepted_again(void **state)
{
	(void)state;
	assert_int_equal(note_line("web1", 2000, 7), ORIGINS_NEW);
	now_ms = 40000;
	assert_int_equal(note_line("web1", 1500, 1), ORIGINS_NEW);
	assert_int_equal(note_line("web1", 2000, 8), ORIGINS_OLD);
	assert_int_equal(note_line("web1", 1500, 2), ORIGINS_NEW);
	assert_int_equal(note_line("web1", 2001, 1), ORIGINS_NEW);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_origins, close_origins)
	const struct CMUnitTest tests[] = {
		TEST(each_number_counts_once),
		TEST(numbers_beyond_the_bitmap_are_old),
		TEST(a_jump_is_accepted_after_a_second_line_confirms_it),
		TEST(a_run_with_a_lower_number_is_old),
		TEST(a_host_whose_clock_was_set_back_counts_again_after_a_silence),
		TEST(silent_origin_is_evicted_for_a_new_one),
		TEST(silent_origins_are_forgotten_after_a_week),
		TEST(a_restored_origin_is_reported_silent_and_its_old_lines_are_repeats),
		TEST(a_restored_origin_is_silent_30_seconds_after_the_start),
		TEST(a_restored_origin_is_forgotten_after_seven_days),
		TEST(lines_of_a_replaced_run_are_not_accepted_again),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
