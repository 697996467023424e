/* clients.c - see clients.h.
 *
 * Why a pool and chains instead of open addressing: entries stay where they are, so that nothing
 * ever stalls to rehash, and the pool's pages are touched only as clients come.
 *
 * Seconds are kept modulo 2^32 and compared by their difference: no difference that matters is over
 * an hour, so it does not matter when they begin anew.
 */
#include "core/measure/clients.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/num.h"
#include "core/base/top_k.h"

#define NONE       UINT32_MAX
#define CANDIDATES 4 /* of each kind, when room must be made */

struct client {
	uint8_t key[16];
	uint32_t chain; /* next of the same hash bucket; next free one when unused */
	uint32_t newer; /* by last request; NONE at the head */
	uint32_t older;
	struct window window;
	struct visit visit;
	uint16_t before; /* see client_counts */
	uint8_t part;    /* in the crowd */
	uint8_t prefix_len;
};

struct clients {
	struct clients_config config;
	struct client *pool;
	uint32_t *buckets; /* first entry + 1, so that fresh memory means empty */
	struct rings *rings;
	struct crowd crowd;
	uint32_t used; /* entries of the pool ever used */
	uint32_t free; /* list of entries given back */
	uint32_t n;
	uint32_t mask; /* buckets - 1 */
	uint32_t newest, oldest;
	struct clients_totals totals;
};

struct clients *clients_new(const struct clients_config *config)
{
	struct clients *c = calloc(1, sizeof *c);
	uint32_t buckets = 64;

	while (buckets < config->max)
		buckets *= 2;
	if (!c)
		return NULL;
	c->config = *config;
	c->mask = buckets - 1;
	crowd_init(&c->crowd, config->known_after_s);
	/* calloc of this size is fresh pages from the kernel: zero, and not touched until used */
	c->pool = calloc(config->max, sizeof *c->pool);
	c->buckets = calloc(buckets, sizeof *c->buckets);
	c->rings = rings_new(config->rings);
	if (!c->pool || !c->rings || !c->buckets) {
		clients_free(c);
		return NULL;
	}
	c->free = c->newest = c->oldest = NONE;
	return c;
}

void clients_free(struct clients *c)
{
	if (!c)
		return;
	free(c->pool);
	free(c->buckets);
	rings_free(c->rings);
	free(c);
}

static uint32_t *bucket_of(struct clients *c, uint64_t hash)
{
	return &c->buckets[hash & c->mask];
}

static uint32_t find_client(struct clients *c, const struct address *a, uint64_t hash)
{
	uint32_t i = *bucket_of(c, hash) - 1; /* 0 - 1 is NONE */

	while (i != NONE && memcmp(c->pool[i].key, a->bytes, 16) != 0)
		i = c->pool[i].chain;
	return i;
}

static void unlink_time(struct clients *c, uint32_t i)
{
	struct client *e = &c->pool[i];

	if (e->newer == NONE)
		c->newest = e->older;
	else
		c->pool[e->newer].older = e->older;
	if (e->older == NONE)
		c->oldest = e->newer;
	else
		c->pool[e->older].newer = e->newer;
}

static void link_newest(struct clients *c, uint32_t i)
{
	struct client *e = &c->pool[i];

	e->newer = NONE;
	e->older = c->newest;
	if (c->newest != NONE)
		c->pool[c->newest].newer = i;
	else
		c->oldest = i;
	c->newest = i;
}

static struct crowd_member crowd_member_of(struct client *e)
{
	return (struct crowd_member){.requests = e->window.requests,
		.visit_requests = e->visit.requests,
		.first = e->visit.first,
		.part = &e->part};
}

static void drop_client(struct clients *c, uint32_t i)
{
	struct client *e = &c->pool[i];
	uint32_t *bucket = bucket_of(c, hash_16(c->config.key, e->key));
	struct crowd_member m = crowd_member_of(e);

	crowd_out(&c->crowd, &m);
	if (*bucket == i + 1) {
		*bucket = e->chain + 1; /* NONE + 1 is 0 */
	} else {
		uint32_t p = *bucket - 1;
		while (c->pool[p].chain != i)
			p = c->pool[p].chain;
		c->pool[p].chain = e->chain;
	}
	unlink_time(c, i);
	window_clear(&e->window, c->rings);
	e->chain = c->free;
	c->free = i;
	c->n--;
}

/* An upper bound of what the client has in the window, without moving it. */
static uint32_t weight_of(const struct client *e, uint32_t now)
{
	return now - e->window.at < WINDOW_S ? e->window.requests : 0;
}

/* The lightest of the CANDIDATES least recently seen and as many taken by the newcomer's hash. */
static void make_room(struct clients *c, uint64_t hash, uint32_t now)
{
	uint32_t best = c->oldest, i = c->oldest;

	for (int k = 0; k < 2 * CANDIDATES && i != NONE; k++) {
		if (weight_of(&c->pool[i], now) < weight_of(&c->pool[best], now))
			best = i;
		if (k + 1 < CANDIDATES) {
			i = c->pool[i].newer;
		} else {
			/* the pool is full: each index is in use */
			i = (uint32_t)((hash >> 32) % c->config.max);
			hash = hash * 6364136223846793005u +
			       1442695040888963407u; /* Knuth's MMIX */
		}
	}
	drop_client(c, best);
	c->totals.evicted++;
}

static uint32_t add_client(struct clients *c, const struct address *a, uint64_t hash, uint32_t now)
{
	uint32_t i;

	if (c->n == c->config.max)
		make_room(c, hash, now);
	if (c->free != NONE) {
		i = c->free;
		c->free = c->pool[i].chain;
	} else {
		i = c->used++;
	}
	struct client *e = &c->pool[i];
	memset(e, 0, sizeof *e);
	memcpy(e->key, a->bytes, 16);
	e->prefix_len = a->prefix_len;
	window_init(&e->window, now);
	e->visit.first = e->visit.start = now;
	uint32_t *bucket = bucket_of(c, hash);
	e->chain = *bucket - 1;
	*bucket = i + 1;
	link_newest(c, i);
	c->n++;
	c->totals.entered++;
	return i;
}

static struct address address_of(const struct client *e)
{
	struct address a = {.prefix_len = e->prefix_len};

	memcpy(a.bytes, e->key, 16);
	return a;
}

static void report_visit(const struct clients *c, const struct client *e)
{
	struct address a = address_of(e);

	if (c->config.told)
		c->config.told(c->config.ctx, &a, &e->visit, e->window.at);
}

/* What a lasting visit is measured by: its first lap, unless that was errors in good part. */
static uint16_t first_lap(const struct visit *v, double error_share)
{
	if (v->errors >= error_share * v->requests)
		return 0;
	return v->requests < UINT16_MAX ? (uint16_t)v->requests : UINT16_MAX;
}

/* The client asks again: its visit goes on, in this lap or the next, or a new one begins. */
static void come_back(struct clients *c, struct client *e, uint32_t now)
{
	struct crowd_member m = crowd_member_of(e);
	bool gone = now - e->window.at > CLIENTS_GAP_S;

	crowd_out(&c->crowd, &m);
	if (gone || now - e->visit.start >= CLIENTS_LAP_S) {
		report_visit(c, e);
		if (gone)
			e->before = 0;
		else if (e->visit.first == e->visit.start)
			e->before = first_lap(&e->visit, c->config.error_share);
		e->visit = (struct visit){.first = gone ? now : e->visit.first, .start = now};
		e->window.lap_seconds = 0;
		c->totals.entered += gone;
	}
	window_advance(&e->window, c->rings, now);
}

static uint16_t add_u16(uint16_t a, uint32_t b)
{
	return b > (uint32_t)(UINT16_MAX - a) ? UINT16_MAX : (uint16_t)(a + b);
}

struct client_counts clients_add(struct clients *c, const struct address *client, uint64_t hash,
	int64_t second, int64_t now, uint32_t requests, uint32_t errors, uint32_t own)
{
	uint32_t i = find_client(c, client, hash);
	uint32_t now32 = (uint32_t)now;
	uint32_t asked_at = i == NONE ? now32 - 1 : c->pool[i].window.at;

	if (i == NONE) {
		i = add_client(c, client, hash, now32);
	} else {
		come_back(c, &c->pool[i], now32);
		if (c->newest != i) {
			unlink_time(c, i);
			link_newest(c, i);
		}
	}
	struct client *e = &c->pool[i];
	struct visit *v = &e->visit;
	struct window *w = &e->window;
	if (v->requests == 0 || asked_at != now32)
		w->lap_seconds = add_u16(w->lap_seconds, 1);
	window_add(w, c->rings, (uint32_t)second, requests, errors, own);
	v->requests = num_add_u32(v->requests, requests);
	v->errors = add_u16(v->errors, own);
	v->peak = w->requests > v->peak ? w->requests : v->peak;
	v->error_peak = w->own > v->error_peak ? w->own : v->error_peak;
	struct crowd_member m = crowd_member_of(e);
	crowd_in(&c->crowd, &m, now32);
	return (struct client_counts){.window = window_counts(w),
		.visit = *v,
		.lap_seconds = w->lap_seconds,
		.lap_s = now32 - v->start + 1,
		.before = e->before};
}

uint64_t clients_hash_prefetch(const struct clients *c, const struct address *client)
{
	uint64_t hash = hash_16(c->config.key, client->bytes);

	__builtin_prefetch(&c->buckets[hash & c->mask]);
	return hash;
}

void clients_prefetch_entry(const struct clients *c, uint64_t hash)
{
	uint32_t i = c->buckets[hash & c->mask] - 1;

	if (i == NONE)
		return;
	const char *entry = (const char *)&c->pool[i];
	__builtin_prefetch(entry, 1);
	__builtin_prefetch(entry + sizeof(struct client) - 1, 1);
}

/* The first of the chain is guessed to be the client: chains are short. */
void clients_prefetch_second(const struct clients *c, uint64_t hash, struct instant time)
{
	uint32_t i = c->buckets[hash & c->mask] - 1;

	if (i == NONE)
		return;
	const struct client *e = &c->pool[i];
	if (e->newer != NONE)
		__builtin_prefetch(&c->pool[e->newer].older, 1);
	if (e->older != NONE)
		__builtin_prefetch(&c->pool[e->older].newer, 1);
	window_prefetch(&e->window, c->rings, (uint32_t)instant_second(time));
}

void clients_forget(struct clients *c, const struct address *client)
{
	uint32_t i = find_client(c, client, hash_16(c->config.key, client->bytes));

	if (i != NONE)
		drop_client(c, i);
}

void clients_clear(struct clients *c)
{
	while (c->oldest != NONE)
		drop_client(c, c->oldest);
}

bool clients_overdue(const struct clients *c, int64_t now)
{
	return c->oldest != NONE && (uint32_t)now - c->pool[c->oldest].window.at > CLIENTS_GAP_S;
}

void clients_expire(struct clients *c, int64_t now, uint32_t most)
{
	while (most-- && clients_overdue(c, now)) {
		report_visit(c, &c->pool[c->oldest]);
		drop_client(c, c->oldest);
	}
}

uint32_t clients_n(const struct clients *c)
{
	return c->n;
}

struct crowd *clients_crowd(struct clients *c)
{
	return &c->crowd;
}

void clients_look(const struct clients *c, int64_t now, clients_each *each, void *ctx)
{
	uint32_t i = c->newest;

	for (int look = 0; look < CLIENTS_LOOK && i != NONE; look++, i = c->pool[i].older) {
		const struct client *e = &c->pool[i];
		if ((uint32_t)now - e->window.at >= WINDOW_S)
			return; /* and so are all that follow */
		struct window_counts w = window_peek(&e->window, c->rings, (uint32_t)now);
		struct address a = address_of(e);
		if (!each(ctx, &a, &w, &e->visit))
			return;
	}
}

static uint64_t client_requests(const void *client)
{
	return ((const struct top_client *)client)->requests;
}

static bool take_top(void *ctx, const struct address *client, const struct window_counts *w,
	const struct visit *v)
{
	struct top_client c = {*client, w->requests, w->errors};

	(void)v;
	if (c.requests > 0)
		top_k_insert(ctx, &c);
	return true;
}

size_t clients_top(const struct clients *c, int64_t now, struct top_client *out, size_t cap)
{
	struct top_k t = {
		.entries = out, .entry_size = sizeof *out, .count = client_requests, .k = cap};

	clients_look(c, now, take_top, &t);
	return t.n;
}

struct clients_totals clients_totals(const struct clients *c)
{
	struct clients_totals t = c->totals;

	t.coarse = rings_coarse(c->rings);
	return t;
}
