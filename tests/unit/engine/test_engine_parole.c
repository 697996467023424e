/* test_engine_parole.c - a client has lower limits for a day after its ban, even after a restart.
 * A ban by rates alone is permanent only if the rates are far over the limits. Where
 * the schedule demands a permanent ban, a ban by lower rates is `temporary`: it ends. */
#include "unit/given_paths.h"

/* Makes 50 requests in 60 s: a quarter of the cold limit of 200, but more than the fifth that is
 * the limit on parole. */
static void ask_quietly(const char *client, int64_t *second)
{
	for (int i = 0; i < 60; i++, ++*second)
		if (i % 6)
			say(client, 200, *second * 1000);
}

/* Bans the client of this family for 10 minutes. Returns the second in which the ban ends. */
static int64_t begin_banned(struct engine_config config, int f)
{
	int64_t s = begin_learned(config);

	flood(families[f], s * 1000);
	assert_int_equal(count_of(EVENT_BAN), 1);
	assert_false(last_of(EVENT_BAN)->verdict.parole);
	assert_int_equal(last_of(EVENT_BAN)->until.ms, (s + 600) * 1000);
	return s + 600;
}

static void client_has_a_fifth_of_the_limits_for_a_day_after_its_ban(void **state)
{
	static const struct {
		int64_t after_s;
		bool parole;
	} cases[] = {{0, true}, {3600, true}, {86400 - 61, true}, {86400, false}, {90000, false}};

	(void)state;
	for (int k = 0; k < 5; k++) {
		for (int f = 0; f < 2; f++) {
			int64_t s = begin_banned(config_that_stays_cold(), f) + cases[k].after_s;
			ask_quietly(families[f], &s);
			assert_int_equal(count_of(EVENT_BAN), 1 + cases[k].parole);
			if (cases[k].parole) {
				const struct event *ban = last_of(EVENT_BAN);
				assert_true(ban->verdict.parole);
				assert_int_equal(ban->strike, 2);
				assert_int_equal(ban->verdict.limit, 40);
			}
			end(NULL);
		}
	}
}

static void other_clients_keep_their_limits(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		int64_t s = begin_banned(config_that_stays_cold(), f);
		ask_quietly(families[!f], &s);
		assert_int_equal(count_of(EVENT_BAN), 1);
		end(NULL);
	}
}

static void restart_keeps_parole(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		for (int over = 0; over < 2;
			over++) { /* the restart is during the ban, or after it */
			struct engine_config config = config_that_stays_cold();
			int64_t s = begin_banned(config, f);
			if (over)
				say("192.0.2.1", 200, (s + 60) * 1000);
			assert_int_equal(count_of(EVENT_UNBAN), over);
			restart(config);
			s += 60;
			ask_quietly(families[f], &s);
			assert_int_equal(count_of(EVENT_BAN), 1);
			assert_true(last_of(EVENT_BAN)->verdict.parole);
			end(NULL);
		}
	}
}

/* Each flood is twice the limit. The bans last for 10 minutes, for 30 minutes, and from then on for
 * 2 hours. */
static void rates_alone_at_twice_the_limit_never_ban_permanently(void **state)
{
	static const int64_t seconds[] = {600, 1800, 7200, 7200, 7200};

	(void)state;
	for (int f = 0; f < 2; f++) {
		int64_t s = begin_learned(config_that_stays_cold());
		for (int k = 0; k < 5; k++) {
			flood(families[f], s * 1000);
			assert_int_equal(count_of(EVENT_BAN), k + 1);
			const struct event *ban = last_of(EVENT_BAN);
			assert_true(ban->verdict.rates_alone);
			assert_int_equal(ban->strike, k + 1);
			assert_int_equal(ban->seconds.ms, seconds[k] * 1000);
			assert_false(ban->permanent);
			assert_int_equal(ban->temporary, k >= 3);
			s += seconds[k];
		}
		end(NULL);
	}
}

/* Three floods lead to three bans by rates alone. At the fourth ban, own errors are a reason,
 * too. */
static void own_errors_ban_permanently_as_the_schedule_says(void **state)
{
	static const int64_t seconds[] = {600, 1800, 7200};

	(void)state;
	for (int f = 0; f < 2; f++) {
		int64_t s = begin_learned(config_that_stays_cold());
		for (int k = 0; k < 3; s += seconds[k++])
			flood(families[f], s * 1000);
		for (int i = 0; i < 100; i++)
			say(families[f], 403, s * 1000);
		assert_int_equal(count_of(EVENT_BAN), 4);
		assert_true(last_of(EVENT_BAN)->permanent);
		assert_false(last_of(EVENT_BAN)->temporary);
		end(NULL);
	}
}

/* The schedule has only a permanent ban. A client with over five times the limit is banned
 * even while the detector learns, and permanently, although rates are the only reason. In the
 * second run, the client makes twice the limit, so its ban is temporary. */
static void rates_alone_far_over_the_limits_may_ban_permanently(void **state)
{
	struct engine_config config = config_that_stays_cold();

	(void)state;
	config.bans.schedule[0] = SPAN_MAX;
	for (int f = 0; f < 2; f++) {
		int64_t s = T0;
		begin_with(config, NULL);
		traffic(&s, 300, 1, 300);
		for (int i = 0; i < 1001; i++)
			say(families[f], 200, s * 1000);
		assert_int_equal(count_of(EVENT_BAN), 1);
		assert_true(last_of(EVENT_BAN)->verdict.rates_alone);
		assert_true(last_of(EVENT_BAN)->permanent);
		end(NULL);
		s = begin_learned(config);
		flood(families[f], s * 1000); /* banned at twice the limit */
		assert_int_equal(count_of(EVENT_BAN), 1);
		assert_false(last_of(EVENT_BAN)->permanent);
		assert_true(last_of(EVENT_BAN)->temporary);
		end(NULL);
	}
}

static void restart_and_snapshot_keep_that_a_ban_is_temporary(void **state)
{
	struct engine_config config = config_that_stays_cold();

	(void)state;
	config.bans.schedule[0] = SPAN_MAX;
	for (int f = 0; f < 2; f++) {
		int64_t s = begin_learned(config);
		flood(families[f], s * 1000);
		for (int k = 0; k < 2; k++) {
			say("192.0.2.1", 200, (s + k) * 1000);
			assert_int_equal(snapshot()->bans_n, 1);
			assert_true(snapshot()->bans[0].temporary);
			assert_int_equal(snapshot()->bans[0].until.ms, (s + 1800) * 1000);
			restart(config);
		}
		end(NULL);
	}
}

/* An administrator who made a ban longer decides when it ends. */
static void ban_made_longer_by_hand_is_not_temporary(void **state)
{
	struct engine_config config = config_that_stays_cold();

	(void)state;
	config.bans.schedule[0] = SPAN_MAX;
	for (int f = 0; f < 2; f++) {
		struct address client = given_address(clients_of[f]);
		int64_t s = begin_learned(config);
		g.enforce = true;
		flood(families[f], s * 1000);
		assert_true(snapshot()->bans[0].temporary);
		engine_report_outcome(g.engine, &client, BAN_ADOPTED, instant_at_second(s + 5),
			instant_add(instant_at_second(s), span_seconds(1800)));
		assert_true(snapshot()->bans[0].temporary); /* the same end as before */
		engine_report_outcome(
			g.engine, &client, BAN_ADOPTED, instant_at_second(s + 5), INSTANT_MAX);
		assert_int_equal(snapshot()->bans[0].until.ms, INSTANT_MAX.ms);
		assert_false(snapshot()->bans[0].temporary);
		end(NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(client_has_a_fifth_of_the_limits_for_a_day_after_its_ban),
		cmocka_unit_test(other_clients_keep_their_limits),
		cmocka_unit_test(restart_keeps_parole),
		cmocka_unit_test(rates_alone_at_twice_the_limit_never_ban_permanently),
		cmocka_unit_test(own_errors_ban_permanently_as_the_schedule_says),
		cmocka_unit_test(rates_alone_far_over_the_limits_may_ban_permanently),
		cmocka_unit_test(restart_and_snapshot_keep_that_a_ban_is_temporary),
		cmocka_unit_test(ban_made_longer_by_hand_is_not_temporary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
