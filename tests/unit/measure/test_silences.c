/* test_silences.c - how long the log must be silent until it is reported, and which silences are
 * learned. */
#include "core/measure/silences.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define DAY  ((int64_t)86400)
#define HOUR ((int64_t)3600)
#define T0   (20785 * DAY) /* a midnight */

static struct silences s;

static struct instant at(int64_t second)
{
	return instant_at_second(second);
}

/* Requests arrive every `step` seconds, from second `from` to second `to`. */
static void come(int64_t from, int64_t to, int64_t step)
{
	for (int64_t t = from; t <= to; t += step)
		silences_note(&s, at(t));
}

static int64_t limit_at(int64_t second)
{
	return span_to_seconds(silences_limit(&s, at(second)));
}

static bool is_reported(int64_t second)
{
	return silences_now(&s, at(second)).ms >= silences_limit(&s, at(second)).ms;
}

/* Two days with a request every `step` seconds, up to T0. */
static void begin(int64_t step)
{
	s = (struct silences){0};
	come(T0 - 2 * DAY, T0, step);
}

static void limit_is_ten_times_the_longest_silence_and_at_least_15_minutes(void **state)
{
	(void)state;
	begin(1);
	assert_int_equal(limit_at(T0), 900);
	begin(90);
	assert_int_equal(limit_at(T0), 900);
	begin(100);
	assert_int_equal(limit_at(T0), 1000);
	assert_int_equal(silences_longest(&s, at(T0)).ms, 100000);
	assert_false(is_reported(T0 + 999));
	assert_true(is_reported(T0 + 1000));
}

static void first_day_is_learned_and_not_reported(void **state)
{
	(void)state;
	s = (struct silences){0};
	assert_int_equal(silences_now(&s, at(T0)).ms, 0);
	assert_int_equal(limit_at(T0), DAY);
	come(T0, T0 + 14 * HOUR, 60);
	assert_false(is_reported(T0 + 23 * HOUR)); /* no requests at night */
	come(T0 + 23 * HOUR, T0 + DAY - 60, 60);
	assert_int_equal(limit_at(T0 + DAY - 60), 90 * HOUR);
	/* a log that stops on its first day is reported after that day */
	s = (struct silences){0};
	come(T0, T0 + 20 * HOUR, 1);
	assert_int_equal(limit_at(T0 + 20 * HOUR), 4 * HOUR);
	assert_false(is_reported(T0 + DAY - 1));
	assert_true(is_reported(T0 + DAY));
	come(T0 + 20 * HOUR + 60, T0 + DAY, 60);
	assert_int_equal(limit_at(T0 + DAY), 900);
}

static void ongoing_silence_is_not_learned(void **state)
{
	(void)state;
	begin(1);
	for (int64_t t = 0; t < 800; t += 100)
		assert_int_equal(limit_at(T0 + t), 900);
	silences_note(&s, at(T0 + 800));
	assert_int_equal(limit_at(T0 + 800), 8000);
}

static void reported_silence_raises_the_limit_at_most_fourfold(void **state)
{
	static const int64_t faults[] = {900, HOUR, 5 * HOUR, 3 * DAY};

	(void)state;
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		begin(1);
		silences_note(&s, at(T0 + faults[i]));
		assert_int_equal(limit_at(T0 + faults[i]), 3600);
	}
	/* a second silence over the limit also raises the limit to at most four times its value */
	come(T0 + 3 * DAY, T0 + 3 * DAY + 10, 1);
	silences_note(&s, at(T0 + 4 * DAY));
	assert_int_equal(limit_at(T0 + 4 * DAY), 4 * HOUR);
	/* a silence just under the limit is normal for the site */
	begin(1);
	silences_note(&s, at(T0 + 899));
	assert_int_equal(limit_at(T0 + 899), 8990);
}

static void silences_of_a_day_are_known_for_seven_more_days(void **state)
{
	(void)state;
	begin(1);
	silences_note(&s, at(T0 + 800));
	come(T0 + 801, T0 + 8 * DAY - 1, 10);
	assert_int_equal(limit_at(T0 + 8 * DAY - 1), 8000);
	assert_int_equal(limit_at(T0 + 8 * DAY), 900);
	/* after weeks without a run nothing is known */
	begin(1);
	assert_int_equal(limit_at(T0 + 30 * DAY), DAY);
}

/* The log does not stop when somebody sets the clock, when the machine sleeps, or when the process
 * is stopped. So silences_skip leaves this time out of the silence. */
static void skipped_time_is_no_silence(void **state)
{
	static const int64_t jumps[] = {-400 * DAY, -3 * HOUR, HOUR, 2 * DAY + HOUR, 400 * DAY};

	(void)state;
	for (size_t i = 0; i < sizeof jumps / sizeof *jumps; i++) {
		int64_t now = T0 + 500 + jumps[i];
		begin(60);
		silences_skip(&s, jumps[i] * 1000);
		assert_int_equal(silences_now(&s, at(now)).ms, 500000);
		/* if no stored day is in the last week, silences are learned for 24 hours and none
		 * is reported, as after the first request */
		assert_false(is_reported(now));
		silences_note(&s, at(now + 100));
		assert_int_equal(silences_longest(&s, at(now + 100)).ms, 600000);
		come(now + 160, now + DAY + 60, 60);
		assert_int_equal(limit_at(now + DAY + 60), 6000);
	}
}

/* The machine sleeps every night. The stored silences of a day are still dropped after seven more
 * days. */
static void days_expire_although_the_machine_sleeps_at_night(void **state)
{
	(void)state;
	begin(60);
	silences_note(&s, at(T0 + 800));
	for (int64_t day = 0; day < 8; day++) {
		come(T0 + day * DAY + 900, T0 + day * DAY + 16 * HOUR, 60);
		silences_skip(&s, (8 * HOUR + 840) * 1000);
	}
	assert_int_equal(limit_at(T0 + 8 * DAY + 900), 900);
}

/* A board without a clock of its own starts in 1970. Its clock is set a minute later. */
static void start_in_1970_loses_only_the_oldest_day(void **state)
{
	int64_t jump = T0 + 8 * DAY;
	struct silences_day before[SILENCES_DAYS];

	(void)state;
	begin(1);
	come(T0 + DAY - 600, T0 + 8 * DAY - 1, 600);
	memcpy(before, s.days, sizeof before);
	s = (struct silences){0};
	memcpy(s.days, before, sizeof before);
	come(0, 60, 1);
	assert_int_equal(limit_at(60),
		DAY - 60); /* the stored days are in the future at this time, and so are ignored */
	silences_skip(&s, jump * 1000);
	assert_int_equal(limit_at(jump + 60), 6000);
	int known = 0;
	for (int k = 0; k < SILENCES_DAYS; k++)
		known += s.days[k].day > T0 / DAY && s.days[k].day <= jump / DAY;
	assert_int_equal(known, 7);
}

/* An entry for a new day replaces an entry of a day in the future, not one of the last days. Of
 * this test's days, those before the clock was set back are in the future. */
static void clock_set_back_for_good_is_learned_again(void **state)
{
	(void)state;
	begin(60);
	come(T0 + 60, T0 + 8 * DAY, 60);
	silences_skip(&s, -400 * DAY * 1000);
	for (int64_t day = -392; day < -385; day++) {
		come(T0 + day * DAY + 60, T0 + day * DAY + DAY, 60);
		if (day == -392)
			silences_note(&s, at(T0 + day * DAY + DAY + 800));
		if (day > -392)
			assert_int_equal(limit_at(T0 + day * DAY + DAY), 8000);
	}
}

static void clock_that_goes_back_a_little_is_no_silence(void **state)
{
	(void)state;
	begin(1);
	silences_note(&s, at(T0 - 3));
	assert_int_equal(silences_now(&s, at(T0 - 4)).ms, 0);
	assert_int_equal(silences_now(&s, at(T0)).ms, 3000);
	assert_int_equal(silences_longest(&s, at(T0)).ms, 1000);
}

static void extreme_times_saturate(void **state)
{
	(void)state;
	s = (struct silences){0};
	silences_note(&s, at(0));
	silences_note(&s, INSTANT_MAX);
	silences_note(&s, at(0));
	silences_note(&s, INSTANT_MAX);
	assert_true(silences_limit(&s, INSTANT_MAX).ms > 0);
	silences_skip(&s, INSTANT_MAX.ms);
	assert_int_equal(silences_now(&s, INSTANT_MAX).ms, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limit_is_ten_times_the_longest_silence_and_at_least_15_minutes),
		cmocka_unit_test(first_day_is_learned_and_not_reported),
		cmocka_unit_test(ongoing_silence_is_not_learned),
		cmocka_unit_test(reported_silence_raises_the_limit_at_most_fourfold),
		cmocka_unit_test(silences_of_a_day_are_known_for_seven_more_days),
		cmocka_unit_test(skipped_time_is_no_silence),
		cmocka_unit_test(days_expire_although_the_machine_sleeps_at_night),
		cmocka_unit_test(start_in_1970_loses_only_the_oldest_day),
		cmocka_unit_test(clock_set_back_for_good_is_learned_again),
		cmocka_unit_test(clock_that_goes_back_a_little_is_no_silence),
		cmocka_unit_test(extreme_times_saturate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
