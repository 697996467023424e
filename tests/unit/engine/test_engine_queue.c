/* test_engine_queue.c - queued lines have the same result as lines that are fed one by one, even if
 * logclock.h delays their requests, because their times are far ahead. */
#include "unit/given_engine.h"

typedef void give_line(
	struct engine *e, const char *line, size_t len, bool cut, struct instant wall);

/* The result of one way to feed the lines. */
struct outcome {
	size_t n;
	struct event events[RECORDS_MAX];
	struct counters counters;
};

static struct outcome outcomes[2];

static void give_at(give_line *how, const char *client, int64_t at_ms, int64_t wall_ms)
{
	char line[256];
	int len = snprintf(line, sizeof line,
		"{\"msec\":\"%lld.%03d\",\"remote_addr\":\"%s\",\"status\":200}",
		(long long)(at_ms / 1000), (int)(at_ms % 1000), client);

	how(g.engine, "no object", 9, false, (struct instant){wall_ms});
	how(g.engine, line, (size_t)len, false, (struct instant){wall_ms});
}

static void give(give_line *how, const char *client, int64_t at_ms)
{
	give_at(how, client, at_ms, at_ms);
}

/* Many clients make requests, and none of them is near a limit. */
static void visit(give_line *how, int64_t from_s, int64_t to_s)
{
	char client[64];

	for (int64_t s = from_s; s < to_s; s++)
		for (int i = 0; i < 10; i++) {
			int k = (int)(s * 5 + i) % 150;
			snprintf(client, sizeof client, i % 2 ? "198.51.100.%d" : "2001:db8:%x::1",
				k + 1);
			give(how, client, s * 1000 + i * 100);
		}
}

/* Writes one client's flood. With IPv6, each request has another address of the client's /64. */
static void pour(give_line *how, const char *client, int64_t at_ms)
{
	char address[64];

	for (unsigned i = 1; i <= 1500; i++) {
		snprintf(address, sizeof address, "%s%.*x", client, strchr(client, ':') ? 1 : 0,
			strchr(client, ':') ? i : 0);
		give(how, address, at_ms);
	}
}

static void run(bool replay, give_line *how, struct outcome *out)
{
	const int64_t later = T0 + 2 * 3600;

	begin(replay);
	visit(how, T0, T0 + 130);
	pour(how, "203.0.113.77", (T0 + 130) * 1000);
	pour(how, "2001:db8:bad:1::", (T0 + 130) * 1000);
	/* neither a live run nor a replay accepts this time */
	give_at(how, "203.0.113.78", (later + 3600) * 1000, (T0 + 131) * 1000);
	visit(how, T0 + 131, T0 + 140);
	pour(how, "203.0.113.79", later * 1000); /* a replay delays the first of these lines */
	pour(how, "2001:db8:bad:2::", later * 1000);
	give_at(how, "203.0.113.80", T0 * 1000, later * 1000); /* late */
	engine_flush(g.engine);
	engine_end(g.engine);
	out->n = g.n;
	memcpy(out->events, g.events, sizeof g.events);
	out->counters = engine_counters(g.engine);
	end(NULL);
}

static void check_same(const struct outcome *a, const struct outcome *b)
{
	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++) {
		const struct event *x = &a->events[i], *y = &b->events[i];
		assert_int_equal(x->kind, y->kind);
		assert_int_equal(x->time.ms, y->time.ms);
		assert_int_equal(x->requests, y->requests);
		assert_true(address_equal(&x->client, &y->client));
	}
	assert_memory_equal(&a->counters, &b->counters, sizeof a->counters);
}

/* A client is banned at the request that crosses the limit. Its later requests count as blocked. */
static void queued_lines_have_the_result_of_single_lines(void **state)
{
	(void)state;
	for (int replay = 0; replay < 2; replay++) {
		run(replay, say_line, &outcomes[0]);
		run(replay, engine_queue, &outcomes[1]);
		check_same(&outcomes[0], &outcomes[1]);
		assert_int_equal(outcomes[0].counters.bans, 4);
		assert_in_range(outcomes[0].counters.blocked, 4 * 790, 4 * 1000);
		assert_int_equal(outcomes[0].counters.late, 1);
		assert_int_equal(outcomes[0].counters.bad_time, replay);
		assert_int_equal(outcomes[0].counters.ahead, !replay);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queued_lines_have_the_result_of_single_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
