/* test_crowd_model.c - compares the sums over the active clients with a full scan of a list of
 * clients. The sums are compared after each step of random histories. A step is a request, a
 * silence, a forgotten, expired or evicted client, or a change of the marks.
 *
 * A client counts in the sums with its values at its last request. The list stores these values.
 */
#include "core/measure/clients.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "unit/given.h"
#include "unit/given_hits.h"
#include "unit/random.h"

#define CLIENTS     60
#define KNOWN_AFTER 600

/* Values at the client's last request. */
struct entry {
	bool here;
	int64_t first, last;
	uint64_t touch; /* number of the step */
	bool over, over_visit, known;
};

struct model {
	struct entry entries[CLIENTS];
};

struct run {
	struct random r;
	struct model m;
	struct clients *c;
	int64_t now;
	uint64_t step;
	uint64_t evicted;
	bool saw_over, saw_known;
};

static void check(struct run *x)
{
	const struct crowd *crowd = clients_crowd(x->c);
	uint32_t n = 0, over = 0, over_visit = 0, known = 0;

	for (int i = 0; i < CLIENTS; i++) {
		const struct entry *e = &x->m.entries[i];
		if (!e->here)
			continue;
		n++;
		over += e->over;
		over_visit += e->over_visit;
		known += e->known;
	}
	assert_int_equal(clients_n(x->c), n);
	assert_int_equal(crowd->over_n, over);
	assert_int_equal(crowd->over_visit_n, over_visit);
	assert_int_equal(crowd->known_n, known);
	x->saw_over |= over > 3 && over_visit > 3 && over != over_visit;
	x->saw_known |= known > 3;
}

/* Sets seen[i] for each client i with a request in the last 59 s. */
static bool see(void *ctx, const struct address *client, const struct window_counts *w,
	const struct visit *v)
{
	bool *seen = ctx;

	(void)w;
	(void)v;
	for (uint32_t i = 0; i < CLIENTS; i++) {
		struct address a = given_client(i);
		if (address_equal(&a, client))
			seen[i] = true;
	}
	return true;
}

/* Removes the evicted client from the list: see() does not see this client any more. It does not
 * see clients either that were silent for exactly 60 s; of these, the oldest is evicted first. */
static void evict(struct run *x)
{
	bool seen[CLIENTS] = {false};
	int gone = -1;

	clients_look(x->c, x->now, see, seen);
	for (int i = 0; i < CLIENTS; i++) {
		const struct entry *e = &x->m.entries[i];
		if (e->here && !seen[i] && (gone < 0 || e->touch < x->m.entries[gone].touch))
			gone = i;
	}
	assert_true(gone >= 0);
	x->m.entries[gone].here = false;
	x->evicted++;
}

static void expire(struct run *x, uint32_t most)
{
	clients_expire(x->c, x->now, most);
	while (most-- > 0) {
		int oldest = -1;
		for (int i = 0; i < CLIENTS; i++) {
			const struct entry *e = &x->m.entries[i];
			if (e->here && (oldest < 0 || e->touch < x->m.entries[oldest].touch))
				oldest = i;
		}
		if (oldest < 0 || x->now - x->m.entries[oldest].last <= 60)
			return;
		x->m.entries[oldest].here = false;
	}
}

static void add(struct run *x, uint32_t i)
{
	struct crowd *crowd = clients_crowd(x->c);
	struct entry *e = &x->m.entries[i];
	struct address a = given_client(i);
	uint32_t requests = 1 + (uint32_t)random_below(&x->r, i % 3 ? 3 : 30);
	uint32_t errors = (uint32_t)random_below(&x->r, requests + 1);
	uint32_t own = (uint32_t)random_below(&x->r, errors + 1);

	if (!e->here || x->now - e->last > 60)
		e->first = x->now;
	bool came = !e->here;
	struct client_counts v = add_hit(x->c, &a, x->now, x->now, requests, errors, own);
	if (came && clients_totals(x->c).evicted > x->evicted)
		evict(x);
	e->here = true;
	e->last = x->now;
	e->touch = x->step;
	/* test_clients_model.c checks these counts */
	e->over = v.window.requests > crowd->mark;
	e->over_visit = v.visit.requests > crowd->visit_mark;
	e->known = x->now - e->first >= KNOWN_AFTER;
}

static void do_one(struct run *x)
{
	struct crowd *crowd = clients_crowd(x->c);
	uint32_t i = (uint32_t)random_below(&x->r, CLIENTS);
	struct address a = given_client(i);

	switch (random_below(&x->r, 399)) {
	case 0:
		crowd->mark = (uint32_t)random_below(&x->r, 150);
		crowd->visit_mark = (uint32_t)random_below(&x->r, 600);
		break;
	case 1:
	case 2:
		clients_forget(x->c, &a);
		x->m.entries[i].here = false;
		break;
	case 3:
		if (random_below(&x->r, 30))
			break;
		clients_clear(x->c);
		for (int k = 0; k < CLIENTS; k++)
			x->m.entries[k].here = false;
		break;
	default:
		/* clients of the upper half make few requests, with gaps of over 60 s at times */
		if (i < CLIENTS / 2 || random_below(&x->r, 30) == 0)
			add(x, i);
		break;
	}
}

static void history(uint32_t max, uint64_t salt, int steps)
{
	struct clients_config config = {.max = max, .rings = max, .key = {{salt, 9}}};
	struct run x = {.r = random_new(salt), .now = 1700000000};

	x.c = clients_new(&config);
	assert_non_null(x.c);
	check(&x);
	while (x.step++ < (uint64_t)steps) {
		uint64_t gap = random_below(&x.r, 2000);
		if (gap < 200 || gap == 1999)
			x.now += gap < 200 ? 1 : 30 + (int64_t)random_below(&x.r, 60);
		/* before an eviction, the table contains no client that was silent for over 60 s */
		if (max < CLIENTS)
			expire(&x, UINT32_MAX);
		else if (random_below(&x.r, 20) == 0)
			expire(&x, (uint32_t)random_below(&x.r, 4));
		do_one(&x);
		check(&x);
	}
	assert_true(x.saw_over && x.saw_known);
	assert_int_equal(x.evicted > 0, max < CLIENTS);
	assert_int_equal(x.evicted, clients_totals(x.c).evicted);
	clients_free(x.c);
}

static void sums_equal_those_of_a_full_scan(void **state)
{
	(void)state;
	random_note();
	history(CLIENTS, 1, 200000);
	history(CLIENTS, 2, 200000);
}

static void sums_equal_those_of_a_full_scan_with_evictions(void **state)
{
	(void)state;
	history(40, 3, 200000);
	history(32, 4, 200000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_equal_those_of_a_full_scan),
		cmocka_unit_test(sums_equal_those_of_a_full_scan_with_evictions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
