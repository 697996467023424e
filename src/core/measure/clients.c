/* clients.c - see clients.h.
 *
 * Seconds are stored modulo 2^32 and compared by their difference. No difference that matters is
 * over an hour, so the wrap-around does no harm.
 */
#include "core/measure/clients.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/hash_pool.h"
#include "core/base/num.h"
#include "core/base/top_k.h"

#define NONE       HASH_POOL_NONE
#define CANDIDATES 4 /* number of candidates of each kind for an eviction */

struct client {
	struct hash_pool_link link;
	uint32_t newer; /* in the order of the last requests; NONE at the ends */
	uint32_t older;
	struct window window;
	struct visit visit;
	uint16_t before; /* see client_counts */
	uint8_t part;    /* bits of crowd.h: the sums in which the client counts */
	uint8_t prefix_len;
};

struct clients {
	struct clients_config config;
	struct hash_pool pool;
	struct rings *rings;
	struct crowd crowd;
	uint32_t newest, oldest;
	struct clients_totals totals;
};

struct clients *clients_new(const struct clients_config *config)
{
	struct clients *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	c->config = *config;
	crowd_init(&c->crowd);
	c->rings = rings_new(config->rings);
	if (!hash_pool_init(&c->pool, config->max, sizeof(struct client), config->key) ||
		!c->rings) {
		clients_free(c);
		return NULL;
	}
	c->newest = c->oldest = NONE;
	return c;
}

void clients_free(struct clients *c)
{
	if (!c)
		return;
	hash_pool_fini(&c->pool);
	rings_free(c->rings);
	free(c);
}

void clients_set_key(struct clients *c, struct hash_key key)
{
	c->pool.key = key;
}

static struct client *client_at(const struct clients *c, uint32_t i)
{
	return (struct client *)c->pool.entries + i;
}

static void unlink_time(struct clients *c, uint32_t i)
{
	struct client *e = client_at(c, i);

	if (e->newer == NONE)
		c->newest = e->older;
	else
		client_at(c, e->newer)->older = e->older;
	if (e->older == NONE)
		c->oldest = e->newer;
	else
		client_at(c, e->older)->newer = e->newer;
}

static void link_newest(struct clients *c, uint32_t i)
{
	struct client *e = client_at(c, i);

	e->newer = NONE;
	e->older = c->newest;
	if (c->newest != NONE)
		client_at(c, c->newest)->newer = i;
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
	struct client *e = client_at(c, i);
	struct crowd_member m = crowd_member_of(e);

	crowd_out(&c->crowd, &m);
	unlink_time(c, i);
	window_clear(&e->window, c->rings);
	hash_pool_remove(&c->pool, i);
}

/* An upper bound of the client's requests in the window. The window is not advanced to `now`. */
static uint32_t weight_of(const struct client *e, uint32_t now)
{
	return now - e->window.at < WINDOW_S ? e->window.requests : 0;
}

/* Evicts a client. Candidates are the CANDIDATES least recently active clients, and the same number
 * of clients at random indexes, which are computed from the new client's hash. The candidate with
 * the fewest requests is evicted. */
static void make_room(struct clients *c, uint64_t hash, uint32_t now)
{
	uint32_t best = c->oldest, i = c->oldest;

	for (int k = 0; k < 2 * CANDIDATES && i != NONE; k++) {
		if (weight_of(client_at(c, i), now) < weight_of(client_at(c, best), now))
			best = i;
		if (k + 1 < CANDIDATES) {
			i = client_at(c, i)->newer;
		} else {
			/* the pool is full, so each index is in use */
			i = (uint32_t)((hash >> 32) % c->config.max);
			/* the next number of Knuth's MMIX generator */
			hash = hash * 6364136223846793005u + 1442695040888963407u;
		}
	}
	drop_client(c, best);
	c->totals.evicted++;
}

static uint32_t add_client(struct clients *c, const struct address *a, uint64_t hash, uint32_t now)
{
	if (c->pool.n == c->pool.max)
		make_room(c, hash, now);
	uint32_t i = hash_pool_add(&c->pool, a->bytes, hash);
	struct client *e = client_at(c, i);
	e->prefix_len = a->prefix_len;
	window_init(&e->window, now);
	e->visit.first = e->visit.start = now;
	link_newest(c, i);
	c->totals.entered++;
	return i;
}

static struct address address_of(const struct client *e)
{
	struct address a = {.prefix_len = e->prefix_len};

	memcpy(a.bytes, e->link.key, 16);
	return a;
}

static void report_visit(const struct clients *c, const struct client *e, int64_t now)
{
	struct address a = address_of(e);

	if (c->config.told)
		c->config.told(c->config.ctx, &a, &e->visit, e->window.at, now);
}

/* The requests of the visit's first lap, with which its later laps are compared. 0 if too many of
 * these requests were errors. */
static uint16_t first_lap(const struct visit *v)
{
	if (v->errors >= CLIENTS_ERROR_SHARE * v->requests)
		return 0;
	return v->requests < UINT16_MAX ? (uint16_t)v->requests : UINT16_MAX;
}

/* Called when the client has sent a request. Its visit continues, in the same lap or in a new one,
 * or a new visit begins. */
static void come_back(struct clients *c, struct client *e, int64_t second)
{
	uint32_t now = (uint32_t)second;
	struct crowd_member m = crowd_member_of(e);
	bool gone = now - e->window.at > CLIENTS_GAP_S;

	crowd_out(&c->crowd, &m);
	if (gone || now - e->visit.start >= CLIENTS_LAP_S) {
		report_visit(c, e, second);
		if (gone)
			e->before = 0;
		else if (e->visit.first == e->visit.start)
			e->before = first_lap(&e->visit);
		e->visit = (struct visit){.first = gone ? now : e->visit.first,
			.start = now,
			.variety = gone ? 0 : e->visit.variety,
			.pages = gone ? 0 : e->visit.pages};
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
	int64_t now, const struct clients_hit *hit)
{
	uint32_t i = hash_pool_find(&c->pool, client->bytes, hash);
	uint32_t now32 = (uint32_t)now;
	uint32_t asked_at = i == NONE ? now32 - 1 : client_at(c, i)->window.at;

	if (i == NONE) {
		i = add_client(c, client, hash, now32);
	} else {
		come_back(c, client_at(c, i), now);
		if (c->newest != i) {
			unlink_time(c, i);
			link_newest(c, i);
		}
	}
	struct client *e = client_at(c, i);
	struct visit *v = &e->visit;
	struct window *w = &e->window;
	if (v->requests == 0 || asked_at != now32)
		w->lap_seconds = add_u16(w->lap_seconds, 1);
	window_add(w, c->rings, (uint32_t)hit->second, hit->requests, hit->errors, hit->own);
	v->requests = num_add_u32(v->requests, hit->requests);
	v->errors = add_u16(v->errors, hit->own);
	v->variety |= hit->variety;
	v->pages |= hit->pages;
	uint32_t peak = w->requests < VISIT_PEAK_MAX ? w->requests : VISIT_PEAK_MAX;
	v->peak = peak > v->peak ? peak : v->peak;
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
	uint64_t hash = hash_pool_hash(&c->pool, client->bytes);

	__builtin_prefetch(hash_pool_bucket(&c->pool, hash));
	return hash;
}

void clients_prefetch_entry(const struct clients *c, uint64_t hash)
{
	uint32_t i = hash_pool_first(&c->pool, hash);

	if (i == NONE)
		return;
	const char *entry = (const char *)client_at(c, i);
	__builtin_prefetch(entry, 1);
	__builtin_prefetch(entry + sizeof(struct client) - 1, 1);
}

/* Assumes that the client is the first of its chain, because chains are short. */
void clients_prefetch_second(const struct clients *c, uint64_t hash, struct instant time)
{
	uint32_t i = hash_pool_first(&c->pool, hash);

	if (i == NONE)
		return;
	const struct client *e = client_at(c, i);
	if (e->newer != NONE)
		__builtin_prefetch(&client_at(c, e->newer)->older, 1);
	if (e->older != NONE)
		__builtin_prefetch(&client_at(c, e->older)->newer, 1);
	window_prefetch(&e->window, c->rings, (uint32_t)instant_second(time));
}

void clients_forget(struct clients *c, const struct address *client)
{
	uint64_t hash = hash_pool_hash(&c->pool, client->bytes);
	uint32_t i = hash_pool_find(&c->pool, client->bytes, hash);

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
	return c->oldest != NONE &&
	       (uint32_t)now - client_at(c, c->oldest)->window.at > CLIENTS_GAP_S;
}

bool clients_next_end(const struct clients *c, int64_t now, int64_t *second)
{
	if (c->oldest == NONE)
		return false;
	*second = now + CLIENTS_GAP_S + 1 -
		  (int64_t)((uint32_t)now - client_at(c, c->oldest)->window.at);
	return true;
}

void clients_expire(struct clients *c, int64_t now, uint32_t most)
{
	while (most-- && clients_overdue(c, now)) {
		report_visit(c, client_at(c, c->oldest), now);
		drop_client(c, c->oldest);
	}
}

void clients_expire_each(struct clients *c, int64_t now, uint32_t most)
{
	int64_t second;

	for (; most > 0 && clients_next_end(c, now, &second) && second <= now; most--)
		clients_expire(c, second, 1);
}

uint32_t clients_n(const struct clients *c)
{
	return c->pool.n;
}

struct crowd *clients_crowd(struct clients *c)
{
	return &c->crowd;
}

void clients_look(const struct clients *c, int64_t now, clients_each *each, void *ctx)
{
	uint32_t i = c->newest;

	for (int look = 0; look < CLIENTS_LOOK && i != NONE; look++, i = client_at(c, i)->older) {
		const struct client *e = client_at(c, i);
		if ((uint32_t)now - e->window.at >= WINDOW_S)
			return; /* all clients after this one have been silent for at least as
				 * long */
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
