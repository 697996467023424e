/* second_counts.c - see second_counts.h.
 *
 * Why this table does not use hash_pool.h: there the keys are addresses, but here a client may have
 * entries in several seconds. The second, times an odd constant, is added to the client's hash. So
 * one hash of the address serves all seconds, and the client's entries do not share a chain.
 */
#include "core/measure/second_counts.h"

#include <stdlib.h>
#include <string.h>

#define NONE        UINT32_MAX
#define BUCKETS_MIN 64
/* 2^64 / the golden ratio: spreads consecutive seconds over all buckets. */
#define SPREAD UINT64_C(0x9e3779b97f4a7c15)

struct entry {
	uint8_t client[16];
	uint64_t requests, errors, own;
	uint32_t mix;   /* hash of client and second, which selects the bucket */
	uint32_t chain; /* next entry of the same bucket; for a removed entry, next removed entry */
	uint32_t next;  /* next entry of the same second */
	uint32_t slot;  /* slot of its second */
};

/* One open second. */
struct slot {
	int64_t second;
	struct instant due;
	uint32_t first, last; /* entries; NONE: the slot is unused */
};

struct second_counts {
	struct entry *entries;
	uint32_t *buckets; /* first entry + 1, so that zeroed memory means empty */
	/* `mask`: number of buckets in use - 1; `mask_max`: number of allocated buckets - 1 */
	uint32_t mask, mask_max;
	uint32_t max, n, used, free; /* `n`: entries in the table; `used`: ever
				      * used; `free`: list of removed entries */
	struct hash_key key;
	uint32_t next;      /* slot that is due first; NONE: no second is open */
	struct instant due; /* the time when this slot is due, or INSTANT_MAX */
	struct slot slots[SECOND_COUNTS_OPEN_MAX]; /* by second % SECOND_COUNTS_OPEN_MAX */
};

struct second_counts *second_counts_new(uint32_t max, struct hash_key key)
{
	struct second_counts *t = calloc(1, sizeof *t);
	uint32_t buckets = BUCKETS_MIN;

	if (!t)
		return NULL;
	while (buckets < max)
		buckets *= 2;
	/* A calloc this large returns fresh pages from the kernel. They are zeroed and use no
	 * memory until they are touched. */
	t->entries = calloc(max, sizeof *t->entries);
	t->buckets = calloc(buckets, sizeof *t->buckets);
	if (!t->entries || !t->buckets) {
		second_counts_free(t);
		return NULL;
	}
	t->mask = BUCKETS_MIN - 1;
	t->mask_max = buckets - 1;
	t->max = max;
	t->free = t->next = NONE;
	t->due = INSTANT_MAX;
	t->key = key;
	for (int i = 0; i < SECOND_COUNTS_OPEN_MAX; i++)
		t->slots[i].first = t->slots[i].last = NONE;
	return t;
}

void second_counts_free(struct second_counts *t)
{
	if (!t)
		return;
	free(t->entries);
	free(t->buckets);
	free(t);
}

uint64_t second_counts_hash(const struct second_counts *t, const struct address *client)
{
	return hash_16(t->key, client->bytes);
}

static uint32_t mix_of(uint64_t hash, int64_t second)
{
	return (uint32_t)((hash + (uint64_t)second * SPREAD) >> 32);
}

static uint32_t *bucket_of(const struct second_counts *t, uint32_t mix)
{
	return &t->buckets[mix & t->mask];
}

static uint32_t slot_of(int64_t second)
{
	return (uint32_t)((uint64_t)second % SECOND_COUNTS_OPEN_MAX);
}

void second_counts_prefetch(const struct second_counts *t, uint64_t hash, int64_t second)
{
	__builtin_prefetch(bucket_of(t, mix_of(hash, second)));
}

void second_counts_prefetch_entry(const struct second_counts *t, uint64_t hash, int64_t second)
{
	uint32_t i = *bucket_of(t, mix_of(hash, second)) - 1; /* 0 - 1 is NONE */

	if (i != NONE)
		__builtin_prefetch(&t->entries[i], 1);
}

static void chain_entry(struct second_counts *t, uint32_t i)
{
	uint32_t *bucket = bucket_of(t, t->entries[i].mix);

	t->entries[i].chain = *bucket - 1;
	*bucket = i + 1;
}

static void unchain_entry(struct second_counts *t, uint32_t i)
{
	uint32_t *bucket = bucket_of(t, t->entries[i].mix);
	uint32_t before = *bucket - 1;

	if (before == i) {
		*bucket = t->entries[i].chain + 1; /* NONE + 1 is 0 */
		return;
	}
	while (t->entries[before].chain != i)
		before = t->entries[before].chain;
	t->entries[before].chain = t->entries[i].chain;
}

/* Doubles the buckets. A table with only a few entries uses only a few buckets, which stay in the
 * cache. */
static void grow_buckets(struct second_counts *t)
{
	memset(t->buckets, 0, ((size_t)t->mask + 1) * sizeof *t->buckets);
	t->mask = 2 * t->mask + 1;
	for (int s = 0; s < SECOND_COUNTS_OPEN_MAX; s++)
		for (uint32_t i = t->slots[s].first; i != NONE; i = t->entries[i].next)
			chain_entry(t, i);
}

/* Finds the slot that is due first. If two are due at the same time, finds the one with the earlier
 * second. */
static void find_next(struct second_counts *t)
{
	t->next = NONE;
	t->due = INSTANT_MAX;
	for (uint32_t s = 0; s < SECOND_COUNTS_OPEN_MAX; s++) {
		const struct slot *slot = &t->slots[s];
		if (slot->first == NONE)
			continue;
		if (t->next == NONE || instant_before(slot->due, t->due) ||
			(slot->due.ms == t->due.ms && slot->second < t->slots[t->next].second)) {
			t->next = s;
			t->due = slot->due;
		}
	}
}

static void open_slot(struct second_counts *t, uint32_t s, int64_t second, struct instant due)
{
	t->slots[s] = (struct slot){.second = second, .due = due, .first = NONE, .last = NONE};
}

/* Adds an entry of zeros at the end of its slot. The table has room. */
static struct entry *add_entry(
	struct second_counts *t, const struct address *client, uint32_t mix, uint32_t s)
{
	struct slot *slot = &t->slots[s];
	uint32_t i = t->free != NONE ? t->free : t->used++;
	struct entry *e = &t->entries[i];

	if (i == t->free)
		t->free = e->chain;
	if (t->n++ > t->mask && t->mask < t->mask_max)
		grow_buckets(t);
	*e = (struct entry){.mix = mix, .next = NONE, .slot = s};
	memcpy(e->client, client->bytes, sizeof e->client);
	chain_entry(t, i);
	if (slot->last == NONE)
		slot->first = i;
	else
		t->entries[slot->last].next = i;
	slot->last = i;
	return e;
}

static struct entry *find_entry(
	const struct second_counts *t, const struct address *client, uint32_t mix, uint32_t s)
{
	for (uint32_t i = *bucket_of(t, mix) - 1; i != NONE; i = t->entries[i].chain) {
		struct entry *e = &t->entries[i];
		if (e->mix == mix && e->slot == s &&
			memcmp(e->client, client->bytes, sizeof e->client) == 0)
			return e;
	}
	return NULL;
}

bool second_counts_add(struct second_counts *t, const struct address *client, uint64_t hash,
	int64_t second, struct instant due, const struct second_counts_hit *hit)
{
	uint32_t mix = mix_of(hash, second), s = slot_of(second);
	bool opens = t->slots[s].first == NONE;

	if (!opens && t->slots[s].second != second)
		return false;
	struct entry *e = opens ? NULL : find_entry(t, client, mix, s);
	if (!e) {
		if (t->n == t->max)
			return false;
		if (opens)
			open_slot(t, s, second, due);
		e = add_entry(t, client, mix, s);
		if (opens)
			find_next(t);
	}
	e->requests += hit->requests;
	e->errors += hit->errors;
	e->own += hit->own;
	return true;
}

uint32_t second_counts_n(const struct second_counts *t)
{
	return t->n;
}

struct instant second_counts_due(const struct second_counts *t)
{
	return t->due;
}

int64_t second_counts_next(const struct second_counts *t)
{
	return t->slots[t->next].second;
}

int64_t second_counts_oldest(const struct second_counts *t)
{
	int64_t oldest = t->slots[t->next].second;

	for (int s = 0; s < SECOND_COUNTS_OPEN_MAX; s++)
		if (t->slots[s].first != NONE && t->slots[s].second < oldest)
			oldest = t->slots[s].second;
	return oldest;
}

void second_counts_hurry(struct second_counts *t, struct instant due)
{
	for (int s = 0; s < SECOND_COUNTS_OPEN_MAX; s++)
		if (t->slots[s].first != NONE && instant_before(due, t->slots[s].due))
			t->slots[s].due = due;
	find_next(t);
}

bool second_counts_first(const struct second_counts *t, int64_t second, struct address *client,
	struct second_counts_hit *hit)
{
	const struct slot *slot = &t->slots[slot_of(second)];

	if (slot->first == NONE || slot->second != second)
		return false;
	const struct entry *e = &t->entries[slot->first];
	memcpy(client->bytes, e->client, sizeof client->bytes);
	client->prefix_len = address_is_v4(client) ? 32 : 128;
	*hit = (struct second_counts_hit){e->requests, e->errors, e->own};
	return true;
}

void second_counts_leave(
	struct second_counts *t, int64_t second, const struct second_counts_hit *left)
{
	struct slot *slot = &t->slots[slot_of(second)];
	uint32_t i = slot->first;
	struct entry *e = &t->entries[i];

	if (left->requests > 0) {
		e->requests = left->requests;
		e->errors = left->errors;
		e->own = left->own;
		return;
	}
	unchain_entry(t, i);
	slot->first = e->next;
	if (slot->first == NONE) {
		slot->last = NONE;
		find_next(t);
	}
	e->chain = t->free;
	t->free = i;
	t->n--;
}
