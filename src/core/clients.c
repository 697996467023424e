/* clients.c - see clients.h.
 *
 * Why not a count-min sketch or exponential decay: a verdict has to be explained to a person, and
 * only exact counts of a stated window can be. Why a pool and chains instead of open addressing:
 * entries stay where they are, so that nothing ever stalls to rehash, and the pool's pages are
 * touched only as clients come.
 *
 * Seconds are kept modulo 2^32 and compared by their difference; entries idle for more than a
 * window count as empty, so the wrap after 136 years of silence is out of reach (the engine clears
 * the table long before).
 */
#include "core/clients.h"

#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "core/rules.h"

#define NONE       UINT32_MAX
#define WINDOW     RULES_WINDOW_S
#define SLOTS_MAX  8  /* different seconds held in the entry: a page load or two */
#define STEP_S     10 /* of the coarse form */
#define STEPS      (WINDOW / STEP_S)
#define CANDIDATES 4 /* of each kind, when room must be made */

/* One second, named by its last 8 bits: unique within any 118 s. */
struct slot {
	uint8_t second;
	uint8_t requests;
	uint8_t errors;
};

/* Counts of 10 s. */
struct step {
	uint16_t requests;
	uint16_t errors;
};

struct ring {
	uint16_t requests[WINDOW]; /* by second % 60 */
	uint16_t errors[WINDOW];
};

enum form { FORM_SLOTS, FORM_RING, FORM_STEPS };

struct client {
	uint8_t key[16];
	uint32_t chain; /* next of the same hash bucket; next free one when unused */
	uint32_t newer; /* by last request; NONE at the head */
	uint32_t older;
	uint32_t at;       /* second of the last request: the window's right edge */
	uint32_t requests; /* sums over the window that ends at `at` */
	uint32_t errors;
	uint32_t ring; /* index, when form is FORM_RING */
	uint8_t form;
	uint8_t slots_n;
	uint8_t prefix_len;
	union {
		struct slot slots[SLOTS_MAX]; /* FORM_SLOTS: slots_n in use, in no order */
		struct step steps[STEPS];     /* FORM_STEPS: by second / 10 % 6 */
	} in;
};

struct clients {
	struct client *pool;
	struct ring *rings;
	uint32_t *ring_free; /* stack of free rings, those never used are above `rings_used` */
	uint32_t *buckets;   /* first entry + 1, so that fresh memory means empty */
	uint32_t max, rings_max;
	uint32_t used; /* entries of the pool ever used */
	uint32_t free; /* list of entries given back */
	uint32_t n;
	uint32_t rings_used, rings_free_n;
	uint32_t mask; /* buckets - 1 */
	uint32_t newest, oldest;
	struct hash_key key;
	struct clients_totals totals;
};

struct clients *clients_new(uint32_t max, uint32_t rings, struct hash_key key)
{
	struct clients *c = calloc(1, sizeof *c);
	uint32_t buckets = 64;

	while (buckets < max)
		buckets *= 2;
	if (!c)
		return NULL;
	c->max = max;
	c->rings_max = rings;
	c->mask = buckets - 1;
	c->key = key;
	/* calloc of this size is fresh pages from the kernel: zero, and not touched until used */
	c->pool = calloc(max, sizeof *c->pool);
	c->rings = calloc(rings ? rings : 1, sizeof *c->rings);
	c->ring_free = calloc(rings ? rings : 1, sizeof *c->ring_free);
	c->buckets = calloc(buckets, sizeof *c->buckets);
	if (!c->pool || !c->rings || !c->ring_free || !c->buckets) {
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
	free(c->rings);
	free(c->ring_free);
	free(c->buckets);
	free(c);
}

static uint32_t *bucket_of(struct clients *c, uint64_t hash)
{
	return &c->buckets[hash & c->mask];
}

static uint32_t find(struct clients *c, const struct address *a, uint64_t hash)
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

static void release_ring(struct clients *c, struct client *e)
{
	if (e->form == FORM_RING)
		c->ring_free[c->rings_free_n++] = e->ring;
	e->form = FORM_SLOTS;
}

static void drop(struct clients *c, uint32_t i)
{
	struct client *e = &c->pool[i];
	uint32_t *bucket = bucket_of(c, hash_16(c->key, e->key));

	if (*bucket == i + 1) {
		*bucket = e->chain + 1; /* NONE + 1 is 0 */
	} else {
		uint32_t p = *bucket - 1;
		while (c->pool[p].chain != i)
			p = c->pool[p].chain;
		c->pool[p].chain = e->chain;
	}
	unlink_time(c, i);
	release_ring(c, e);
	e->chain = c->free;
	c->free = i;
	c->n--;
}

/* An upper bound of what the client has in the window, without moving it. */
static uint32_t weight(const struct client *e, uint32_t now)
{
	return now - e->at < WINDOW ? e->requests : 0;
}

/* The lightest of the CANDIDATES least recently seen and as many taken by the newcomer's hash. */
static void make_room(struct clients *c, uint64_t hash, uint32_t now)
{
	uint32_t best = c->oldest, i = c->oldest;

	for (int k = 0; k < 2 * CANDIDATES && i != NONE; k++) {
		if (weight(&c->pool[i], now) < weight(&c->pool[best], now))
			best = i;
		if (k + 1 < CANDIDATES) {
			i = c->pool[i].newer;
		} else {
			i = (uint32_t)((hash >> 32) %
				       c->max); /* the pool is full: each index is in use */
			hash = hash * 6364136223846793005u + 1442695040888963407u;
		}
	}
	drop(c, best);
	c->totals.evicted++;
}

static uint32_t enter(struct clients *c, const struct address *a, uint64_t hash, uint32_t now)
{
	uint32_t i;

	if (c->n == c->max)
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
	e->at = now;
	uint32_t *bucket = bucket_of(c, hash);
	e->chain = *bucket - 1;
	*bucket = i + 1;
	link_newest(c, i);
	c->n++;
	c->totals.entered++;
	return i;
}

static void slots_advance(struct client *e, uint32_t now)
{
	for (int k = 0; k < e->slots_n;) {
		struct slot *s = &e->in.slots[k];
		if ((uint8_t)((uint8_t)now - s->second) < WINDOW) {
			k++;
			continue;
		}
		e->requests -= s->requests;
		e->errors -= s->errors;
		*s = e->in.slots[--e->slots_n];
	}
}

static void ring_advance(struct client *e, struct ring *r, uint32_t now)
{
	for (uint32_t s = e->at + 1; s != now + 1; s++) {
		uint32_t k = s % WINDOW;
		e->requests -= r->requests[k];
		e->errors -= r->errors[k];
		r->requests[k] = r->errors[k] = 0;
	}
}

static void steps_advance(struct client *e, uint32_t now)
{
	for (uint32_t s = e->at / STEP_S + 1; s <= now / STEP_S; s++) {
		struct step *t = &e->in.steps[s % STEPS];
		e->requests -= t->requests;
		e->errors -= t->errors;
		*t = (struct step){0, 0};
	}
}

/* Moves the window's right edge to now. */
static void advance(struct clients *c, struct client *e, uint32_t now)
{
	if (now - e->at >= WINDOW) { /* silent for a window: it comes anew */
		release_ring(c, e);
		e->slots_n = 0;
		e->requests = e->errors = 0;
		c->totals.entered++;
	} else if (e->form == FORM_SLOTS) {
		slots_advance(e, now);
	} else if (e->form == FORM_RING) {
		ring_advance(e, &c->rings[e->ring], now);
	} else {
		steps_advance(e, now);
	}
	e->at = now;
}

static bool slots_put(struct client *e, uint32_t second, uint32_t requests, uint32_t errors)
{
	struct slot *s = e->in.slots, *end = s + e->slots_n;

	while (s < end && s->second != (uint8_t)second)
		s++;
	if (s == end) {
		if (e->slots_n == SLOTS_MAX || requests > UINT8_MAX)
			return false;
		e->slots_n++;
		*s = (struct slot){(uint8_t)second, 0, 0};
	}
	if (s->requests + requests > UINT8_MAX)
		return false;
	s->requests = (uint8_t)(s->requests + requests);
	s->errors = (uint8_t)(s->errors + errors);
	return true;
}

static uint16_t saturate_u16(uint32_t v)
{
	return v > UINT16_MAX ? UINT16_MAX : (uint16_t)v;
}

/* Adds to one cell and tells what was really added, so that sums and cells never disagree. */
static uint32_t cell_add(uint16_t *cell, uint32_t v)
{
	uint16_t before = *cell;

	*cell = saturate_u16(num_add_u32(before, v));
	return (uint32_t)(*cell - before);
}

static void cells_put(
	struct client *e, uint16_t *requests, uint16_t *errors, uint32_t r, uint32_t x)
{
	e->requests += cell_add(requests, r);
	e->errors += cell_add(errors, x);
}

/* Gives the entry a ring, or, when none is left, the steps; its slots move there. */
static void grow(struct clients *c, struct client *e)
{
	struct slot slots[SLOTS_MAX];
	int n = e->slots_n;

	memcpy(slots, e->in.slots, sizeof slots);
	e->requests = e->errors = 0;
	e->slots_n = 0;
	if (c->rings_free_n || c->rings_used < c->rings_max) {
		e->ring = c->rings_free_n ? c->ring_free[--c->rings_free_n] : c->rings_used++;
		e->form = FORM_RING;
		memset(&c->rings[e->ring], 0, sizeof *c->rings);
	} else {
		e->form = FORM_STEPS;
		memset(e->in.steps, 0, sizeof e->in.steps);
		c->totals.coarse++;
	}
	for (int k = 0; k < n; k++) {
		uint32_t second = e->at - (uint8_t)((uint8_t)e->at - slots[k].second);
		struct ring *ring = &c->rings[e->form == FORM_RING ? e->ring : 0];
		struct step *step = &e->in.steps[second / STEP_S % STEPS];
		bool in_ring = e->form == FORM_RING;
		/* steps hold 51 to 60 s: what is older than the oldest step is left out */
		if (!in_ring && e->at / STEP_S - second / STEP_S >= STEPS)
			continue;
		cells_put(e, in_ring ? &ring->requests[second % WINDOW] : &step->requests,
			in_ring ? &ring->errors[second % WINDOW] : &step->errors, slots[k].requests,
			slots[k].errors);
	}
}

static void put(
	struct clients *c, struct client *e, uint32_t second, uint32_t requests, uint32_t errors)
{
	if (e->form == FORM_SLOTS) {
		if (slots_put(e, second, requests, errors)) {
			e->requests += requests;
			e->errors += errors;
			return;
		}
		grow(c, e);
	}
	if (e->form == FORM_RING) {
		struct ring *r = &c->rings[e->ring];
		cells_put(e, &r->requests[second % WINDOW], &r->errors[second % WINDOW], requests,
			errors);
	} else if (e->at / STEP_S - second / STEP_S < STEPS) {
		struct step *s = &e->in.steps[second / STEP_S % STEPS];
		cells_put(e, &s->requests, &s->errors, requests, errors);
	}
}

struct clients_counts clients_add(struct clients *c, const struct address *client, int64_t second,
	int64_t now, uint32_t requests, uint32_t errors)
{
	uint64_t hash = hash_16(c->key, client->bytes);
	uint32_t i = find(c, client, hash);
	uint32_t now32 = (uint32_t)now;

	if (i == NONE) {
		i = enter(c, client, hash, now32);
	} else {
		advance(c, &c->pool[i], now32);
		if (c->newest != i) {
			unlink_time(c, i);
			link_newest(c, i);
		}
	}
	struct client *e = &c->pool[i];
	put(c, e, (uint32_t)second, requests, errors < requests ? errors : requests);
	return (struct clients_counts){e->requests, e->errors};
}

void clients_forget(struct clients *c, const struct address *client)
{
	uint32_t i = find(c, client, hash_16(c->key, client->bytes));

	if (i != NONE)
		drop(c, i);
}

void clients_clear(struct clients *c)
{
	while (c->oldest != NONE)
		drop(c, c->oldest);
}

void clients_expire(struct clients *c, int64_t now, uint32_t most)
{
	while (most-- && c->oldest != NONE && (uint32_t)now - c->pool[c->oldest].at >= WINDOW)
		drop(c, c->oldest);
}

uint32_t clients_n(const struct clients *c)
{
	return c->n;
}

/* What the client has at now, without moving it: a copy is moved. */
static struct clients_counts peek(const struct clients *c, const struct client *e, uint32_t now)
{
	struct client copy = *e;
	struct ring ring;

	if (now - e->at >= WINDOW)
		return (struct clients_counts){0, 0};
	if (e->form == FORM_RING) {
		ring = c->rings[e->ring];
		ring_advance(&copy, &ring, now);
	} else if (e->form == FORM_SLOTS) {
		slots_advance(&copy, now);
	} else {
		steps_advance(&copy, now);
	}
	return (struct clients_counts){copy.requests, copy.errors};
}

size_t clients_top(const struct clients *c, int64_t now, struct event_top *out, size_t cap)
{
	size_t n = 0;
	uint32_t i = c->newest;

	if (cap > EVENT_TOP_MAX)
		cap = EVENT_TOP_MAX;
	for (int look = 0; look < CLIENTS_TOP_LOOK && i != NONE; look++, i = c->pool[i].older) {
		const struct client *e = &c->pool[i];
		if (cap == 0 || (n == cap && weight(e, (uint32_t)now) <= out[n - 1].requests))
			continue;
		struct clients_counts counts = peek(c, e, (uint32_t)now);
		if (counts.requests == 0 || (n == cap && counts.requests <= out[n - 1].requests))
			continue;
		size_t k = n < cap ? n++ : n - 1;
		for (; k > 0 && out[k - 1].requests < counts.requests; k--)
			out[k] = out[k - 1];
		out[k] = (struct event_top){.requests = counts.requests, .errors = counts.errors};
		memcpy(out[k].client.bytes, e->key, 16);
		out[k].client.prefix_len = e->prefix_len;
	}
	return n;
}

struct clients_totals clients_totals(const struct clients *c)
{
	return c->totals;
}
