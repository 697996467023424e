/* test_engine.c - gives requests to the whole engine, and checks the events that it emits. */
#include "unit/given_engine.h"

static bool is_banned(const struct address *client)
{
	struct ban ban;

	return bans_find(engine_bans(g.engine), client, &ban) && ban.form == BAN_ACTIVE;
}

static void flood_is_banned_once_and_its_later_requests_are_blocked(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		int64_t s = T0;
		struct address client = given_address(clients_of[f]);
		struct ban ban;
		begin(false);
		g.enforce = true;
		traffic(&s, 300, 5, VISITORS);
		flood(families[f], s * 1000);
		assert_int_equal(count_of(EVENT_BAN), 1);
		const struct event *e = last_of(EVENT_BAN);
		assert_true(address_equal(&e->client, &client));
		assert_int_equal(e->time.ms, s * 1000);
		assert_int_equal(e->strike, 1);
		assert_int_equal(e->seconds.ms, 600 * 1000);
		assert_int_equal(e->until.ms, (s + 600) * 1000);
		assert_false(e->permanent);
		assert_false(e->replay);
		assert_true(e->verdict.evidence_n > 0);
		assert_true(e->verdict.evidence[0].value > e->verdict.evidence[0].limit);
		assert_true(bans_find(engine_bans(g.engine), &client, &ban));
		assert_true(ban.enforced);
		/* the request that crosses the limit causes the ban; all later ones are blocked */
		assert_int_equal(engine_counters(g.engine).blocked, 1500 - e->requests);
		assert_int_equal(engine_counters(g.engine).bans, 1);
		end(NULL);
	}
}

static void end_of_a_ban_is_reported_even_if_no_line_arrives(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		int64_t s = T0;
		struct address client = given_address(clients_of[f]);
		begin(false);
		traffic(&s, 130, 5, VISITORS);
		flood(families[f], s * 1000 + 7);
		assert_true(is_banned(&client));
		for (int64_t t = s; t <= s + 599; t += 13)
			tick(t * 1000);
		tick((s + 600) * 1000 + 6);
		assert_int_equal(count_of(EVENT_UNBAN), 0);
		assert_int_equal(engine_next(g.engine).ms, (s + 600) * 1000 + 7);
		tick((s + 600) * 1000 + 7);
		assert_int_equal(count_of(EVENT_UNBAN), 1);
		const struct event *e = last_of(EVENT_UNBAN);
		assert_true(address_equal(&e->client, &client));
		assert_string_equal(e->reason, "expired");
		assert_int_equal(e->time.ms, (s + 600) * 1000 + 7);
		assert_int_equal(e->strike, 1);
		assert_false(is_banned(&client));
		check_times_in_order();
		end(NULL);
	}
}

static void second_ban_is_longer(void **state)
{
	int64_t s = T0;

	(void)state;
	begin(false);
	traffic(&s, 130, 5, VISITORS);
	flood(families[1], s * 1000);
	traffic(&s, 700, 5, VISITORS);
	flood(families[1], s * 1000);
	assert_int_equal(count_of(EVENT_BAN), 2);
	assert_int_equal(last_of(EVENT_BAN)->strike, 2);
	assert_int_equal(last_of(EVENT_BAN)->seconds.ms, 1800 * 1000);
}

/* The unban is reported before a line whose time is the end of the ban is judged. */
static void unban_is_reported_before_a_line_of_the_same_time_is_judged(void **state)
{
	int64_t s = T0;

	(void)state;
	begin(true);
	traffic(&s, 130, 5, VISITORS);
	flood(families[0], s * 1000);
	uint64_t blocked = engine_counters(g.engine).blocked;
	say(families[0], 200, (s + 600) * 1000 - 1);
	assert_int_equal(engine_counters(g.engine).blocked, blocked + 1);
	say(families[0], 200, (s + 600) * 1000);
	assert_int_equal(engine_counters(g.engine).blocked, blocked + 1);
	assert_int_equal(count_of(EVENT_UNBAN), 1);
	assert_int_equal(last_of(EVENT_UNBAN)->time.ms, (s + 600) * 1000);
	assert_true(last_of(EVENT_UNBAN)->replay);
}

static void counts_leave_the_window_even_if_no_line_arrives(void **state)
{
	int64_t s = T0;

	(void)state;
	begin(false);
	traffic(&s, 100, 5, VISITORS);
	assert_int_equal(snapshot()->requests, 5 * 60);
	assert_int_equal(snapshot()->clients, VISITORS);
	tick((s + 29) * 1000);
	assert_int_equal(snapshot()->requests, 5 * 30);
	tick((s + 58) * 1000);
	assert_int_equal(snapshot()->requests, 5);
	tick((s + 59) * 1000);
	assert_int_equal(snapshot()->requests, 0);
	assert_int_equal(snapshot()->top_n, 0);
	tick((s + 61) * 1000);
	assert_int_equal(snapshot()->clients, 0);
}

/* A log may contain a network in place of a client's address, such as 192.0.2.0/24. */
static void network_is_a_client_unless_it_is_wider_than_a_client(void **state)
{
	(void)state;
	begin(false);
	say("2001:db8:1:2::/64", 200, T0 * 1000);
	say("2001:db8:1:2::7", 200, T0 * 1000);
	say("2001:db8:1:2:3::/80", 200, T0 * 1000);
	assert_int_equal(engine_counters(g.engine).requests, 3);
	assert_int_equal(snapshot()->clients, 1);
	say("2001:db8::/63", 200, T0 * 1000);
	say("2001:db8::/32", 200, T0 * 1000);
	say("198.51.100.0/31", 200, T0 * 1000);
	say("198.51.100.0/24", 200, T0 * 1000);
	assert_int_equal(engine_counters(g.engine).bad_client, 4);
	assert_int_equal(engine_counters(g.engine).requests, 3);
	assert_int_equal(snapshot()->clients, 1);
}

static void late_line_is_counted_and_not_judged(void **state)
{
	(void)state;
	begin(false);
	say(families[0], 200, T0 * 1000);
	say_at(families[0], 404, (T0 - 59) * 1000, T0 * 1000);
	assert_int_equal(engine_counters(g.engine).late, 0);
	assert_int_equal(engine_counters(g.engine).requests, 2);
	assert_int_equal(snapshot()->errors, 1);
	say_at(families[0], 404, (T0 - 60) * 1000 + 999, T0 * 1000);
	/* 2001-01-01, the oldest valid time */
	say_at(families[1], 404, 978307200000, T0 * 1000);
	assert_int_equal(engine_counters(g.engine).late, 2);
	assert_int_equal(engine_counters(g.engine).requests, 2);
	assert_int_equal(engine_counters(g.engine).lines, 4);
	assert_int_equal(snapshot()->requests, 2);
	/* the older of the two requests of this client leaves the window first */
	tick((T0 + 1) * 1000);
	assert_int_equal(snapshot()->requests, 1);
	assert_int_equal(snapshot()->errors, 0);
}

static void line_ahead_of_the_clock_counts_at_the_current_time(void **state)
{
	struct instant now;

	(void)state;
	begin(false);
	tick(T0 * 1000);
	say_at(families[0], 200, (T0 + 2) * 1000, T0 * 1000);
	assert_int_equal(engine_counters(g.engine).ahead, 0);
	assert_true(engine_now(g.engine, &now));
	assert_int_equal(now.ms, (T0 + 2) * 1000);
	say_at(families[1], 200, (T0 + 86400) * 1000, T0 * 1000);
	assert_int_equal(engine_counters(g.engine).ahead, 1);
	assert_true(engine_now(g.engine, &now));
	assert_int_equal(now.ms, (T0 + 2) * 1000);
	assert_int_equal(snapshot()->requests, 2);
}

static void requests_of_a_banned_client_are_not_counted(void **state)
{
	int64_t s = T0;

	(void)state;
	begin(false);
	traffic(&s, 130, 5, VISITORS);
	flood(families[0], s * 1000);
	struct state before = *snapshot();
	for (int i = 0; i < 5000; i++)
		say(families[0], 404, s * 1000);
	const struct state *after = snapshot();
	assert_int_equal(after->requests, before.requests);
	assert_int_equal(after->errors, before.errors);
	assert_int_equal(after->clients, before.clients);
	assert_int_equal(after->counters.blocked, before.counters.blocked + 5000);
	assert_memory_equal(
		after->history_requests, before.history_requests, sizeof before.history_requests);
}

static void addresses_of_a_64_network_are_one_client(void **state)
{
	int64_t s = T0;
	struct address client = given_address("2001:db8:bad:1::/64");
	char text[64];

	(void)state;
	begin(false);
	traffic(&s, 130, 5, VISITORS);
	for (unsigned i = 0; i < 1500; i++) {
		snprintf(text, sizeof text, "2001:db8:bad:1::%x", i + 1);
		say(text, 200, s * 1000);
	}
	assert_int_equal(count_of(EVENT_BAN), 1);
	assert_true(address_equal(&last_of(EVENT_BAN)->client, &client));
}

static void allowed_client_is_not_banned_and_its_alerts_become_rare(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		int64_t s = T0;
		begin_with(config_of(false), clients_of[f]);
		traffic(&s, 130, 5, VISITORS);
		flood(families[f], s * 1000);
		assert_int_equal(client_alerts("allowed"), 1);
		for (int i = 0; i < 9; i++) {
			traffic(&s, 60, 1, VISITORS);
			flood(families[f], s * 1000);
		}
		assert_int_equal(client_alerts("allowed"), 1);
		traffic(&s, 61, 1, VISITORS);
		flood(families[f], s * 1000);
		assert_int_equal(client_alerts("allowed"), 2);
		for (int i = 0; i < 29; i++) {
			traffic(&s, 60, 1, VISITORS);
			flood(families[f], s * 1000);
		}
		assert_int_equal(client_alerts("allowed"), 2);
		traffic(&s, 61, 1, VISITORS);
		flood(families[f], s * 1000);
		assert_int_equal(client_alerts("allowed"), 3);
		assert_int_equal(count_of(EVENT_BAN), 0);
		assert_int_equal(count_of(EVENT_UNBAN), 0);
		assert_int_equal(engine_counters(g.engine).blocked, 0);
		assert_int_equal(bans_active(engine_bans(g.engine)), 0);
		end(NULL);
	}
}

static void newly_allowed_client_is_unbanned(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		int64_t s = T0;
		struct address client = given_address(clients_of[f]);
		struct allow *allow = allow_of(clients_of[f]);
		begin(false);
		traffic(&s, 130, 5, VISITORS);
		flood(families[0], s * 1000);
		flood(families[1], s * 1000);
		assert_int_equal(bans_active(engine_bans(g.engine)), 2);
		engine_set_allow(g.engine, allow);
		assert_int_equal(count_of(EVENT_UNBAN), 1);
		assert_true(address_equal(&last_of(EVENT_UNBAN)->client, &client));
		assert_string_equal(last_of(EVENT_UNBAN)->reason, "allowed");
		assert_int_equal(last_of(EVENT_UNBAN)->time.ms, s * 1000);
		assert_int_equal(bans_active(engine_bans(g.engine)), 1);
		flood(families[f], s * 1000);
		assert_int_equal(client_alerts("allowed"), 1);
		assert_int_equal(count_of(EVENT_BAN), 2);
		end(NULL);
		allow_free(allow);
	}
}

/* Clients with private addresses are never banned, even if the allow-list does not contain them. */
static void private_client_is_reported_but_never_banned(void **state)
{
	static const char *const clients[] = {
		"10.1.2.3", "fd00:1::2", "64:ff9b::c633:6407", "64:ff9b:1::c633:6407"};

	(void)state;
	for (size_t i = 0; i < sizeof clients / sizeof *clients; i++) {
		int64_t s = T0;
		begin(false);
		traffic(&s, 130, 5, VISITORS);
		flood(clients[i], s * 1000);
		assert_int_equal(count_of(EVENT_BAN), 0);
		assert_int_equal(client_alerts("proxy_in_front"), 1);
		end(NULL);
	}
}

static void verdict_that_is_not_severe_is_an_alert_while_learning(void **state)
{
	int64_t s = T0;

	(void)state;
	begin(false);
	traffic(&s, 130, 5, VISITORS);
	for (int i = 0; i < 900; i++)
		say(families[0], 200, s * 1000);
	assert_int_equal(count_of(EVENT_BAN), 0);
	assert_int_equal(client_alerts("learning"), 1);
	for (int i = 0; i < 101; i++)
		say(families[0], 200, s * 1000);
	assert_int_equal(count_of(EVENT_BAN), 1);
}

static void state_contains_lag_alarm_rate_and_held_back_bans(void **state)
{
	int64_t s = T0;

	(void)state;
	begin(false);
	assert_int_equal(snapshot()->last_line.ms, 0);
	traffic(&s, 130, 5, VISITORS);
	say_at(families[0], 200, s * 1000, s * 1000 + 1750);
	assert_int_equal(snapshot()->last_line.ms, s * 1000 + 1750);
	assert_float_equal(snapshot()->lag_s, 1.75, 1e-9);
	say_at(families[0], 200, s * 1000 + 3000, s * 1000 + 2000);
	assert_float_equal(snapshot()->lag_s, 0, 0); /* a line ahead of the clock has no lag */
	s += 2;
	for (int f = 0; f < 2; f++)
		for (int i = 0; i < 900; i++)
			say(families[f], 200, s * 1000);
	const struct state *now = snapshot();
	assert_int_equal(client_alerts("learning"), 2);
	assert_int_equal(now->held[HOLD_LEARNING], 2);
	assert_int_equal(now->held[HOLD_ALLOWED], 0);
	assert_true(now->top[0].held && now->top[1].held && !now->top[2].held);
	assert_true(now->learning_s > 460 && now->learning_s <= 470);
	/* the alarm is the lowest rate at which a detection rule of the site matches */
	const struct baseline *b = &now->baseline;
	double most = fmin(b->mean + 3 * b->stddev, 5 * b->mean);
	assert_float_equal(now->alarm[SIGNAL_REQUESTS], most, 1e-9);
	struct verdict v;
	uint64_t count = (uint64_t)floor(most * WINDOW_S);
	assert_false(rules_judge_site(b, false, count, false, &v));
	assert_true(rules_judge_site(b, false, count + 1, false, &v));
	traffic(&s, 600, 5, VISITORS);
	assert_float_equal(snapshot()->learning_s, 0, 0);
}

static void bans_that_are_not_enforced_are_counted(void **state)
{
	int64_t s = T0;

	(void)state;
	begin(false);
	traffic(&s, 130, 5, VISITORS);
	flood(families[0], s * 1000);
	assert_int_equal(snapshot()->bans_not_enforced, 1);
	g.enforce = true;
	flood(families[1], s * 1000);
	assert_int_equal(snapshot()->bans_total, 2);
	assert_int_equal(snapshot()->bans_not_enforced, 1);
}

static void full_table_of_bans_is_counted(void **state)
{
	struct engine_config config = config_of(false);
	int64_t s = T0;

	(void)state;
	config.bans.max = 1;
	begin_with(config, NULL);
	traffic(&s, 130, 5, VISITORS);
	flood(families[0], s * 1000);
	assert_int_equal(engine_counters(g.engine).bans_full, 0);
	flood(families[1], s * 1000);
	assert_int_equal(count_of(EVENT_BAN), 1);
	assert_true(engine_counters(g.engine).bans_full > 0);
}

static void rejected_lines_change_only_their_counters(void **state)
{
	static const char *const lines[] = {
		"", "hello", "{}", "{\"remote_addr\":\"x\"}", "{\"remote"};

	(void)state;
	begin(false);
	tick(T0 * 1000);
	struct state before = *snapshot();
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		say_line(g.engine, lines[i], strlen(lines[i]), false,
			(struct instant){(T0 + 100) * 1000});
	assert_int_equal(engine_counters(g.engine).lines, 5);
	assert_int_equal(engine_counters(g.engine).requests, 0);
	assert_int_equal(snapshot()->now.ms, before.now.ms);
	assert_int_equal(snapshot()->clients, 0);
	assert_int_equal(g.n, 0);
}

/* 10 lines per second. The time of each line is `offset_s` later than the wall clock. */
static void skewed_traffic(int64_t *second, int64_t seconds, int64_t offset_s)
{
	for (int64_t end_s = *second + seconds; *second < end_s; ++*second)
		for (int i = 0; i < 10; i++)
			say_at(families[i % 2], 200, (*second + offset_s) * 1000, *second * 1000);
}

static void times_of_another_zone_are_reported_once(void **state)
{
	int64_t s = T0;

	(void)state;
	begin(false);
	skewed_traffic(&s, 10, 3600);
	assert_int_equal(count_of(EVENT_ERROR), 0);
	skewed_traffic(&s, 600, 3600);
	assert_int_equal(count_of(EVENT_ERROR), 1);
	const struct event *e = last_of(EVENT_ERROR);
	assert_string_equal(e->reason, "time_skew");
	assert_int_equal(e->time.ms, (T0 + 10) * 1000);
	assert_non_null(strstr(e->message, "are 3600 s ahead of"));
	assert_non_null(strstr(e->message, "--tz"));
	end(NULL);
	s = T0;
	begin(false); /* late lines */
	skewed_traffic(&s, 60, -3600);
	assert_non_null(strstr(last_of(EVENT_ERROR)->message, "are 3600 s behind"));
	assert_int_equal(engine_counters(g.engine).late, 600);
}

static void times_of_a_replay_cause_no_report_of_a_skew(void **state)
{
	int64_t s = T0;

	(void)state;
	begin(true);
	skewed_traffic(&s, 60, -3600);
	assert_int_equal(count_of(EVENT_ERROR), 0);
}

static void lines_without_a_time_show_no_skew(void **state)
{
	static const char line[] = "{\"remote_addr\":\"2001:db8::7\",\"status\":200}";

	(void)state;
	begin(false);
	for (int64_t s = T0; s <= T0 + 200; s++) {
		say_line(g.engine, line, sizeof line - 1, false, instant_at_second(s));
		assert_int_equal(count_of(EVENT_ERROR), s > T0 + 99);
		say_at(families[0], 200, (s - 3600) * 1000, s * 1000);
	}
}

static void no_skew_is_reported_after_the_clock_was_set_right(void **state)
{
	int64_t s = T0;

	(void)state;
	begin(false);
	engine_clock(g.engine, instant_at_second(s), span_seconds(1000));
	skewed_traffic(&s, 10, -3600);
	engine_clock(g.engine, instant_at_second(s + 7200), span_seconds(1010));
	s += 7200; /* the next lines alone are too few to show a skew */
	skewed_traffic(&s, 9, -3600);
	assert_int_equal(count_of(EVENT_ERROR), 1);
	assert_string_equal(last_of(EVENT_ERROR)->reason, "clock_jump");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			flood_is_banned_once_and_its_later_requests_are_blocked, end),
		cmocka_unit_test_teardown(end_of_a_ban_is_reported_even_if_no_line_arrives, end),
		cmocka_unit_test_teardown(second_ban_is_longer, end),
		cmocka_unit_test_teardown(
			unban_is_reported_before_a_line_of_the_same_time_is_judged, end),
		cmocka_unit_test_teardown(counts_leave_the_window_even_if_no_line_arrives, end),
		cmocka_unit_test_teardown(
			network_is_a_client_unless_it_is_wider_than_a_client, end),
		cmocka_unit_test_teardown(late_line_is_counted_and_not_judged, end),
		cmocka_unit_test_teardown(line_ahead_of_the_clock_counts_at_the_current_time, end),
		cmocka_unit_test_teardown(requests_of_a_banned_client_are_not_counted, end),
		cmocka_unit_test_teardown(addresses_of_a_64_network_are_one_client, end),
		cmocka_unit_test_teardown(
			allowed_client_is_not_banned_and_its_alerts_become_rare, end),
		cmocka_unit_test_teardown(newly_allowed_client_is_unbanned, end),
		cmocka_unit_test_teardown(private_client_is_reported_but_never_banned, end),
		cmocka_unit_test_teardown(
			verdict_that_is_not_severe_is_an_alert_while_learning, end),
		cmocka_unit_test_teardown(state_contains_lag_alarm_rate_and_held_back_bans, end),
		cmocka_unit_test_teardown(bans_that_are_not_enforced_are_counted, end),
		cmocka_unit_test_teardown(full_table_of_bans_is_counted, end),
		cmocka_unit_test_teardown(rejected_lines_change_only_their_counters, end),
		cmocka_unit_test_teardown(times_of_another_zone_are_reported_once, end),
		cmocka_unit_test_teardown(times_of_a_replay_cause_no_report_of_a_skew, end),
		cmocka_unit_test_teardown(lines_without_a_time_show_no_skew, end),
		cmocka_unit_test_teardown(no_skew_is_reported_after_the_clock_was_set_right, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
