/* hash_pool.h - entries under keys of 16 bytes (addresses), in memory that is taken once.
 *
 * Method:  a pool, and a hash table of chains through its entries. Why not open addressing: entries
 *          stay where they are, so that nothing ever stalls to rehash, and other lists may link
 *          them by their index.
 * Growth:  by four buckets with each entry more than there ever were, up to `max` of them (linear
 *          hashing; W. Litwin, "Linear hashing: a new tool for file and table addressing", 1980).
 *          With few entries all that is looked at stays in the cache.
 * Memory:  `max` entries and as many buckets of 4 bytes; pages are touched as entries come.
 *          An index that was given back is used again before a new one.
 * Full:    the caller makes room: hash_pool_add needs n < max.
 * Cost:    O(1); chains are short, because the hash has a secret key. At most four buckets are
 *          divided when an entry is added.
 */
#ifndef CORE_BASE_HASH_POOL_H
#define CORE_BASE_HASH_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/base/hash.h"

/* Buckets for each entry, while there is memory: nearly each entry is the only one in its chain. A
 * pool that is full has one bucket for each. */
#define HASH_POOL_BUCKETS_EACH 4

/* No entry; indexes are below max. */
#define HASH_POOL_NONE UINT32_MAX

/* The first member of each entry. */
struct hash_pool_link {
	uint8_t key[16];
	uint32_t chain; /* next of the same bucket; next free one when unused */
};

struct hash_pool {
	void *entries;
	size_t entry_size;
	uint32_t *buckets; /* first entry + 1, so that fresh memory means empty */
	uint32_t buckets_n, buckets_max;
	uint32_t mask; /* the least power of 2 that is buckets_n or more, - 1 */
	uint32_t max;
	uint32_t used; /* entries ever used: those below it */
	uint32_t free; /* list of entries given back */
	uint32_t n;
	struct hash_key key;
};

/* Room for 1..2^31 entries of entry_size bytes. False when memory is short: then fini is still to
 * be called. */
bool hash_pool_init(struct hash_pool *p, uint32_t max, size_t entry_size, struct hash_key key);
/* Also of one of zeros. */
void hash_pool_fini(struct hash_pool *p);

static inline struct hash_pool_link *hash_pool_link(const struct hash_pool *p, uint32_t i)
{
	return (struct hash_pool_link *)((char *)p->entries + i * p->entry_size);
}

static inline uint64_t hash_pool_hash(const struct hash_pool *p, const uint8_t key[16])
{
	return hash_16(p->key, key);
}

static inline uint32_t *hash_pool_bucket(const struct hash_pool *p, uint64_t hash)
{
	uint32_t i = (uint32_t)hash & p->mask;

	return &p->buckets[i < p->buckets_n ? i : i & p->mask >> 1];
}

/* The first entry of the hash's chain, or HASH_POOL_NONE; often the one that has the hash. */
static inline uint32_t hash_pool_first(const struct hash_pool *p, uint64_t hash)
{
	return *hash_pool_bucket(p, hash) - 1; /* 0 - 1 is NONE */
}

/* `hash` is hash_pool_hash of the key, here and below. */
static inline uint32_t hash_pool_find(
	const struct hash_pool *p, const uint8_t key[16], uint64_t hash)
{
	uint32_t i = hash_pool_first(p, hash);

	while (i != HASH_POOL_NONE && memcmp(hash_pool_link(p, i)->key, key, 16) != 0)
		i = hash_pool_link(p, i)->chain;
	return i;
}

/* Makes buckets for one more entry, while there is memory for them. */
void hash_pool_grow(struct hash_pool *p);

/* Adds an entry, of zeros but for its link. The key must not be in the pool, and n must be below
 * max. */
static inline uint32_t hash_pool_add(struct hash_pool *p, const uint8_t key[16], uint64_t hash)
{
	uint32_t i = p->free != HASH_POOL_NONE ? p->free : p->used++;
	struct hash_pool_link *e = hash_pool_link(p, i);

	if (HASH_POOL_BUCKETS_EACH * (uint64_t)p->n >= p->buckets_n)
		hash_pool_grow(p);
	uint32_t *bucket = hash_pool_bucket(p, hash);
	if (i == p->free)
		p->free = e->chain;
	memset(e, 0, p->entry_size);
	memcpy(e->key, key, 16);
	e->chain = *bucket - 1;
	*bucket = i + 1;
	p->n++;
	return i;
}

/* Gives the entry back; all of it but its chain stays as it is until it is used again. */
static inline void hash_pool_remove(struct hash_pool *p, uint32_t i)
{
	struct hash_pool_link *e = hash_pool_link(p, i);
	uint32_t *bucket = hash_pool_bucket(p, hash_pool_hash(p, e->key));

	if (*bucket == i + 1) {
		*bucket = e->chain + 1; /* NONE + 1 is 0 */
	} else {
		struct hash_pool_link *before = hash_pool_link(p, *bucket - 1);
		while (before->chain != i)
			before = hash_pool_link(p, before->chain);
		before->chain = e->chain;
	}
	e->chain = p->free;
	p->free = i;
	p->n--;
}

#endif
