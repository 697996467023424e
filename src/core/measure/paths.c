/* paths.c - see paths.h.
 *
 * Entries do not move. A new entry directly takes the place of the evicted one, so there is no list
 * of free entries. Each kind is a doubly linked list in the order in which its entries were added.
 * A hit sets one bit and changes no link, because almost every request is a hit.
 *
 * An entry keeps its kind when its bitmaps are cleared, so paths that honest visits use stay
 * protected.
 */
#include "core/measure/paths.h"

#include <stdlib.h>
#include <string.h>

#include "core/measure/path_entry.h"

#define NONE           UINT32_MAX
#define BUCKETS_MIN    64
#define SECOND_CHANCES 8 /* maximum per new entry, so that the cost of adding it is bounded */

struct list {
	uint32_t newest, oldest;
};

struct paths {
	struct path_entry *entries;
	uint32_t *buckets; /* first entry + 1, so that zeroed memory means empty */
	uint32_t mask;     /* number of buckets in use - 1 */
	uint32_t mask_max; /* number of allocated buckets - 1 */
	uint32_t max;
	uint32_t n; /* number of entries in use: the first n of `entries` */
	struct list kinds[PATHS_KINDS];
	struct hash_key key;
	uint32_t shifted; /* seconds that paths_shift moved the clock ahead, modulo 2^32 */
	/* The walk: the next entry, and its kind; the kind is -1 at the end. */
	uint32_t walk_at;
	int walk_kind;
	struct paths_totals totals;
};

struct paths *paths_new(uint32_t max, struct hash_key key)
{
	struct paths *p = calloc(1, sizeof *p);
	uint32_t buckets = BUCKETS_MIN;

	if (!p)
		return NULL;
	while (buckets < max)
		buckets *= 2;
	p->entries = calloc(max, sizeof *p->entries);
	p->buckets = calloc(buckets, sizeof *p->buckets);
	if (!p->entries || !p->buckets) {
		paths_free(p);
		return NULL;
	}
	p->mask = BUCKETS_MIN - 1;
	p->mask_max = buckets - 1;
	p->max = max;
	p->key = key;
	p->walk_kind = -1;
	p->walk_at = NONE;
	for (int k = 0; k < PATHS_KINDS; k++)
		p->kinds[k] = (struct list){NONE, NONE};
	return p;
}

void paths_free(struct paths *p)
{
	if (!p)
		return;
	free(p->entries);
	free(p->buckets);
	free(p);
}

struct hash_key paths_key(const struct paths *p)
{
	return p->key;
}

void paths_set_key(struct paths *p, struct hash_key key)
{
	p->key = key;
}

uint64_t paths_hash(const struct paths *p, const char *path, size_t len)
{
	return hash_bytes(p->key, path, len);
}

static uint32_t *bucket_of(const struct paths *p, uint64_t hash)
{
	return &p->buckets[hash & p->mask];
}

void paths_prefetch(const struct paths *p, uint64_t hash)
{
	__builtin_prefetch(bucket_of(p, hash));
}

/* Assumes that the path is the first of its chain, because chains are short. Prefetches the first
 * and the last byte, because half of the entries span two cache lines (48 bytes in lines of 64). */
void paths_prefetch_entry(const struct paths *p, uint64_t hash)
{
	uint32_t i = *bucket_of(p, hash) - 1; /* 0 - 1 is NONE */

	if (i == NONE)
		return;
	const char *entry = (const char *)&p->entries[i];
	__builtin_prefetch(entry, 1);
	__builtin_prefetch(entry + sizeof(struct path_entry) - 1, 1);
}

static struct path_entry *find_entry(const struct paths *p, uint64_t hash)
{
	uint32_t i = *bucket_of(p, hash) - 1;

	while (i != NONE && p->entries[i].hash != hash)
		i = p->entries[i].chain;
	return i == NONE ? NULL : &p->entries[i];
}

static void unlink_entry(struct paths *p, uint32_t i)
{
	struct path_entry *e = &p->entries[i];
	struct list *list = &p->kinds[e->kind];

	if (p->walk_at == i)
		p->walk_at = e->older;
	if (e->newer == NONE)
		list->newest = e->older;
	else
		p->entries[e->newer].older = e->older;
	if (e->older == NONE)
		list->oldest = e->newer;
	else
		p->entries[e->older].newer = e->newer;
}

static void link_newest(struct paths *p, uint32_t i)
{
	struct path_entry *e = &p->entries[i];
	struct list *list = &p->kinds[e->kind];

	e->newer = NONE;
	e->older = list->newest;
	if (list->newest == NONE)
		list->oldest = i;
	else
		p->entries[list->newest].newer = i;
	list->newest = i;
}

static void link_oldest(struct paths *p, uint32_t i)
{
	struct path_entry *e = &p->entries[i];
	struct list *list = &p->kinds[e->kind];

	e->older = NONE;
	e->newer = list->oldest;
	if (list->oldest == NONE)
		list->newest = i;
	else
		p->entries[list->oldest].older = i;
	list->oldest = i;
}

static void unchain_entry(struct paths *p, uint32_t i)
{
	uint32_t *bucket = bucket_of(p, p->entries[i].hash), before = *bucket - 1;

	if (before == i) {
		*bucket = p->entries[i].chain + 1; /* NONE + 1 is 0 */
		return;
	}
	while (p->entries[before].chain != i)
		before = p->entries[before].chain;
	p->entries[before].chain = p->entries[i].chain;
}

static void chain_entry(struct paths *p, uint32_t i)
{
	uint32_t *bucket = bucket_of(p, p->entries[i].hash);

	p->entries[i].chain = *bucket - 1;
	*bucket = i + 1;
}

/* Doubles the number of buckets, and chains the first n entries again. A table with only a few
 * paths uses only a few buckets, which stay in the cache. If all buckets were in use, each look-up
 * would be a cache miss. */
static void grow_buckets(struct paths *p, uint32_t n)
{
	memset(p->buckets, 0, ((size_t)p->mask + 1) * sizeof *p->buckets);
	p->mask = 2 * p->mask + 1;
	for (uint32_t i = 0; i < n; i++)
		chain_entry(p, i);
}

/* Writes an entry to its place and chains it. It is in no list yet. */
static void place_entry(struct paths *p, uint32_t i, const struct path_entry *e)
{
	/* A new place is the first unused one, so entries 0 to i - 1 are chained again. The place
	 * of an evicted entry was new before, so it is at most `mask`. */
	if (i > p->mask && p->mask < p->mask_max)
		grow_buckets(p, i);
	p->entries[i] = *e;
	chain_entry(p, i);
}

/* Evicts an entry to make room for an entry of `kind`. Returns the place; NONE: the new entry must
 * not be stored. */
static uint32_t make_room(struct paths *p, enum paths_kind kind)
{
	int lowest = 0;

	while (p->kinds[lowest].oldest == NONE)
		lowest++;
	if (kind < PATHS_HONEST_SINGLE && lowest >= PATHS_HONEST_SINGLE) {
		p->totals.evicted[kind]++;
		return NONE;
	}
	uint32_t i = p->kinds[lowest].oldest;
	for (int k = 0; k < SECOND_CHANCES && p->entries[i].touched; k++) {
		p->entries[i].touched = 0;
		unlink_entry(p, i);
		link_newest(p, i);
		i = p->kinds[lowest].oldest;
	}
	unlink_entry(p, i);
	unchain_entry(p, i);
	p->totals.evicted[lowest]++;
	return i;
}

static struct path_entry *add_entry(struct paths *p, uint64_t hash, enum paths_kind kind)
{
	uint32_t i = p->n < p->max ? p->n : make_room(p, kind);

	p->totals.entered++;
	if (i == NONE)
		return NULL;
	p->n += p->n < p->max;
	place_entry(p, i, &(struct path_entry){.hash = hash, .kind = kind});
	link_newest(p, i);
	return &p->entries[i];
}

static void raise_kind(struct paths *p, struct path_entry *e, enum paths_kind kind)
{
	uint32_t i = (uint32_t)(e - p->entries);

	unlink_entry(p, i);
	e->kind = kind;
	link_newest(p, i);
}

/* Not inlined, so that paths_note saves no registers for it. */
static __attribute__((noinline)) void note_slowly(struct paths *p, uint64_t hash,
	struct path_entry *e, const struct address *client, enum paths_outcome outcome, bool honest,
	uint32_t now)
{
	if (!e)
		e = add_entry(p, hash, honest ? PATHS_HONEST_SINGLE : PATHS_SINGLE);
	if (!e)
		return;
	path_entry_note(e, p->key, client, outcome, honest, now);
	enum paths_kind kind = path_entry_kind(e);
	if (kind > e->kind)
		raise_kind(p, e, kind);
}

static void note_settled(struct path_entry *e, uint32_t now)
{
	if (!e->touched)
		e->touched = 1;
	if (e->failed || e->aged)
		path_entry_clear_failures(e);
	path_entry_set_served_at(e, now);
}

enum paths_standing paths_serve(struct paths *p, uint64_t hash, int64_t second)
{
	struct path_entry *e = find_entry(p, hash);

	if (!e || !path_entry_is_served(e))
		return PATHS_NEW;
	if (e->served_n < PATH_ENTRY_MANY)
		return PATHS_KNOWN;
	note_settled(e, (uint32_t)second - p->shifted);
	return PATHS_SETTLED;
}

void paths_note(struct paths *p, uint64_t hash, const struct address *client,
	enum paths_outcome outcome, bool honest, int64_t second)
{
	uint32_t now = (uint32_t)second - p->shifted;
	struct path_entry *e;

	if (outcome == PATHS_NEITHER)
		return;
	e = find_entry(p, hash);
	if (e && outcome == PATHS_SERVED && honest && e->served_n == PATH_ENTRY_MANY) {
		note_settled(e, now);
		return;
	}
	if (e && !e->touched)
		e->touched = 1;
	if (outcome == PATHS_SERVED && !honest)
		return;
	note_slowly(p, hash, e, client, outcome, honest, now);
}

bool paths_is_served(const struct paths *p, uint64_t hash)
{
	const struct path_entry *e = find_entry(p, hash);

	return e && path_entry_is_served(e);
}

bool paths_is_dead(const struct paths *p, uint64_t hash, int64_t second)
{
	const struct path_entry *e = find_entry(p, hash);

	return e && path_entry_is_dead(e, (uint32_t)second - p->shifted);
}

bool paths_is_bait(const struct paths *p, uint64_t hash, const struct address *client)
{
	const struct path_entry *e = find_entry(p, hash);

	return e && path_entry_is_bait(e, p->key, client);
}

uint32_t paths_n(const struct paths *p)
{
	return p->n;
}

struct paths_totals paths_totals(const struct paths *p)
{
	return p->totals;
}

void paths_shift(struct paths *p, int64_t seconds)
{
	p->shifted += (uint32_t)seconds;
}

void paths_walk_begin(struct paths *p)
{
	p->walk_kind = PATHS_KINDS - 1;
	p->walk_at = p->kinds[p->walk_kind].newest;
}

bool paths_walk(struct paths *p, struct paths_record *out)
{
	while (p->walk_at == NONE && p->walk_kind >= 0)
		if (--p->walk_kind >= 0)
			p->walk_at = p->kinds[p->walk_kind].newest;
	if (p->walk_kind < 0)
		return false;
	const struct path_entry *e = &p->entries[p->walk_at];
	p->walk_at = e->older;
	*out = (struct paths_record){.hash = e->hash,
		.failed = e->failed,
		.honest = e->honest,
		.kind = e->kind,
		.served_at = e->served_n ? e->served_at + p->shifted : 0,
		.touched = e->touched,
		.aged = e->aged,
		.dead = e->dead};
	memcpy(out->networks, e->networks, sizeof out->networks);
	return true;
}

bool paths_restore(struct paths *p, const struct paths_record *r)
{
	struct path_entry e = path_entry_restored(r);

	if (p->n == p->max || find_entry(p, r->hash))
		return false;
	e.served_at -= p->shifted;
	place_entry(p, p->n, &e);
	link_oldest(p, p->n++);
	return true;
}
