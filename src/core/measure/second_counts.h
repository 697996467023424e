/* second_counts.h - the counts of each client in each second that is not published yet.
 *
 * Path:    logclock -> engine/counting -> [second_counts] -> engine/counting -> record/counts.
 *          Pure: no clock.
 * Order:   the clients of a second are returned in the order in which they were added. The key of
 *          the hashes does not change this order.
 * Method:  a hash table of (client, second) with chains; each second lists its entries. A second
 *          opens with its first client, and closes when its last client is removed.
 * Memory:  allocated once: 56 bytes per entry, and up to 8 bytes per entry for the buckets; pages
 *          enter memory as entries are added. Removed entries are reused before new memory is used.
 * Full:    second_counts_add returns false for a new entry; the caller removes entries and retries.
 * Seconds: at most SECOND_COUNTS_OPEN_MAX are open. In a run, the newest and the oldest are at most
 *          122 s apart. A line may be up to 60 s late, and its second may then stay open for a
 *          grace period of up to 60 s. In this time, another line may be up to 2 s ahead.
 * Cost:    O(1) per request. When the entries outnumber the buckets, the number of buckets doubles,
 *          and the same call chains all entries again.
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

/* Requests, those that are errors, and those that are own errors: own <= errors <= requests. */
struct second_counts_hit {
	uint64_t requests, errors, own;
};

/* `max`: maximum number of entries, 1..2^31. Returns NULL if memory is short. */
struct second_counts *second_counts_new(uint32_t max, struct hash_key key);
/* NULL is allowed. */
void second_counts_free(struct second_counts *t);

/* The hash of a client. It does not depend on the prefix length. */
uint64_t second_counts_hash(const struct second_counts *t, const struct address *client);

/* Two steps that prefetch the memory that second_counts_add will touch, for a client that will be
 * added soon. Do other work between the steps. */
void second_counts_prefetch(const struct second_counts *t, uint64_t hash, int64_t second);
void second_counts_prefetch_entry(const struct second_counts *t, uint64_t hash, int64_t second);

/* Counts a hit. `due`: the time to publish the second, if this hit opens it. Returns false and
 * changes nothing if there is no room for another entry, or for another second. */
bool second_counts_add(struct second_counts *t, const struct address *client, uint64_t hash,
	int64_t second, struct instant due, const struct second_counts_hit *hit);

/* Number of entries in the table. */
uint32_t second_counts_n(const struct second_counts *t);

/* The time when the next second is due; INSTANT_MAX: no second is open. */
struct instant second_counts_due(const struct second_counts *t);

/* second_counts_next returns the open second with the earliest due time. If several seconds have
 * this due time, it returns the earliest of them. second_counts_oldest returns the earliest open
 * second. The table must not be empty. */
int64_t second_counts_next(const struct second_counts *t);
int64_t second_counts_oldest(const struct second_counts *t);

/* Sets the due time of each open second that is due later than `due` to `due`. */
void second_counts_hurry(struct second_counts *t, struct instant due);

/* Returns the first client of an open second, and its counts. False: no client is left. The prefix
 * length is not stored: *client is a whole address. */
bool second_counts_first(const struct second_counts *t, int64_t second, struct address *client,
	struct second_counts_hit *hit);
/* Replaces the counts of the first client. If no requests are left, the client is removed. */
void second_counts_leave(
	struct second_counts *t, int64_t second, const struct second_counts_hit *left);

#endif
