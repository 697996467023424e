/* test_visits_model.c - compares clients.h and visits.h with a plain model, on random visits of
 * several days. The model follows anomdetect-detection(7) step by step: visits, teaching clients,
 * histograms, Hill's and Weissman's formulas, floors, and the bound of growth. All limits agree
 * after each minute.
 *
 * At most 24 visitors are active at a time. Their visits differ in pace, in the number of requests
 * and in the share of errors. From the second day on, visits are larger, so the bound of growth
 * applies.
 */
#include "core/measure/visits.h"

#include <math.h>
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
#include "unit/given_host.h"
#include "unit/random.h"

#define ALONE    3000 /* clients, each with its own network */
#define CLIENTS  4000 /* the others share networks of 50 */
#define NETWORKS (ALONE + (CLIENTS - ALONE) / 50)
#define VISITORS 24
#define START    ((int64_t)1700000000)
#define DAY      86400
#define ZERO     (-1) /* bucket of the count zero */

/* ---- the model ---- */

/* A client in the table, and its requests of the last 60 s by second % 60. */
struct entry {
	uint32_t client;
	int64_t first, start, last;
	uint64_t n, bad, peak, bad_peak;
	struct {
		int64_t second;
		uint64_t requests, own;
	} cells[60];
};

struct model_histogram {
	double weight[300]; /* by bucket + 1 */
};

struct model {
	struct visits_config config;
	struct entry here[CLIENTS]; /* by last request, oldest first */
	int here_n;
	bool taught[2][CLIENTS];
	int of_network[NETWORKS];
	int64_t turned;
	struct model_histogram of[LIMIT_HISTOGRAMS];
	bool known;
	double anchor[LIMIT_COUNT];
	int64_t anchored; /* 0: not yet */
	double most[LIMIT_COUNT];
	/* how often each case occurred */
	int laps, again, crowded, erring, mostly_erring, bounded, lifted;
};

static uint32_t network_of(uint32_t client)
{
	return client < ALONE ? client : ALONE + (client - ALONE) / 50;
}

static void put(struct model_histogram *h, uint64_t x)
{
	int bucket = x ? (int)nearbyint(log2((double)x) * 8) : ZERO;

	h->weight[bucket + 1] += 1;
}

static double total(const struct model_histogram *h)
{
	double sum = 0;

	for (int b = ZERO; b < 299; b++)
		sum += h->weight[b + 1];
	return sum;
}

/* Begins the next day of the filter of teachers (teachers.h) if 24 h have passed. */
static void turn(struct model *m, int64_t second)
{
	if (m->turned == 0)
		m->turned = second;
	if (second - m->turned < DAY)
		return;
	assert_true(second - m->turned < 2 * DAY);
	memcpy(m->taught[1], m->taught[0], sizeof m->taught[0]);
	memset(m->taught[0], 0, sizeof m->taught[0]);
	memset(m->of_network, 0, sizeof m->of_network);
	m->turned = second;
}

/* A visit of the client has ended, or a lap of the visit. */
static void end(struct model *m, const struct entry *e, int64_t second)
{
	if (e->start != e->first) {
		m->laps++;
		return;
	}
	if (e->bad >= 5 && 2 * e->bad >= e->n) {
		m->mostly_erring++;
		return;
	}
	turn(m, second);
	if (m->taught[0][e->client] || m->taught[1][e->client]) {
		m->again++;
		return;
	}
	if (m->of_network[network_of(e->client)] == 8) {
		m->crowded++;
		return;
	}
	m->of_network[network_of(e->client)]++;
	m->taught[0][e->client] = true;
	put(&m->of[LIMIT_REQUESTS], e->peak);
	put(&m->of[LIMIT_VISIT_REQUESTS], e->n);
	if (e->bad >= 5 && 4 * e->bad >= e->n) {
		m->erring++;
		return;
	}
	put(&m->of[LIMIT_ERRORS], e->bad_peak);
	put(&m->of[LIMIT_VISIT_ERRORS], e->bad);
}

static void expire(struct model *m, int64_t now)
{
	int gone = 0;

	while (gone < m->here_n && now - m->here[gone].last > 60)
		end(m, &m->here[gone++], now);
	m->here_n -= gone;
	memmove(m->here, m->here + gone, (size_t)m->here_n * sizeof m->here[0]);
}

/* Moves the client's entry to the end of the list, which has the newest entry. Returns it. */
static struct entry *touch(struct model *m, uint32_t client, int64_t now)
{
	static struct entry e;
	int i = 0;

	while (i < m->here_n && m->here[i].client != client)
		i++;
	if (i == m->here_n)
		m->here[m->here_n++] =
			(struct entry){.client = client, .first = now, .start = now, .last = now};
	e = m->here[i];
	memmove(m->here + i, m->here + i + 1, (size_t)(m->here_n - i - 1) * sizeof e);
	m->here[m->here_n - 1] = e;
	return &m->here[m->here_n - 1];
}

static void ask(struct model *m, uint32_t client, int64_t now, uint32_t requests, uint32_t own)
{
	struct entry *e = touch(m, client, now);
	bool gone = now - e->last > 60;
	uint64_t n = 0, bad = 0;

	if (gone || now - e->start >= 600) {
		end(m, e, now);
		e->first = gone ? now : e->first;
		e->start = now;
		e->n = e->bad = e->peak = e->bad_peak = 0;
	}
	if (e->cells[now % 60].second != now) {
		e->cells[now % 60].second = now;
		e->cells[now % 60].requests = e->cells[now % 60].own = 0;
	}
	e->cells[now % 60].requests += requests;
	e->cells[now % 60].own += own;
	for (int k = 0; k < 60; k++)
		if (e->cells[k].second > now - 60) {
			n += e->cells[k].requests;
			bad += e->cells[k].own;
		}
	e->last = now;
	e->n += requests;
	e->bad += own;
	e->peak = n > e->peak ? n : e->peak;
	e->bad_peak = bad > e->bad_peak ? bad : e->bad_peak;
}

static double quantile(const struct model_histogram *h, double top)
{
	double above = 0, need = top * total(h);

	for (int b = 298; b > ZERO; b--) {
		above += h->weight[b + 1];
		if (above > 0 && above >= need)
			return exp2(b / 8.0);
	}
	return 0;
}

static double highest(const struct model_histogram *h)
{
	for (int b = 298; b > ZERO; b--)
		if (h->weight[b + 1] > 0)
			return exp2(b / 8.0);
	return 0;
}

static double extrapolate(const struct model_histogram *h, double top, double risk)
{
	double all = total(h), above = 0, sum = 0;
	int u = 0, highest = ZERO;

	for (int b = 298; b > ZERO && !(above > 0 && above >= top * all); b--) {
		if (h->weight[b + 1] <= 0)
			continue;
		above += h->weight[b + 1];
		u = b;
		highest = highest == ZERO ? b : highest;
	}
	if (highest == ZERO)
		return 0;
	for (int b = u; b <= highest; b++)
		sum += h->weight[b + 1] * ((b - u + 0.5) / 8 * log(2));
	return fmin(exp2(u / 8.0) * pow(above / all / risk, sum / above), 2 * exp2(highest / 8.0));
}

static void bound(struct model *m, double fresh[LIMIT_COUNT], int64_t second)
{
	bool first = m->anchored == 0;

	for (int k = 0; k < LIMIT_COUNT && !first; k++) {
		m->bounded += fresh[k] > 1.5 * m->anchor[k];
		fresh[k] = fmin(fresh[k], 1.5 * m->anchor[k]);
	}
	if (first || second - m->anchored >= DAY) {
		memcpy(m->anchor, fresh, sizeof m->anchor);
		m->anchored = second;
	}
}

static void learn(struct model *m, int64_t second)
{
	const double *floor = m->config.floor;
	double fresh[LIMIT_COUNT];
	double before = total(&m->of[LIMIT_REQUESTS]);
	double kept = before > 1000 ? fmax(exp2(-60.0 / DAY), 1000 / before) : 1;

	for (int k = 0; k < LIMIT_HISTOGRAMS; k++)
		for (int b = ZERO; b < 299; b++) {
			double *w = &m->of[k].weight[b + 1];
			*w *= kept;
			*w = *w < 0.05 ? 0 : *w;
		}
	double visits = total(&m->of[LIMIT_REQUESTS]);
	m->known = m->known || visits >= 30;
	for (int k = 0; k < LIMIT_HISTOGRAMS && !m->known; k++) {
		m->most[k] = fmax(m->config.cold[k], 1.5 * highest(&m->of[k]));
		m->lifted += m->most[k] > m->config.cold[k];
	}
	if (!m->known)
		return;
	for (int k = 0; k < LIMIT_HISTOGRAMS; k++) {
		fresh[k] = extrapolate(&m->of[k], 0.01, 3e-5);
		if (visits < 1000)
			fresh[k] = fmax(fresh[k], extrapolate(&m->of[k], 0.05, 3e-5));
	}
	fresh[LIMIT_VISIT_REQUESTS] =
		fmax(fresh[LIMIT_VISIT_REQUESTS], 1.25 * highest(&m->of[LIMIT_VISIT_REQUESTS]));
	fresh[LIMIT_MARK] = quantile(&m->of[LIMIT_REQUESTS], 0.01);
	fresh[LIMIT_VISIT_MARK] = quantile(&m->of[LIMIT_VISIT_REQUESTS], 0.01);
	for (int k = 0; k < LIMIT_COUNT; k++)
		fresh[k] = fmax(fresh[k], floor[k]);
	if (visits >= 1000 || m->anchored)
		bound(m, fresh, second);
	memcpy(m->most, fresh, sizeof m->most);
}

/* ---- the history ---- */

struct visitor {
	uint32_t client;
	uint64_t left;    /* requests that the visitor has still to make; 0: it is away */
	uint64_t gap;     /* maximum number of seconds between two requests */
	uint64_t at_once; /* maximum number of requests in a second */
	uint64_t erring;  /* percentage of requests with an error */
	int64_t next;
};

struct run {
	struct random r;
	struct model *m;
	struct clients *clients;
	struct visits *visits;
	int64_t now;
	struct visitor visitors[VISITORS];
};

static struct address address_of(uint32_t client)
{
	return client < ALONE ? given_host(client, 1)
			      : given_host(network_of(client), (uint8_t)(client % 50));
}

/* The model still has the ended visit, because the model gets each request after clients.h does. */
static void told(
	void *ctx, const struct address *client, const struct visit *v, uint32_t last, int64_t now)
{
	struct run *x = ctx;
	int i = 0;

	for (; i < x->m->here_n; i++) {
		struct address a = address_of(x->m->here[i].client);
		if (address_equal(&a, client))
			break;
	}
	assert_true(i < x->m->here_n);
	assert_int_equal(last, x->m->here[i].last);
	assert_int_equal(now, x->now);
	visits_teach(x->visits, client, v, x->now);
}

static void arrive(struct run *x, struct visitor *v)
{
	double u = (double)(1 + random_below(&x->r, 1000000)) / 1000000;
	uint64_t larger = x->now - START > DAY ? 8 : 1;

	v->client = (uint32_t)random_below(&x->r, CLIENTS);
	for (int k = 0; k < VISITORS; k++)
		if (&x->visitors[k] != v && x->visitors[k].left &&
			x->visitors[k].client == v->client)
			return;
	v->left = larger * (1 + (uint64_t)fmin(3 * pow(u, -0.5), 2000));
	v->gap = 1 + random_below(&x->r, random_below(&x->r, 4) ? 8 : 58);
	v->at_once = 1 + random_below(&x->r, 6) * larger;
	v->erring = random_below(&x->r, 10) ? random_below(&x->r, 5) : random_below(&x->r, 100);
	v->next = x->now;
}

static void visit(struct run *x, struct visitor *v)
{
	if (v->left == 0 && random_below(&x->r, 60) == 0)
		arrive(x, v);
	if (v->left == 0 || x->now < v->next)
		return;
	uint32_t requests = 1 + (uint32_t)random_below(&x->r, v->at_once), own = 0;
	if (requests > v->left)
		requests = (uint32_t)v->left;
	for (uint32_t k = 0; k < requests; k++)
		own += random_below(&x->r, 100) < v->erring;
	uint32_t errors = own < requests ? own + (uint32_t)random_below(&x->r, 2) : own;
	struct address a = address_of(v->client);
	add_hit(x->clients, &a, x->now, x->now, requests, errors, own);
	ask(x->m, v->client, x->now, requests, own);
	v->left -= requests;
	v->next = x->now + 1 + (int64_t)random_below(&x->r, v->gap);
}

static void check(const struct run *x)
{
	const struct limits *limits = visits_limits(x->visits);
	double visits = total(&x->m->of[LIMIT_REQUESTS]);

	assert_int_equal(limits->known, x->m->known);
	assert_true(fabs(visits_n(x->visits) - visits) <= 1e-9 * visits);
	for (int k = 0; k < LIMIT_COUNT; k++)
		assert_true(fabs(limits->most[k] - x->m->most[k]) <= 1e-9 * x->m->most[k]);
}

/* `cold`: factor of the cold limits. Returns how often visits raised them. */
static int history(uint64_t salt, int64_t seconds, double cold)
{
	struct run x = {.r = random_new(salt), .m = calloc(1, sizeof *x.m), .now = START};
	struct visits_config visits = given_visits_config();
	struct clients_config clients = {
		.max = CLIENTS, .rings = CLIENTS, .key = {{salt, 1}}, .told = told, .ctx = &x};

	assert_non_null(x.m);
	for (int k = 0; k < LIMIT_HISTOGRAMS; k++)
		visits.cold[k] *= cold;
	x.clients = clients_new(&clients);
	/* the filter is large enough that no two clients are confused */
	x.visits = visits_new(&visits, 4000000, clients.key);
	assert_true(x.clients && x.visits);
	x.m->config = visits;
	memcpy(x.m->most, visits.cold, sizeof x.m->most);
	check(&x);
	for (; x.now < START + seconds; x.now++) {
		if (x.now % 5 == 0) { /* in between, a client may come back before it is dropped */
			clients_expire(x.clients, x.now, UINT32_MAX);
			expire(x.m, x.now);
		}
		for (int k = 0; k < VISITORS; k++)
			visit(&x, &x.visitors[k]);
		if ((x.now - START) % 60 == 59) {
			visits_learn(x.visits, x.now, span_seconds(60));
			learn(x.m, x.now);
			check(&x);
		}
	}
	assert_int_equal(clients_n(x.clients), x.m->here_n);
	if (seconds > 2 * DAY) { /* long enough for all cases to occur */
		assert_true(x.m->laps > 0 && x.m->again > 0 && x.m->crowded > 0);
		assert_true(x.m->erring > 0 && x.m->mostly_erring > 0);
		assert_true(x.m->bounded > 0 && x.m->anchored > START + DAY);
	}
	int lifted = x.m->lifted;
	clients_free(x.clients);
	visits_free(x.visits);
	free(x.m);
	return lifted;
}

static void limits_equal_the_limits_of_the_model(void **state)
{
	(void)state;
	random_note();
	history(1, 3 * DAY, 1);
}

static void limits_equal_the_limits_of_the_model_from_the_first_visit(void **state)
{
	int lifted = 0;

	(void)state;
	for (uint64_t salt = 2; salt < 8; salt++)
		lifted += history(salt, DAY / 4, salt < 4 ? 1 : 0.01);
	assert_true(lifted > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_equal_the_limits_of_the_model),
		cmocka_unit_test(limits_equal_the_limits_of_the_model_from_the_first_visit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
