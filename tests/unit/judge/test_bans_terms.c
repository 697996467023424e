/* test_bans_terms.c - the standing of a client at the exact instants when a ban or its parole
 * begins or ends, and how long a strike bans when only rates are the reason. A strike for rates
 * alone (TERM_TEMPORARY) never bans forever if the schedule has a finite time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/given_bans.h"

#define DAY       86400
#define PAROLE_MS ((int64_t)DAY * 1000)

static enum ban_standing standing(
	const struct bans *b, const struct address *client, struct instant now)
{
	return bans_standing(b, client, hash_16(given_bans_config(1).key, client->bytes), now);
}

static struct instant after_ms(struct instant t, int64_t ms)
{
	return (struct instant){t.ms + ms};
}

static struct ban strike_for(
	struct bans *b, const struct address *a, struct instant now, enum ban_term term)
{
	struct ban ban;

	assert_true(bans_strike(b, a, now, 1, term, &ban));
	return ban;
}

/* A table of bans with this schedule, in minutes; 0: forever. */
static struct bans *table_of(const int *minutes, uint32_t n)
{
	struct bans_config config = given_bans_config(10);

	for (uint32_t i = 0; i < n; i++)
		config.schedule[i] = minutes[i] ? span_seconds(60 * minutes[i]) : SPAN_MAX;
	config.schedule_n = n;
	struct bans *b = bans_new(&config);
	assert_non_null(b);
	return b;
}

static void client_is_banned_and_then_on_parole_for_a_day(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		struct address a = given_address(families[f]), other = given_address("2001:db8::");
		struct bans *b = table(10);
		assert_int_equal(standing(b, &a, start), STANDING_CLEAR); /* the table is empty */
		struct ban ban = strike(b, &a, start);
		assert_int_equal(standing(b, &a, start), STANDING_BANNED);
		assert_int_equal(standing(b, &other, start), STANDING_CLEAR);
		assert_int_equal(standing(b, &a, after_ms(ban.until, -1)), STANDING_BANNED);
		/* the client stays banned until bans_end_one reports the end */
		assert_int_equal(standing(b, &a, after_ms(ban.until, 5)), STANDING_BANNED);
		assert_int_equal(end_all(b, ban.until), 1);
		assert_int_equal(standing(b, &a, ban.until), STANDING_PAROLE);
		assert_int_equal(
			standing(b, &a, after_ms(ban.until, PAROLE_MS - 1000)), STANDING_PAROLE);
		assert_int_equal(standing(b, &a, after_ms(ban.until, PAROLE_MS)), STANDING_STRUCK);
		bans_forget(b, later(ban.until, 7 * 86400), 10);
		assert_int_equal(standing(b, &a, later(ban.until, 7 * 86400)), STANDING_CLEAR);
		bans_free(b);
	}
}

static void each_ban_restarts_parole(void **state)
{
	struct address a = given_address(families[0]);
	struct bans *b = table(10);
	struct instant now = strike(b, &a, start).until;

	(void)state;
	assert_int_equal(end_all(b, now), 1);
	now = later(now, 80000);
	now = strike(b, &a, now).until; /* the second ban lasts half an hour */
	assert_int_equal(standing(b, &a, now), STANDING_BANNED);
	assert_int_equal(end_all(b, now), 1);
	assert_int_equal(standing(b, &a, later(now, DAY - 1)), STANDING_PAROLE);
	assert_int_equal(standing(b, &a, later(now, DAY)), STANDING_STRUCK);
	bans_free(b);
}

static void client_is_on_parole_when_its_ban_is_lifted_unless_it_is_forgiven(void **state)
{
	(void)state;
	for (int forgive = 0; forgive < 2; forgive++) {
		struct address a = given_address(families[forgive]);
		struct bans *b = table(10);
		struct instant now = later(start, 10);
		struct ban ban = strike(b, &a, start);
		assert_true(bans_lift(b, &a, now, forgive, &ban));
		assert_int_equal(standing(b, &a, now), forgive ? STANDING_CLEAR : STANDING_PAROLE);
		assert_int_equal(standing(b, &a, later(now, DAY - 1)),
			forgive ? STANDING_CLEAR : STANDING_PAROLE);
		assert_int_equal(standing(b, &a, later(now, DAY)),
			forgive ? STANDING_CLEAR : STANDING_STRUCK);
		bans_free(b);
	}
}

static void restored_ban_keeps_the_standing_of_its_client(void **state)
{
	static const struct {
		enum ban_form form;
		uint32_t strikes;
		int64_t ended_s; /* seconds before start; negative: after it */
		enum ban_standing want;
	} cases[] = {
		{BAN_ACTIVE, 1, -60, STANDING_BANNED},
		/* a ban that another program made in the firewall */
		{BAN_ACTIVE, 0, -60, STANDING_BANNED},
		{BAN_OVER, 1, 0, STANDING_PAROLE},
		{BAN_OVER, 3, DAY - 1, STANDING_PAROLE},
		{BAN_OVER, 3, DAY, STANDING_STRUCK},
		{BAN_MUTED, 1, -60, STANDING_STRUCK},
		{BAN_MUTED, 0, -60, STANDING_CLEAR},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (int f = 0; f < 2; f++) {
			struct bans *b = table(10);
			struct ban ban = {.client = given_address(families[f]),
				.form = cases[i].form,
				.strikes = cases[i].strikes,
				.since = later(start, -100000),
				.until = later(start, -cases[i].ended_s),
				.paroled = true};
			assert_true(bans_restore(b, &ban));
			assert_int_equal(standing(b, &ban.client, start), cases[i].want);
			ban.paroled = false;
			assert_true(bans_restore(b, &ban));
			assert_int_equal(standing(b, &ban.client, start),
				cases[i].want == STANDING_PAROLE ? STANDING_STRUCK : cases[i].want);
			bans_free(b);
		}
	}
}

static void standing_of_a_muted_client_depends_on_whether_it_has_strikes(void **state)
{
	struct address a = given_address(families[0]), c = given_address(families[1]);
	struct bans *b = table(10);

	(void)state;
	assert_true(bans_mute(b, &c, start, later(start, 60)));
	assert_int_equal(standing(b, &c, start), STANDING_CLEAR);
	assert_int_equal(strike_for(b, &a, start, TERM_MUTE).form, BAN_MUTED);
	assert_int_equal(standing(b, &a, start), STANDING_STRUCK);
	bans_free(b);
}

/* A client is muted if its ban was held back as a likely mistake, or if the client is allowed. */
static void mute_puts_nobody_on_parole(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		struct address a = given_address(families[f]), c = given_address("192.0.2.1");
		struct bans *b = table(10);
		struct instant now = strike(b, &a, start).until;
		assert_int_equal(end_all(b, now), 1);
		now = later(now, 2 * DAY);
		assert_int_equal(standing(b, &a, now), STANDING_STRUCK);
		assert_true(bans_mute(b, &a, now, later(now, 600)));
		assert_int_equal(strike_for(b, &c, now, TERM_MUTE).form, BAN_MUTED);
		assert_int_equal(end_all(b, later(now, 600)), 2);
		assert_int_equal(standing(b, &a, later(now, 601)), STANDING_STRUCK);
		assert_int_equal(standing(b, &c, later(now, 601)), STANDING_STRUCK);
		assert_true(strike(b, &a, later(now, 700)).strikes == 2);
		assert_int_equal(end_all(b, later(now, 700 + 1800)), 1);
		assert_int_equal(standing(b, &a, later(now, 2501)), STANDING_PAROLE);
		bans_free(b);
	}
}

static void mute_does_not_end_parole(void **state)
{
	(void)state;
	for (int k = 0; k < 2; k++) {
		struct address a = given_address(families[k]);
		struct bans *b = table(10);
		struct instant now = strike(b, &a, start).until;
		assert_int_equal(end_all(b, now), 1);
		now = later(now, 3600);
		if (k == 0)
			assert_true(bans_mute(b, &a, now, later(now, 1800)));
		else
			(void)strike_for(b, &a, now, TERM_MUTE);
		/* a muted client has no parole */
		assert_int_equal(standing(b, &a, now), STANDING_STRUCK);
		assert_int_equal(end_all(b, later(now, 1800)), 1);
		assert_int_equal(standing(b, &a, later(now, 1800)), STANDING_PAROLE);
		assert_int_equal(standing(b, &a, later(now, 1800 + DAY)), STANDING_STRUCK);
		bans_free(b);
	}
}

/* Strikes are forgotten after an hour here, which is before parole ends. */
static void mute_of_a_client_with_forgotten_strikes_gives_no_parole(void **state)
{
	struct bans_config config = given_bans_config(10);
	struct address a = given_address(families[1]);

	(void)state;
	config.forget = span_seconds(3600);
	struct bans *b = bans_new(&config);
	assert_non_null(b);
	struct instant now = strike(b, &a, start).until;
	assert_int_equal(end_all(b, now), 1);
	now = later(now, 3600);
	assert_int_equal(strike_for(b, &a, now, TERM_MUTE).strikes, 1);
	assert_int_equal(end_all(b, later(now, 600)), 1);
	assert_int_equal(standing(b, &a, later(now, 600)), STANDING_STRUCK);
	bans_free(b);
}

static void setting_the_clock_moves_the_end_of_parole(void **state)
{
	static const int64_t by_ms[] = {-3600 * 1000, 3600 * 1000};

	(void)state;
	for (int k = 0; k < 2; k++) {
		struct address a = given_address(families[k]);
		struct bans *b = table(10);
		struct instant until = strike(b, &a, start).until,
			       moved = after_ms(until, by_ms[k]);
		assert_int_equal(end_all(b, until), 1);
		bans_shift(b, by_ms[k]);
		assert_int_equal(standing(b, &a, moved), STANDING_PAROLE);
		assert_int_equal(standing(b, &a, later(moved, DAY - 1)), STANDING_PAROLE);
		assert_int_equal(standing(b, &a, later(moved, DAY)), STANDING_STRUCK);
		bans_free(b);
	}
}

/* Checks the ban times of successive strikes for rates alone, in minutes; 0: forever. */
static void check_temporary(
	const int *minutes, uint32_t schedule_n, const int *want, uint32_t strikes)
{
	for (int f = 0; f < 2; f++) {
		struct address a = given_address(families[f]);
		struct bans *b = table_of(minutes, schedule_n);
		struct instant now = start;
		for (uint32_t k = 0; k < strikes; k++) {
			uint32_t n = k < schedule_n ? k : schedule_n - 1;
			struct ban ban = strike_for(b, &a, now, TERM_TEMPORARY);
			assert_int_equal(ban.form, BAN_ACTIVE);
			assert_int_equal(ban.strikes, k + 1);
			assert_int_equal(ban.temporary, minutes[n] == 0 && want[k] != 0);
			if (want[k] == 0) {
				assert_true(ban.until.ms == INSTANT_MAX.ms);
				assert_true(bans_lift(b, &a, now, false, &ban));
				continue;
			}
			assert_true(ban.until.ms == now.ms + 60000 * (int64_t)want[k]);
			now = ban.until;
			assert_int_equal(end_all(b, now), 1);
		}
		bans_free(b);
	}
}

static void temporary_strike_bans_for_the_last_finite_time_of_the_schedule(void **state)
{
	(void)state;
	check_temporary((int[]){10, 30, 120, 0}, 4, (int[]){10, 30, 120, 120, 120, 120}, 6);
	check_temporary((int[]){0}, 1, (int[]){0, 0}, 2);
	check_temporary((int[]){10, 0, 60}, 3, (int[]){10, 10, 60, 60}, 4);
	/* if no earlier time of the schedule is finite, the first later time that is finite
	 * counts */
	check_temporary((int[]){0, 60}, 2, (int[]){60, 60, 60}, 3);
	check_temporary((int[]){0, 0, 5, 0}, 4, (int[]){5, 5, 5, 5, 5}, 5);
	check_temporary((int[]){0, 0}, 2, (int[]){0, 0, 0}, 3);
	check_temporary((int[]){10, 30}, 2, (int[]){10, 30, 30}, 3);
}

/* The first four strikes are for rates alone. The fifth strike has a better reason, and bans
 * forever. */
static void temporary_strikes_count_in_the_schedule(void **state)
{
	struct address a = given_address(families[1]);
	struct bans *b = table(10);
	struct instant now = start;
	struct ban ban;

	(void)state;
	for (int k = 0; k < 4; k++) {
		ban = strike_for(b, &a, now, TERM_TEMPORARY);
		assert_int_equal(ban.temporary, k == 3);
		now = ban.until;
		assert_int_equal(end_all(b, now), 1);
	}
	ban = strike_for(b, &a, now, TERM_SCHEDULE);
	assert_int_equal(ban.strikes, 5);
	assert_true(ban.until.ms == INSTANT_MAX.ms);
	assert_false(ban.temporary);
	bans_free(b);
}

static void temporary_ban_is_flagged_until_the_next_strike(void **state)
{
	struct address a = given_address(families[0]);
	struct bans *b = table_of((int[]){10, 0}, 2);
	struct ban ban;

	(void)state;
	ban = strike_for(b, &a, start, TERM_TEMPORARY);
	assert_false(ban.temporary); /* the ban lasts as long as the schedule prescribes */
	assert_int_equal(end_all(b, ban.until), 1);
	ban = strike_for(b, &a, ban.until, TERM_TEMPORARY);
	assert_true(ban.temporary);
	assert_true(bans_find(b, &a, &ban) && ban.temporary);
	assert_true(bans_end_one(b, ban.until, &ban) && ban.temporary);
	assert_true(bans_find(b, &a, &ban) && ban.temporary);
	ban = strike_for(b, &a, ban.until, TERM_SCHEDULE);
	assert_false(ban.temporary);
	bans_free(b);
}

static void muting_strike_is_never_temporary(void **state)
{
	struct address a = given_address(families[0]);
	struct bans *b = table_of((int[]){0}, 1);
	struct ban ban = strike_for(b, &a, start, TERM_MUTE);

	(void)state;
	assert_int_equal(ban.form, BAN_MUTED);
	assert_true(ban.until.ms == INSTANT_MAX.ms);
	assert_false(ban.temporary);
	bans_free(b);
}

static void temporary_flag_of_a_ban_is_restored(void **state)
{
	(void)state;
	for (int temporary = 0; temporary < 2; temporary++) {
		struct bans *b = table(10);
		struct ban ban = {.client = given_address(families[temporary]),
			.form = BAN_OVER,
			.strikes = 4,
			.since = start,
			.until = later(start, 7200),
			.temporary = temporary};
		assert_true(bans_restore(b, &ban));
		ban.temporary = !temporary;
		assert_true(bans_find(b, &ban.client, &ban));
		assert_int_equal(ban.temporary, temporary);
		ban.temporary = !temporary; /* restoring overwrites the existing entry */
		assert_true(bans_restore(b, &ban));
		assert_true(bans_find(b, &ban.client, &ban));
		assert_int_equal(ban.temporary, !temporary);
		bans_free(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(client_is_banned_and_then_on_parole_for_a_day),
		cmocka_unit_test(each_ban_restarts_parole),
		cmocka_unit_test(client_is_on_parole_when_its_ban_is_lifted_unless_it_is_forgiven),
		cmocka_unit_test(restored_ban_keeps_the_standing_of_its_client),
		cmocka_unit_test(standing_of_a_muted_client_depends_on_whether_it_has_strikes),
		cmocka_unit_test(mute_puts_nobody_on_parole),
		cmocka_unit_test(mute_does_not_end_parole),
		cmocka_unit_test(mute_of_a_client_with_forgotten_strikes_gives_no_parole),
		cmocka_unit_test(setting_the_clock_moves_the_end_of_parole),
		cmocka_unit_test(temporary_strike_bans_for_the_last_finite_time_of_the_schedule),
		cmocka_unit_test(temporary_strikes_count_in_the_schedule),
		cmocka_unit_test(temporary_ban_is_flagged_until_the_next_strike),
		cmocka_unit_test(muting_strike_is_never_temporary),
		cmocka_unit_test(temporary_flag_of_a_ban_is_restored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
