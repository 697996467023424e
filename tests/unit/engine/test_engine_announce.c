/* test_engine_announce.c - which bans and unbans are announced again, and with which times. */
#include "unit/given_announce.h"

static void nothing_is_announced_unless_configured(void **state)
{
	struct ban ban = ban_of("198.51.100.7", T0 - 100, T0 + 9000);

	(void)state;
	begin_announcing(false, 0);
	remember(&ban);
	pass(T0 * MS, (T0 + 60) * MS);
	assert_int_equal(repeats_of(EVENT_BAN), 0);
	assert_int_equal(asked, 0);
}

static void bans_in_force_are_announced_with_their_original_times(void **state)
{
	static const char *const clients[] = {"198.51.100.7", "2001:db8:7::/64"};

	(void)state;
	for (int f = 0; f < 2; f++) {
		struct ban ban = ban_of(clients[f], T0 - 100, T0 + 900);
		begin_announcing(false, EVERY_S);
		remember(&ban);
		pass(T0 * MS, (T0 + 4) * MS);
		assert_int_equal(g.n, 0);
		pass((T0 + 4) * MS, (T0 + EVERY_S) * MS);
		assert_int_equal(repeats_of(EVENT_BAN), 1);
		const struct event *e = repeat_at(0);
		assert_true(address_equal(&e->client, &ban.client));
		assert_int_equal(e->time.ms, ban.since.ms);
		assert_int_equal(e->until.ms, ban.until.ms);
		assert_int_equal(e->seconds.ms, 1000 * MS);
		assert_int_equal(e->strike, 2);
		assert_int_equal(e->rules, 1u << RULE_REQUESTS | 1u << RULE_ERRORS);
		assert_false(e->permanent || e->enforced || e->behind_proxy);
		check_obeyed(e, (T0 + EVERY_S) * MS);
		/* each announcement repeats the ban until the ban is over */
		pass((T0 + EVERY_S) * MS, (T0 + EVERY_S + 5) * MS);
		assert_int_equal(repeats_of(EVENT_BAN), 2);
		pass((T0 + EVERY_S + 5) * MS, (T0 + 3 * EVERY_S) * MS);
		assert_int_equal(repeats_of(EVENT_BAN), 2);
		assert_int_equal(count_of(EVENT_UNBAN), 1); /* expired, and not repeated */
		assert_int_equal(repeats_of(EVENT_UNBAN), 0);
		end(state);
	}
}

static void announcement_shows_that_a_ban_is_permanent_and_enforced(void **state)
{
	struct ban ban = ban_of("2001:db8:7::/64", T0 - 5000, 0);

	(void)state;
	begin_announcing(false, EVERY_S);
	remember(&ban);
	bans_set_enforced(engine_memory(g.engine).bans, &ban.client, true);
	pass(T0 * MS, (T0 + 6) * MS);
	const struct event *e = repeat_at(0);
	assert_true(e->permanent && e->enforced);
	check_obeyed(e, (T0 + 6) * MS);
}

static void expired_and_muted_bans_are_not_announced(void **state)
{
	struct ban over = ban_of("198.51.100.7", T0 - 900, T0 - 10);
	struct ban muted = ban_of("198.51.100.8", T0 - 100, T0 + 900);

	(void)state;
	begin_announcing(false, EVERY_S);
	over.form = BAN_OVER;
	muted.form = BAN_MUTED;
	remember(&over);
	remember(&muted);
	pass(T0 * MS, (T0 + 20) * MS);
	assert_int_equal(g.n, 0);
}

/* A repeated event does not count as a ban, an unban or an alert, and it causes no save. */
static void repeats_are_counted_separately(void **state)
{
	struct ban ban = ban_of("2001:db8:7::/64", T0 - 100, 0);

	(void)state;
	begin_announcing(false, 10);
	remember(&ban);
	pass(T0 * MS, (T0 + 4) * MS);
	uint64_t lasting = engine_lasting(g.engine);
	pass((T0 + 4) * MS, (T0 + 36) * MS);
	struct counters c = engine_counters(g.engine);
	assert_int_equal(c.repeated_events, 4);
	assert_int_equal(c.bans + c.unbans + c.alerts, 0);
	assert_int_equal(engine_lasting(g.engine), lasting);
}

static void unban_is_announced_again_for_a_day(void **state)
{
	struct ban ban = ban_of("2001:db8:7::/64", T0 - 100, 0);

	(void)state;
	begin_announcing(false, EVERY_S);
	remember(&ban);
	tick(T0 * MS);
	remove_ban("2001:db8:7::/64");
	struct event first = *last_of(EVENT_UNBAN);
	assert_false(first.repeat);
	pass(T0 * MS, (T0 + 6) * MS);
	assert_int_equal(repeats_of(EVENT_UNBAN), 1);
	assert_int_equal(repeats_of(EVENT_BAN), 0);
	const struct event *e = repeat_at(0);
	assert_true(address_equal(&e->client, &first.client));
	assert_int_equal(e->time.ms, first.time.ms);
	assert_int_equal(e->strike, first.strike);
	assert_string_equal(e->reason, "manual");
	check_obeyed(e, (T0 + 6) * MS);
	/* the last announcement within a day, and the first announcement after that day */
	for (int64_t s = 600; s < 86400; s += 600)
		pass((T0 + s) * MS, (T0 + s + 6) * MS);
	assert_int_equal(repeats_of(EVENT_UNBAN), 144);
	pass(T0 * MS + DAY_MS, T0 * MS + DAY_MS + 6000);
	assert_int_equal(repeats_of(EVENT_UNBAN), 144);
	assert_int_equal(engine_counters(g.engine).unbans, 1);
}

/* The allow-list lifts the ban; test_unbans.c tests the other reasons. */
static void unban_by_the_allow_list_is_announced_again(void **state)
{
	struct ban ban = ban_of("198.51.100.7", T0 - 100, T0 + 5000);

	(void)state;
	begin_announcing(false, EVERY_S);
	remember(&ban);
	tick(T0 * MS);
	struct allow *allow = allow_of("198.51.100.0/24");
	engine_set_allow(g.engine, allow);
	pass(T0 * MS, (T0 + 6) * MS);
	assert_int_equal(g.n, 2);
	assert_string_equal(repeat_at(0)->reason, "allowed");
	engine_set_allow(g.engine, g.allow);
	allow_free(allow);
}

/* A host that missed the unban and the new ban still enforces the older, longer ban. It must read
 * the unban before the new ban. */
static void ban_that_is_newer_than_an_unban_is_announced_after_this_unban(void **state)
{
	struct ban ban = ban_of("198.51.100.7", T0 - 100, 0);

	(void)state;
	begin_announcing(false, EVERY_S);
	remember(&ban);
	tick(T0 * MS);
	remove_ban("198.51.100.7");
	struct ban newer = ban_of("198.51.100.7", T0 + 1, T0 + 601);
	remember(&newer);
	pass(T0 * MS, (T0 + 6) * MS);
	assert_int_equal(repeats_of(EVENT_UNBAN), 1);
	assert_int_equal(repeats_of(EVENT_BAN), 1);
	assert_int_equal(repeat_at(0)->kind, EVENT_UNBAN);
	assert_int_equal(repeat_at(1)->time.ms, newer.since.ms);
	assert_int_equal(repeat_at(1)->until.ms, newer.until.ms);
}

/* The clock was set while no run was active. The memory file can then contain the times below. */
static void odd_times_are_corrected_to_times_that_a_host_obeys(void **state)
{
	static const struct {
		int64_t since, until, time, end; /* seconds from T0; end 0: not announced */
	} rows[] = {
		/* the ban of the second row begins in the future */
		{-100, 900, -100, 900}, {5000, 9000, 6, 9000},
		{9000, 5000, 6, 5000},                       /* the ban ends before it begins */
		{-400 * 86400, 900, 900 - 366 * 86400, 900}, /* the ban was prolonged by hand */
		{-10, 800 * 86400, 6, 6 + 366 * 86400},      /* the clock was far ahead */
		/* the ban is over as soon as it is obeyed */
		{-10, 6, 0, 0},
		{-366 * 86400, 10, 10 - 366 * 86400, 10}, /* the ban is a little too long */
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct ban ban = ban_of("2001:db8:7::/64", T0 + rows[i].since, T0 + rows[i].until);
		begin_announcing(false, 0);
		remember(&ban);
		tick(T0 * MS);
		tick((T0 + 6) * MS);
		engine_announce_now(g.engine);
		tick((T0 + 6) * MS);
		assert_int_equal(repeats_of(EVENT_BAN), rows[i].end != 0);
		if (rows[i].end) {
			const struct event *e = repeat_at(0);
			assert_in_range(e->time.ms, (T0 + rows[i].time) * MS,
				(T0 + rows[i].time) * MS + 77);
			assert_in_range(
				e->until.ms, (T0 + rows[i].end) * MS, (T0 + rows[i].end) * MS + 77);
			check_obeyed(e, (T0 + 6) * MS);
		}
		end(state);
	}
}

static void announcements_continue_after_a_clock_jump(void **state)
{
	static const int64_t jumps[] = {-3 * DAY_MS, -7000, 7000, 3 * DAY_MS};

	(void)state;
	for (int k = 0; k < 4; k++) {
		struct ban ban = ban_of("198.51.100.7", T0 - 100, T0 + 90000), lifted = ban;
		int64_t at = T0 * MS, by = jumps[k];
		begin_announcing(false, EVERY_S);
		lifted.client = given_address("2001:db8:7::/64");
		remember(&ban);
		remember(&lifted);
		engine_clock(g.engine, (struct instant){at}, (struct span){1});
		tick(at);
		remove_ban("2001:db8:7::/64");
		pass(at, at + 10000);
		assert_int_equal(repeats_of(EVENT_BAN), 1);
		at += 10000 + by;
		engine_clock(g.engine, (struct instant){at}, (struct span){10001});
		assert_string_equal(last_of(EVENT_ERROR)->reason, "clock_jump");
		pass(at, at + 20000);
		assert_int_equal(repeats_of(EVENT_BAN), 1);
		pass(at + 20000, at + EVERY_S * MS);
		assert_int_equal(repeats_of(EVENT_BAN), 2);
		assert_int_equal(repeats_of(EVENT_UNBAN), 2);
		const struct event *e = last_of(EVENT_BAN);
		assert_int_equal(e->time.ms, ban.since.ms + by);
		assert_int_equal(e->until.ms, ban.until.ms + by);
		check_obeyed(e, at + EVERY_S * MS);
		assert_int_equal(last_of(EVENT_UNBAN)->time.ms, T0 * MS + by);
		end(state);
	}
}

static void adopted_ban_is_announced(void **state)
{
	static const char *const clients[] = {"198.51.100.7", "2001:db8:7::/64"};

	(void)state;
	for (int f = 0; f < 2; f++) {
		struct address client = given_address(clients[f]);
		begin_announcing(false, EVERY_S);
		tick(T0 * MS);
		engine_report_outcome(g.engine, &client, BAN_ADOPTED, (struct instant){T0 * MS},
			(struct instant){T0 * MS + 54321});
		tick((T0 + 5) * MS);
		const struct event *e = repeat_at(0);
		assert_int_equal(e->strike, 0);
		assert_int_equal(e->rules, 0);
		assert_true(e->enforced);
		check_obeyed(e, (T0 + 5) * MS);
		/* somebody prolongs the ban */
		engine_report_outcome(g.engine, &client, BAN_ADOPTED,
			(struct instant){(T0 + 30) * MS}, (struct instant){(T0 + 5000) * MS + 9});
		engine_announce_now(g.engine);
		tick((T0 + 31) * MS);
		e = repeat_at(1);
		assert_int_equal(e->until.ms, (T0 + 5000) * MS + 9);
		check_obeyed(e, (T0 + 31) * MS);
		end(state);
	}
}

static void replay_announces_by_the_time_of_the_log(void **state)
{
	struct ban ban = ban_of("198.51.100.7", T0 - 100, T0 + 50000);

	(void)state;
	begin_announcing(true, EVERY_S);
	remember(&ban);
	say("192.0.2.1", 200, T0 * MS);
	engine_announce_now(g.engine); /* a replay ignores the signal */
	say("192.0.2.1", 200, (T0 + 4) * MS);
	assert_int_equal(repeats_of(EVENT_BAN), 0);
	say("192.0.2.1", 200, (T0 + 5) * MS);
	assert_int_equal(repeats_of(EVENT_BAN), 1);
	say("192.0.2.1", 200, (T0 + 604) * MS);
	assert_int_equal(repeats_of(EVENT_BAN), 1);
	say("192.0.2.1", 200, (T0 + 605) * MS);
	assert_int_equal(repeats_of(EVENT_BAN), 2);
	say("192.0.2.1", 200, (T0 + 3605) * MS); /* one announcement at the end of the gap */
	assert_int_equal(repeats_of(EVENT_BAN), 3);
	check_obeyed(repeat_at(2), (T0 + 3605) * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(nothing_is_announced_unless_configured, end),
		cmocka_unit_test(bans_in_force_are_announced_with_their_original_times),
		cmocka_unit_test_teardown(
			announcement_shows_that_a_ban_is_permanent_and_enforced, end),
		cmocka_unit_test_teardown(expired_and_muted_bans_are_not_announced, end),
		cmocka_unit_test_teardown(repeats_are_counted_separately, end),
		cmocka_unit_test_teardown(unban_is_announced_again_for_a_day, end),
		cmocka_unit_test_teardown(unban_by_the_allow_list_is_announced_again, end),
		cmocka_unit_test_teardown(
			ban_that_is_newer_than_an_unban_is_announced_after_this_unban, end),
		cmocka_unit_test(odd_times_are_corrected_to_times_that_a_host_obeys),
		cmocka_unit_test(announcements_continue_after_a_clock_jump),
		cmocka_unit_test(adopted_ban_is_announced),
		cmocka_unit_test_teardown(replay_announces_by_the_time_of_the_log, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
