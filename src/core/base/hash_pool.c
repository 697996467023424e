/* hash_pool.c - see hash_pool.h, which has all that is done for each request. */
#include "core/base/hash_pool.h"

#include <stdlib.h>

bool hash_pool_init(struct hash_pool *p, uint32_t max, size_t entry_size, struct hash_key key)
{
	uint32_t buckets = 64;

	while (buckets < max)
		buckets *= 2;
	/* calloc of this size is fresh pages from the kernel: zero, and not touched until used */
	*p = (struct hash_pool){.entries = calloc(max, entry_size),
		.entry_size = entry_size,
		.buckets = calloc(buckets, sizeof *p->buckets),
		.mask = buckets - 1,
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
