/* test_quiet_model.c - quiet seconds, which have no line, are closed many at a time by arithmetic.
 * The result must be the same as if they were closed one by one. The tests compare the site, the
 * limits of visits, and an engine whose log has gaps, on random histories. */
#include "unit/given_engine.h"
#include "unit/random.h"

#define HISTORIES 60

/* ---- the site ---- */

static void check_same_cell(const struct site *a, const struct site *b, enum site_ring_kind kind)
{
	uint32_t x[2], y[2];

	assert_int_equal(site_ring_n(a, kind), site_ring_n(b, kind));
	for (size_t i = 0; i < site_ring_n(a, kind); i++) {
		site_ring_at(a, kind, i, &x[0], &x[1]);
		site_ring_at(b, kind, i, &y[0], &y[1]);
		assert_memory_equal(x, y, sizeof x);
	}
}

static void check_same_site(const struct site *a, const struct site *b)
{
	uint32_t requests[2][SITE_HISTORY_MAX], errors[2][SITE_HISTORY_MAX];
	struct site_window v = site_window(a), w = site_window(b);
	struct baseline p = *site_baseline(a), q = *site_baseline(b);
	int64_t hour[2];
	struct site_sums s = site_today(a, &hour[0]), t = site_today(b, &hour[1]);

	assert_int_equal(site_second(a), site_second(b));
	assert_int_equal(site_age(a), site_age(b));
	assert_int_equal(hour[0], hour[1]);
	assert_memory_equal(&v, &w, sizeof v);
	assert_memory_equal(&s, &t, sizeof s);
	assert_true(p.mean == q.mean && p.stddev == q.stddev && p.ready == q.ready);
	assert_true(p.error_mean == q.error_mean && p.error_stddev == q.error_stddev);
	assert_true(p.source == q.source && p.error_source == q.error_source);
	for (int h = 0; h < SITE_HOURS; h++) {
		struct site_hour x = site_hour_sums(a, h), y = site_hour_sums(b, h);
		assert_memory_equal(&x, &y, sizeof x);
	}
	check_same_cell(a, b, SITE_RING_LEARNED);
	check_same_cell(a, b, SITE_RING_ALL);
	size_t n = site_history(a, requests[0], errors[0]);
	assert_int_equal(n, site_history(b, requests[1], errors[1]));
	assert_memory_equal(requests[0], requests[1], n * sizeof *requests[0]);
	assert_memory_equal(errors[0], errors[1], n * sizeof *errors[0]);
}

/* Counts some requests in the last 60 seconds: in the second that is not closed yet, or before
 * it. */
static void count_some(struct site *a, struct site *b, struct random *r)
{
	for (uint64_t n = random_below(r, 4); n > 0; n--) {
		uint32_t requests = (uint32_t)random_below(r, 5);
		int64_t at = site_second(a) - (int64_t)random_below(r, 60);
		site_count(a, at, requests, requests / 2);
		site_count(b, at, requests, requests / 2);
	}
}

/* Closes some seconds with requests; some of these seconds are not learned. */
static void be_busy(struct site *a, struct site *b, struct random *r)
{
	for (uint64_t i = random_below(r, 200); i > 0; i--) {
		bool learn = random_below(r, 10) > 0;
		count_some(a, b, r);
		bool renewed = site_close(a, learn);
		assert_int_equal(site_close(b, learn), renewed);
	}
	if (random_below(r, 20) == 0) {
		site_accept(a);
		site_accept(b);
	}
	count_some(a, b, r);
}

static void be_quiet(struct site *a, struct site *b, int64_t n)
{
	while (n > 0) {
		bool renewed, last = false;
		int64_t closed = site_close_quiet(a, n, &renewed);
		assert_in_range(closed, 1, n);
		for (int64_t i = 0; i < closed; i++) {
			assert_false(last); /* a new baseline ends the step */
			last = site_close(b, true);
		}
		assert_int_equal(renewed, last);
		n -= closed;
	}
}

static void quiet_seconds_leave_the_same_site(void **state)
{
	struct random r = random_new(1);

	(void)state;
	random_note();
	for (int h = 0; h < HISTORIES; h++) {
		struct site *a = site_new(), *b = site_new();
		int64_t start = T0 + (int64_t)random_below(&r, 90000);
		assert_true(a && b);
		site_start(a, start);
		site_start(b, start);
		for (int i = 0; i < 12; i++) {
			be_busy(a, b, &r);
			/* up to 9000 s, more than the ring and an hour contain together */
			be_quiet(a, b, (int64_t)random_below(&r, i % 3 ? 150 : 9000));
			check_same_site(a, b);
		}
		site_free(a);
		site_free(b);
	}
}

/* ---- the rules of the site ---- */

/* rules_judge_site fills a verdict. rules_site_hold uses the same formula and is fast. */
static void fast_answer_equals_the_verdict(void **state)
{
	struct random r = random_new(4);
	int held = 0;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		struct baseline b = {.mean = (double)random_below(&r, 500) / 100 + 0.01,
			.stddev = (double)random_below(&r, 300) / 100 + 0.01,
			.error_mean = (double)random_below(&r, 50) / 100 + 0.01,
			.error_stddev = (double)random_below(&r, 30) / 100 + 0.01,
			.ready = random_below(&r, 20) > 0};
		bool errors = random_below(&r, 2);
		uint64_t count = random_below(&r, 2000);
		struct verdict v;
		bool holds = rules_judge_site(&b, errors, count, false, &v);
		assert_int_equal(rules_site_hold(&b, errors, count), holds);
		held += holds;
	}
	assert_in_range(held, 10000, 90000);
}

/* Tries counts near the result of rules_low_of, with limits that are not below the lowest possible
 * limits. */
static void no_rule_matches_low_counts(void **state)
{
	struct random r = random_new(5);
	int lows = 0, held = 0;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		struct rules_config c = given_rules_config();
		double least[LIMIT_COUNT];
		struct limits limits = {.known = random_below(&r, 2)};
		for (int k = 0; k < LIMIT_COUNT; k++) {
			least[k] = 1 + (double)random_below(&r, 40000) / 100;
			limits.most[k] =
				least[k] * (random_below(&r, 3) ? 1 : 1 + random_below(&r, 3));
		}
		c.cold_requests = 1 + (double)random_below(&r, 400);
		struct rules_low low = rules_low_of(&c, least);
		struct baseline b = {.mean = (double)random_below(&r, 100) / 1000 + 0.001,
			.stddev = (double)random_below(&r, 100) / 1000 + 0.001,
			.error_mean = 0.001,
			.error_stddev = 0.001,
			.ready = true};
		struct rules_site site = {.baseline = &b,
			.limits = &limits,
			.few_paths = random_below(&r, 2),
			.surge = random_below(&r, 2),
			.swarm = random_below(&r, 2),
			.visit_swarm = random_below(&r, 2)};
		struct client_counts v = {.lap_s = 60};
		v.window.requests = 1 + (uint32_t)random_below(&r, 2 * low.requests + 2);
		v.window.own = (uint32_t)random_below(&r, 2 * low.own + 2);
		v.window.errors = v.window.own;
		v.window.seconds = 1 + (uint32_t)random_below(&r, v.window.requests);
		v.visit.requests =
			v.window.requests + (uint32_t)random_below(&r, 2 * low.visit_requests + 2);
		v.visit.errors = (uint16_t)random_below(&r, 2 * low.visit_errors + 2);
		v.lap_seconds = 1 + (uint32_t)random_below(&r, 60);
		struct verdict verdict;
		bool holds = rules_client(
			&c, &site, &v, random_below(&r, 2) ? ABOUT_PAROLE : 0, &verdict);
		assert_false(holds && rules_are_low(&low, &v));
		lows += rules_are_low(&low, &v);
		held += holds;
	}
	assert_true(lows > 5000 && held > 5000);
}

/* ---- the limits ---- */

/* The limits of `b` are read every minute, and the limits of `a` only sometimes. */
static void limits_do_not_depend_on_how_often_they_are_read(void **state)
{
	struct random r = random_new(2);

	(void)state;
	for (int h = 0; h < HISTORIES / 4; h++) {
		struct visits_config c = given_visits_config();
		struct visits *a = visits_new(&c, 5000, (struct hash_key){{1, 2}});
		struct visits *b = visits_new(&c, 5000, (struct hash_key){{1, 2}});
		int64_t second = T0;
		assert_true(a && b);
		for (int minute = 0; minute < 6000; minute++) {
			uint64_t n = random_below(&r, 20) ? 0 : random_below(&r, 60);
			for (; n > 0; n--) {
				struct address client =
					given_client((uint32_t)random_below(&r, 9999));
				struct visit v = {.requests = 1 + (uint32_t)random_below(&r, 400)};
				v.peak = v.requests / 2;
				v.errors = (uint16_t)random_below(&r, 9);
				visits_teach(a, &client, &v, second);
				visits_teach(b, &client, &v, second);
			}
			second += 60;
			visits_learn(a, second, span_seconds(60));
			visits_learn(b, second, span_seconds(60));
			(void)visits_limits(b);
			if (random_below(&r, 50))
				continue;
			struct limits x = *visits_limits(a), y = *visits_limits(b);
			assert_memory_equal(x.most, y.most, sizeof x.most);
			assert_int_equal(x.known, y.known);
			assert_memory_equal(
				visits_memory(a), visits_memory(b), sizeof *visits_memory(a));
		}
		visits_free(a);
		visits_free(b);
	}
}

/* ---- the samples of paths ---- */

/* A few lines or floods, then seconds without lines. Table `a` closes these seconds in one step,
 * and table `b` closes them one by one. */
static void quiet_seconds_leave_the_same_samples(void **state)
{
	static struct top_paths a, b;
	static struct request request = {.count = 1, .path = "/x", .path_len = 2};
	struct random r = random_new(6);
	int64_t now = T0;
	uint32_t highest = 0;

	(void)state;
	top_paths_clear(&a);
	top_paths_clear(&b);
	for (int i = 0; i < 3000; i++) {
		uint64_t lines = random_below(&r, random_below(&r, 10) ? 40 : 4000);
		for (; lines > 0; lines--) {
			request.path_hash = 1 + random_below(&r, 50);
			request.status = random_below(&r, 3) ? 200 : 404;
			top_paths_add(&a, &request, now, now);
			top_paths_add(&b, &request, now, now);
		}
		int64_t n = 1 + (int64_t)random_below(&r, random_below(&r, 3) ? 3 : 150);
		now += n;
		top_paths_pace(&a, now, n);
		for (; n > 0; n--)
			top_paths_pace(&b, now - n + 1, 1);
		assert_memory_equal(&a, &b, sizeof a);
		highest = a.requests.step > highest ? a.requests.step : highest;
	}
	assert_true(highest > 3 && a.errors.n > 0);
}

/* ---- the engine ---- */

static void ignore(void *ctx, const struct event *e)
{
	(void)ctx;
	(void)e;
}

struct run {
	struct allow *allow;
	struct engine *engine;
};

static struct run run_new(void)
{
	struct run run = {.allow = allow_new()};
	struct engine_config c = config_of(false);

	assert_non_null(run.allow);
	allow_seal(run.allow);
	c.allow = run.allow;
	run.engine = engine_new(&c, ignore, NULL);
	assert_non_null(run.engine);
	return run;
}

static void run_free(struct run *run)
{
	engine_free(run->engine);
	allow_free(run->allow);
}

static void feed_line(struct run *run, int64_t second, const char *client, int status)
{
	char line[256];
	int len = snprintf(line, sizeof line,
		"{\"time\":%" PRId64 ",\"remote_addr\":\"%s\",\"status\":%d,\"request\":\"GET /x "
		"HTTP/1.1\"}",
		second, client, status);

	engine_tick(run->engine, (struct instant){second * 1000});
	engine_queue(run->engine, line, (size_t)len, false, (struct instant){second * 1000});
	engine_flush(run->engine);
}

static size_t memory_text(struct run *run, char *text, size_t cap)
{
	struct memory_parts parts = engine_memory(run->engine);
	struct memory_writer w;
	struct instant now;
	size_t len = 0;
	bool more = true;

	assert_true(engine_now(run->engine, &now));
	for (memory_begin(&w); more;) {
		struct buf b;
		buf_init(&b, text + len, cap - len);
		more = memory_write(&w, &parts, now, &b);
		assert_false(b.full);
		len += b.len;
	}
	return len;
}

/* Visits of a few clients, some of which fail and are banned; then a gap. Engine `b` gets a tick
 * for each second, and engine `a` only for seconds with lines. */
static void ticks_in_quiet_seconds_do_not_change_the_engine(void **state)
{
	static char text[2][1 << 20];
	struct random r = random_new(3);

	(void)state;
	for (int h = 0; h < 10; h++) {
		struct run a = run_new(), b = run_new();
		int64_t second = T0;
		feed_line(&a, second, "203.0.113.1", 200);
		feed_line(&b, second, "203.0.113.1", 200);
		for (int visit = 0; visit < 150; visit++) {
			char client[32];
			snprintf(client, sizeof client,
				visit % 2 ? "203.0.113.%d" : "2001:db8:%d::7",
				(int)random_below(&r, 40));
			uint64_t n = random_below(&r, 8) ? 1 + random_below(&r, 12) : 300;
			int status = random_below(&r, 4) ? 200 : 404;
			for (uint64_t i = 0; i < n; i++) {
				feed_line(&a, second, client, status);
				feed_line(&b, second, client, status);
				if (random_below(&r, 3))
					continue;
				second++;
				engine_tick(b.engine, (struct instant){second * 1000});
			}
			int64_t gap = (int64_t)random_below(&r, visit % 5 ? 400 : 8000);
			for (int64_t i = 0; i < gap; i++)
				engine_tick(b.engine, (struct instant){++second * 1000});
		}
		engine_tick(a.engine, (struct instant){second * 1000});
		size_t len = memory_text(&a, text[0], sizeof text[0]);
		assert_int_equal(memory_text(&b, text[1], sizeof text[1]), len);
		assert_memory_equal(text[0], text[1], len);
		struct counters x = engine_counters(a.engine), y = engine_counters(b.engine);
		assert_true(x.bans > 0);
		assert_memory_equal(&x, &y, sizeof x);
		run_free(&a);
		run_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quiet_seconds_leave_the_same_site),
		cmocka_unit_test(fast_answer_equals_the_verdict),
		cmocka_unit_test(no_rule_matches_low_counts),
		cmocka_unit_test(limits_do_not_depend_on_how_often_they_are_read),
		cmocka_unit_test(quiet_seconds_leave_the_same_samples),
		cmocka_unit_test(ticks_in_quiet_seconds_do_not_change_the_engine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
