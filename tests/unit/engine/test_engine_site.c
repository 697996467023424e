/* test_engine_site.c - tests from lines to events: alerts about the site, the passing of time, and
 * the snapshot of the engine. */
#include "unit/given_paths.h"

static void site_alert_opens_once_and_recovers_after_30_calm_seconds(void **state)
{
	int64_t s = T0;

	(void)state;
	begin(false);
	traffic(&s, 300, 10, VISITORS);
	assert_int_equal(site_alerts(), 0);
	int64_t from = s;
	/* the rate crosses the threshold up and down several times, then stays high */
	for (int i = 0; i < 10; i++) {
		traffic(&s, 10, 60, 600);
		traffic(&s, 20, 8, 600);
	}
	traffic(&s, 60, 60, 600);
	assert_int_equal(site_alerts(), 1);
	assert_int_equal(count_of(EVENT_RECOVERED), 0);
	const struct event *alert = last_of(EVENT_ALERT);
	assert_in_range(alert->time.ms, from * 1000, (from + 10) * 1000);
	assert_true(alert->verdict.evidence_n > 0 && alert->verdict.rate > alert->verdict.mean);
	assert_true(fabs(alert->verdict.mean - 10) < 0.5);
	assert_true(alert->clients >= VISITORS && alert->top_n > 0);
	assert_true(alert->new_clients > 0 && alert->networks_n > 0);
	struct instant since = alert->time;
	int64_t calm = s;
	traffic(&s, 200, 10, VISITORS);
	assert_int_equal(site_alerts(), 1);
	assert_int_equal(count_of(EVENT_RECOVERED), 1);
	const struct event *e = last_of(EVENT_RECOVERED);
	/* the window contains the surge for up to a minute; then 30 s must be calm */
	assert_in_range(e->time.ms, (calm + 30) * 1000, (calm + 91) * 1000);
	assert_int_equal(e->seconds.ms, e->time.ms - since.ms);
	assert_int_equal(count_of(EVENT_BAN), 0);
	assert_false(snapshot()->abnormal[SIGNAL_REQUESTS]);
	check_times_in_order();
}

static void site_recovers_even_if_no_line_arrives(void **state)
{
	int64_t s = T0;

	(void)state;
	begin(false);
	traffic(&s, 300, 10, VISITORS);
	traffic(&s, 60, 60, 600);
	assert_int_equal(site_alerts(), 1);
	for (int64_t t = s; t < s + 100; t++)
		tick(t * 1000);
	assert_int_equal(count_of(EVENT_RECOVERED), 1);
}

static void no_site_alert_is_raised_before_the_end_of_the_warm_up(void **state)
{
	int64_t s = T0;

	(void)state;
	begin(false);
	traffic(&s, 60, 2, VISITORS);
	traffic(&s, 59, 60, 600);
	assert_int_equal(site_alerts(), 0);
}

static void lasting_anomaly_is_accepted_after_30_minutes_and_not_before(void **state)
{
	int64_t s = T0, opened;
	bool accepted = false;

	(void)state;
	begin(false);
	traffic(&s, 600, 10, VISITORS);
	traffic(&s, 60, 40, 600);
	assert_int_equal(site_alerts(), 1);
	opened = last_of(EVENT_ALERT)->time.ms;
	traffic(&s, 1900, 40, 600);
	for (size_t i = 0; i < g.n; i++) {
		const struct event *e = &g.events[i];
		if (e->kind != EVENT_BASELINE)
			continue;
		if (e->reason && strcmp(e->reason, "new_level") == 0) {
			assert_int_equal(e->time.ms, opened + 1800 * 1000);
			assert_false(accepted);
			accepted = true;
		}
		if (accepted)
			assert_true(e->baseline.mean > 39);
		else
			assert_true(e->time.ms < T0 * 1000 + 120000 || e->baseline.mean < 11);
	}
	assert_true(accepted);
	assert_int_equal(count_of(EVENT_RECOVERED), 1);
	assert_int_equal(site_alerts(), 1);
	assert_int_equal(count_of(EVENT_BAN), 0);
}

/* In a gap between two lines, time passes without requests. The engine closes the first 2.5 hours
 * of a gap second by second, and skips the rest in one step. */
static void gap_of_hours_or_days_is_idle_time(void **state)
{
	const int64_t gaps[] = {3500, 5 * 3600, 30 * 86400};

	(void)state;
	for (int i = 0; i < 3; i++) {
		int64_t s = T0;
		begin(false);
		traffic(&s, 300, 10, VISITORS);
		flood(families[0], s * 1000);
		flood(families[1], s * 1000);
		size_t before = g.n;
		int64_t back = s + gaps[i];
		say("198.51.100.1", 200, back * 1000);
		assert_int_equal(count_of(EVENT_UNBAN), 2);
		assert_int_equal(last_of(EVENT_UNBAN)->time.ms, (s + 600) * 1000);
		assert_true(g.n - before < 12);
		check_times_in_order();
		assert_int_equal(snapshot()->requests, 1);
		assert_int_equal(snapshot()->clients, 1);
		assert_int_equal(engine_log_seconds(g.engine), back - T0);
		assert_int_equal(site_alerts(), count_of(EVENT_RECOVERED));
		assert_true(snapshot()->baseline.ready);
		if (gaps[i] > 3600)
			assert_int_equal(snapshot()->baseline.source, BASELINE_FLOOR);
		end(NULL);
	}
}

static void unban_in_a_gap_is_reported_in_order_with_its_own_time(void **state)
{
	struct engine_config config = config_of(false);
	int64_t s = T0;

	(void)state;
	config.bans.schedule[0] = (struct span){20 * 86400 * (int64_t)1000};
	begin_with(config, NULL);
	traffic(&s, 130, 5, VISITORS);
	flood(families[0], s * 1000 + 5);
	say("198.51.100.1", 200, (s + 30 * 86400) * 1000);
	assert_int_equal(last_of(EVENT_UNBAN)->time.ms, (s + 20 * 86400) * 1000 + 5);
	check_times_in_order();
}

static void snapshot_agrees_with_the_events(void **state)
{
	int64_t s = T0;
	uint64_t history = 0;

	(void)state;
	begin(false);
	traffic(&s, 300, 5, VISITORS);
	for (int i = 0; i < 40; i++)
		say("198.51.100.250", i % 4 ? 200 : 503, (s - 1) * 1000 + 900);
	flood(families[1], (s - 1) * 1000 + 950);
	const struct state *v = snapshot();
	const struct event *ban = last_of(EVENT_BAN);
	assert_int_equal(v->now.ms, (s - 1) * 1000 + 950);
	assert_int_equal(v->requests, 300 + 40 + ban->requests);
	assert_int_equal(v->errors, 10);
	assert_int_equal(v->clients, VISITORS + 1);
	assert_int_equal(v->top_n, STATE_TOP_MAX);
	struct address top = given_address("198.51.100.250");
	assert_true(address_equal(&v->top[0].client, &top));
	assert_int_equal(v->top[0].requests, 40);
	assert_int_equal(v->top[0].errors, 10);
	assert_int_equal(v->bans_total, 1);
	assert_int_equal(v->bans_n, 1);
	assert_true(address_equal(&v->bans[0].client, &ban->client));
	assert_int_equal(v->bans[0].until.ms, ban->until.ms);
	assert_int_equal(v->bans[0].strike, 1);
	assert_true(v->bans[0].rules != 0);
	assert_true(v->baseline.ready && fabs(v->baseline.mean - 5) < 0.1);
	assert_false(v->limits_known);
	assert_true(v->limits[LIMIT_REQUESTS] == 200);
	assert_int_equal(v->history_n, 30);
	for (size_t i = 0; i < v->history_n; i++)
		history += v->history_requests[i];
	assert_int_equal(history, 300 * 5 + 40 + ban->requests);
	assert_int_equal(v->hours[4].seconds, 299);
	assert_true(fabs(v->hours[4].mean - 5) < 0.1);
	assert_int_equal(v->counters.lines, 1500 + 40 + 1500);
	assert_int_equal(v->counters.requests, v->counters.lines);
	assert_int_equal(v->counters.clients, VISITORS + 2);
	assert_int_equal(v->counters.bans, 1);
	assert_false(v->replay);
}

static void snapshot_before_the_first_line_is_empty(void **state)
{
	struct instant now;

	(void)state;
	begin(false);
	const struct state *v = snapshot();
	assert_int_equal(v->requests, 0);
	assert_int_equal(v->clients, 0);
	assert_int_equal(v->history_n, 0);
	assert_int_equal(v->bans_total, 0);
	assert_int_equal(v->now.ms, 0);
	assert_false(engine_now(g.engine, &now));
	assert_int_equal(engine_log_seconds(g.engine), 0);
	tick(T0 * 1000 + 5);
	assert_true(engine_now(g.engine, &now));
	assert_int_equal(engine_next(g.engine).ms, (T0 + 1) * 1000);
}

static void many_silent_clients_are_dropped_in_small_steps(void **state)
{
	int64_t at_ms = (T0 + 61) * 1000;
	int ticks = 0;

	(void)state;
	begin(false);
	for (int i = 0; i < 4900; i++) {
		char client[32];
		snprintf(client, sizeof client, i % 2 ? "198.51.%d.%d" : "2001:db8:%d:%d::1",
			i / 200, i % 200);
		say_at(client, 200, T0 * 1000, T0 * 1000);
	}
	assert_int_equal(snapshot()->clients, 4900);
	tick(at_ms);
	for (; engine_next(g.engine).ms <= at_ms; ticks++)
		tick(at_ms);
	/* the first tick dropped some clients; each further tick dropped a limited number */
	assert_in_range(ticks, 2, 10);
	assert_int_equal(engine_next(g.engine).ms, at_ms + 1000);
	tick(at_ms);
	assert_int_equal(snapshot()->clients, 0);
}

static void replay_gives_the_same_events_each_time(void **state)
{
	static struct event first[RECORDS_MAX];
	size_t n = 0;

	(void)state;
	for (int run = 0; run < 2; run++) {
		int64_t s = T0;
		begin(true);
		traffic(&s, 300, 10, VISITORS);
		traffic(&s, 60, 60, 600);
		flood(families[0], s * 1000);
		/* a replay ignores the wall clock */
		say_at(families[1], 200, s * 1000, run * 1000);
		traffic(&s, 800, 10, VISITORS);
		engine_end(g.engine);
		if (run == 0) {
			n = g.n;
			memcpy(first, g.events, n * sizeof *first);
		} else {
			assert_int_equal(g.n, n);
			for (size_t i = 0; i < n; i++) {
				assert_int_equal(g.events[i].kind, first[i].kind);
				assert_int_equal(g.events[i].time.ms, first[i].time.ms);
				assert_true(g.events[i].replay);
				assert_int_equal(g.events[i].requests, first[i].requests);
			}
			assert_true(n > 10 && count_of(EVENT_BAN) == 1);
			check_times_in_order();
		}
		end(NULL);
	}
}

static void setting_the_clock_clears_windows_but_no_bans_or_baseline(void **state)
{
	const int64_t by[] = {-3600, 86400};

	(void)state;
	for (int i = 0; i < 2; i++) {
		int64_t s = T0, to;
		begin(false);
		engine_clock(g.engine, instant_at_second(s), span_seconds(1000));
		traffic(&s, 300, 10, VISITORS);
		flood(families[0], s * 1000);
		to = s + by[i];
		/* a second later; the wall clock was set in between */
		engine_clock(g.engine, instant_at_second(to + 1), span_seconds(1000 + s + 1 - T0));
		tick((to + 1) * 1000);
		assert_int_equal(count_of(EVENT_ERROR), 1);
		assert_int_equal(count_of(EVENT_UNBAN), 0);
		assert_int_equal(snapshot()->requests, 0);
		assert_int_equal(snapshot()->clients, 0);
		assert_true(fabs(snapshot()->baseline.mean - 10) < 0.1);
		tick((to + 599) * 1000);
		assert_int_equal(count_of(EVENT_UNBAN), 0);
		tick((to + 601) * 1000);
		assert_int_equal(count_of(EVENT_UNBAN), 1);
		end(NULL);
	}
}

static void anomaly_has_no_negative_length_when_the_clock_was_set(void **state)
{
	int64_t s = T0;

	(void)state;
	begin(false);
	engine_clock(g.engine, instant_at_second(s), span_seconds(1000));
	traffic(&s, 300, 10, VISITORS);
	traffic(&s, 60, 60, 600);
	assert_int_equal(site_alerts(), 1);
	engine_clock(g.engine, instant_at_second(s - 3600), span_seconds(1360));
	for (int64_t t = s - 3600; t < s - 3400; t++)
		tick(t * 1000);
	assert_int_equal(count_of(EVENT_RECOVERED), 1);
	assert_in_range(last_of(EVENT_RECOVERED)->seconds.ms, 30000, 200000);
}

/* First, visitors ask for /. Then clients of both families ask for one page that exists and for one
 * that does not exist. */
static void ask_many(bool has_paths)
{
	char client[64];

	for (int i = 0; i < 300 * 10; i++) {
		snprintf(client, sizeof client, i % 2 ? "198.51.100.%d" : "2001:db8:%x::1", i % 60);
		ask_at(client, has_paths ? "/" : NULL, 200, T0 * 1000 + i * 100);
	}
	for (int i = 0; i < 3000; i++) {
		const char *path = i % 3 ? "/gallery" : "/wp-login.php";
		snprintf(
			client, sizeof client, i % 2 ? "203.0.%d.9" : "2001:db8:bad:%x::1", i / 12);
		ask_at(client, has_paths ? path : NULL, i % 3 ? 200 : 404,
			(T0 + 300) * 1000 + i * 10);
	}
	tick((T0 + 331) * 1000);
}

static const struct event *site_alert(enum signal_kind signal)
{
	for (size_t i = 0; i < g.n; i++)
		if (g.events[i].kind == EVENT_ALERT && g.events[i].scope == SCOPE_SITE &&
			g.events[i].signal == signal)
			return &g.events[i];
	fail_msg("no alert on %s", signal_name(signal));
	return NULL;
}

static void check_path(const struct top_path *p, const char *path)
{
	assert_int_equal(p->path_len, strlen(path));
	assert_memory_equal(p->path, path, strlen(path));
}

static void site_alert_names_its_most_requested_paths(void **state)
{
	(void)state;
	begin_with(config_with_paths(1000), NULL);
	ask_many(true);
	const struct event *e = site_alert(SIGNAL_REQUESTS);
	assert_true(e->has_paths);
	assert_int_equal(e->paths_n, 3);
	uint64_t sum = 0;
	for (size_t i = 0; i < e->paths_n; i++)
		sum += e->paths[i].requests;
	assert_int_equal(sum, (uint64_t)(e->verdict.rate * WINDOW_S + 0.5));
	e = site_alert(SIGNAL_ERRORS);
	assert_int_equal(e->paths_n, 1);
	check_path(&e->paths[0], "/wp-login.php");
	assert_int_equal(e->paths[0].requests, (uint64_t)(e->verdict.rate * WINDOW_S + 0.5));
}

static void site_alert_names_no_paths_without_known_paths(void **state)
{
	(void)state;
	begin_with(config_with_paths(1000), NULL);
	ask_many(false);
	assert_false(site_alert(SIGNAL_REQUESTS)->has_paths);
	end(NULL);
	begin_with(config_with_paths(0), NULL); /* the table of paths is turned off */
	ask_many(true);
	assert_false(site_alert(SIGNAL_REQUESTS)->has_paths);
	assert_false(site_alert(SIGNAL_ERRORS)->has_paths);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			site_alert_opens_once_and_recovers_after_30_calm_seconds, end),
		cmocka_unit_test_teardown(site_alert_names_its_most_requested_paths, end),
		cmocka_unit_test_teardown(site_alert_names_no_paths_without_known_paths, end),
		cmocka_unit_test_teardown(site_recovers_even_if_no_line_arrives, end),
		cmocka_unit_test_teardown(
			no_site_alert_is_raised_before_the_end_of_the_warm_up, end),
		cmocka_unit_test_teardown(
			lasting_anomaly_is_accepted_after_30_minutes_and_not_before, end),
		cmocka_unit_test_teardown(gap_of_hours_or_days_is_idle_time, end),
		cmocka_unit_test_teardown(
			unban_in_a_gap_is_reported_in_order_with_its_own_time, end),
		cmocka_unit_test_teardown(snapshot_agrees_with_the_events, end),
		cmocka_unit_test_teardown(snapshot_before_the_first_line_is_empty, end),
		cmocka_unit_test_teardown(many_silent_clients_are_dropped_in_small_steps, end),
		cmocka_unit_test_teardown(replay_gives_the_same_events_each_time, end),
		cmocka_unit_test_teardown(
			setting_the_clock_clears_windows_but_no_bans_or_baseline, end),
		cmocka_unit_test_teardown(
			anomaly_has_no_negative_length_when_the_clock_was_set, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
