/* test_recent_lines.c - the share of recent lines that are of no use. recent_lines.h counts lines
 * in blocks. A block is a minute, or longer if the minute has fewer than 20 lines. */
#include "core/measure/recent_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define T0        1795320960
#define FINE      0u
#define REJECTED  (1u << RECENT_REJECTED)
#define LATE      (1u << RECENT_LATE)
#define NO_STATUS (1u << RECENT_NO_STATUS)
#define FOREIGN   (1u << RECENT_FOREIGN)

static struct recent_lines r;
static int64_t second;

static void begin(void)
{
	r = (struct recent_lines){0};
	second = T0;
}

/* Adds n lines, one per `step` seconds. In each ten lines, `of_ten` lines are flawed. */
static void come(int n, unsigned flaws, int of_ten, int step)
{
	for (int i = 0; i < n; i++, second += step)
		recent_lines_note(&r, i % 10 < of_ten ? flaws : FINE, instant_at_second(second));
	recent_lines_tick(&r, instant_at_second(second));
}

static double bad(void)
{
	return recent_lines_shares(&r).bad;
}

static void share_is_the_lower_one_of_the_last_two_blocks(void **state)
{
	(void)state;
	begin();
	come(60, LATE, 10, 1);
	assert_float_equal(bad(), 0, 0); /* a backlog at the start */
	come(59, LATE, 6, 1);
	assert_float_equal(bad(), 0, 0);
	come(1, FINE, 0, 1);
	assert_float_equal(bad(), 36.0 / 60, 0.02);
	assert_float_equal(recent_lines_shares(&r).flaws[RECENT_LATE], bad(), 0);
	assert_float_equal(recent_lines_shares(&r).flaws[RECENT_REJECTED], 0, 0);
	come(60, FINE, 0, 1);
	assert_float_equal(bad(), 0, 0); /* one minute of fine lines makes the share 0 */
}

static void line_with_two_flaws_counts_once_in_the_share_of_bad_lines(void **state)
{
	(void)state;
	begin();
	for (int i = 0; i < 200; i++, second++)
		recent_lines_note(&r,
			(unsigned[]){FINE, LATE | NO_STATUS, REJECTED, NO_STATUS, FINE}[i % 5],
			instant_at_second(second));
	struct recent_shares s = recent_lines_shares(&r);
	assert_float_equal(s.bad, 0.6, 1e-9);
	assert_float_equal(s.flaws[RECENT_REJECTED], 0.2, 1e-9);
	assert_float_equal(s.flaws[RECENT_LATE], 0.2, 1e-9);
	assert_float_equal(s.flaws[RECENT_NO_STATUS], 0.4, 1e-9);
}

static void few_lines_give_no_share(void **state)
{
	(void)state;
	begin();
	come(39, REJECTED, 10, 3600);
	assert_float_equal(bad(), 0, 0);
	come(1, REJECTED, 10, 3600);
	assert_float_equal(bad(), 1, 0);
	/* the lines of a burst count when their minute ends */
	begin();
	come(1000, REJECTED, 10, 0);
	assert_float_equal(bad(), 0, 0);
	second += 60;
	come(1000, REJECTED, 10, 0);
	assert_float_equal(bad(), 0, 0);
	second += 60;
	recent_lines_tick(&r, instant_at_second(second));
	assert_float_equal(bad(), 1, 0);
}

/* Six of ten lines are from another program. They count as bad for a day; then they are usual. */
static void foreign_lines_become_usual_if_the_log_also_contains_requests(void **state)
{
	(void)state;
	begin();
	come(86400 + 59, FOREIGN, 6, 1);
	assert_float_equal(bad(), 0.6, 0.01);
	assert_float_equal(recent_lines_shares(&r).flaws[RECENT_REJECTED], bad(), 0);
	come(180, FOREIGN, 6, 1);
	assert_float_equal(bad(), 0, 0);
	assert_true(r.foreign_usual);
	come(3600, FOREIGN, 10, 1); /* nobody visits the site */
	assert_float_equal(bad(), 0, 0);
	come(600, REJECTED, 6, 1); /* rejected lines that should be requests still count as bad */
	assert_float_equal(bad(), 0.6, 0.01);
	/* foreign lines are no longer usual after a day in which they were the minority */
	come(86400 + 60, FOREIGN, 1, 1);
	assert_false(r.foreign_usual);
	come(180, FOREIGN, 6, 1);
	assert_float_equal(bad(), 0.6, 0.05);
}

static void foreign_lines_alone_never_become_usual(void **state)
{
	(void)state;
	begin();
	come(3 * 86400, FOREIGN, 10, 1);
	assert_float_equal(bad(), 1, 0);
	assert_false(r.foreign_usual);
}

static void setting_the_clock_starts_a_new_block(void **state)
{
	(void)state;
	begin();
	come(119, LATE, 10, 1);
	recent_lines_restart(&r);
	second -= 7200;
	come(59, FINE, 10, 1);
	assert_float_equal(bad(), 0, 0);
	come(61, LATE, 10, 1);
	/* the newest block is bad, but the block before it is fine */
	assert_float_equal(bad(), 0, 0.02);
	come(60, LATE, 10, 1);
	assert_float_equal(bad(), 1, 0.02);
}

/* Another program writes a line each second, and a request arrives every 30 minutes. Most minutes
 * contain no request. */
static void foreign_lines_become_usual_even_if_requests_are_rare(void **state)
{
	(void)state;
	begin();
	for (int i = 0; i < 3 * 86400; i++, second++)
		recent_lines_note(&r, i % 1800 ? FOREIGN : FINE, instant_at_second(second));
	assert_true(r.foreign_usual);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(foreign_lines_become_usual_even_if_requests_are_rare),
		cmocka_unit_test(share_is_the_lower_one_of_the_last_two_blocks),
		cmocka_unit_test(line_with_two_flaws_counts_once_in_the_share_of_bad_lines),
		cmocka_unit_test(few_lines_give_no_share),
		cmocka_unit_test(foreign_lines_become_usual_if_the_log_also_contains_requests),
		cmocka_unit_test(foreign_lines_alone_never_become_usual),
		cmocka_unit_test(setting_the_clock_starts_a_new_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
