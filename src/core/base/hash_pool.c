/* hash_pool.c - see hash_pool.h. The header contains all functions that run for each request of a
 * client that is already in the table. */
#include "core/base/hash_pool.h"

#include <stdlib.h>

#define BUCKETS_MIN 64

bool hash_pool_init(struct hash_pool *p, uint32_t max, size_t entry_size, struct hash_key key)
{
	uint32_t buckets = max > BUCKETS_MIN ? max : BUCKETS_MIN;

	/* A calloc this large returns fresh pages from the kernel. They are zeroed and use no
	 * memory until they are touched. */
	*p = (struct hash_pool){.entries = calloc(max, entry_size),
		.entry_size = entry_size,
		.buckets = calloc(buckets, sizeof *p->buckets),
		.buckets_n = BUCKETS_MIN,
		.buckets_max = buckets,
		.mask = BUCKETS_MIN - 1,
		.max = max,
		.free = HASH_POOL_NONE,
		.key = key};
	return p->entries && p->buckets;
}

void hash_pool_fini(struct hash_pool *p)
{
	free(p->entries);
	free(p->buckets);
}

/* Adds one bucket and moves entries of an older bucket to it. */
static void split_bucket(struct hash_pool *p)
{
	uint32_t to = p->buckets_n++;

	if (to > p->mask)
		p->mask = 2 * p->mask + 1;
	uint32_t *from = &p->buckets[to & p->mask >> 1];
	uint32_t left = *from - 1; /* 0 - 1 is HASH_POOL_NONE */
	*from = 0;
	while (left != HASH_POOL_NONE) {
		struct hash_pool_link *e = hash_pool_link(p, left);
		uint32_t *bucket = hash_pool_bucket(p, hash_pool_hash(p, e->key));
		uint32_t after = e->chain;
		e->chain = *bucket - 1;
		*bucket = left + 1;
		left = after;
	}
}

void hash_pool_grow(struct hash_pool *p)
{
	for (int k = 0; k < HASH_POOL_BUCKETS_EACH && p->buckets_n < p->buckets_max; k++)
		split_bucket(p);
}
