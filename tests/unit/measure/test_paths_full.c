/* test_paths_full.c - which paths a full table evicts, and which it keeps. */
#include "core/measure/paths.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "unit/given.h"
#include "unit/given_host.h"
#include "unit/random.h"

#define NOW ((int64_t)1700000000)
#define DAY 86400

static struct paths *table(uint32_t max)
{
	struct paths *p = paths_new(max, (struct hash_key){{3, 4}});

	assert_non_null(p);
	return p;
}

/* The hash of path number i. */
static uint64_t path_hash(const struct paths *p, uint64_t i)
{
	return paths_hash(p, (const char *)&i, sizeof i);
}

static void ask(struct paths *p, uint64_t path, uint32_t network, enum paths_outcome outcome,
	bool honest, int64_t second)
{
	struct address a = given_host(network, 1);

	paths_note(p, path_hash(p, path), &a, outcome, honest, second);
}

/* Makes the path an entry of this kind. If the kind needs several networks, the request of the
 * first network adds the entry, and the others touch it: they give it a second chance. */
static void make_kind(struct paths *p, uint64_t path, enum paths_kind kind)
{
	static const uint32_t networks[PATHS_KINDS] = {1, 2, 1, 2, 4};

	for (uint32_t i = 0; i < networks[kind]; i++)
		ask(p, path, i, PATHS_REFUSED, kind >= PATHS_HONEST_SINGLE, NOW);
}

static bool has_path(struct paths *p, uint64_t path, enum paths_kind *kind)
{
	struct paths_record r;
	uint64_t hash = path_hash(p, path);

	paths_walk_begin(p);
	while (paths_walk(p, &r))
		if (r.hash == hash) {
			*kind = r.kind;
			return true;
		}
	return false;
}

static uint64_t all_evicted(const struct paths *p)
{
	struct paths_totals t = paths_totals(p);
	uint64_t n = 0;

	for (int k = 0; k < PATHS_KINDS; k++)
		n += t.evicted[k];
	return n;
}

static void kind_depends_on_networks_and_honest_visits(void **state)
{
	/* rows: 0 to 3 networks without an honest visit; columns: 0 to 5 networks with one */
	static const enum paths_kind want[4][6] = {
		{PATHS_KINDS, PATHS_HONEST_SINGLE, PATHS_HONEST_FEW, PATHS_HONEST_FEW,
			PATHS_HONEST_MANY, PATHS_HONEST_MANY},
		{PATHS_SINGLE, PATHS_HONEST_SINGLE, PATHS_HONEST_FEW, PATHS_HONEST_FEW,
			PATHS_HONEST_MANY, PATHS_HONEST_MANY},
		{PATHS_SEVERAL, PATHS_HONEST_SINGLE, PATHS_HONEST_FEW, PATHS_HONEST_FEW,
			PATHS_HONEST_MANY, PATHS_HONEST_MANY},
		{PATHS_SEVERAL, PATHS_HONEST_SINGLE, PATHS_HONEST_FEW, PATHS_HONEST_FEW,
			PATHS_HONEST_MANY, PATHS_HONEST_MANY},
	};

	(void)state;
	for (int outcome = PATHS_SERVED; outcome <= PATHS_REFUSED; outcome++)
		for (uint32_t bad = 0; bad < 4; bad++)
			for (uint32_t honest = 0; honest < 6; honest++) {
				struct paths *p = table(10);
				enum paths_kind kind = PATHS_KINDS;
				for (uint32_t i = 0; i < 2 * bad; i++) /* each network asks twice */
					ask(p, 7, 100 + i / 2, PATHS_MISSING, false, NOW);
				for (uint32_t i = 0; i < 2 * honest; i++)
					ask(p, 7, i / 2, (enum paths_outcome)outcome, true, NOW);
				has_path(p, 7, &kind);
				assert_int_equal(kind, want[bad][honest]);
				paths_free(p);
			}
}

static void lowest_kind_is_evicted_first(void **state)
{
	enum { EACH = 3, N = EACH * PATHS_KINDS };
	struct paths *p = table(N);
	enum paths_kind kind;

	(void)state;
	for (uint64_t i = 0; i < N; i++) /* the highest kind first: age does not matter */
		make_kind(p, i, (enum paths_kind)(PATHS_KINDS - 1 - i / EACH));
	assert_int_equal(paths_n(p), N);
	assert_int_equal(all_evicted(p), 0);
	/* four networks raise each newcomer to the highest kind at once */
	for (uint64_t i = 0; i < N; i++) {
		struct paths_totals before = paths_totals(p);
		make_kind(p, 1000 + i, PATHS_HONEST_MANY);
		struct paths_totals after = paths_totals(p);
		for (uint64_t k = 0; k < PATHS_KINDS; k++)
			assert_int_equal(after.evicted[k] - before.evicted[k], k == i / EACH);
		assert_int_equal(paths_n(p), N);
		/* the oldest entry of the lowest kind is evicted. Second chances make no
		 * difference, because all entries of a kind have one or none has one. */
		if (i < N - EACH) {
			assert_false(has_path(p, N - EACH * (i / EACH + 1) + i % EACH, &kind));
			assert_true(has_path(p, 1000 + i, &kind));
		}
	}
	paths_free(p);
}

static void touched_path_gets_a_second_chance(void **state)
{
	struct paths *p = table(4);
	enum paths_kind kind;

	(void)state;
	for (uint64_t i = 0; i < 4; i++)
		ask(p, i, 1, PATHS_SERVED, true, NOW);
	ask(p, 0, 1, PATHS_SERVED, true, NOW);
	/* a visit that is not honest touches the path, too */
	ask(p, 2, 2, PATHS_SERVED, false, NOW);
	ask(p, 10, 1, PATHS_SERVED, true, NOW);
	assert_true(has_path(p, 0, &kind) && !has_path(p, 1, &kind));
	ask(p, 11, 1, PATHS_SERVED, true, NOW);
	assert_true(has_path(p, 2, &kind) && !has_path(p, 3, &kind));
	/* the second chance is used up */
	ask(p, 12, 1, PATHS_SERVED, true, NOW);
	assert_false(has_path(p, 0, &kind));
	ask(p, 13, 1, PATHS_SERVED, true, NOW);
	assert_false(has_path(p, 10, &kind));
	assert_true(has_path(p, 2, &kind));
	paths_free(p);
}

/* All entries are touched: eight get a second chance, and the ninth is evicted. */
static void second_chances_are_bounded(void **state)
{
	struct paths *p = table(100);
	enum paths_kind kind;

	(void)state;
	for (int times = 0; times < 2; times++)
		for (uint64_t i = 0; i < 100; i++)
			ask(p, i, 1, PATHS_SERVED, true, NOW);
	ask(p, 1000, 1, PATHS_SERVED, true, NOW);
	for (uint64_t i = 0; i < 100; i++)
		assert_int_equal(has_path(p, i, &kind), i != 8);
	paths_free(p);
}

/* A scan gets no entry in a table that honest visits have filled. */
static void path_without_an_honest_visit_evicts_no_path_with_one(void **state)
{
	struct paths *p = table(50);

	(void)state;
	for (uint64_t i = 0; i < 50; i++)
		ask(p, i, 1, PATHS_MISSING, true, NOW);
	for (uint64_t i = 100; i < 300; i++)
		ask(p, i, (uint32_t)i, PATHS_MISSING, false, NOW);
	assert_int_equal(paths_n(p), 50);
	assert_int_equal(paths_totals(p).entered, 250);
	assert_int_equal(paths_totals(p).evicted[PATHS_SINGLE], 200);
	assert_int_equal(all_evicted(p), 200);
	paths_free(p);
}

/* Paths of honest visits: pages that many networks ask for, pages that two networks ask for, dead
 * links, and pages that one network asks for. */
enum { PAGES = 3000 };

static void use_site(struct paths *p, struct random *r, int requests, int64_t second)
{
	for (int i = 0; i < requests; i++) {
		uint64_t page = random_below(r, PAGES);
		uint32_t networks = page % 4 == 0 ? 50 : page % 4 == 3 ? 1 : 2;
		uint32_t network = (uint32_t)(page * 100 + random_below(r, networks));
		ask(p, page, network, page % 4 == 2 ? PATHS_MISSING : PATHS_SERVED, true, second);
	}
}

static void check_site(struct paths *p, int64_t second)
{
	enum paths_kind kind;

	for (uint64_t page = 0; page < PAGES; page++) {
		uint64_t hash = path_hash(p, page);
		assert_int_equal(paths_is_served(p, hash), page % 4 < 2);
		/* The pages with page % 4 == 2 are dead links, except a few: 1 in 64 times, the two
		 * networks that failed on a page have the same bit in its bitmap of failures. */
		if (page % 4 != 2)
			assert_false(paths_is_dead(p, hash, second));
	}
	for (uint64_t page = 0; page < PAGES; page += 100)
		assert_true(has_path(p, page, &kind) && kind >= PATHS_HONEST_SINGLE);
}

static uint32_t dead_links(const struct paths *p, int64_t second)
{
	uint32_t n = 0;

	for (uint64_t page = 2; page < PAGES; page += 4)
		n += paths_is_dead(p, path_hash(p, page), second);
	return n;
}

/* Five days of 800,000 requests per day. Day 1: one network. Day 2: a botnet, each network with its
 * own paths. Day 3: pairs of networks that share paths. Days 4 and 5: all of these at once. */
static void flood_of_random_paths_evicts_no_path_of_an_honest_visit(void **state)
{
	enum { DAYS = 5, REQUESTS = 800000, MAX = 8192 };
	struct paths *p = table(MAX);
	struct random r = random_new(80);
	uint64_t next = 1000000;

	(void)state;
	random_note();
	use_site(p, &r, 100 * PAGES, NOW);
	check_site(p, NOW);
	uint32_t dead = dead_links(p, NOW);
	assert_true(dead > PAGES / 4 * 9 / 10);
	for (int day = 0; day < DAYS; day++) {
		struct paths_totals before = paths_totals(p);
		for (int i = 0; i < REQUESTS; i++) {
			int64_t second = NOW + day * DAY + (int64_t)i * DAY / REQUESTS;
			int kind = day < 3 ? day : (int)random_below(&r, 3);
			uint32_t network = 1000000 + (uint32_t)(next % 100000);
			enum paths_outcome outcome = (enum paths_outcome)(1 + i % 2);
			ask(p, next, kind == 0 ? 1000000 : network, outcome, false, second);
			if (kind == 2)
				ask(p, next, network + 200000, outcome, false, second);
			next++;
		}
		struct paths_totals after = paths_totals(p);
		uint64_t single = after.evicted[PATHS_SINGLE] - before.evicted[PATHS_SINGLE];
		uint64_t several = after.evicted[PATHS_SEVERAL] - before.evicted[PATHS_SEVERAL];
		assert_int_equal(after.entered - before.entered, REQUESTS);
		/* on the first day the table fills up first */
		assert_int_equal(single + several, REQUESTS - (day ? 0 : MAX - PAGES));
		assert_true(day == 2 ? several > REQUESTS / 2 : single > REQUESTS / 2);
		for (int k = PATHS_HONEST_SINGLE; k < PATHS_KINDS; k++)
			assert_int_equal(after.evicted[k], 0);
		check_site(p, NOW + (day + 1) * DAY);
		assert_int_equal(dead_links(p, NOW + (day + 1) * DAY), dead);
	}
	assert_int_equal(paths_n(p), MAX);
	paths_free(p);
}

/* Any change may interrupt a walk. The walk still ends. It returns exactly once every path that did
 * not move to another kind of paths during the walk. */
static void walk_returns_each_path_that_keeps_its_kind(void **state)
{
	enum { MAX = 500 };
	struct paths *p = table(MAX);
	struct random r = random_new(81);
	struct paths_record record;

	(void)state;
	for (int times = 0; times < 50; times++) {
		static bool seen[MAX];
		uint32_t n = 0;
		memset(seen, 0, sizeof seen);
		for (uint64_t i = 0; i < 200; i++) /* the highest kind is not evicted */
			make_kind(p, i, PATHS_HONEST_MANY);
		paths_walk_begin(p);
		while (paths_walk(p, &record)) {
			assert_true(++n < 10 * MAX);
			for (uint64_t i = 0; i < 200; i++) {
				if (record.hash != path_hash(p, i))
					continue;
				assert_false(seen[i]);
				seen[i] = true;
			}
			ask(p, 1000 + random_below(&r, 2000), (uint32_t)random_below(&r, 10),
				PATHS_MISSING, random_below(&r, 2), NOW);
		}
		assert_false(paths_walk(p, &record));
		for (uint64_t i = 0; i < 200; i++)
			assert_true(seen[i]);
	}
	paths_free(p);
}

static void check_walked(struct paths *p, uint64_t path)
{
	struct paths_record r;

	assert_true(paths_walk(p, &r));
	assert_true(r.hash == path_hash(p, path));
}

/* The entry that the walk would return next moves to another kind, or is evicted. */
static void walk_continues_when_its_next_path_moves(void **state)
{
	struct paths *p = table(4);
	struct paths_record r;

	(void)state;
	for (uint64_t i = 0; i < 4; i++)
		make_kind(p, i, PATHS_SINGLE);
	paths_walk_begin(p);
	check_walked(p, 3);
	make_kind(p, 2, PATHS_SEVERAL);
	check_walked(p, 1);
	make_kind(p, 10, PATHS_SINGLE); /* evicts path 0 */
	assert_false(paths_walk(p, &r));
	assert_false(paths_walk(p, &r));
	paths_free(p);
}

static void table_of_one_entry_keeps_the_newest_path(void **state)
{
	struct paths *p = table(1);
	enum paths_kind kind;

	(void)state;
	for (uint64_t i = 0; i < 100; i++) {
		for (uint32_t network = 0; network < 5; network++)
			ask(p, i, network, PATHS_SERVED, true, NOW);
		assert_true(has_path(p, i, &kind) && kind == PATHS_HONEST_MANY);
		assert_int_equal(paths_n(p), 1);
	}
	assert_int_equal(paths_totals(p).evicted[PATHS_HONEST_MANY], 99);
	paths_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kind_depends_on_networks_and_honest_visits),
		cmocka_unit_test(lowest_kind_is_evicted_first),
		cmocka_unit_test(touched_path_gets_a_second_chance),
		cmocka_unit_test(second_chances_are_bounded),
		cmocka_unit_test(path_without_an_honest_visit_evicts_no_path_with_one),
		cmocka_unit_test(flood_of_random_paths_evicts_no_path_of_an_honest_visit),
		cmocka_unit_test(walk_returns_each_path_that_keeps_its_kind),
		cmocka_unit_test(walk_continues_when_its_next_path_moves),
		cmocka_unit_test(table_of_one_entry_keeps_the_newest_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
