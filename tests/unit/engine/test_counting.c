/* test_counting.c - what anomcount publishes, and when. */
#include "unit/given_counts.h"

#include "unit/given.h"

static int64_t wait_at(int64_t ms)
{
	struct instant wall = {T0 * 1000 + ms};

	return counting_wait(g_counting, wall, (struct span){1000000 + ms}).ms;
}

static void second_is_published_one_grace_period_after_its_end(void **state)
{
	(void)state;
	begin_live(counting_config_of(false));
	ask_live("198.51.100.7", 200, 100);
	ask_live("2001:db8:1:2:3::4", 404, 200);
	ask_live("2001:db8:1:2:ff::1", 500, 900);
	ask_live("198.51.100.7", 200, 1100);
	counting_flush(g_counting);
	tick_at(1999);
	published_is("");
	assert_int_equal(wait_at(1999), 1);
	tick_at(2000);
	published_is(
		LIVE("14:13:20.000", 2, "[\"198.51.100.7\",1,0,0],[\"2001:db8:1:2::/64\",2,2,1]"));
	tick_at(3000);
	published_is(LIVE("14:13:21.000", 3, "[\"198.51.100.7\",1,0,0]"));
	end_counting();
}

static void late_requests_of_a_second_are_published_in_another_line(void **state)
{
	(void)state;
	begin_live(counting_config_of(false));
	ask_live("198.51.100.7", 200, 100);
	counting_flush(g_counting);
	tick_at(2000);
	published_is(LIVE("14:13:20.000", 2, "[\"198.51.100.7\",1,0,0]"));
	tick_at(5000);
	ask_late("198.51.100.7", 0, 5000);
	counting_flush(g_counting);
	tick_at(5999);
	/* this late request and the previous one are due at the same time */
	ask_late("2001:db8::1", 0, 5999);
	counting_flush(g_counting);
	published_is("");
	tick_at(6000);
	published_is(LIVE("14:13:20.000", 3, "[\"198.51.100.7\",1,0,0],[\"2001:db8::/64\",1,0,0]"));
	end_counting();
}

/* clang-format off */
static const char beats[] =
	LIVE("14:13:30.000", 2, "")
	LIVE("14:13:32.000", 3, "[\"198.51.100.7\",1,0,0]")
	LIVE("14:13:40.000", 4, "");
/* clang-format on */

static void heartbeat_is_published_every_ten_seconds_whatever_else_is_published(void **state)
{
	(void)state;
	begin_live(counting_config_of(false));
	for (int64_t ms = 0; ms < 25000; ms += 250) {
		if (ms == 12000)
			ask_live("198.51.100.7", 200, ms);
		counting_flush(g_counting);
		tick_at(ms);
	}
	published_is(beats);
	assert_int_equal(wait_at(25000), 5000);
	end_counting();
}

static void heartbeat_carries_the_time_of_its_sending(void **state)
{
	(void)state;
	begin_live(counting_config_of(false));
	tick_at(10123);
	published_is(LIVE("14:13:30.123", 2, ""));
	tick_at(65000); /* the process was stopped: one heartbeat follows, not five */
	tick_at(65100);
	published_is(LIVE("14:14:25.000", 3, ""));
	tick_at(75000);
	published_is(LIVE("14:14:35.000", 4, ""));
	end_counting();
}

static void configured_grace_period_is_used(void **state)
{
	static const int64_t graces[] = {0, 1, 5000, 60000};

	(void)state;
	for (size_t i = 0; i < sizeof graces / sizeof *graces; i++) {
		struct counting_config c = counting_config_of(false);
		c.grace.ms = graces[i];
		begin_counting(c);
		counting_start(g_counting, (struct instant){T0 * 1000}, (struct span){1000000});
		ask_live("198.51.100.7", 200, 0);
		counting_flush(g_counting);
		tick_at(1000 + graces[i] - 1);
		assert_null(strstr(g_out.text, "198.51.100.7"));
		tick_at(1000 + graces[i]);
		assert_non_null(strstr(g_out.text, "198.51.100.7"));
		end_counting();
	}
}

static void nothing_is_published_to_a_full_sink_for_a_minute(void **state)
{
	(void)state;
	begin_live(counting_config_of(false));
	ask_live("198.51.100.7", 200, 100);
	counting_flush(g_counting);
	g_out.full = true;
	tick_at(5000);
	published_is("");
	/* no busy loop: the next heartbeat is due in 5 s */
	assert_int_equal(wait_at(5000), 5000);
	g_out.full = false;
	tick_at(6000);
	published_is(LIVE("14:13:20.000", 2, "[\"198.51.100.7\",1,0,0]"));
	ask_live("198.51.100.8", 200, 7000);
	counting_flush(g_counting);
	g_out.full = true;
	for (int64_t ms = 8000; ms < 9000 + 60000; ms += 500)
		tick_at(ms);
	assert_null(strstr(g_out.text, "198.51.100.8"));
	tick_at(9000 + 60000);
	assert_non_null(strstr(g_out.text, "198.51.100.8")); /* the sink must drop this line */
	end_counting();
}

static void full_table_publishes_early_and_loses_nothing(void **state)
{
	struct counting_config config = counting_config_of(false);

	(void)state;
	config.max_clients = 2;
	begin_live(config);
	ask_live("198.51.100.1", 200, 100);
	ask_live("198.51.100.2", 200, 100);
	ask_live("198.51.100.1", 404, 200);
	assert_int_equal(counters().early, 0);
	ask_live("2001:db8::1", 200, 300);
	ask_live("198.51.100.1", 200, 400);
	assert_int_equal(counters().early, 2);
	published_is(LIVE("14:13:20.000", 2, "[\"198.51.100.1\",2,1,1],[\"198.51.100.2\",1,0,0]"));
	tick_at(2000);
	published_is(LIVE("14:13:20.000", 3, "[\"2001:db8::/64\",1,0,0],[\"198.51.100.1\",1,0,0]"));
	assert_int_equal(counters().clients, 4);
	assert_int_equal(counters().published, 3);
	end_counting();
}

/* A late line opens the oldest second. This second is due after a newer second. */
static void full_table_publishes_the_oldest_second_first(void **state)
{
	struct counting_config config = counting_config_of(false);

	(void)state;
	config.max_clients = 2;
	begin_live(config);
	tick_at(5000);
	ask_late("198.51.100.4", 4000, 5000);
	ask_late("2001:db8::1", 0, 5900);
	ask_late("198.51.100.5", 5000, 5900);
	assert_int_equal(counters().early, 1);
	published_is(LIVE("14:13:20.000", 2, "[\"2001:db8::/64\",1,0,0]"));
	tick_at(6000);
	published_is(LIVE("14:13:24.000", 3, "[\"198.51.100.4\",1,0,0]"));
	end_counting();
}

#define BOTH "[\"198.51.100.7\",1,0,0],[\"2001:db8::/64\",1,0,0]"

static void end_waits_until_the_sink_has_room_unless_it_is_forced(void **state)
{
	(void)state;
	begin_live(counting_config_of(false));
	ask_live("198.51.100.7", 200, 100);
	ask_live("2001:db8::1", 200, 100);
	g_out.full = true;
	assert_false(counting_end(g_counting, false));
	published_is("");
	assert_true(counting_end(g_counting, true));
	published_is(LIVE("14:13:20.000", 2, BOTH));
	end_counting();
}

/* clang-format off */
static const char replayed[] =
	REPLAY("14:13:20.000", 1, "")
	REPLAY("14:13:20.000", 2, "[\"198.51.100.7\",1,0,0]")
	REPLAY("14:13:20.000", 3, "[\"2001:db8::/64\",1,0,0]")
	REPLAY("14:13:21.000", 4, "[\"198.51.100.7\",1,1,1]")
	REPLAY("14:13:22.000", 5, "[\"198.51.100.8\",1,0,0]")
	REPLAY("14:13:30.000", 6, "")
	REPLAY("14:13:40.000", 7, "")
	REPLAY("14:13:50.000", 8, "");
/* clang-format on */

static void replay_publishes_by_the_time_of_the_log(void **state)
{
	(void)state;
	begin_counting(counting_config_of(true));
	ask("198.51.100.7", NULL, 200, T0 * 1000);
	ask("198.51.100.7", NULL, 403, T0 * 1000 + 1999);
	ask("198.51.100.8", NULL, 200, T0 * 1000 + 2000);
	/* A late request: its second is already published. It waits for one grace period, as second
	 * 21 does. */
	ask("2001:db8::1", NULL, 200, T0 * 1000 + 500);
	ask("198.51.100.8", NULL, 200, T0 * 1000 + 35000);
	counting_flush(g_counting);
	published_is(replayed);
	assert_true(counting_end(g_counting, false));
	published_is(REPLAY("14:13:55.000", 9, "[\"198.51.100.8\",1,0,0]"));
	end_counting();
}

/* clang-format off */
static const char beat_first[] =
	REPLAY("14:13:20.000", 1, "")
	REPLAY("14:13:20.000", 2, "[\"198.51.100.7\",1,0,0]")
	REPLAY("14:13:30.000", 3, "")
	REPLAY("14:13:28.000", 4, "[\"2001:db8::/64\",1,0,0]");
/* clang-format on */

static void heartbeat_is_published_before_a_second_that_is_due_at_the_same_time(void **state)
{
	(void)state;
	begin_counting(counting_config_of(true));
	ask("198.51.100.7", NULL, 200, T0 * 1000);
	ask("2001:db8::1", NULL, 200, T0 * 1000 + 8000);
	ask("198.51.100.7", NULL, 200, T0 * 1000 + 10000);
	counting_flush(g_counting);
	published_is(beat_first);
	end_counting();
}

static void replay_of_no_request_publishes_nothing(void **state)
{
	(void)state;
	begin_counting(counting_config_of(true));
	counting_queue(g_counting, "garbage", 7, false, (struct instant){0});
	counting_queue(g_counting, "{\"remote_addr\":\"192.0.2.1\",\"status\":200}", 38, false,
		(struct instant){0}); /* neither this line nor an earlier one has a time */
	assert_true(counting_end(g_counting, false));
	published_is("");
	struct counting_counters c = counters();
	assert_int_equal(c.lines, 2);
	assert_int_equal(c.other + c.bad_time + c.not_json, 2);
	end_counting();
}

/* The clock was set ahead by centuries, and 20 lines have the new time. */
static void gap_of_centuries_has_heartbeats_for_a_week_only(void **state)
{
	(void)state;
	begin_counting(counting_config_of(true));
	ask("198.51.100.7", NULL, 200, T0 * 1000);
	for (int i = 0; i < 20; i++)
		ask("198.51.100.7", NULL, 200, 200 * T0 * 1000 / 10 + i);
	assert_true(counting_end(g_counting, false));
	/* the first heartbeat, and the counts of the first line; a heartbeat every 10 s of the last
	 * week, and one at its end; the counts of the 20 lines */
	assert_int_equal(g_out.lines, 1 + 1 + 7 * 8640 + 1 + 1);
	end_counting();
}

static void network_wider_than_a_client_is_rejected(void **state)
{
	(void)state;
	begin_live(counting_config_of(false));
	ask_live("2001:db8::/32", 200, 100);
	ask_live("198.51.100.0/24", 200, 100);
	ask_live("2001:db8:1:2::/64", 200, 100);
	struct counting_counters c = counters();
	assert_int_equal(c.bad_client, 2);
	assert_int_equal(c.requests, 1);
	end_counting();
}

static void clients_are_networks_of_the_configured_prefixes(void **state)
{
	struct counting_config config = counting_config_of(false);

	(void)state;
	config.v4_prefix_len = 24;
	config.v6_prefix_len = 48;
	begin_live(config);
	ask_live("198.51.100.7", 200, 100);
	ask_live("198.51.100.9", 200, 100);
	ask_live("2001:db8:1:2::1", 200, 100);
	ask_live("2001:db8:1:3::1", 200, 100);
	counting_flush(g_counting);
	tick_at(2000);
	published_is(
		LIVE("14:13:20.000", 2, "[\"198.51.100.0/24\",2,0,0],[\"2001:db8:1::/48\",2,0,0]"));
	end_counting();
}

static void dead_links_are_not_own_errors(void **state)
{
	struct paths *p = paths_new(10, (struct hash_key){{3, 4}});
	struct address a = given_address("192.0.2.1"), b = given_address("2001:db8:7::1");

	(void)state;
	uint64_t hash = paths_hash(p, "/old", 4);
	paths_note(p, hash, &a, PATHS_MISSING, true, T0 - 7200);
	paths_note(p, hash, &b, PATHS_MISSING, true, T0 - 7200);
	begin_live(counting_config_of(false));
	counting_set_paths(g_counting, p);
	ask("198.51.100.7", "/old", 404, T0 * 1000);
	ask("2001:db8::1", "/old?x=1", 410, T0 * 1000);
	/* the server refused this request with 403, which is always an own error */
	ask("198.51.100.7", "/old", 403, T0 * 1000);
	ask("198.51.100.7", "/new", 404, T0 * 1000);
	ask("198.51.100.7", "/old", 500, T0 * 1000);
	counting_flush(g_counting);
	tick_at(2000);
	published_is(LIVE("14:13:20.000", 2, "[\"198.51.100.7\",4,4,2],[\"2001:db8::/64\",1,1,0]"));
	assert_int_equal(counters().dead_links, 2);
	counting_set_paths(g_counting, NULL);
	ask("198.51.100.7", "/old", 404, T0 * 1000 + 3000);
	counting_flush(g_counting);
	tick_at(5000);
	published_is(LIVE("14:13:23.000", 3, "[\"198.51.100.7\",1,1,1]"));
	end_counting();
	paths_free(p);
}

/* The queue contains hashes of paths, which were made with the key of the paths at that time. */
static void queued_line_is_judged_by_the_paths_that_were_set_when_it_was_queued(void **state)
{
	struct address a = given_address("192.0.2.1"), b = given_address("2001:db8:7::1");
	struct paths *p[2];

	(void)state;
	for (uint64_t i = 0; i < 2; i++) {
		const char *dead = i == 0 ? "/old" : "/other";
		p[i] = paths_new(10, (struct hash_key){{3 + i, 4}});
		uint64_t hash = paths_hash(p[i], dead, strlen(dead));
		paths_note(p[i], hash, &a, PATHS_MISSING, true, T0 - 7200);
		paths_note(p[i], hash, &b, PATHS_MISSING, true, T0 - 7200);
	}
	begin_live(counting_config_of(false));
	counting_set_paths(g_counting, p[0]);
	ask("198.51.100.7", "/old", 404, T0 * 1000);
	counting_set_paths(g_counting, p[1]);
	ask("2001:db8::1", "/old", 404, T0 * 1000);
	ask("198.51.100.8", "/other", 404, T0 * 1000);
	counting_set_paths(g_counting, NULL);
	ask("198.51.100.9", "/other", 404, T0 * 1000);
	counting_flush(g_counting);
	tick_at(2000);
	published_is(LIVE("14:13:20.000", 2,
		"[\"198.51.100.7\",1,1,0],[\"2001:db8::/64\",1,1,1],"
		"[\"198.51.100.8\",1,1,0],[\"198.51.100.9\",1,1,1]"));
	assert_int_equal(counters().dead_links, 2);
	end_counting();
	paths_free(p[0]);
	paths_free(p[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(second_is_published_one_grace_period_after_its_end),
		cmocka_unit_test(late_requests_of_a_second_are_published_in_another_line),
		cmocka_unit_test(
			heartbeat_is_published_every_ten_seconds_whatever_else_is_published),
		cmocka_unit_test(heartbeat_carries_the_time_of_its_sending),
		cmocka_unit_test(configured_grace_period_is_used),
		cmocka_unit_test(nothing_is_published_to_a_full_sink_for_a_minute),
		cmocka_unit_test(full_table_publishes_early_and_loses_nothing),
		cmocka_unit_test(full_table_publishes_the_oldest_second_first),
		cmocka_unit_test(end_waits_until_the_sink_has_room_unless_it_is_forced),
		cmocka_unit_test(replay_publishes_by_the_time_of_the_log),
		cmocka_unit_test(
			heartbeat_is_published_before_a_second_that_is_due_at_the_same_time),
		cmocka_unit_test(replay_of_no_request_publishes_nothing),
		cmocka_unit_test(gap_of_centuries_has_heartbeats_for_a_week_only),
		cmocka_unit_test(network_wider_than_a_client_is_rejected),
		cmocka_unit_test(clients_are_networks_of_the_configured_prefixes),
		cmocka_unit_test(dead_links_are_not_own_errors),
		cmocka_unit_test(
			queued_line_is_judged_by_the_paths_that_were_set_when_it_was_queued),
	};

	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(g_out.text);
	return failed;
}
