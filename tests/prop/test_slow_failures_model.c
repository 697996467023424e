/* test_slow_failures_model.c - the table of failing clients against exact counts, on random
 * histories with restarts.
 *
 * The model gets each request, and ends visits and laps as clients.h does. The clients are so few
 * that none is evicted. Each client writes to at most two paths and meets at most 5 baits that the
 * table distinguishes, so these counts are exact. The number of different probes is estimated. It
 * is checked up to 16.
 */
#include "core/measure/clients.h"
#include "core/measure/slow_failures.h"

#include "unit/given_memory.h"

#define CLIENTS 300
#define PROBES  64
#define HOUR    3600

enum kind { SERVED, FAULT, OWN, PROBE, WRITE };

struct exact {
	struct slow_visit lap; /* as in clients.h; no requests: there is no visit */
	uint32_t lap_start;
	uint32_t newest;  /* second of its newest request */
	uint32_t pending; /* requests of the lap that are not counted yet */
	bool known;
	uint32_t last, begin;
	uint32_t day; /* hour in which its day began */
	uint32_t requests, own, visit_requests, day_requests, day_own, read;
	uint32_t writes[2];
	bool probed[PROBES];
	bool bait[SLOW_FAILURES_BAIT];
};

static uint64_t client_hash(uint32_t client)
{
	return (client + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

/* The hash of a path. Paths 0 to 4 can be baits, and each bait has its own tag. */
static uint64_t path_hash(uint32_t path)
{
	uint64_t x = (path + 1) * UINT64_C(0xbf58476d1ce4e5b9);

	x ^= x >> 31;
	return (x & ~(UINT64_C(0xff) << 44) & ~UINT64_C(0xff)) | (uint64_t)(path + 1) << 44 |
	       (path & 0xff);
}

static void end_pause(struct exact *x, uint32_t at)
{
	uint32_t silent = at > x->last ? at - x->last : 0;
	uint32_t faded = silent / SLOW_FAILURES_FADE_S;

	for (int k = 0; k < 2; k++)
		x->writes[k] -= faded < x->writes[k] ? faded : x->writes[k];
	if (silent < SLOW_FAILURES_GAP_S)
		return;
	if (silent >= SLOW_FAILURES_BAIT_S)
		memset(x->bait, 0, sizeof x->bait);
	x->begin = at;
	x->visit_requests = x->read = x->writes[0] = x->writes[1] = 0;
	if (x->requests > 64) {
		x->requests /= 2;
		x->own /= 2;
	}
}

/* Counts the pending requests, as the table does at each note and at the end of a lap. */
static void count_pending(struct exact *x, uint32_t first, uint32_t at)
{
	end_pause(x, first);
	x->last = at;
	if (at / HOUR - x->day >= 24) {
		x->day = at / HOUR;
		x->day_requests = x->day_own = 0;
	}
	x->requests += x->pending;
	x->visit_requests += x->pending;
	x->day_requests += x->pending;
	x->pending = 0;
	if (x->lap.read > x->read)
		x->read = x->lap.read < 7 ? x->lap.read : 7;
}

static void tell_lap(struct slow_failures *s, struct exact *x, uint64_t client)
{
	slow_failures_told(s, client, &x->lap, x->newest);
	if (x->known)
		count_pending(x, x->lap.first, x->newest);
}

/* Counts a request in the visit and the lap. Begins new ones if the present ones are over. */
static void begin_request(
	struct slow_failures *s, struct exact *x, uint64_t client, uint32_t second, uint32_t n)
{
	bool gone = second - x->newest > CLIENTS_GAP_S;

	if (x->lap.requests && (gone || second - x->lap_start >= CLIENTS_LAP_S)) {
		tell_lap(s, x, client);
		x->lap.requests = x->lap.own = 0;
		if (gone)
			x->lap.read = 0;
		x->lap_start = second;
		x->lap.first = gone ? second : x->lap.first;
	} else if (!x->lap.requests) {
		x->lap = (struct slow_visit){.first = second};
		x->lap_start = second;
	}
	x->newest = second;
	x->lap.requests += n;
}

static uint32_t count_set(const bool *set, int n)
{
	uint32_t k = 0;

	for (int i = 0; i < n; i++)
		k += set[i];
	return k;
}

static void note_exact(struct exact *x, const struct slow_request *q, uint32_t path)
{
	uint32_t own = q->bits & SLOW_OWN ? q->count : 0;

	if (!x->known) {
		x->known = true;
		x->last = x->begin = q->second;
		x->day = q->second / HOUR;
		x->pending = x->lap.requests;
		x->own = x->day_own = x->lap.own - own;
		count_pending(x, q->second, q->second);
	} else {
		x->pending += q->count;
		count_pending(x, x->lap.first, q->second);
	}
	if (x->visit_requests <= q->count)
		x->begin = q->second;
	x->own += own;
	x->day_own += own;
	x->writes[path % 2] += q->bits & SLOW_WRITE ? q->count : 0;
	x->probed[path] |= (q->bits & SLOW_PROBE) != 0;
	if (q->bits & SLOW_BAIT)
		x->bait[path] = true;
}

static void check_counts(const struct slow_counts *c, const struct exact *x,
	const struct slow_request *q, uint32_t path)
{
	uint32_t probes = count_set(x->probed, PROBES);

	assert_int_equal(c->requests, x->requests);
	assert_int_equal(c->own, x->own);
	assert_int_equal(c->visit_requests, x->visit_requests);
	/* the table stores tenths of a second modulo 2^16, and up to 9 tenths fewer */
	uint32_t tenths = (10 * (q->second - x->begin)) & UINT16_MAX;
	if (tenths < UINT16_MAX - 10)
		assert_in_range(c->visit_tenths + 10, tenths, tenths + 10);
	assert_int_equal(c->read, x->read);
	assert_int_equal(c->day_requests, x->day_requests);
	assert_int_equal(c->day_own, x->day_own);
	assert_int_equal(c->writes, q->bits & SLOW_WRITE ? x->writes[path] : 0);
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

/* One request of a client, of a random kind. */
static void step_client(struct random *r, struct slow_failures *s, struct exact *x, uint64_t client,
	uint32_t second)
{
	enum kind kind = (enum kind)random_below(r, WRITE + 1);
	uint32_t path = (uint32_t)random_below(r, kind == WRITE ? 2 : PROBES);
	uint32_t n = 1 + (uint32_t)random_below(r, 3);
	struct slow_request q = {.path = path_hash(path), .second = second, .count = n};
	struct slow_counts c;

	begin_request(s, x, client, second, n);
	if (kind == SERVED) {
		x->lap.read++;
		x->pending += n;
		return;
	}
	if (kind == FAULT) {
		slow_failures_except(s, client, n);
		return;
	}
	q.bits = kind == WRITE ? SLOW_WRITE : kind == PROBE ? SLOW_OWN | SLOW_PROBE : SLOW_OWN;
	if (kind == PROBE && path < SLOW_FAILURES_BAIT)
		q.bits |= SLOW_BAIT;
	x->lap.own += kind != WRITE ? n : 0;
	slow_failures_note(s, client, &q, &x->lap, &c);
	note_exact(x, &q, path);
	check_counts(&c, x, &q, path);
}

/* A run ended during visits, and the next run does not know these visits. Meanwhile the clock was
 * set ahead. */
static void forget_laps(struct exact *all, uint32_t ahead)
{
	for (int k = 0; k < CLIENTS; k++) {
		all[k].lap.requests = all[k].pending = 0;
		all[k].newest += ahead;
		all[k].last += ahead;
		all[k].begin += ahead;
		all[k].day += ahead / HOUR;
	}
}

static void counts_equal_those_of_the_model(void **state)
{
	struct random r = random_new(16);
	struct slow_failures *s = slow_failures_new();
	struct exact *all = calloc(CLIENTS, sizeof *all);
	uint32_t second = 1700000000;

	(void)state;
	assert_true(s && all);
	for (int step = 0; step < 200000; step++) {
		uint32_t client = (uint32_t)random_below(&r, 1 + random_below(&r, CLIENTS));
		step_client(&r, s, &all[client], client_hash(client), second);
		second += random_below(&r, 20)   ? 0
			  : random_below(&r, 50) ? (uint32_t)random_below(&r, 90)
						 : (uint32_t)random_below(&r, 40000);
		if (step % 40000 == 39999) {
			slow_failures_shift(s, 5 * HOUR);
			second += 5 * HOUR;
			s = restart(s);
			forget_laps(all, 5 * HOUR);
		}
	}
	assert_int_equal(slow_failures_totals(s).evicted, 0);
	slow_failures_free(s);
	free(all);
}

/* Many clients that probe once do not evict a client that probed often. */
static void flood_of_clients_evicts_no_frequent_prober(void **state)
{
	struct slow_failures *s = slow_failures_new();
	struct slow_visit visit = {.first = 1, .requests = 1, .own = 1};
	struct slow_counts c;

	const uint16_t probe = SLOW_OWN | SLOW_PROBE;

	(void)state;
	for (uint32_t path = 0; path < 8; path++)
		slow_failures_note(s, client_hash(0),
			&(struct slow_request){path_hash(path), 1, .bits = probe, .count = 1},
			&visit, &c);
	for (uint32_t client = 1; client < 1000000; client++)
		slow_failures_note(s, client_hash(client),
			&(struct slow_request){
				path_hash(client % 60), client / 100, .bits = probe, .count = 1},
			&visit, &c);
	assert_true(slow_failures_n(s) <= SLOW_FAILURES_MAX);
	assert_true(slow_failures_totals(s).evicted >= 1000000 - SLOW_FAILURES_MAX);
	slow_failures_note(s, client_hash(0),
		&(struct slow_request){path_hash(9), 10000, .bits = probe, .count = 1}, &visit, &c);
	assert_true(c.probes >= 8);
	slow_failures_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_equal_those_of_the_model),
		cmocka_unit_test(flood_of_clients_evicts_no_frequent_prober),
	};

	random_note();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
