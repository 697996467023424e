/* test_clients_model.c - compares the table of clients with a slow model, which has a list of all
 * seconds of each client, on random histories.
 *
 * With a ring of counts per second for each client (window.h), the counts are exact. Without rings
 * they are between the exact counts of the last 50 s and of the last 60 s. In a table that is too
 * small, clients with many requests keep exact counts, however many others come.
 */
#include "core/measure/clients.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "unit/given.h"
#include "unit/given_hits.h"
#include "unit/random.h"

#define CLIENTS 40

struct second {
	int64_t second;
	uint32_t requests, errors, own;
};

/* One client: its seconds that may still be in a window, in no order. */
struct list {
	struct second seconds[64];
	int n;
	int64_t last; /* its last request; -1: not in the table */
	int64_t first, start;
	uint64_t requests, own; /* of the lap */
	uint32_t peak, own_peak;
	uint32_t lap_seconds; /* seconds with requests */
	uint64_t before;      /* requests of the first lap */
};

struct model {
	struct list clients[CLIENTS];
	uint64_t entered;
};

static void list_add(struct list *l, int64_t second, int64_t now, uint32_t requests,
	uint32_t errors, uint32_t own)
{
	int k = 0;

	for (int i = 0; i < l->n;)
		if (l->seconds[i].second <= now - 60)
			l->seconds[i] = l->seconds[--l->n];
		else
			i++;
	while (k < l->n && l->seconds[k].second != second)
		k++;
	if (k == l->n) {
		assert_true(l->n < 64);
		l->seconds[l->n++] = (struct second){second, 0, 0, 0};
	}
	l->seconds[k].requests += requests;
	l->seconds[k].errors += errors;
	l->seconds[k].own += own;
}

static struct window_counts list_counts(const struct list *l, int64_t now, int64_t length)
{
	struct window_counts c = {0};

	for (int i = 0; i < l->n; i++) {
		if (l->seconds[i].second <= now - length)
			continue;
		c.requests += l->seconds[i].requests;
		c.errors += l->seconds[i].errors;
		c.own += l->seconds[i].own;
		c.seconds += l->seconds[i].requests > 0;
	}
	return c;
}

/* A visit ends with a gap of over 60 s, and a lap after 600 s. */
static void list_visit(
	struct list *l, int64_t now, uint32_t requests, uint32_t own, uint64_t *entered)
{
	bool fresh = l->last < 0 || now - l->last > 60;

	*entered += fresh;
	if (fresh || now - l->start >= 600) {
		if (fresh)
			l->before = 0;
		else if (l->start == l->first)
			l->before = 4 * l->own < l->requests ? l->requests : 0;
		l->first = fresh ? now : l->first;
		l->start = now;
		l->lap_seconds = 0;
		l->requests = l->own = l->peak = l->own_peak = 0;
	}
	struct window_counts c = list_counts(l, now, 60);
	l->lap_seconds += l->requests == 0 || now != l->last;
	l->requests += requests;
	l->own += own;
	l->peak = c.requests > l->peak ? c.requests : l->peak;
	l->own_peak = c.own > l->own_peak ? c.own : l->own_peak;
	l->last = now;
}

static void check_equal(const struct window_counts *got, const struct window_counts *want)
{
	assert_int_equal(got->requests, want->requests);
	assert_int_equal(got->errors, want->errors);
	assert_int_equal(got->own, want->own);
	assert_int_equal(got->seconds, want->seconds);
}

static void check_between(const struct window_counts *got, const struct list *l, int64_t now)
{
	struct window_counts most = list_counts(l, now, 60), least = list_counts(l, now, 50);

	assert_in_range(got->requests, least.requests, most.requests);
	assert_in_range(got->errors, least.errors, most.errors);
	assert_in_range(got->own, least.own, most.own);
}

/* Returns the same second, one of the next three seconds, a second 50 to 69 s later, or a second at
 * least an hour later. */
static int64_t next_time(struct random *r, int64_t now)
{
	switch (random_below(r, 200)) {
	case 0:
		return now + 50 + (int64_t)random_below(r, 20);
	case 1:
		return random_below(r, 20) ? now : now + 3600 + (int64_t)random_below(r, 100000);
	default:
		return random_below(r, 3) ? now : now + 1 + (int64_t)random_below(r, 3);
	}
}

static void check_top(const struct clients *c, const struct model *m, int64_t now)
{
	struct top_client top[10];
	size_t n = clients_top(c, now, top, 10), active = 0;

	for (uint32_t i = 0; i < CLIENTS; i++) {
		struct window_counts w = list_counts(&m->clients[i], now, 60);
		struct address a = given_client(i);
		size_t k = 0;
		if (w.requests == 0)
			continue;
		active++;
		while (k < n && !address_equal(&top[k].client, &a))
			k++;
		if (k < n)
			assert_true(top[k].requests == w.requests && top[k].errors == w.errors);
		else /* the client is not in `top`, so no client in `top` has fewer requests */
			assert_true(n == 10 && top[n - 1].requests >= w.requests);
	}
	assert_int_equal(n, active < 10 ? active : 10);
	for (size_t k = 1; k < n; k++)
		assert_true(top[k - 1].requests >= top[k].requests);
}

static void check_n(const struct clients *c, const struct model *m, int64_t now)
{
	uint32_t n = 0;

	for (int i = 0; i < CLIENTS; i++)
		n += m->clients[i].last >= 0 && now - m->clients[i].last <= 60;
	assert_int_equal(clients_n(c), n);
}

/* `exact`: each client has its own ring. */
static void check_client(
	const struct client_counts *v, const struct list *l, int64_t now, bool exact)
{
	if (exact) {
		struct window_counts want = list_counts(l, now, 60);
		check_equal(&v->window, &want);
		assert_int_equal(v->visit.peak, l->peak);
		assert_int_equal(v->visit.error_peak, l->own_peak);
	} else {
		check_between(&v->window, l, now);
	}
	assert_int_equal(v->visit.requests, l->requests);
	assert_int_equal(v->visit.errors, l->own);
	assert_int_equal(v->before, l->before < UINT16_MAX ? l->before : UINT16_MAX);
	assert_int_equal(v->lap_seconds, l->lap_seconds);
	assert_int_equal(v->lap_s, now - l->start + 1);
}

static void history(uint32_t rings, uint64_t salt, int steps)
{
	struct clients_config config = {.max = CLIENTS, .rings = rings, .key = {{salt, 7}}};
	struct random r = random_new(salt);
	struct model *m = calloc(1, sizeof *m);
	struct clients *c = clients_new(&config);
	int64_t now = 1700000000;

	assert_non_null(m);
	assert_non_null(c);
	for (int i = 0; i < CLIENTS; i++)
		m->clients[i].last = -1;
	for (int step = 0; step < steps; step++) {
		/* a few clients make most of the requests */
		uint32_t i = (uint32_t)random_below(&r, 1 + random_below(&r, CLIENTS));
		struct list *l = &m->clients[i];
		struct address a = given_client(i);
		now = next_time(&r, now);
		int64_t second = random_below(&r, 3) ? now : now - (int64_t)random_below(&r, 60);
		uint32_t requests = random_below(&r, 40) ? 1 : 1 + (uint32_t)random_below(&r, 400);
		/* few errors, so that no cell of errors is full; test_clients.c fills such cells */
		uint32_t errors = requests == 1 ? (uint32_t)random_below(&r, 2) : 0;
		uint32_t own = errors ? (uint32_t)random_below(&r, 2) : 0;
		struct client_counts v = add_hit(c, &a, second, now, requests, errors, own);
		list_add(l, second, now, requests, errors, own);
		list_visit(l, now, requests, own, &m->entered);
		check_client(&v, l, now, rings == CLIENTS);
		if (rings == CLIENTS && random_below(&r, 50) == 0)
			check_top(c, m, now);
		if (random_below(&r, 100) == 0) {
			clients_expire(c, now, UINT32_MAX);
			check_n(c, m, now);
		}
		if (random_below(&r, 500) == 0) {
			clients_forget(c, &a);
			*l = (struct list){.last = -1};
		}
		if (random_below(&r, 20000) == 0) {
			clients_clear(c);
			for (int k = 0; k < CLIENTS; k++)
				m->clients[k] = (struct list){.last = -1};
		}
	}
	struct clients_totals totals = clients_totals(c);
	assert_int_equal(totals.entered, m->entered);
	assert_int_equal(totals.evicted, 0);
	assert_int_equal(totals.coarse > 0, rings < CLIENTS);
	clients_free(c);
	free(m);
}

static void counts_equal_those_of_the_lists(void **state)
{
	(void)state;
	random_note();
	history(CLIENTS, 30, 200000);
	history(CLIENTS, 31, 200000);
}

static void counts_without_rings_lie_between_those_of_50_and_60_seconds(void **state)
{
	(void)state;
	history(0, 32, 200000);
	history(3, 33, 200000);
}

/* At an eviction, the client with the fewest requests is evicted from eight candidates, of which
 * four are chosen at random. So a heavy client is evicted only if all eight are heavy. The
 * probability that the four random candidates are heavy is (4 / 512)^4, or under 1e-3 for all
 * evictions of the run. */
static void heavy_clients_survive_a_flood_of_new_addresses(void **state)
{
	enum { MAX = 512, HEAVY = 4 };
	struct clients_config config = {.max = MAX, .rings = 64, .key = {{5, 6}}};
	struct clients *c = clients_new(&config);
	struct random r = random_new(34);
	static struct list heavy[HEAVY];
	uint32_t others = 0;

	(void)state;
	assert_non_null(c);
	for (int64_t now = 1700000000; now < 1700000000 + 600; now++) {
		for (uint32_t i = 0; i < HEAVY; i++) {
			/* 20 requests in some seconds, then a silence of up to 50 s */
			if (now % 50 >= 10 || (now + i) % 3)
				continue;
			struct address a = given_client(i);
			struct client_counts v = add_hit(c, &a, now, now, 20, 5, 0);
			list_add(&heavy[i], now, now, 20, 5, 0);
			struct window_counts want = list_counts(&heavy[i], now, 60);
			check_equal(&v.window, &want);
		}
		for (uint64_t k = random_below(&r, 200); k > 0; k--) {
			struct address a = given_client(1000 + others++);
			struct client_counts v = add_hit(c, &a, now, now, 1, 0, 0);
			assert_int_equal(v.window.requests, 1);
			assert_true(clients_n(c) <= MAX);
		}
	}
	assert_int_equal(clients_n(c), MAX);
	assert_int_equal(clients_totals(c).evicted, others + HEAVY - MAX);
	clients_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_equal_those_of_the_lists),
		cmocka_unit_test(counts_without_rings_lie_between_those_of_50_and_60_seconds),
		cmocka_unit_test(heavy_clients_survive_a_flood_of_new_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
