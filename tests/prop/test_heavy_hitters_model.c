/* test_heavy_hitters_model.c - compares heavy_hitters.h with a slow model, which computes all sums
 * for each answer. heavy_hitters.h counts the requests of the busiest clients in generations. At a
 * turn a new generation begins, and the oldest is forgotten. The random histories contain turns,
 * changes of the clock, and restarts that restore the counters. */
#include "core/measure/heavy_hitters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/judge/ban_holds.h"
#include "unit/given.h"
#include "unit/random.h"

#define CLIENTS 300

/* The counters of heavy_hitters.h. The model caches only the answer of the current second. */
struct model {
	struct heavy_hitters_generation generations[HEAVY_HITTERS_GENERATIONS];
	int64_t turned;
	int64_t found_second;
	double found_share;
	bool heavy[CLIENTS];
};

struct run {
	struct random r;
	struct model m;
	struct ban_holds holds;
	int64_t now;
	uint32_t clients; /* number of clients in the history */
	bool even;        /* clients ask in turn, and make equal numbers of requests: ties */
	uint32_t step;
	uint32_t yes, no, turns, kept, lost; /* how often each case occurred */
};

static void model_turn(struct run *x)
{
	struct model *m = &x->m;

	if (m->turned == 0)
		m->turned = x->now;
	int64_t turn_s =
		m->generations[1].total ? HEAVY_HITTERS_TURN_S : HEAVY_HITTERS_FIRST_TURN_S;
	if (x->now - m->turned < turn_s)
		return;
	for (int k = HEAVY_HITTERS_GENERATIONS - 1; k > 0; k--)
		m->generations[k] = m->generations[k - 1];
	m->generations[0] = (struct heavy_hitters_generation){0};
	m->turned = x->now;
	x->turns++;
}

static void model_add(struct run *x, const struct address *client, uint32_t requests)
{
	struct heavy_hitters_generation *g = &x->m.generations[0];
	uint32_t at = 0, least = 0;

	model_turn(x);
	g->total += requests;
	while (at < g->n && !address_equal(&g->counters[at].client, client))
		at++;
	if (at == HEAVY_HITTERS_COUNTERS) {
		for (uint32_t i = 0; i < g->n; i++)
			if (g->counters[i].requests < g->counters[least].requests)
				least = i;
		at = least;
	} else if (at == g->n) {
		g->n++;
	}
	g->counters[at].client = *client;
	g->counters[at].requests += requests;
}

/* Finds the smallest number of clients that made over `share` of the requests in the generations
 * first..last. The clients with the most requests are taken one by one. */
static uint32_t model_few(
	const struct model *m, int first, int last, double share, struct address *few)
{
	struct heavy_hitters_counter all[HEAVY_HITTERS_GENERATIONS * HEAVY_HITTERS_COUNTERS];
	uint64_t total = 0;
	double sum = 0;
	uint32_t n = 0, few_n = 0;

	for (int k = first; k <= last; k++) {
		total += m->generations[k].total;
		for (uint32_t i = 0; i < m->generations[k].n; i++) {
			const struct heavy_hitters_counter *c = &m->generations[k].counters[i];
			uint32_t at = 0;
			while (at < n && !address_equal(&all[at].client, &c->client))
				at++;
			if (at == n)
				all[n++] = (struct heavy_hitters_counter){c->client, 0};
			all[at].requests += c->requests;
		}
	}
	while (few_n < HEAVY_HITTERS_MAX && few_n < n && sum <= share * (double)total) {
		uint32_t most = 0;
		for (uint32_t i = 0; i < n; i++)
			if (all[i].requests > all[most].requests)
				most = i; /* in a tie, the first one */
		sum += (double)all[most].requests;
		few[few_n++] = all[most].client;
		all[most].requests = 0;
	}
	return sum > share * (double)total ? few_n : 0;
}

static void model_find(struct model *m, double share)
{
	struct address few[HEAVY_HITTERS_MAX];
	uint64_t total = 0;

	memset(m->heavy, 0, sizeof m->heavy);
	for (int k = 0; k < HEAVY_HITTERS_GENERATIONS; k++)
		total += m->generations[k].total;
	if (total < HEAVY_HITTERS_MIN)
		return;
	for (int k = 0; k < HEAVY_HITTERS_GENERATIONS; k++) {
		bool in[CLIENTS] = {false};
		uint32_t n = model_few(m, k, k ? k : HEAVY_HITTERS_GENERATIONS - 1, share, few);
		for (uint32_t c = 0; c < CLIENTS; c++) {
			struct address a = given_client(c);
			for (uint32_t i = 0; i < n; i++)
				in[c] |= address_equal(&few[i], &a);
			if (k == 0)
				m->heavy[c] = in[c];
			else if (m->generations[k].total)
				m->heavy[c] &= in[c];
		}
	}
}

static void check_answer(struct run *x, double share)
{
	struct model *m = &x->m;

	if (m->found_second != x->now || m->found_share != share)
		model_find(m, share);
	else
		x->kept++;
	m->found_second = x->now;
	m->found_share = share;
	for (uint32_t c = 0; c < CLIENTS; c++) {
		struct address a = given_client(c);
		bool heavy = heavy_hitters_has(&x->holds.heavy, &a, share, x->now);
		if (heavy != m->heavy[c])
			fail_msg("client %u at %jd: %d", c, (intmax_t)x->now, heavy);
		x->yes += heavy;
		x->no += !heavy;
	}
}

/* Keeps only the fields that memory_read restores. */
static void restart(struct run *x)
{
	struct heavy_hitters fresh = {.turned = x->holds.heavy.turned};

	memcpy(fresh.generations, x->holds.heavy.generations, sizeof fresh.generations);
	x->holds.heavy = fresh;
	x->m.found_second = 0;
	x->lost++;
}

static void check_counters(const struct run *x)
{
	const struct heavy_hitters *h = &x->holds.heavy;

	assert_int_equal(h->turned, x->m.turned);
	for (int k = 0; k < HEAVY_HITTERS_GENERATIONS; k++) {
		const struct heavy_hitters_generation *a = &h->generations[k];
		const struct heavy_hitters_generation *b = &x->m.generations[k];
		assert_true(a->n == b->n && a->total == b->total);
		for (uint32_t i = 0; i < a->n; i++) {
			assert_true(address_equal(&a->counters[i].client, &b->counters[i].client));
			assert_true(a->counters[i].requests == b->counters[i].requests);
		}
	}
}

/* A few clients make nearly all requests, or many clients make equal numbers. */
static uint32_t pick_client(struct run *x)
{
	uint32_t n = random_below(&x->r, 8) ? 1 + (uint32_t)(x->now / 50000 % 7) : x->clients;

	return x->even ? x->step % x->clients : (uint32_t)random_below(&x->r, n);
}

static void do_one(struct run *x)
{
	static const double shares[] = {0.8, 0.8, 0.8, 0.5, 0.95, 0, 1};
	const size_t shares_n = sizeof shares / sizeof *shares;
	struct address a;
	int64_t by;

	switch (random_below(&x->r, x->even ? 100 : 4000)) {
	case 0:
		restart(x);
		break;
	case 1:
		by = (int64_t)random_below(&x->r, 200000) - 100000;
		ban_holds_shift(&x->holds, by);
		if (x->m.turned)
			x->m.turned += by;
		x->now += by;
		break;
	case 2:
		x->now += (int64_t)random_below(&x->r, 2 * HEAVY_HITTERS_TURN_S);
		break;
	default:
		x->now += random_below(&x->r, 3) ? 0 : (int64_t)random_below(&x->r, 30);
		a = given_client(pick_client(x));
		uint32_t requests = x->even ? 100 : 1 + (uint32_t)random_below(&x->r, 20);
		heavy_hitters_add(&x->holds.heavy, &a, requests, x->now);
		model_add(x, &a, requests);
		break;
	}
	if (random_below(&x->r, 10) == 0)
		check_answer(x, shares[random_below(&x->r, shares_n)]);
}

static void check_history(uint32_t clients, bool even, uint64_t salt)
{
	static struct run x;

	x = (struct run){
		.r = random_new(salt), .now = 1700000000, .clients = clients, .even = even};
	ban_holds_init(&x.holds, &(struct ban_holds_config){0});
	while (x.step++ < 60000) {
		do_one(&x);
		if (x.step % 1000 == 0)
			check_counters(&x);
	}
	assert_true(x.yes > 100 && x.no > 100 && x.turns > 5 && x.kept > 5 && x.lost > 2);
}

static void heavy_clients_equal_those_of_the_model(void **state)
{
	(void)state;
	random_note();
	for (uint64_t salt = 1; salt <= 4; salt++)
		check_history(40, false, salt); /* each client has its own counter */
}

static void heavy_clients_equal_those_of_the_model_with_too_few_counters(void **state)
{
	(void)state;
	for (uint64_t salt = 5; salt <= 8; salt++)
		check_history(CLIENTS, false, salt);
}

static void in_a_tie_the_first_client_is_heavy(void **state)
{
	(void)state;
	for (uint32_t clients = 4; clients <= 8; clients++)
		check_history(clients, true, 10 + clients);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heavy_clients_equal_those_of_the_model),
		cmocka_unit_test(heavy_clients_equal_those_of_the_model_with_too_few_counters),
		cmocka_unit_test(in_a_tie_the_first_client_is_heavy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
