/* test_screen.c - the text that anomstat shows on a terminal: its bounds, its first lines and its
 * plots. */
#include "unit/screen_page.h"

static void page_never_exceeds_width_or_height(void **unused)
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

static void terminal_over_the_limits_gets_the_largest_page(void **unused)
{
	(void)unused;
	fill_lists(STATE_TOP_MAX, STATE_BANS_MAX);
	render(SIZE_MAX, SIZE_MAX, saved);
	assert_in_bounds(SCREEN_WIDTH_MAX, SCREEN_HEIGHT_MAX);
	assert_shows("TOP OF 2112");
}

static void page_in_ascii_contains_only_ascii(void **unused)
{
	struct buf b;

	(void)unused;
	fill();
	sample.history_n = 3;
	buf_init(&b, page, SCREEN_BYTES_MAX);
	screen_render(&sample, saved, (struct screen_size){80, 22, false, false, false}, &b);
	page[b.len] = '\0';
	for (const char *c = page; *c; c++)
		assert_true(*c == '\n' || (*c >= ' ' && *c <= '~'));
	assert_shows("alarm 59.2 |====");
	assert_shows("mean 39.8 |----");
	assert_shows(".\n");
	assert_shows("#\n");
}

static void state_older_than_two_intervals_is_stale(void **unused)
{
	(void)unused;
	fill();
	render(80, 22, (struct instant){SAMPLE_SAVED_MS + 6000});
	assert_shows("anomdetect on web1 RUNNING  site ABNORMAL for 3m 28s  3 bans in force\n");
	render(80, 22, (struct instant){SAMPLE_SAVED_MS + 6001});
	assert_shows("anomdetect on web1 STALE  ");
	render(80, 22, (struct instant){SAMPLE_SAVED_MS + 90000000});
	assert_shows("\nran 4h 12m  state 1d 1h old  ");
	render(80, 22, (struct instant){SAMPLE_SAVED_MS - 6000});
	assert_shows("anomdetect on web1 RUNNING  ");
	render(80, 22, (struct instant){SAMPLE_SAVED_MS - 7200000}); /* the clock was set back */
	assert_shows("anomdetect on web1 STALE  ");
	assert_shows("\nran 4h 12m  state 2h 0m ahead of the clock  ");
	sample.interval_s = 3600;
	render(80, 22, (struct instant){SAMPLE_SAVED_MS + 6001});
	assert_shows("RUNNING");
}

static void long_host_name_is_cut_before_the_verdict(void **unused)
{
	(void)unused;
	fill();
	memset(sample.host, 'h', sizeof sample.host - 1);
	render(80, 22, saved);
	assert_shows("hhh RUNNING\n");
	sample.replay = true;
	render(40, 22, (struct instant){SAMPLE_SAVED_MS + 6001});
	assert_shows("anomdetect on hhhhhhhhhhhhh STALE replay\n");
	render(20, 22, (struct instant){SAMPLE_SAVED_MS + 6001});
	assert_shows("anomdetect STALE rep\n");
}

static void last_state_of_a_run_is_shown_as_stopped(void **unused)
{
	(void)unused;
	fill();
	sample.running = false;
	render(80, 22, saved);
	assert_shows("anomdetect on web1 STOPPED  ");
	render(80, 22, (struct instant){SAMPLE_SAVED_MS + 90000000});
	assert_shows("STOPPED");
	assert_hides("STALE");
}

static void clock_behind_the_state_shows_an_age_of_zero(void **unused)
{
	(void)unused;
	fill();
	render(80, 22, (struct instant){SAMPLE_SAVED_MS - 5000});
	assert_shows("  state 0s old  ");
}

static void rates_of_the_site_are_shown_per_second(void **unused)
{
	(void)unused;
	fill();
	sample.requests = 240;
	sample.errors = 60;
	render(80, 22, saved);
	assert_shows("requests/s     4.0   39.8    6.5   59.2   61.1  "
		     "ABNORMAL since 04:12:31 (3m 28s)\n");
	assert_shows(
		"errors/s       1.0    0.4    0.6    2.2   -0.5  normal, 25.0 % of requests\n");
	assert_shows("baseline: hour, errors: recent");
	sample.abnormal[SIGNAL_ERRORS] = true;
	sample.abnormal_since[SIGNAL_ERRORS] = sample.now;
	render(80, 22, saved);
	assert_shows("-0.5  ABNORMAL since 04:16:00 (0s)");
	sample.requests = 0;
	sample.errors = 0;
	render(80, 22, saved);
	assert_hides("of requests");
	sample.abnormal[SIGNAL_ERRORS] = false;
	render(80, 22, saved);
	assert_shows("normal, 0.0 % of requests");
}

static void limits_are_shown_in_one_line_with_their_basis(void **unused)
{
	(void)unused;
	fill();
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

static void swarm_is_shown_and_its_mark_replaces_the_limit(void **unused)
{
	(void)unused;
	fill();
	render(80, 22, saved);
	assert_hides("SWARM");
	sample.swarm = true;
	render(80, 22, saved);
	assert_shows("ABNORMAL for 3m 28s  SWARM  ");
	assert_shows("limits/60s 38 req, 20 err  ");
	sample.abnormal[SIGNAL_REQUESTS] = false; /* the alert ends 30 s after the swarm */
	sample.abnormal[SIGNAL_ERRORS] = true;
	sample.abnormal_since[SIGNAL_ERRORS].ms = SAMPLE_SAVED_MS - 960343;
	sample.top[0].errors = sample.top[1].errors = 0;
	sample.top[0].requests = 38;
	sample.top[1].requests = 39;
	render(80, 22, saved);
	assert_shows("site ABNORMAL for 16m 0s  SWARM");
	assert_shows("ABNORMAL since 04:00:00 (16m 0s)\n");
	assert_shows("  38     0  100 ");
	assert_shows("  39     0  103 ");
	sample.limits[LIMIT_MARK] = UINT32_MAX; /* cold: there is no mark */
	render(80, 22, saved);
	assert_shows("limits/60s 1200 req, 20 err  a visit 3012 req, 31 err");
	sample.visit_swarm = true;
	sample.swarm = false;
	render(80, 22, saved);
	assert_shows("  SWARM  ");
	assert_shows("limits/60s 1200 req, 20 err  a visit 77 req, 31 err");
	sample.limits[LIMIT_VISIT_MARK] = UINT32_MAX;
	render(80, 22, saved);
	assert_shows("a visit 3012 req, 31 err");
}

static void reason_for_a_missing_verdict_is_shown(void **unused)
{
	(void)unused;
	fill();
	sample.abnormal[SIGNAL_REQUESTS] = false;
	render(80, 22, saved);
	assert_shows("  site normal  ");
	assert_int_equal(count_of("  normal"), 2);
	sample.baseline.ready = false;
	render(80, 22, saved);
	assert_int_equal(count_of("warming up"), 3);
	sample.now.ms = 0;
	render(80, 22, saved);
	assert_int_equal(count_of("no line yet"), 3);
}

static void bars_show_the_last_30_minutes(void **unused)
{
	(void)unused;
	fill();
	memset(sample.history_requests, 0, sizeof sample.history_requests);
	memset(sample.history_errors, 0, sizeof sample.history_errors);
	memset(sample.hours, 0, sizeof sample.hours);
	sample.alarm[SIGNAL_REQUESTS] = 0;
	sample.baseline.mean = 0;
	sample.history_n = 2; /* a run of 20 s has two steps of 10 s, at the right end */
	sample.history_requests[0] = 60;
	sample.history_requests[1] = 180;
	render(14 + 180, 22, saved);
	assert_shows("peak 4.0 \u2502");
	assert_shows("\u2588\n");
	/* the rate over 60 s: 1 and 4 per second, which are 8 and 32 of 32 levels */
	assert_shows("    \u2588\u2588\n");
	assert_int_equal(count_of("\u2588"), 5);
	assert_shows("errors 0.0 \u2502\n");
	render(14 + 90, 22, saved); /* one column shows both steps, with the higher rate */
	assert_int_equal(count_of("\u2588\n"), 4);
	assert_int_equal(count_of("\u2588"), 4);
	sample.history_n = STATE_HISTORY_MAX; /* the first step is at the left end */
	/* the first step's rate is computed from this step alone: older steps are not stored */
	sample.history_requests[0] = 80;
	sample.history_requests[1] = 0;
	render(80, 22, saved);
	assert_shows("peak 8.0 \u2502\u2588");
	sample.history_n = 0;
	render(80, 22, saved);
	assert_hides("\u2588");
	render(12, 0, saved);
	assert_in_bounds(12, 0);
}

static void colours_are_the_only_escapes_and_end_with_each_row(void **unused)
{
	static char plain[SCREEN_BYTES_MAX + 1];
	struct buf b;
	size_t len = 0;

	(void)unused;
	sample_fill(&sample);
	render(80, 30, saved);
	memcpy(plain, page, sizeof plain);
	buf_init(&b, page, SCREEN_BYTES_MAX);
	screen_render(&sample, saved, (struct screen_size){80, 30, true, true, false}, &b);
	page[b.len] = '\0';
	assert_shows("\033[0;32mRUNNING");
	assert_hides("\n\033[0m");
	for (char *c = page; *c; c++) { /* without escapes it is the plain page */
		if (*c == '\033') {
			size_t sequence = strspn(c + 1, "[;0123456789") + 1;
			assert_true(sequence < TEXT_STYLE_BYTES && c[sequence] == 'm');
			c += sequence;
			continue;
		}
		page[len++] = *c;
	}
	page[len] = '\0';
	assert_string_equal(page, plain);
}

static void faults_are_shown_first_in_words(void **unused)
{
	(void)unused;
	fill();
	sample.learning_s = 417;
	sample.failing = true;
	render(120, 22, saved);
	assert_shows("RUNNING  site ABNORMAL for 3m 28s  SITE FAILING  LEARNING for 6m 57s  "
		     "3 bans in force\n");
	sample.failing = false;
	sample.pages_failing = true;
	render(120, 22, saved);
	assert_shows("  PAGES FAILING  ");
	snprintf(sample.trouble, sizeof sample.trouble, "the rule is after another");
	render(120, 22, saved);
	assert_shows("3 bans NOT IN FORCE\nbans: the rule is after another\n");
	memset(sample.trouble, 'r', sizeof sample.trouble - 1);
	memcpy(sample.trouble + 70, " .", 2);
	render(80, 22, saved);
	assert_shows("NOT IN FORCE\nbans: rrrr");
	assert_shows("rrr\n.rrr"); /* the reason is never cut off */
	sample.trouble[0] = '\0';
	sample.no_effect.ms = sample.now.ms - 599999;
	render(120, 22, saved);
	assert_shows("\nbans: requests of a banned client still arrive");
	sample.no_effect.ms = sample.now.ms - 600000;
	render(120, 22, saved);
	assert_hides("NOT IN FORCE");
	sample.last_line.ms = SAMPLE_SAVED_MS - 200000;
	render(120, 22, saved);
	assert_shows("  no line for 3m 20s  ");
}

/* The detector is blind while it receives no usable lines. The first line of the screen shows this
 * if there is room after the program's status. A line below it has the reason. */
static void blindness_is_in_the_first_line(void **unused)
{
	static const size_t widths[] = {40, 48, 56, 80, 120};

	(void)unused;
	fill();
	sample.abnormal[SIGNAL_REQUESTS] = false;
	sample.silence_s = 7380;
	render(120, 22, saved);
	assert_shows("anomdetect on web1 RUNNING  NO REQUEST for 2h 3m  site normal  3 bans in "
		     "force\ninput: no request for 2h 3m (longest silence in 7 days: "
		     "8s)\n");
	assert_hides("no line for");
	render(80, 22, saved);
	assert_shows("anomdetect on web1 RUNNING  NO REQUEST for 2h 3m  site normal  "
		     "3 bans in force\ninput: ");
	for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
		render(widths[i], 22, saved);
		assert_shows(widths[i] < 48 ? "\nNO REQUEST for 2h 3m" : "RUNNING  NO REQUEST");
	}
	sample.silence_s = 0;
	sample.bad_share = sample.late_share = 0.75;
	render(80, 22, saved);
	assert_shows("RUNNING  LINES LATE  site normal  3 bans in force\ninput: 75 % of the newest "
		     "lines arrived over a minute late");
	sample.bad_share = 0;
	sample.last_line.ms = 0;
	render(80, 22, saved);
	assert_shows("RUNNING  NO REQUEST YET  site normal  3 bans in force\ninput: no request "
		     "since the start, 4h 12m ago\n");
	/* if the state is stale, no fault of the input is shown */
	render(80, 22, (struct instant){saved.ms + 60000});
	assert_hides("NO REQUEST");
	sample.replay = true;
	render(80, 22, saved);
	assert_hides("NO REQUEST");
}

static void lines_of_the_plot_are_drawn_at_their_rates(void **unused)
{
	(void)unused;
	fill();
	memset(sample.history_requests, 0, sizeof sample.history_requests);
	sample.alarm[SIGNAL_REQUESTS] = 100;
	sample.baseline.mean = 49;
	render(80, 22, saved); /* four rows of 25 requests per second each */
	assert_shows(" alarm 100.0 \u2502\u254c\u254c");
	assert_shows("\n  requests/s \u2502\n   mean 49.0 \u2502\u2500\u2500");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(page_never_exceeds_width_or_height),
		cmocka_unit_test(page_with_the_largest_figures_keeps_its_bounds),
		cmocka_unit_test(terminal_over_the_limits_gets_the_largest_page),
		cmocka_unit_test(page_in_ascii_contains_only_ascii),
		cmocka_unit_test(state_older_than_two_intervals_is_stale),
		cmocka_unit_test(long_host_name_is_cut_before_the_verdict),
		cmocka_unit_test(last_state_of_a_run_is_shown_as_stopped),
		cmocka_unit_test(clock_behind_the_state_shows_an_age_of_zero),
		cmocka_unit_test(rates_of_the_site_are_shown_per_second),
		cmocka_unit_test(limits_are_shown_in_one_line_with_their_basis),
		cmocka_unit_test(swarm_is_shown_and_its_mark_replaces_the_limit),
		cmocka_unit_test(reason_for_a_missing_verdict_is_shown),
		cmocka_unit_test(bars_show_the_last_30_minutes),
		cmocka_unit_test(colours_are_the_only_escapes_and_end_with_each_row),
		cmocka_unit_test(faults_are_shown_first_in_words),
		cmocka_unit_test(blindness_is_in_the_first_line),
		cmocka_unit_test(lines_of_the_plot_are_drawn_at_their_rates),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
