/* second_counts.h - what each client did in each second that is not published yet.
 *
 * Path:    logclock -> engine/counting -> [second_counts] -> engine/counting -> record/counts.
 *          Pure: no clock.
 * Order:   the clients of a second come out in the order in which they came in, whatever the key.
 * Method:  a hash table of (client, second) with chains; each second lists its entries. A second
 *          opens with its first client, and closes with the last that is taken out.
 * Memory:  taken once: 56 bytes for each entry, and up to 8 bytes of buckets; pages are touched as
 *          entries come. Entries that were taken out are used again before new ones.
 * Full:    second_counts_add refuses a new entry; the caller takes some out, and tries again.
 * Seconds: at most SECOND_COUNTS_OPEN_MAX are open. The newest and the oldest of a run lie 122 s
 *          apart: a line may be 60 s late, and may wait for a grace of 60 s.
 * Cost:    O(1) for each request. Twice as many buckets are linked at once when entries double.
 */
#ifndef CORE_MEASURE_SECOND_COUNTS_H
#define CORE_MEASURE_SECOND_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/base/hash.h"
#include "core/base/instant.h"

#define SECOND_COUNTS_OPEN_MAX 256

struct second_counts;

/* Requests, and those of them that are errors, and the client's own: own <= errors <= requests. */
struct second_counts_hit {
	uint64_t requests, errors, own;
};

/* Room for 1..2^31 entries. NULL when memory is short. */
struct second_counts *second_counts_new(uint32_t max, struct hash_key key);
/* Also of NULL. */
void second_counts_free(struct second_counts *t);

/* The hash of a client, whose prefix has no part in it. */
uint64_t second_counts_hash(const struct second_counts *t, const struct address *client);

/* For a client that will be added soon: two steps fetch the memory that second_counts_add will
 * touch. Other work comes between them. */
void second_counts_prefetch(const struct second_counts *t, uint64_t hash, int64_t second);
void second_counts_prefetch_entry(const struct second_counts *t, uint64_t hash, int64_t second);

/* Counts. `due`: when the second is to be published, if it opens with this. False, and nothing
 * changes: there is no room for another entry, or for another second. */
bool second_counts_add(struct second_counts *t, const struct address *client, uint64_t hash,
	int64_t second, struct instant due, const struct second_counts_hit *hit);

/* Entries in the table. */
uint32_t second_counts_n(const struct second_counts *t);

/* When the next second is due; INSTANT_MAX: none is open. */
struct instant second_counts_due(const struct second_counts *t);

/* That second, or the earlier one of two; the earliest of all. The table must not be empty. */
int64_t second_counts_next(const struct second_counts *t);
int64_t second_counts_oldest(const struct second_counts *t);

/* All open seconds are due at `due`, at the latest. */
void second_counts_hurry(struct second_counts *t, struct instant due);

/* The first client of a second that is open, which has the counts *hit; false: none is left. The
 * prefix is not kept: *client is a whole address. */
bool second_counts_first(const struct second_counts *t, int64_t second, struct address *client,
	struct second_counts_hit *hit);
/* It has only these counts left; none: it is taken out. */
void second_counts_leave(
	struct second_counts *t, int64_t second, const struct second_counts_hit *left);

#endif
