/* test_paths_model.c - compares the table of paths with a model of exact sets of networks and exact
 * lists of paths, on random histories with restarts.
 *
 * The table only estimates how many networks asked for a path. But here at most 8 networks ask for
 * each path, with one client each, and they are chosen so that the estimate is exact. A second test
 * has many networks, but only clear cases, which the estimate cannot get wrong.
 */
#include "core/measure/paths.h"

#include "unit/given_memory.h"

#define PATHS    60
#define NETWORKS 8
#define HOUR     3600

static const struct hash_key key = {{5, 6}};

struct path {
	uint32_t networks[NETWORKS]; /* numbers of given_host */
	bool known;
	/* Sets with one bit per network. asked: asked for the path; honest: asked in an honest
	 * visit; served: was served the path in an honest visit; failed: got an error; missed: got
	 * PATHS_MISSING in an honest visit. failed and missed are emptied when the path is served.
	 */
	unsigned asked, honest, served, failed, missed;
	int64_t served_at;
	enum paths_kind kind;
	bool touched;
};

struct model {
	struct path paths[PATHS];
	uint32_t lists[PATHS_KINDS][PATHS]; /* oldest first */
	uint32_t lengths[PATHS_KINDS];
	uint32_t max;
	struct paths_totals totals; /* since the last restart */
};

static uint64_t hash_of(const struct paths *p, uint64_t path)
{
	return paths_hash(p, (const char *)&path, sizeof path);
}

/* Whether the table distinguishes the two networks on this path. */
static bool are_apart(uint64_t path, uint32_t a, uint32_t b)
{
	struct address clients[2] = {given_host(a, 1), given_host(b, 1)};
	bool apart = true;

	for (int outcome = PATHS_SERVED; outcome <= PATHS_MISSING; outcome++) {
		struct paths *p = paths_new(1, key);
		assert_non_null(p);
		uint64_t hash = hash_of(p, path);
		for (int k = 0; k < 2; k++)
			paths_note(p, hash, &clients[k], (enum paths_outcome)outcome, true, 0);
		apart &= outcome == PATHS_SERVED ? paths_is_served(p, hash)
						 : paths_is_dead(p, hash, 0);
		paths_free(p);
	}
	return apart;
}

static void choose_networks(struct path *x, uint64_t path, struct random *r)
{
	for (int n = 0; n < NETWORKS;) {
		uint32_t network = (uint32_t)random_below(r, 1 << 20);
		bool apart = true;
		for (int k = 0; k < n; k++)
			apart = apart && are_apart(path, x->networks[k], network);
		if (apart)
			x->networks[n++] = network;
	}
}

static void remove_at(struct model *m, enum paths_kind kind, uint32_t at)
{
	uint32_t *list = m->lists[kind];

	m->lengths[kind]--;
	memmove(&list[at], &list[at + 1], (m->lengths[kind] - at) * sizeof *list);
}

static void append(struct model *m, uint32_t path)
{
	enum paths_kind kind = m->paths[path].kind;

	m->lists[kind][m->lengths[kind]++] = path;
}

static uint32_t all_known(const struct model *m)
{
	uint32_t n = 0;

	for (int k = 0; k < PATHS_KINDS; k++)
		n += m->lengths[k];
	return n;
}

/* Evicts one path for a path of this kind. Returns false if the new path must not enter. */
static bool make_room(struct model *m, enum paths_kind kind)
{
	enum paths_kind lowest = PATHS_SINGLE;

	while (m->lengths[lowest] == 0)
		lowest++;
	if (kind == PATHS_SINGLE && lowest > PATHS_SEVERAL) {
		m->totals.evicted[PATHS_SINGLE]++;
		return false;
	}
	uint32_t oldest = m->lists[lowest][0];
	for (int k = 0; k < 8 && m->paths[oldest].touched; k++) {
		m->paths[oldest].touched = false;
		remove_at(m, lowest, 0);
		append(m, oldest);
		oldest = m->lists[lowest][0];
	}
	remove_at(m, lowest, 0);
	m->paths[oldest].known = false;
	m->totals.evicted[lowest]++;
	return true;
}

static enum paths_kind kind_of(const struct path *x)
{
	int honest = __builtin_popcount(x->honest);

	if (honest == 0)
		return __builtin_popcount(x->asked) > 1 ? PATHS_SEVERAL : PATHS_SINGLE;
	if (honest == 1)
		return PATHS_HONEST_SINGLE;
	return honest < 4 ? PATHS_HONEST_FEW : PATHS_HONEST_MANY;
}

static bool enter_path(struct model *m, uint32_t path, bool honest)
{
	struct path *x = &m->paths[path];
	enum paths_kind kind = honest ? PATHS_HONEST_SINGLE : PATHS_SINGLE;

	m->totals.entered++;
	if (all_known(m) == m->max && !make_room(m, kind))
		return false;
	x->known = true;
	x->asked = x->honest = x->served = x->failed = x->missed = 0;
	x->touched = false;
	x->kind = kind;
	append(m, path);
	return true;
}

static void raise_kind(struct model *m, uint32_t path)
{
	struct path *x = &m->paths[path];
	uint32_t at = 0;

	if (kind_of(x) == x->kind)
		return;
	while (m->lists[x->kind][at] != path)
		at++;
	remove_at(m, x->kind, at);
	x->kind = kind_of(x);
	append(m, path);
}

static void model_note(struct model *m, uint32_t path, int network, enum paths_outcome outcome,
	bool honest, int64_t second)
{
	struct path *x = &m->paths[path];
	unsigned bit = 1u << network;

	if (outcome == PATHS_NEITHER)
		return;
	if (x->known)
		x->touched = true;
	if ((outcome == PATHS_SERVED && !honest) || (!x->known && !enter_path(m, path, honest)))
		return;
	x->asked |= bit;
	x->honest |= honest ? bit : 0;
	if (outcome == PATHS_SERVED) {
		x->failed = x->missed = 0;
		if (!x->served || second > x->served_at)
			x->served_at = second;
		x->served |= bit;
	} else {
		x->failed |= bit;
		x->missed |= honest && outcome == PATHS_MISSING ? bit : 0;
	}
	raise_kind(m, path);
}

static bool model_is_dead(const struct path *x, int64_t second)
{
	int failed = __builtin_popcount(x->failed), missed = __builtin_popcount(x->missed);

	if (!x->known || (x->served && second - x->served_at < HOUR))
		return false;
	return missed >= 2 && 2 * missed >= failed;
}

static void check_path(const struct paths *p, const struct model *m, uint32_t path, int64_t second)
{
	const struct path *x = &m->paths[path];
	uint64_t hash = hash_of(p, path);

	assert_int_equal(paths_is_served(p, hash), x->known && __builtin_popcount(x->served) >= 2);
	assert_int_equal(paths_is_dead(p, hash, second), model_is_dead(x, second));
}

/* The table distinguishes the networks of a path as long as they are few. */
static void check_networks(const struct paths_record *r, const struct path *x)
{
	int all = 0, served = 0, honest = __builtin_popcount(x->honest);

	for (int k = 0; k < PATHS_NETWORKS; k++) {
		all += r->networks[k] != 0;
		served += (r->networks[k] & PATHS_NETWORK_SERVED) != 0;
	}
	if (__builtin_popcount(x->served) > PATHS_NETWORKS) {
		assert_int_equal(all, 0);
	} else {
		assert_int_equal(all, honest < PATHS_NETWORKS ? honest : PATHS_NETWORKS);
		assert_int_equal(served, __builtin_popcount(x->served));
	}
}

/* The table and the model have the same entries in the same order. */
static void check_lists(struct paths *p, const struct model *m)
{
	struct paths_totals totals = paths_totals(p);
	struct paths_record r;

	assert_memory_equal(&totals, &m->totals, sizeof totals);
	assert_int_equal(paths_n(p), all_known(m));
	paths_walk_begin(p);
	for (int kind = PATHS_KINDS - 1; kind >= 0; kind--)
		for (uint32_t i = m->lengths[kind]; i-- > 0;) {
			const struct path *x = &m->paths[m->lists[kind][i]];
			assert_true(paths_walk(p, &r));
			assert_true(r.hash == hash_of(p, m->lists[kind][i]));
			assert_int_equal(r.kind, kind);
			assert_int_equal(r.touched, x->touched);
			assert_int_equal(r.served_at, x->served ? (uint32_t)x->served_at : 0);
			assert_true(paths_record_is_possible(&r));
			check_networks(&r, x);
		}
	assert_false(paths_walk(p, &r));
}

/* Writes the table to a file. The next run, which begins with another key, reads this file. */
static struct paths *restart(struct paths *p, struct model *m)
{
	struct memory_parts a = parts_new(1), b = parts_new(1);

	paths_free(a.paths);
	paths_free(b.paths);
	a.paths = p;
	b.paths = paths_new(m->max, (struct hash_key){{77, 78}});
	assert_non_null(b.paths);
	struct text t = written(&a);
	assert_true(read_exactly(t.s, t.len, &b));
	free(t.s);
	parts_free(&a);
	p = b.paths;
	b.paths = NULL;
	parts_free(&b);
	m->totals = (struct paths_totals){0};
	return p;
}

static void shift_clock(struct paths *p, struct model *m, int64_t seconds)
{
	paths_shift(p, seconds);
	for (int i = 0; i < PATHS; i++)
		m->paths[i].served_at += seconds;
}

static void history(uint32_t max, uint64_t salt, int steps)
{
	struct random r = random_new(salt);
	struct model *m = calloc(1, sizeof *m);
	struct paths *p = paths_new(max, key);
	int64_t clock_s = 1700000000;
	int restarts = 0, dead = 0, served = 0;

	assert_true(m && p);
	m->max = max;
	for (uint32_t i = 0; i < PATHS; i++)
		choose_networks(&m->paths[i], i, &r);
	for (int step = 0; step < steps; step++) {
		/* most requests are for a few paths; honest visits ask only for some paths */
		uint32_t path = (uint32_t)random_below(&r, 1 + random_below(&r, PATHS));
		int network = (int)random_below(&r, 1 + random_below(&r, NETWORKS));
		enum paths_outcome outcome = (enum paths_outcome)random_below(&r, 4);
		bool honest = path % 3 == 0 && random_below(&r, 2);
		int64_t second = clock_s - (int64_t)random_below(&r, 60);
		struct address client = given_host(m->paths[path].networks[network], 1);
		if (outcome == PATHS_SERVED && random_below(&r, 4))
			outcome = PATHS_MISSING; /* otherwise no path would become a dead link */
		clock_s += random_below(&r, 50) ? 0 : (int64_t)random_below(&r, 1000);
		paths_prefetch(p, hash_of(p, path));
		paths_prefetch_entry(p, hash_of(p, path));
		paths_note(p, hash_of(p, path), &client, outcome, honest, second);
		model_note(m, path, network, outcome, honest, second);
		check_path(p, m, path, second);
		check_path(p, m, (uint32_t)random_below(&r, PATHS), clock_s);
		dead += paths_is_dead(p, hash_of(p, path), second);
		served += paths_is_served(p, hash_of(p, path));
		if (random_below(&r, 20) == 0)
			check_lists(p, m);
		if (random_below(&r, 2000) == 0) {
			int64_t seconds = (int64_t)random_below(&r, 200000) - 100000;
			shift_clock(p, m, seconds);
			clock_s += seconds;
		}
		if (random_below(&r, 2000) == 0) {
			p = restart(p, m);
			check_lists(p, m);
			restarts++;
		}
	}
	/* a table of one or two entries evicts a path before it is dead or served */
	assert_true(restarts > 0 && (max < 7 || (dead > steps / 100 && served > steps / 100)));
	paths_free(p);
	free(m);
}

static void answers_and_order_equal_those_of_exact_sets(void **state)
{
	static const uint32_t sizes[] = {1, 2, 7, 20, 45, PATHS};

	(void)state;
	random_note();
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		history(sizes[i], 90 + i, 60000);
}

/* Many networks get 404 on a path. The path is dead if 3 in 4 of them have an honest visit, and it
 * is not dead if 1 in 8 have one. The table may clear its bitmaps of networks at any time. */
static void path_of_many_networks_is_dead_only_if_most_are_honest(void **state)
{
	struct random r = random_new(99);

	(void)state;
	for (uint64_t path = 0; path < 300; path++) {
		struct paths *p = paths_new(4, key);
		bool dead = path % 2;
		assert_non_null(p);
		uint64_t hash = hash_of(p, path);
		for (uint32_t i = 0; i < 400; i++) {
			struct address client = given_host((uint32_t)random_below(&r, 1 << 20), 1);
			bool honest = dead ? i % 4 > 0 : i % 8 == 0;
			paths_note(p, hash, &client, PATHS_MISSING, honest, 1700000000);
			if (i >= 20)
				assert_int_equal(paths_is_dead(p, hash, 1700000000), dead);
		}
		paths_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_and_order_equal_those_of_exact_sets),
		cmocka_unit_test(path_of_many_networks_is_dead_only_if_most_are_honest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
