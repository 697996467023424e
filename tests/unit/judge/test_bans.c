/* test_bans.c - strikes, the schedule, the ends of bans, and when strikes are forgotten. */
#include "core/judge/bans.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "unit/given_bans.h"

static void bans_have_the_times_of_the_schedule_and_the_fourth_is_permanent(void **state)
{
	const int64_t spans[] = {600, 1800, 7200};

	(void)state;
	for (int f = 0; f < 2; f++) {
		struct bans *b = table(10);
		struct address a = given_address(families[f]);
		struct instant now = start, end;
		struct ban ban;
		for (uint32_t k = 0; k < 3; k++) {
			ban = strike(b, &a, now);
			assert_int_equal(ban.strikes, k + 1);
			assert_int_equal(ban.form, BAN_ACTIVE);
			assert_int_equal(ban.since.ms, now.ms);
			assert_int_equal(ban.until.ms, now.ms + spans[k] * 1000);
			assert_false(ban.enforced);
			assert_true(address_equal(&ban.client, &a));
			assert_true(given_is_banned(b, &a));
			assert_true(bans_next_end(b, &end));
			assert_int_equal(end.ms, ban.until.ms);
			assert_false(bans_end_one(b, (struct instant){end.ms - 1}, &ban));
			assert_true(bans_end_one(b, end, &ban));
			assert_int_equal(ban.form, BAN_ACTIVE);
			assert_int_equal(ban.strikes, k + 1);
			assert_false(given_is_banned(b, &a));
			assert_false(bans_next_end(b, &end));
			now = later(now, spans[k] + 1);
		}
		ban = strike(b, &a, now);
		assert_int_equal(ban.strikes, 4);
		assert_true(ban.until.ms == INSTANT_MAX.ms);
		assert_false(bans_next_end(b, &end));
		assert_false(bans_end_one(b, INSTANT_MAX, &ban));
		assert_int_equal(bans_active(b), 1);
		bans_free(b);
	}
}

static void last_span_of_the_schedule_repeats(void **state)
{
	struct bans_config config = given_bans_config(4);
	struct instant now = start;

	(void)state;
	config.schedule_n = 2;
	struct bans *b = bans_new(&config);
	struct address a = given_address("2001:db8::/64");
	for (uint32_t k = 1; k < 20; k++) {
		struct ban ban = strike(b, &a, now);
		assert_int_equal(ban.strikes, k);
		assert_int_equal(ban.until.ms - now.ms, (k == 1 ? 600 : 1800) * 1000);
		now = ban.until;
		assert_int_equal(end_all(b, now), 1);
	}
	bans_free(b);
}

static void strikes_are_forgotten_seven_days_after_the_end_of_the_last_ban(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		struct bans *b = table(10);
		struct address a = given_address(families[f]);
		struct ban ban = strike(b, &a, start);
		end_all(b, ban.until);
		struct instant forgotten = later(ban.until, 7 * 86400);
		bans_forget(b, (struct instant){forgotten.ms - 1}, 100);
		assert_int_equal(bans_n(b), 1);
		assert_true(bans_find(b, &a, &ban));
		assert_int_equal(ban.form, BAN_OVER);
		assert_int_equal(ban.strikes, 1);
		bans_forget(b, forgotten, 100);
		assert_int_equal(bans_n(b), 0);
		assert_false(bans_find(b, &a, &ban));
		assert_int_equal(strike(b, &a, forgotten).strikes, 1);
		bans_free(b);
	}
}

static void strike_after_the_forgetting_time_counts_as_the_first(void **state)
{
	struct bans *b = table(10);
	struct address a = given_address("198.51.100.7"), c = given_address("2001:db8:9::/64");

	(void)state;
	struct ban ban = strike(b, &a, start);
	strike(b, &c, start);
	end_all(b, ban.until);
	struct instant forgotten = later(ban.until, 7 * 86400);
	assert_int_equal(strike(b, &a, (struct instant){forgotten.ms - 1}).strikes, 2);
	ban = strike(b, &c, forgotten);
	assert_int_equal(ban.strikes, 1);
	assert_int_equal(ban.until.ms - ban.since.ms, 600 * 1000);
	bans_free(b);
}

static void forget_removes_at_most_the_given_number(void **state)
{
	struct bans *b = table(10);

	(void)state;
	for (uint32_t i = 0; i < 10; i++) {
		struct address a = given_client(i);
		strike(b, &a, start);
	}
	end_all(b, INSTANT_MAX);
	bans_forget(b, INSTANT_MAX, 0);
	assert_int_equal(bans_n(b), 10);
	bans_forget(b, INSTANT_MAX, 4);
	assert_int_equal(bans_n(b), 6);
	bans_forget(b, INSTANT_MAX, 100);
	assert_int_equal(bans_n(b), 0);
	bans_free(b);
}

static void banned_clients_are_not_forgotten(void **state)
{
	struct bans *b = table(10);
	struct address a = given_address("198.51.100.7");
	struct ban ban = {.client = a, .form = BAN_ACTIVE, .strikes = 4, .until = INSTANT_MAX};

	(void)state;
	assert_true(bans_restore(b, &ban));
	bans_forget(b, INSTANT_MAX, 100);
	assert_true(given_is_banned(b, &a));
	bans_free(b);
}

static void muted_client_is_not_banned_and_its_mute_expires(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		struct bans *b = table(3);
		struct address a = given_address(families[f]);
		struct ban ban;
		assert_true(bans_strike(b, &a, start, 3, TERM_MUTE, &ban));
		assert_int_equal(ban.form, BAN_MUTED);
		assert_int_equal(ban.rules, 3);
		assert_false(given_is_banned(b, &a));
		assert_true(bans_is_muted(b, &a));
		assert_int_equal(bans_active(b), 0);
		assert_false(bans_lift(b, &a, start, true, &ban));
		assert_true(bans_is_muted(b, &a));
		assert_true(bans_end_one(b, later(start, 600), &ban));
		assert_int_equal(ban.form, BAN_MUTED);
		assert_false(bans_is_muted(b, &a));
		assert_true(bans_strike(b, &a, later(start, 601), 3, TERM_MUTE, &ban));
		assert_int_equal(ban.strikes, 2);
		bans_free(b);
	}
}

static void lift_without_forgiveness_keeps_the_strikes(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		struct bans *b = table(3);
		struct address a = given_address(families[f]);
		struct instant now = later(start, 5), end;
		struct ban ban;
		strike(b, &a, start);
		assert_true(bans_lift(b, &a, now, false, &ban));
		assert_int_equal(ban.form, BAN_ACTIVE);
		assert_int_equal(ban.until.ms, start.ms + 600 * 1000);
		assert_false(given_is_banned(b, &a));
		assert_false(bans_next_end(b, &end));
		assert_true(bans_find(b, &a, &ban));
		assert_int_equal(ban.until.ms, now.ms);
		assert_false(bans_lift(b, &a, now, false, &ban));
		assert_int_equal(strike(b, &a, now).strikes, 2);
		bans_free(b);
	}
}

static void lift_with_forgiveness_removes_the_entry(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		struct bans *b = table(3);
		struct address a = given_address(families[f]);
		struct ban ban;
		assert_false(bans_lift(b, &a, start, true, &ban));
		strike(b, &a, start);
		assert_true(bans_lift(b, &a, start, true, &ban));
		assert_int_equal(ban.strikes, 1);
		assert_false(bans_find(b, &a, &ban));
		assert_int_equal(bans_n(b), 0);
		assert_int_equal(bans_active(b), 0);
		assert_int_equal(strike(b, &a, start).strikes, 1);
		bans_free(b);
	}
}

static void permanent_ban_can_be_lifted(void **state)
{
	struct bans *b = table(3);
	struct address a = given_address("198.51.100.7");
	struct ban ban = {.client = a, .form = BAN_ACTIVE, .strikes = 4, .until = INSTANT_MAX};

	(void)state;
	assert_true(bans_restore(b, &ban));
	assert_true(bans_lift(b, &a, start, false, &ban));
	assert_false(given_is_banned(b, &a));
	bans_forget(b, later(start, 7 * 86400), 10);
	assert_int_equal(bans_n(b), 0);
	bans_free(b);
}

/* A ban in force keeps its end, and the client keeps its strikes. */
static void new_schedule_applies_to_later_bans(void **state)
{
	const struct span schedule[] = {{5000}, {60000}};

	(void)state;
	for (int f = 0; f < 2; f++) {
		struct bans *b = table(10);
		struct address a = given_address(families[f]);
		struct ban before = strike(b, &a, start), after;
		bans_set_schedule(b, schedule, 2);
		assert_true(bans_find(b, &a, &after));
		assert_int_equal(after.until.ms, before.until.ms);
		assert_int_equal(end_all(b, before.until), 1);
		/* the last span of the new schedule repeats, too */
		for (uint32_t k = 2; k < 5; k++) {
			after = strike(b, &a, before.until);
			assert_int_equal(after.strikes, k);
			assert_int_equal(after.until.ms, before.until.ms + 60000);
			before = after;
			assert_int_equal(end_all(b, before.until), 1);
		}
		bans_free(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bans_have_the_times_of_the_schedule_and_the_fourth_is_permanent),
		cmocka_unit_test(last_span_of_the_schedule_repeats),
		cmocka_unit_test(new_schedule_applies_to_later_bans),
		cmocka_unit_test(strikes_are_forgotten_seven_days_after_the_end_of_the_last_ban),
		cmocka_unit_test(strike_after_the_forgetting_time_counts_as_the_first),
		cmocka_unit_test(forget_removes_at_most_the_given_number),
		cmocka_unit_test(banned_clients_are_not_forgotten),
		cmocka_unit_test(muted_client_is_not_banned_and_its_mute_expires),
		cmocka_unit_test(lift_without_forgiveness_keeps_the_strikes),
		cmocka_unit_test(lift_with_forgiveness_removes_the_entry),
		cmocka_unit_test(permanent_ban_can_be_lifted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
