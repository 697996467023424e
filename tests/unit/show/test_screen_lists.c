/* test_screen_lists.c - the dashboard's lists: clients, bans, events and counters. */
#include "unit/plural.h"
#include "unit/screen_page.h"

static void top_clients_are_shown_with_their_counts(void **unused)
{
	(void)unused;
	fill();
	render(100, 22, saved);
	assert_shows("198.51.100.7        1204    30  101 \u2501\u2501\u2501");
	assert_shows("2001:db8:1:2::/64   1104    29   92 \u2501\u2501\u2501");
	assert_shows("198.51.100.0/24     1004    28   84 \u2501\u2501\u2501");
	sample.top[0].requests = 123456;
	sample.top[0].errors = UINT32_MAX;
	render(100, 22, saved);
	assert_shows("198.51.100.7      123.5k  4.3G >999 ");
}

static void assert_share(uint32_t requests, double limit, const char *share)
{
	char text[64];

	fill();
	sample.top[0].requests = requests;
	sample.limits[LIMIT_REQUESTS] = limit;
	sample.top[0].errors = 0;
	render(100, 22, saved);
	snprintf(text, sizeof text, "%8u     0%5s ", requests, share);
	assert_shows(text);
}

static void share_exceeds_100_only_over_the_limit(void **unused)
{
	(void)unused;
	assert_share(0, 120, "0");
	assert_share(1, 120, "1");
	assert_share(60, 120, "50");
	assert_share(120, 120, "100");
	assert_share(121, 120, "101");
	/* 143 requests are allowed: the detection rule is "more than the limit" */
	assert_share(143, 143.9, "100");
	assert_share(144, 143.9, "101");
	assert_share(9990, 1000, "999");
	assert_share(9991, 1000, ">999");
	assert_share(5, 0.5, ">999");
	assert_share(0, 0, ">999");
}

static void ban_is_shown_with_time_strike_and_rules(void **unused)
{
	(void)unused;
	fill();
	render(104, 22, saved);
	assert_shows("BANNED 3 ");
	assert_shows("203.0.113.9          9m 12s   2  visit_requests 331.13 > 330\n");
	assert_shows("2001:db8:bad::/64 permanent   3  swarm\n");
	assert_shows("203.0.113.10        27m 36s   4  requests 1201 > 1200 +2\n");
	sample.bans[0].rules = 0;
	render(70, 22, (struct instant){SAMPLE_SAVED_MS + 1000000});
	assert_shows("203.0.113.9           ended   2  by hand or by others\n");
}

static void rules_that_do_not_fit_are_counted(void **unused)
{
	(void)unused;
	fill();
	sample.bans[1].rules = 1u << RULE_VISIT_REQUESTS | 1u << RULE_VISIT_ERRORS;
	render(50, 0, saved);
	assert_shows("203.0.113.9          9m 12s   2  visit_requests\n");
	assert_shows("2001:db8:bad::/64 permanent   3  visit_requests +1\n");
	assert_shows("203.0.113.10        27m 36s   4  requests +2\n");
	render(45, 0, saved); /* the name is cut, not the number */
	assert_shows("203.0.113.9          9m 12s   2  visit_reques\n");
	assert_shows("2001:db8:bad::/64 permanent   3  visit_req +1\n");
	assert_shows("203.0.113.10        27m 36s   4  requests +2\n");
}

static void remaining_ban_time_in_a_replay_uses_the_clock_of_the_log(void **unused)
{
	(void)unused;
	fill();
	sample.replay = true;
	render(100, 22, (struct instant){SAMPLE_SAVED_MS + 86400000});
	assert_shows("203.0.113.9          9m 12s");
	assert_shows(" STALE replay  ");
}

static void ban_that_the_firewall_lacks_is_shown(void **unused)
{
	(void)unused;
	fill();
	render(80, 22, saved);
	assert_hides("NOT IN FORCE");
	sample.bans[1].enforced = false;
	render(80, 22, saved);
	assert_shows("3 bans NOT IN FORCE\nbans: the kernel lacks 1 of the bans\n");
	assert_shows("2001:db8:bad::/64 permanent   3  ! swarm\n");
	snprintf(sample.firewall, sizeof sample.firewall, "none"); /* this run enforces nothing */
	render(80, 22, saved);
	assert_shows("3 bans not enforced\n");
	assert_hides("lacks");
}

static void shortened_list_counts_its_omitted_entries(void **unused)
{
	char more[64];

	(void)unused;
	for (size_t height = 17; height <= 40; height++) {
		fill_lists(STATE_TOP_MAX, 1500);
		render(80, height, saved); /* too narrow for two IPv6 columns */
		size_t top = count_of("198.51.100.") + count_of("2001:db8:1::/64") +
			     count_of("2001:db8:3::/64") + count_of("2001:db8:5::/64") +
			     count_of("2001:db8:7::/64") + count_of("2001:db8:9::/64");
		size_t bans = count_of("203.0.113.") + count_of("2001:db8:ffff:");
		snprintf(more, sizeof more, "... and %zu more\n", STATE_TOP_MAX - top);
		if (top < STATE_TOP_MAX)
			assert_shows(more);
		snprintf(more, sizeof more, "... and %zu more\n", 1500 - bans);
		assert_shows(more);
		/* the lists share the rows fairly; a shortened list uses one row for the number of
		 * omitted entries */
		assert_true(bans + 2 >= top);
		assert_true(top + 1 >= bans || top == STATE_TOP_MAX);
	}
}

static void short_list_leaves_its_rows_to_the_other_list(void **unused)
{
	(void)unused;
	fill_lists(1, 1000);
	render(60, 30, saved);
	size_t many = count_of("203.0.113.") + count_of("2001:db8:ffff:");
	assert_true(many >= 10);
	fill_lists(STATE_TOP_MAX, 1);
	render(60, 30, saved);
	assert_int_equal(count_of("198.51.100."), STATE_TOP_MAX / 2);
	assert_hides("more\n");
}

static void page_without_a_height_shows_every_ban(void **unused)
{
	(void)unused;
	fill_lists(STATE_TOP_MAX, STATE_BANS_MAX);
	render(80, 0, saved);
	assert_int_equal(count_of("203.0.113.") + count_of("2001:db8:ffff:"), STATE_BANS_MAX);
	assert_hides("more\n");
	sample.bans_total = 1234;
	render(80, 0, saved);
	assert_shows("BANNED 1234 ");
	assert_shows("... and 234 more\n");
}

static void every_part_fits_under_watch_at_80x24(void **unused)
{
	char text[64];

	(void)unused;
	fill_lists(STATE_TOP_MAX, STATE_TOP_MAX);
	for (size_t i = 0; i < STATE_TOP_MAX; i++) {
		snprintf(text, sizeof text, "255.255.255.%zu", 240 + i);
		sample.top[i].client = sample.bans[i].client = sample_address(text);
	}
	sample.bans[9].until = INSTANT_MAX;
	sample.bans[9].rules = 1u << RULE_VISIT_REQUESTS;
	sample.events_n = 2;
	render(80, 22, saved);
	assert_int_equal(count_of("255.255.255."), 2 * 5);
	assert_int_equal(count_of("... and 5 more"), 2);
	assert_shows("\nEVENTS  04:16:00 unban ");
	assert_shows("\nCOUNTERS  ");
	assert_shows(" 24 h, UTC ");
	render(80, 50, saved); /* a higher page shows more */
	assert_int_equal(count_of("255.255.255."), 2 * STATE_TOP_MAX);
	assert_shows("255.255.255.249 permanent   0  visit_requ\n");
	assert_shows("30 min ago");
}

static void only_counters_that_are_not_zero_are_shown(void **unused)
{
	(void)unused;
	fill();
	memset(&sample.counters, 0, sizeof sample.counters);
	sample.paths = sample.slow_clients = 0;
	render(80, 22, saved);
	assert_hides("COUNTERS");
	sample.counters.lines = 12;
	sample.counters.events_dropped = 7;
	render(80, 22, saved);
	assert_shows("COUNTERS  events_dropped 7  lines 12\n");
	sample.paths = 4711;
	sample.slow_clients = 312;
	render(80, 22, saved);
	assert_shows("COUNTERS  events_dropped 7  paths 4711  lines 12  slow_clients 312\n");
}

static void page_always_has_room_for_counters(void **unused)
{
	(void)unused;
	for (size_t bans = 0; bans <= 1500; bans += 5 + bans * 4) {
		fill_lists(STATE_TOP_MAX, bans);
		for (size_t height = 20; height <= 60; height++) {
			render(80, height, saved);
			assert_shows("\nCOUNTERS  bad_client 1005");
			assert_shows(strstr(page, "unbans 10") ? "unbans 10" : "  ...\n");
		}
	}
}

static void counters_that_do_not_fit_end_in_dots(void **unused)
{
	(void)unused;
	fill_lists(STATE_TOP_MAX, STATE_BANS_MAX);
	render(80, 22, saved);
	assert_shows("  ...\n");
	assert_hides("unbans");
	render(80, 0, saved);
	assert_shows("unbans");
	assert_hides("  ...\n");
}

static void client_whose_ban_is_held_back_has_the_word_held(void **unused)
{
	(void)unused;
	fill();
	sample.top[1].held = true;
	render(100, 22, saved);
	assert_shows("  1104    29   92 held ");
	render(80, 22, saved); /* no room for a bar */
	assert_shows("  1104    29 held ");
}

static void share_is_of_the_limit_of_errors_if_many_requests_are_errors(void **unused)
{
	(void)unused;
	fill();
	sample.top[0].requests = 76;
	sample.top[0].errors = 19;
	render(100, 22, saved);
	assert_shows("    76    19   95 ");
	sample.top[0].requests = 77; /* errors under a quarter of the requests */
	render(100, 22, saved);
	assert_shows("    77    19    7 ");
	/* half of the requests are errors, and this is the minimum share of errors in this run */
	sample.top[0].requests = 38;
	sample.error_share = 0.5;
	render(100, 22, saved);
	assert_shows("    38    19   95 ");
	sample.top[0].requests = 39;
	render(100, 22, saved);
	assert_shows("    39    19    4 ");
	sample.error_share = 0.25;
	sample.top[0].requests = 76;
	sample.failing = true;
	render(100, 22, saved);
	assert_shows("    76    19    7 ");
}

static void client_near_its_limit_is_in_a_colour_of_its_own(void **unused)
{
	struct buf b;

	(void)unused;
	fill();
	sample.limits[LIMIT_REQUESTS] = 1000;
	sample.top[0].requests = 1001;
	sample.top[1].requests = 801;
	sample.top[2].requests = 800;
	buf_init(&b, page, SCREEN_BYTES_MAX);
	screen_render(&sample, saved, (struct screen_size){120, 22, true, true, false}, &b);
	page[b.len] = '\0';
	assert_shows("\033[1;31m101 ");
	assert_shows("\033[0;33m81 ");
	assert_shows("   80 \033[0;34m");
}

static void events_are_shown_newest_first(void **unused)
{
	(void)unused;
	fill();
	sample.events_n = 2;
	render(80, 30, saved);
	assert_shows(
		"\nEVENTS  04:16:00 unban     203.0.113.9  expired\n"
		"        04:15:00 ban +2    203.0.113.9  requests 121 > 120, strike 2, 10m 0s\n");
	sample.events[0].time.ms = SAMPLE_SAVED_MS - 86399999;
	sample.events[1].time.ms = SAMPLE_SAVED_MS - 86400000; /* not of today: the date is shown */
	render(80, 30, saved);
	assert_shows("\nEVENTS  04:16:00 unban ");
	assert_shows("\n        Nov 21   ban +2 ");
}

static void ban_and_its_event_show_the_request_if_there_is_room(void **unused)
{
	(void)unused;
	fill();
	sample.events_n = 2;
	sample.bans[0].request = sample.events[1].request;
	sample.bans[0].rules = RULES_OF_PATHS | 1u << RULE_SLOW_ERRORS;
	render(80, 30, saved);
	assert_hides("POST");
	render(120, 40, saved);
	assert_shows("rule               request\n");
	assert_shows("  probes +3          POST /wp-login.php 599\n");
	assert_shows(", strike 2, 10m 0s  POST /wp-login.php 599\n");
	render(200, 40, saved);
	assert_shows("rule                            request\n");
	render(98, 40, saved);
	assert_shows(", strike 2, 10m 0s  POST /wp-logi... 599\n");
	memset(&sample.bans[0].request, 0, sizeof sample.bans[0].request);
	render(120, 40, saved);
	assert_hides("request\n"); /* no column without a request */
}

/* A state file could contain anything that state_read accepts. */
static void request_never_exceeds_the_width(void **unused)
{
	(void)unused;
	for (size_t bans = 3; bans < 12; bans += 8) {
		fill_lists(STATE_TOP_MAX, bans);
		sample.events_n = 2;
		for (size_t i = 0; i < bans; i++) {
			sample.bans[i].strike = i % 3 ? 1 : UINT32_MAX;
			sample.bans[i].rules = i % 2 ? RULES_OF_PATHS | 1u << RULE_SLOW_ERRORS : 0;
			memset(sample.bans[i].request.method, 'M', REQUEST_METHOD_MAX);
			memset(sample.bans[i].request.path, '<', REQUEST_PATH_SHOWN_MAX);
			sample.bans[i].request.status = UINT32_MAX;
		}
		sample.events[0].request = sample.bans[0].request;
		for (size_t width = 1; width <= 260; width++) {
			render(width, 40, saved);
			assert_in_bounds(width, 40);
		}
		assert_shows("request");
	}
}

static void number_one_has_a_singular_noun(void **unused)
{
	(void)unused;
	for (size_t width = 40; width <= 200; width += 40) {
		sample_fill(&sample);
		plural_make_one(&sample);
		sample.learning_s = 0;
		render(width, 0, saved);
		assert_shows("1 ban NOT IN FORCE");
		assert_shows("learned, 1 visit\n");
		plural_assert_none(page);
	}
	sample.top[0].client = sample_address("2001:db8:1:222::/64");
	render(120, 0, saved);
	assert_shows("TOP OF 1 CLIENT ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(number_one_has_a_singular_noun),
		cmocka_unit_test(top_clients_are_shown_with_their_counts),
		cmocka_unit_test(share_exceeds_100_only_over_the_limit),
		cmocka_unit_test(ban_is_shown_with_time_strike_and_rules),
		cmocka_unit_test(rules_that_do_not_fit_are_counted),
		cmocka_unit_test(remaining_ban_time_in_a_replay_uses_the_clock_of_the_log),
		cmocka_unit_test(ban_that_the_firewall_lacks_is_shown),
		cmocka_unit_test(shortened_list_counts_its_omitted_entries),
		cmocka_unit_test(short_list_leaves_its_rows_to_the_other_list),
		cmocka_unit_test(page_without_a_height_shows_every_ban),
		cmocka_unit_test(every_part_fits_under_watch_at_80x24),
		cmocka_unit_test(only_counters_that_are_not_zero_are_shown),
		cmocka_unit_test(page_always_has_room_for_counters),
		cmocka_unit_test(counters_that_do_not_fit_end_in_dots),
		cmocka_unit_test(client_whose_ban_is_held_back_has_the_word_held),
		cmocka_unit_test(share_is_of_the_limit_of_errors_if_many_requests_are_errors),
		cmocka_unit_test(client_near_its_limit_is_in_a_colour_of_its_own),
		cmocka_unit_test(events_are_shown_newest_first),
		cmocka_unit_test(ban_and_its_event_show_the_request_if_there_is_room),
		cmocka_unit_test(request_never_exceeds_the_width),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
