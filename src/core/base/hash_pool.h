/* hash_pool.h - stores entries by keys of 16 bytes (addresses), in memory that is allocated once.
 *
 * Method:  a pool of entries, and a hash table whose chains link the entries. Open addressing would
 *          move entries. In this pool, entries stay in place, so other lists may link them by
 *          index. No insertion waits for a rehash of the whole table.
 * Growth:  linear hashing (W. Litwin, "Linear hashing: a new tool for file and table addressing",
 *          1980). When the number of entries reaches a new maximum, four buckets are added, up to
 *          `max` buckets. With few entries, the buckets and entries in use stay in the processor's
 *          cache.
 * Memory:  `max` entries and `max` buckets of 4 bytes. The kernel provides each page of this memory
 *          when an entry or bucket in it is first used. Indexes of removed entries are reused
 *          before new indexes are used.
 * Full:    the caller must remove an entry first: hash_pool_add needs n < max.
 * Cost:    O(1). Chains are short, because the hash has a secret key. Adding an entry splits at
 *          most four buckets.
 */
#ifndef CORE_BASE_HASH_POOL_H
#define CORE_BASE_HASH_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/base/hash.h"

/* Buckets per entry, until there are `max` buckets. With four buckets per entry, almost every entry
 * is alone in its chain. A full pool has one bucket per entry. */
#define HASH_POOL_BUCKETS_EACH 4

/* Means "no entry": every index is below max. */
#define HASH_POOL_NONE UINT32_MAX

/* Must be the first member of each entry. */
struct hash_pool_link {
	uint8_t key[16];
	uint32_t chain; /* next entry in the bucket; in a removed entry: the next removed entry */
};

struct hash_pool {
	void *entries;
	size_t entry_size;
	uint32_t *buckets; /* index of the first entry + 1, so that zeroed memory means empty */
	uint32_t buckets_n, buckets_max;
	uint32_t mask; /* the least power of 2 that is at least buckets_n, minus 1 */
	uint32_t max;
	uint32_t used; /* all entries below this index have been used */
	uint32_t free; /* first entry of the list of removed entries */
	uint32_t n;
	struct hash_key key;
};

/* Allocates room for 1..2^31 entries of entry_size bytes. Returns false if memory is short; the
 * caller must then still call hash_pool_fini. */
bool hash_pool_init(struct hash_pool *p, uint32_t max, size_t entry_size, struct hash_key key);
/* Also allowed for a pool that is all zeros. */
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

/* The first entry of the hash's chain, or HASH_POOL_NONE. It is usually the wanted entry. */
static inline uint32_t hash_pool_first(const struct hash_pool *p, uint64_t hash)
{
	return *hash_pool_bucket(p, hash) - 1; /* 0 - 1 is HASH_POOL_NONE */
}

/* The entry with this key, or HASH_POOL_NONE. In this function and in the next functions, `hash` is
 * hash_pool_hash of the key. */
static inline uint32_t hash_pool_find(
	const struct hash_pool *p, const uint8_t key[16], uint64_t hash)
{
	uint32_t i = hash_pool_first(p, hash);

	while (i != HASH_POOL_NONE && memcmp(hash_pool_link(p, i)->key, key, 16) != 0)
		i = hash_pool_link(p, i)->chain;
	return i;
}

/* Adds buckets for one more entry, up to `max` buckets in all. */
void hash_pool_grow(struct hash_pool *p);

/* Adds an entry that is all zeros except for its link. The key must not be in the pool, and n must
 * be below max. */
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

/* Removes the entry. All of its bytes except `chain` stay unchanged until the entry is used
 * again. */
static inline void hash_pool_remove(struct hash_pool *p, uint32_t i)
{
	struct hash_pool_link *e = hash_pool_link(p, i);
	uint32_t *bucket = hash_pool_bucket(p, hash_pool_hash(p, e->key));

	if (*bucket == i + 1) {
		*bucket = e->chain + 1; /* HASH_POOL_NONE + 1 is 0 */
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
