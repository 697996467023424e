/* test_screen.c - the dashboard's text: its bounds, and what it says. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "core/screen.h"
#include "sample_state.h"

static struct state sample;
static char page[SCREEN_BYTES_MAX + 1];
static const struct instant saved = {SAMPLE_SAVED_MS};

static void render(size_t width, size_t height, struct instant now)
{
	struct buf b;

	buf_init(&b, page, SCREEN_BYTES_MAX);
	screen_render(&sample, now, (struct screen_size){width, height, true}, &b);
	assert_false(b.full);
	page[b.len] = '\0';
}

/* Counted in characters, as a terminal does. */
static void assert_in_bounds(size_t width, size_t height)
{
	size_t rows = 0, column = 0;

	for (const char *c = page; *c; c++) {
		if (*c == '\n') {
			rows++;
			column = 0;
			continue;
		}
		assert_true((unsigned char)*c >= ' ' && *c != 0x7f);
		column += ((unsigned char)*c & 0xc0) != 0x80;
		if (column > width)
			fail_msg("wider than %zu:\n%s", width, page);
	}
	assert_int_equal(column, 0); /* the last line is ended */
	if (height && rows > height)
		fail_msg("higher than %zu:\n%s", height, page);
}

/* cmocka cuts its messages at 1024 bytes */
static void fail_page(const char *what, const char *text)
{
	fprintf(stderr, "%s", page);
	fail_msg("\"%s\" %s", text, what);
}

static void assert_shows(const char *text)
{
	if (!strstr(page, text))
		fail_page("is not shown", text);
}

static void assert_hides(const char *text)
{
	if (strstr(page, text))
		fail_page("is shown", text);
}

static size_t count_of(const char *text)
{
	size_t n = 0;

	for (const char *at = page; (at = strstr(at, text)); at += strlen(text))
		n++;
	return n;
}

/* `top` clients and `bans` bans, every other one IPv6. */
static void fill_lists(size_t top, size_t bans)
{
	char text[64];

	sample_fill(&sample);
	sample.top_n = top;
	sample.bans_n = bans < STATE_BANS_MAX ? bans : STATE_BANS_MAX;
	sample.bans_total = bans;
	for (size_t i = 0; i < top; i++) {
		snprintf(text, sizeof text, i % 2 ? "2001:db8:%zx::/64" : "198.51.100.%zu", i);
		sample.top[i].client = sample_address(text);
	}
	for (size_t i = 0; i < sample.bans_n; i++) {
		snprintf(text, sizeof text,
			i % 2 ? "2001:db8:ffff:%zx:ffff:ffff:ffff:ffff" : "203.0.113.%zu",
			i % 2 ? i : i % 256);
		sample.bans[i].client = sample_address(text);
		sample.bans[i].until.ms = SAMPLE_SAVED_MS + 60000;
		sample.bans[i].enforced = true;
	}
}

static void page_never_passes_width_or_height(void **unused)
{
	static const size_t widths[] = {1, 2, 20, 39, 40, 60, 79, 80, 81, 120, 200, 400};
	static const size_t bans[] = {0, 1, 7, 1000, 250000};

	(void)unused;
	for (size_t b = 0; b < 5; b++) {
		fill_lists(b * 2, bans[b]);
		for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++) {
			for (size_t height = 0; height <= 50; height++) {
				render(widths[w], height, saved);
				assert_in_bounds(widths[w], height);
			}
		}
	}
}

static void page_with_the_largest_figures_keeps_its_bounds(void **unused)
{
	const uint64_t most = ((uint64_t)1 << 53) - 1;

	(void)unused;
	fill_lists(STATE_TOP_MAX, most);
	sample.requests = sample.errors = sample.clients = UINT32_MAX;
	sample.visits = 1e12;
	for (int i = 0; i < LIMIT_COUNT; i++)
		sample.limits[i] = 1e12;
	sample.z[0] = sample.z[1] = -1e12;
	sample.cpu_percent = 1e6;
	sample.memory_bytes = most;
	sample.lines_per_s = 1e12;
	sample.baseline.mean = sample.baseline.stddev = 1e12;
	sample.history_requests[0] = UINT32_MAX;
	sample.started.ms = 0;
	sample.bans[0].strike = UINT32_MAX;
	sample.bans[0].until.ms = INSTANT_MAX.ms - 1;
	memset(sample.set_name, 'x', sizeof sample.set_name - 1);
#define MOST(name) sample.counters.name = most;
	COUNTERS(MOST)
#undef MOST
	for (size_t width = 1; width <= 130; width++) {
		for (size_t height = 0; height <= 40; height += 4) {
			render(width, height, saved);
			assert_in_bounds(width, height);
		}
	}
	render(80, 0, saved);
	assert_shows("ban_failed 9007199254740991");
	assert_shows("-1000.0G");
}

static void terminal_past_the_limits_gets_the_limits(void **unused)
{
	(void)unused;
	fill_lists(STATE_TOP_MAX, STATE_BANS_MAX);
	render(SIZE_MAX, SIZE_MAX, saved);
	assert_in_bounds(SCREEN_WIDTH_MAX, SCREEN_HEIGHT_MAX);
	assert_shows("TOP IN 60 s");
}

static void page_in_ascii_has_no_other_byte(void **unused)
{
	struct buf b;

	(void)unused;
	sample_fill(&sample);
	buf_init(&b, page, SCREEN_BYTES_MAX);
	screen_render(&sample, saved, (struct screen_size){80, 22, false}, &b);
	page[b.len] = '\0';
	for (const char *c = page; *c; c++)
		assert_true(*c == '\n' || (*c >= ' ' && *c <= '~'));
	assert_shows("@  peak");
}

static void state_older_than_two_intervals_is_stale(void **unused)
{
	(void)unused;
	sample_fill(&sample);
	render(80, 22, (struct instant){SAMPLE_SAVED_MS + 6000});
	assert_shows("anomdetect RUNNING  up 4h 12m  state 6s old");
	render(80, 22, (struct instant){SAMPLE_SAVED_MS + 6001});
	assert_shows("anomdetect STALE  ran 4h 12m  state 6s old");
	render(80, 22, (struct instant){SAMPLE_SAVED_MS + 90000000});
	assert_shows("state 1d 1h old");
	sample.interval_s = 3600;
	render(80, 22, (struct instant){SAMPLE_SAVED_MS + 6001});
	assert_shows("RUNNING");
}

static void last_state_of_a_run_is_stopped(void **unused)
{
	(void)unused;
	sample_fill(&sample);
	sample.running = false;
	render(80, 22, saved);
	assert_shows("anomdetect STOPPED  ran 4h 12m");
	render(80, 22, (struct instant){SAMPLE_SAVED_MS + 90000000});
	assert_shows("STOPPED");
	assert_hides("STALE");
}

static void clock_behind_the_state_is_no_age(void **unused)
{
	(void)unused;
	sample_fill(&sample);
	render(80, 22, (struct instant){0});
	assert_shows("RUNNING  up 0s  state 0s old");
}

static void site_is_shown_per_second(void **unused)
{
	(void)unused;
	sample_fill(&sample);
	sample.requests = 240;
	sample.errors = 60;
	render(80, 22, saved);
	assert_shows(
		"requests/s      4.0    39.8     6.5    61.1  ABNORMAL since 04:12:31 (3m 28s)\n");
	assert_shows("errors/s        1.0     0.4     0.6    -0.5  normal\n");
	assert_shows("errors, %      25.0     1.1\n");
	assert_shows("baseline hour, of errors recent");
	sample.abnormal[SIGNAL_ERRORS] = true;
	sample.abnormal_since[SIGNAL_ERRORS] = sample.now;
	render(80, 22, saved);
	assert_shows("-0.5  ABNORMAL since 04:16:00 (0s)");
	sample.requests = 0;
	sample.errors = 0;
	render(80, 22, saved);
	assert_shows("errors, %       0.0");
}

static void limits_are_shown_in_one_line_with_what_they_stand_on(void **unused)
{
	(void)unused;
	sample_fill(&sample);
	render(80, 22, saved);
	assert_shows("\nlimits/60s 1200 req, 20 err  a visit 3012 req, 31 err  learned, 5120 "
		     "visits\n");
	sample.limits_known = false;
	sample.visits = 0;
	render(80, 22, saved);
	assert_shows("31 err  cold, 0 visits\n");
	for (int i = 0; i < LIMIT_COUNT; i++)
		sample.limits[i] = 99999;
	sample.visits = 123456;
	sample.limits_known = true;
	render(80, 22, saved);
	assert_shows("limits/60s 99999 req, 99999 err  a visit 99999 req, 99999 err\n"
		     "learned, 123.5k visits\n");
}

static void swarm_is_marked_and_its_mark_is_the_limit(void **unused)
{
	(void)unused;
	sample_fill(&sample);
	render(80, 22, saved);
	assert_hides("SWARM");
	sample.swarm = true;
	render(80, 22, saved);
	assert_shows("61.1  ABNORMAL since 04:12:31  SWARM\n");
	assert_shows("-0.5  normal\n"); /* it is one of requests */
	assert_shows("limits/60s 38 req, 20 err  ");
	sample.abnormal[SIGNAL_REQUESTS] = false; /* its end takes 30 s more */
	sample.abnormal[SIGNAL_ERRORS] = true;
	sample.abnormal_since[SIGNAL_ERRORS].ms = SAMPLE_SAVED_MS - 960343;
	sample.top[0].requests = 38;
	sample.top[1].requests = 39;
	render(100, 22, saved);
	assert_shows("61.1  normal  SWARM\n");
	assert_shows("ABNORMAL since 04:00:00 (16m 0s)\n"); /* errors have room for how long */
	assert_shows("  38    30  100  ");
	assert_shows("  39    29  103  ");
	sample.limits[LIMIT_MARK] = UINT32_MAX; /* cold: there is no mark */
	render(80, 22, saved);
	assert_shows("limits/60s 1200 req, 20 err  a visit 3012 req, 31 err");
	sample.visit_swarm = true;
	sample.swarm = false;
	render(80, 22, saved);
	assert_shows("61.1  normal  SWARM\n");
	assert_shows("limits/60s 1200 req, 20 err  a visit 77 req, 31 err");
	sample.limits[LIMIT_VISIT_MARK] = UINT32_MAX;
	render(80, 22, saved);
	assert_shows("a visit 3012 req, 31 err");
}

static void condition_says_why_there_is_no_verdict(void **unused)
{
	(void)unused;
	sample_fill(&sample);
	sample.abnormal[SIGNAL_REQUESTS] = false;
	render(80, 22, saved);
	assert_int_equal(count_of("normal\n"), 2);
	sample.baseline.ready = false;
	render(80, 22, saved);
	assert_int_equal(count_of("warming up"), 2);
	sample.now.ms = 0;
	render(80, 22, saved);
	assert_int_equal(count_of("no line yet"), 2);
}

static void bars_are_the_last_30_minutes(void **unused)
{
	(void)unused;
	sample_fill(&sample);
	memset(sample.history_requests, 0, sizeof sample.history_requests);
	memset(sample.history_errors, 0, sizeof sample.history_errors);
	sample.history_n = 2; /* a run of 20 s: two steps at the right end */
	sample.history_requests[0] = 10;
	sample.history_requests[1] = 80;
	render(11 + 180 + 16, 22, saved);
	assert_shows("\u2581\u2588  peak 8.0/s");
	assert_int_equal(count_of("\u2588"), 1);
	assert_shows("  peak 0.0/s");    /* of the errors */
	render(11 + 90 + 16, 22, saved); /* the higher one of the two */
	assert_shows("   \u2588  peak 8.0/s");
	sample.history_n = STATE_HISTORY_MAX; /* the first step at the left end */
	sample.history_requests[0] = 80;
	render(80, 22, saved);
	assert_shows("30 min req \u2588");
	sample.history_n = 0;
	render(80, 22, saved);
	assert_hides("\u2588");
	render(12, 0, saved);
	assert_in_bounds(12, 0);
}

static void top_clients_are_shown_with_their_counts(void **unused)
{
	(void)unused;
	sample_fill(&sample);
	render(100, 22, saved);
	assert_shows("198.51.100.7        1204    30  101  ");
	assert_shows("2001:db8:1:2::/64   1104    29   92  ");
	assert_shows("198.51.100.0/24     1004    28   84  ");
	sample.top[0].requests = 123456;
	sample.top[0].errors = UINT32_MAX;
	render(100, 22, saved);
	assert_shows("198.51.100.7      123.5k  4.3G >999  ");
}

static void assert_share(uint32_t requests, double limit, const char *share)
{
	char text[64];

	sample_fill(&sample);
	sample.top[0].requests = requests;
	sample.limits[LIMIT_REQUESTS] = limit;
	render(100, 22, saved);
	snprintf(text, sizeof text, "%8u    30%5s  ", requests, share);
	assert_shows(text);
}

static void share_passes_100_only_over_the_limit(void **unused)
{
	(void)unused;
	assert_share(0, 120, "0");
	assert_share(1, 120, "1");
	assert_share(60, 120, "50");
	assert_share(120, 120, "100");
	assert_share(121, 120, "101");
	assert_share(143, 143.9, "100"); /* 143 may be made: the rule is 'more than' */
	assert_share(144, 143.9, "101");
	assert_share(9990, 1000, "999");
	assert_share(9991, 1000, ">999");
	assert_share(5, 0.5, ">999");
	assert_share(0, 0, ">999");
}

static void ban_is_shown_with_time_strike_and_rules(void **unused)
{
	(void)unused;
	sample_fill(&sample);
	render(100, 22, saved);
	assert_shows("BANNED 3 ");
	assert_shows("203.0.113.9          9m 12s   2  visit_requests\n");
	assert_shows("2001:db8:bad::/64 permanent   3  swarm\n");
	assert_shows("203.0.113.10        27m 36s   4  requests,zscore,multiplier\n");
	sample.bans[0].rules = 0;
	render(70, 22, (struct instant){SAMPLE_SAVED_MS + 1000000});
	assert_shows("203.0.113.9           ended   2  restored\n");
}

static void rules_that_do_not_fit_are_counted(void **unused)
{
	(void)unused;
	sample_fill(&sample);
	sample.bans[1].rules = 1u << RULE_VISIT_REQUESTS | 1u << RULE_VISIT_ERRORS;
	render(50, 0, saved);
	assert_shows("203.0.113.9          9m 12s   2  visit_requests\n");
	assert_shows("2001:db8:bad::/64 permanent   3  visit_requests +1\n");
	assert_shows("203.0.113.10        27m 36s   4  requests +2\n");
	render(45, 0, saved); /* the name gives way, not the number */
	assert_shows("203.0.113.9          9m 12s   2  visit_reques\n");
	assert_shows("2001:db8:bad::/64 permanent   3  visit_req +1\n");
	assert_shows("203.0.113.10        27m 36s   4  requests +2\n");
}

static void bans_of_a_replay_run_by_the_logs_clock(void **unused)
{
	(void)unused;
	sample_fill(&sample);
	sample.replay = true;
	render(100, 22, (struct instant){SAMPLE_SAVED_MS + 86400000});
	assert_shows("203.0.113.9          9m 12s");
	assert_shows("  replay\n");
}

static void ban_that_the_firewall_lacks_is_announced(void **unused)
{
	(void)unused;
	sample_fill(&sample);
	render(80, 22, saved);
	assert_hides("NOT ENFORCED");
	sample.bans[1].enforced = false;
	render(80, 22, saved);
	assert_shows("1 BANS NOT ENFORCED");
	snprintf(sample.firewall, sizeof sample.firewall, "none"); /* nothing is meant to be */
	render(80, 22, saved);
	assert_hides("NOT ENFORCED");
	assert_shows("firewall none");
}

static void list_that_is_cut_says_how_many_are_left_out(void **unused)
{
	char more[64];

	(void)unused;
	for (size_t height = 17; height <= 40; height++) {
		fill_lists(STATE_TOP_MAX, 1500);
		render(80, height, saved); /* too narrow for IPv6 beside each other */
		size_t top = count_of("198.51.100.") + count_of("2001:db8:1::/64") +
			     count_of("2001:db8:3::/64") + count_of("2001:db8:5::/64") +
			     count_of("2001:db8:7::/64") + count_of("2001:db8:9::/64");
		size_t bans = count_of("203.0.113.") + count_of("2001:db8:ffff:");
		snprintf(more, sizeof more, "... and %zu more\n", STATE_TOP_MAX - top);
		if (top < STATE_TOP_MAX)
			assert_shows(more);
		snprintf(more, sizeof more, "... and %zu more\n", 1500 - bans);
		assert_shows(more);
		/* fair shares; a list that is cut gives a row to say so */
		assert_true(bans + 2 >= top);
		assert_true(top + 1 >= bans || top == STATE_TOP_MAX);
	}
}

static void list_that_is_short_leaves_its_rows_to_the_other(void **unused)
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

static void top_ten_and_ten_bans_fit_under_watch_at_80x24(void **unused)
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
	render(80, 22, saved);
	assert_int_equal(count_of("255.255.255."), 2 * STATE_TOP_MAX);
	assert_shows("255.255.255.249 permanent   0  visit_requests\n");
	assert_shows("COUNTERS  lines 1001");
}

static void only_counters_that_are_not_zero_are_shown(void **unused)
{
	(void)unused;
	sample_fill(&sample);
	memset(&sample.counters, 0, sizeof sample.counters);
	render(80, 22, saved);
	assert_hides("COUNTERS");
	sample.counters.lines = 12;
	sample.counters.events_dropped = 7;
	render(80, 22, saved);
	assert_shows("COUNTERS  lines 12  events_dropped 7\n");
}

static void counters_are_never_pushed_off_the_page(void **unused)
{
	(void)unused;
	for (size_t bans = 0; bans <= 1500; bans += 5 + bans * 4) {
		fill_lists(STATE_TOP_MAX, bans);
		for (size_t height = 20; height <= 60; height++) {
			render(80, height, saved);
			assert_shows("\nCOUNTERS  lines 1001");
			assert_shows(
				strstr(page, "events_dropped") ? "events_dropped 10" : "  ...\n");
		}
	}
}

static void counters_that_do_not_fit_end_in_dots(void **unused)
{
	(void)unused;
	fill_lists(STATE_TOP_MAX, STATE_BANS_MAX);
	render(80, 22, saved);
	assert_shows("  ...\n");
	assert_hides("events_dropped");
	render(80, 0, saved);
	assert_shows("events_dropped");
	assert_hides("  ...\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(page_never_passes_width_or_height),
		cmocka_unit_test(page_with_the_largest_figures_keeps_its_bounds),
		cmocka_unit_test(terminal_past_the_limits_gets_the_limits),
		cmocka_unit_test(page_in_ascii_has_no_other_byte),
		cmocka_unit_test(state_older_than_two_intervals_is_stale),
		cmocka_unit_test(last_state_of_a_run_is_stopped),
		cmocka_unit_test(clock_behind_the_state_is_no_age),
		cmocka_unit_test(site_is_shown_per_second),
		cmocka_unit_test(limits_are_shown_in_one_line_with_what_they_stand_on),
		cmocka_unit_test(swarm_is_marked_and_its_mark_is_the_limit),
		cmocka_unit_test(condition_says_why_there_is_no_verdict),
		cmocka_unit_test(bars_are_the_last_30_minutes),
		cmocka_unit_test(top_clients_are_shown_with_their_counts),
		cmocka_unit_test(share_passes_100_only_over_the_limit),
		cmocka_unit_test(ban_is_shown_with_time_strike_and_rules),
		cmocka_unit_test(rules_that_do_not_fit_are_counted),
		cmocka_unit_test(bans_of_a_replay_run_by_the_logs_clock),
		cmocka_unit_test(ban_that_the_firewall_lacks_is_announced),
		cmocka_unit_test(list_that_is_cut_says_how_many_are_left_out),
		cmocka_unit_test(list_that_is_short_leaves_its_rows_to_the_other),
		cmocka_unit_test(page_without_a_height_shows_every_ban),
		cmocka_unit_test(top_ten_and_ten_bans_fit_under_watch_at_80x24),
		cmocka_unit_test(only_counters_that_are_not_zero_are_shown),
		cmocka_unit_test(counters_are_never_pushed_off_the_page),
		cmocka_unit_test(counters_that_do_not_fit_end_in_dots),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
