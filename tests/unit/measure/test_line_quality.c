/* test_line_quality.c - a flaw of most lines of a minute is reported, once per run. */
#include "core/measure/line_quality.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define T0 ((int64_t)1795320960000) /* the start of a minute */

static struct line_quality q;

static void note_lines(int n, unsigned flaws, int64_t at_ms)
{
	for (int i = 0; i < n; i++)
		line_quality_note(&q, flaws, (struct instant){at_ms});
}

static int begin(void **state)
{
	(void)state;
	q = (struct line_quality){0};
	return 0;
}

static bool tells(int64_t at_ms, enum line_flaw *flaw)
{
	return line_quality_tell(&q, (struct instant){at_ms}, flaw);
}

static void flaw_of_over_half_the_lines_is_reported_after_the_minute(void **state)
{
	(void)state;
	for (int flaw = 0; flaw < FLAW_COUNT; flaw++) {
		enum line_flaw told;
		begin(NULL);
		note_lines(11, 1u << flaw, T0);
		note_lines(10, 0, T0 + 59999);
		assert_false(tells(T0 + 59999, &told));
		assert_true(tells(T0 + 60000, &told));
		assert_int_equal(told, flaw);
		assert_false(tells(T0 + 60000, &told));
	}
}

static void flaw_is_reported_when_lines_of_later_minutes_have_arrived(void **state)
{
	enum line_flaw told;

	(void)state;
	note_lines(20, 1u << FLAW_CUT, T0);
	note_lines(20, 0, T0 + 60000);
	note_lines(20, 0, T0 + 120000);
	assert_true(tells(T0 + 120000, &told));
	assert_int_equal(told, FLAW_CUT);
}

static void each_flaw_is_reported_once_per_run(void **state)
{
	enum line_flaw told;
	unsigned all = 0;

	(void)state;
	for (int minute = 0; minute < 10; minute++)
		note_lines(50, (1u << FLAW_COUNT) - 1, T0 + minute * 60000);
	for (int n = 0; n < FLAW_COUNT; n++) {
		assert_true(tells(T0 + 600000, &told));
		all |= 1u << told;
	}
	assert_int_equal(all, (1u << FLAW_COUNT) - 1);
	assert_false(tells(T0 + 600000, &told));
	note_lines(50, 1u << FLAW_LATE, T0 + 600000);
	assert_false(tells(T0 + 660000, &told));
}

static void flaw_of_half_the_lines_or_of_few_lines_is_not_reported(void **state)
{
	enum line_flaw told;

	(void)state;
	note_lines(50, 1u << FLAW_LATE, T0);
	note_lines(50, 0, T0);
	assert_false(tells(T0 + 60000, &told));
	note_lines(LINE_QUALITY_LEAST - 1, 1u << FLAW_LATE, T0 + 60000);
	assert_false(tells(T0 + 120000, &told));
	/* 30 lines over two minutes; neither minute has enough lines */
	note_lines(15, 1u << FLAW_LATE, T0 + 179999);
	note_lines(15, 1u << FLAW_LATE, T0 + 180000);
	assert_false(tells(T0 + 240000, &told));
}

static void setting_the_clock_restarts_the_count(void **state)
{
	enum line_flaw told;

	(void)state;
	note_lines(50, 1u << FLAW_LATE, T0);
	line_quality_restart(&q);
	assert_false(tells(T0 - 3600000, &told));
	note_lines(50, 1u << FLAW_LATE, T0 - 3600000);
	assert_true(tells(T0 - 3540000, &told));
}

static void each_flaw_has_a_reason_and_a_message(void **state)
{
	(void)state;
	for (int flaw = 0; flaw < FLAW_COUNT; flaw++) {
		assert_true(strlen(line_quality_reason((enum line_flaw)flaw)) > 0);
		assert_in_range(strlen(line_quality_message((enum line_flaw)flaw)), 1, 512);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flaw_of_over_half_the_lines_is_reported_after_the_minute),
		cmocka_unit_test_setup(
			flaw_is_reported_when_lines_of_later_minutes_have_arrived, begin),
		cmocka_unit_test_setup(each_flaw_is_reported_once_per_run, begin),
		cmocka_unit_test_setup(
			flaw_of_half_the_lines_or_of_few_lines_is_not_reported, begin),
		cmocka_unit_test_setup(setting_the_clock_restarts_the_count, begin),
		cmocka_unit_test(each_flaw_has_a_reason_and_a_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
