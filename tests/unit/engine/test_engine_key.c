/* test_engine_key.c - the hash key of an engine: all tables use it, and a new key can be set before
 * the first line. */
#include "unit/given_engine.h"
#include "unit/random.h"

/* The results of a run: its memory file, which has the strikes, and the clients that taught, as
 * bits whose places depend on the key; and its counters. */
struct trace {
	char text[1 << 19];
	size_t len;
	struct counters counters;
};

static void leave_trace(struct trace *t)
{
	static char chunk[MEMORY_CHUNK_BYTES];
	struct memory_parts parts = engine_memory(g.engine);
	struct memory_writer w;
	bool more = true;

	memset(t, 0, sizeof *t);
	memory_begin(&w);
	while (more) {
		struct buf b;
		buf_init(&b, chunk, sizeof chunk);
		more = memory_write(&w, &parts, (struct instant){0}, &b);
		assert_true(t->len + b.len < sizeof t->text);
		memcpy(t->text + t->len, b.data, b.len);
		t->len += b.len;
	}
	t->counters = engine_counters(g.engine);
}

/* Nine requests per second, each from one of 350 clients of both families. */
static void visit_at_random(struct random *r, int64_t *second, int64_t seconds)
{
	char client[64];

	for (int64_t end_s = *second + seconds; *second < end_s; ++*second) {
		for (int i = 0; i < 9; i++) {
			unsigned k = (unsigned)random_below(r, 350);
			snprintf(client, sizeof client, k % 2 ? "198.51.%u.7" : "2001:db8:%u::1",
				k / 2);
			say(client, 200, *second * 1000 + i * 100);
		}
	}
}

/* There are more clients than the table can store, so the key decides which are evicted. Two
 * clients are banned. */
static void run_engine(struct hash_key begun, const struct hash_key *then, struct trace *t)
{
	struct engine_config config = config_of(true);
	struct random r = {1};
	int64_t second = T0;

	config.key = begun;
	config.max_clients = 100;
	begin_with(config, NULL);
	if (then) {
		struct hash_key before = engine_set_key(g.engine, *then);
		assert_memory_equal(&before, &begun, sizeof begun);
	}
	visit_at_random(&r, &second, 900);
	for (int f = 0; f < 2; f++)
		flood(families[f], second * 1000);
	visit_at_random(&r, &second, 120);
	for (int f = 0; f < 2;
		f++) /* both are still banned: the lookups in the table of bans use the same hash */
		say(families[f], 200, second * 1000);
	assert_int_equal(count_of(EVENT_BAN), 2);
	leave_trace(t);
	assert_true(t->counters.evicted > 1000);
	assert_true(t->counters.blocked >= 2);
	end(NULL);
}

static void new_key_is_used_by_all_tables(void **state)
{
	static struct trace begun, set, other;
	const struct hash_key key = {{0x0123456789abcdef, 42}}, zero = {{0, 0}};

	(void)state;
	run_engine(key, NULL, &begun);
	run_engine(zero, &key, &set);
	run_engine(zero, NULL, &other);
	assert_int_equal(set.len, begun.len);
	assert_memory_equal(set.text, begun.text, begun.len);
	assert_memory_equal(&set.counters, &begun.counters, sizeof begun.counters);
	/* another key gives another result */
	assert_true(other.counters.evicted != begun.counters.evicted);
	assert_non_null(strstr(begun.text, "\"key\":[19088743,2309737967,0,42]"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_key_is_used_by_all_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
