/* test_slow_failures_model.c - the table of failing clients against exact counts, on random
 * histories, with restarts in between.
 *
 * The clients are few enough that none is evicted. Each writes to at most two paths and meets at
 * most 6 baits that the table tells apart: so few are counted exactly. Different probes are
 * estimated, and checked while they are at most 16.
 */
#include "core/measure/slow_failures.h"

#include "unit/given_memory.h"

#define CLIENTS 300
#define PROBES  64
#define HOUR    3600

struct exact {
	bool known;
	uint32_t last, begin;
	uint32_t day; /* in hours */
	uint32_t requests, own, visit_requests, day_requests, day_own;
	uint32_t writes[2];
	bool probed[PROBES];
	bool bait[SLOW_FAILURES_BAIT];
};

static uint64_t client_hash(uint32_t client)
{
	return (client + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

/* Of a path: bait 0..5 has its number as its tag. */
static uint64_t path_hash(uint32_t path)
{
	uint64_t x = (path + 1) * UINT64_C(0xbf58476d1ce4e5b9);

	x ^= x >> 31;
	return (x & ~(UINT64_C(0xff) << 44) & ~UINT64_C(0xff)) | (uint64_t)(path + 1) << 44 |
	       (path & 0xff);
}

static void age_exact(struct exact *x, uint32_t second)
{
	if (second / HOUR - x->day >= 24) {
		x->day = second / HOUR;
		x->day_requests = x->day_own = 0;
	}
	uint32_t faded = (second - x->last) / SLOW_FAILURES_FADE_S;
	for (int k = 0; k < 2; k++)
		x->writes[k] -= faded < x->writes[k] ? faded : x->writes[k];
	if (second - x->last < SLOW_FAILURES_GAP_S)
		return;
	if (second - x->last >= SLOW_FAILURES_BAIT_S)
		memset(x->bait, 0, sizeof x->bait);
	x->begin = second;
	x->visit_requests = 0;
	x->writes[0] = x->writes[1] = 0;
	if (x->requests > 64) {
		x->requests /= 2;
		x->own /= 2;
	}
}

static uint32_t count_set(const bool *set, int n)
{
	uint32_t k = 0;

	for (int i = 0; i < n; i++)
		k += set[i];
	return k;
}

static struct slow_request random_request(struct random *r, uint32_t second, uint32_t *path)
{
	bool own = random_below(r, 2), write = !own && random_below(r, 2);

	*path = (uint32_t)random_below(r, write ? 2 : PROBES);
	return (struct slow_request){
		.path = path_hash(*path),
		.second = second,
		.own = own,
		.good = !own && random_below(r, 4),
		.probe = own && random_below(r, 2),
		.write = write,
	};
}

static void note_exact(struct exact *x, const struct slow_request *q, uint32_t path)
{
	if (!x->known)
		*x = (struct exact){.known = true,
			.last = q->second,
			.day = q->second / HOUR,
			.begin = q->second};
	age_exact(x, q->second);
	x->last = q->second;
	x->visit_requests++;
	x->requests += q->own || q->good;
	x->day_requests += q->own || q->good;
	x->own += q->own;
	x->day_own += q->own;
	x->writes[path % 2] += q->write;
	x->probed[path] |= q->probe;
	if (q->bait)
		x->bait[path] = true;
}

static void check_counts(const struct slow_counts *c, const struct exact *x,
	const struct slow_request *q, uint32_t path)
{
	uint32_t probes = count_set(x->probed, PROBES);

	assert_int_equal(c->requests, x->requests);
	assert_int_equal(c->own, x->own);
	assert_int_equal(c->visit_requests, x->visit_requests);
	assert_int_equal(c->visit_tenths, (10 * (q->second - x->begin)) & UINT16_MAX);
	assert_int_equal(c->day_requests, x->day_requests);
	assert_int_equal(c->day_own, x->day_own);
	assert_int_equal(c->writes, q->write ? x->writes[path] : 0);
	assert_int_equal(c->bait, count_set(x->bait, SLOW_FAILURES_BAIT));
	if (probes <= 16)
		assert_in_range(c->probes + 5, probes, probes + 10);
}

static struct slow_failures *restart(struct slow_failures *s)
{
	struct memory_parts a = parts_new(1), b = parts_new(1);

	a.slow = s;
	b.slow = slow_failures_new();
	a.written = written_paths_new();
	b.written = written_paths_new();
	a.honest = teachers_new(1, 1, (struct hash_key){{1, 1}});
	b.honest = teachers_new(1, 1, (struct hash_key){{2, 2}});
	struct text t = written(&a);
	assert_true(read_exactly(t.s, t.len, &b));
	free(t.s);
	s = b.slow;
	b.slow = NULL;
	slow_failures_free(a.slow);
	for (int k = 0; k < 2; k++) {
		struct memory_parts *p = k ? &b : &a;
		written_paths_free(p->written);
		teachers_free(p->honest);
		parts_free(p);
	}
	return s;
}

static void counts_are_those_of_the_model(void **state)
{
	struct random r = random_new(16);
	struct slow_failures *s = slow_failures_new();
	struct exact *all = calloc(CLIENTS, sizeof *all);
	uint32_t second = 1700000000, path;

	(void)state;
	assert_true(s && all);
	for (int step = 0; step < 200000; step++) {
		uint32_t client = (uint32_t)random_below(&r, 1 + random_below(&r, CLIENTS));
		struct slow_request q = random_request(&r, second, &path);
		struct slow_before before = {0};
		struct slow_counts c;
		q.bait = q.probe && path < SLOW_FAILURES_BAIT;
		bool known = slow_failures_note(s, client_hash(client), &q, &before, &c);
		assert_int_equal(known, all[client].known || q.own || q.write);
		if (known) {
			note_exact(&all[client], &q, path);
			check_counts(&c, &all[client], &q, path);
		}
		second += random_below(&r, 20)   ? 0
			  : random_below(&r, 50) ? (uint32_t)random_below(&r, 900)
						 : (uint32_t)random_below(&r, 40000);
		if (step % 40000 == 39999)
			s = restart(s);
	}
	assert_int_equal(slow_failures_totals(s).evicted, 0);
	slow_failures_free(s);
	free(all);
}

/* Many who probe once do not push out one who probed often. */
static void flood_of_clients_keeps_the_loud_ones(void **state)
{
	struct slow_failures *s = slow_failures_new();
	struct slow_before before = {0};
	struct slow_counts c;

	(void)state;
	for (uint32_t path = 0; path < 8; path++)
		slow_failures_note(s, client_hash(0),
			&(struct slow_request){path_hash(path), 1, .own = true, .probe = true},
			&before, &c);
	for (uint32_t client = 1; client < 1000000; client++)
		slow_failures_note(s, client_hash(client),
			&(struct slow_request){
				path_hash(client % 60), client / 100, .own = true, .probe = true},
			&before, &c);
	assert_true(slow_failures_n(s) <= SLOW_FAILURES_MAX);
	assert_true(slow_failures_totals(s).evicted >= 1000000 - SLOW_FAILURES_MAX);
	slow_failures_note(s, client_hash(0),
		&(struct slow_request){path_hash(9), 10000, .own = true, .probe = true}, &before,
		&c);
	assert_true(c.probes >= 8);
	slow_failures_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_are_those_of_the_model),
		cmocka_unit_test(flood_of_clients_keeps_the_loud_ones),
	};

	random_note();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
