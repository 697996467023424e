/* test_ban_drift.c - which bans vanished with a flush, which were removed by hand, and which never
 * were in the kernel. A sample is the bans that the detector checks together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/judge/ban_drift.h"

#include "unit/given.h"

static enum ban_drift judged(size_t checked, size_t missing)
{
	struct ban_drift_sample s = {.checked = checked, .missing = missing};

	return ban_drift_judge(&s);
}

static void nothing_missing_is_no_drift(void **state)
{
	(void)state;
	assert_int_equal(judged(0, 0), BAN_DRIFT_NONE);
	assert_int_equal(judged(1, 0), BAN_DRIFT_NONE);
	assert_int_equal(judged(250, 0), BAN_DRIFT_NONE);
}

static void one_missing_ban_is_an_unban_by_hand(void **state)
{
	(void)state;
	for (size_t checked = 1; checked <= 250; checked++)
		assert_int_equal(judged(checked, 1), BAN_DRIFT_UNBANNED);
}

static void small_sample_is_a_flush_only_if_all_its_bans_are_missing(void **state)
{
	(void)state;
	for (size_t checked = 2; checked < 20; checked++) {
		for (size_t missing = 1; missing < checked; missing++)
			assert_int_equal(judged(checked, missing), BAN_DRIFT_UNBANNED);
		assert_int_equal(judged(checked, checked), BAN_DRIFT_FLUSHED);
	}
}

static void over_a_tenth_of_a_large_sample_is_a_flush(void **state)
{
	(void)state;
	for (size_t checked = 20; checked <= 250; checked++)
		for (size_t missing = 1; missing <= checked; missing++)
			assert_int_equal(judged(checked, missing),
				missing >= 2 && missing * 10 > checked ? BAN_DRIFT_FLUSHED
								       : BAN_DRIFT_UNBANNED);
}

static void vanished_set_is_a_flush_whatever_number_is_missing(void **state)
{
	(void)state;
	for (size_t missing = 0; missing <= 3; missing++) {
		struct ban_drift_sample s = {
			.checked = 3, .missing = missing, .set_vanished = true};
		assert_int_equal(ban_drift_judge(&s), BAN_DRIFT_FLUSHED);
	}
}

static void young_and_ending_bans_may_be_missing(void **state)
{
	static const char *const clients[] = {"203.0.113.7", "2001:db8:bad::/64"};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct ban ban = {.client = given_address(clients[i]),
			.form = BAN_ACTIVE,
			.since = {10000},
			.until = {20000},
			.enforced = true};
		assert_false(ban_drift_must_be_there(&ban, (struct instant){11999}));
		assert_true(ban_drift_must_be_there(&ban, (struct instant){12000}));
		assert_true(ban_drift_must_be_there(&ban, (struct instant){18000}));
		assert_false(ban_drift_must_be_there(&ban, (struct instant){18001}));
		ban.until = INSTANT_MAX;
		assert_true(ban_drift_must_be_there(&ban, (struct instant){18001}));
		ban.enforced = false;
		assert_false(ban_drift_must_be_there(&ban, (struct instant){15000}));
		ban.enforced = true;
		ban.form = BAN_OVER;
		assert_false(ban_drift_must_be_there(&ban, (struct instant){15000}));
	}
}

static void start_distinguishes_printed_removed_and_lost_bans(void **state)
{
	static const struct {
		bool enforced, was_enforced, tried;
		enum ban_drift_start found_sets, made_sets;
	} cases[] = {
		{true, false, true, BAN_DRIFT_IN_FORCE, BAN_DRIFT_IN_FORCE},
		{true, true, true, BAN_DRIFT_IN_FORCE, BAN_DRIFT_IN_FORCE},
		{false, true, true, BAN_DRIFT_REMOVED, BAN_DRIFT_PUT_BACK},
		{false, false, true, BAN_DRIFT_PUT_BACK, BAN_DRIFT_PUT_BACK},
		{false, false, false, BAN_DRIFT_PRINTED_ONLY, BAN_DRIFT_PRINTED_ONLY},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct ban ban = {.form = BAN_ACTIVE,
			.enforced = cases[i].enforced,
			.was_enforced = cases[i].was_enforced,
			.tried = cases[i].tried};
		assert_int_equal(ban_drift_at_start(&ban, false), cases[i].found_sets);
		assert_int_equal(ban_drift_at_start(&ban, true), cases[i].made_sets);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_missing_is_no_drift),
		cmocka_unit_test(one_missing_ban_is_an_unban_by_hand),
		cmocka_unit_test(small_sample_is_a_flush_only_if_all_its_bans_are_missing),
		cmocka_unit_test(over_a_tenth_of_a_large_sample_is_a_flush),
		cmocka_unit_test(vanished_set_is_a_flush_whatever_number_is_missing),
		cmocka_unit_test(young_and_ending_bans_may_be_missing),
		cmocka_unit_test(start_distinguishes_printed_removed_and_lost_bans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
