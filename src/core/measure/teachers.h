/* teachers.h - who has taught already: once in 24 h a client, 8 times a day a network.
 *
 * Path:    visits -> [teachers].   Pure.
 * Method:  keyed Bloom filters (B. H. Bloom 1970) of two generations, turned every 24 h, so a
 *          client is remembered for 24 to 48 h; counters of the same kind for its /24 or /48, of
 *          one generation.
 * Errs:    only towards "has taught": with 1,000,000 clients a day about 1 in 400 does not teach.
 * Memory:  at most 4.8 bytes for each client of a table that has a power of two, 9.1 for one more;
 *          touched as they come.
 */
#ifndef CORE_MEASURE_TEACHERS_H
#define CORE_MEASURE_TEACHERS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/base/hash.h"

struct teachers;

/* NULL when memory is short. */
struct teachers *teachers_new(uint32_t clients, uint32_t per_network, struct hash_key key);
void teachers_free(struct teachers *t);

/* Whether the client may teach at `second`; when it may, that is its turn. */
bool teachers_admit(struct teachers *t, const struct address *client, int64_t second);

/* Whether the client was admitted in the last 24 to 48 h. */
bool teachers_has(struct teachers *t, const struct address *client, int64_t second);

/* The clock that seconds are told by was set: `seconds` ahead, or back. */
void teachers_shift(struct teachers *t, int64_t seconds);

/* What outlives a restart, for core/record/memory: the key and the last turn, and all bits as cells
 * of 32. */
struct teachers_head {
	struct hash_key key;
	int64_t turned; /* second; 0: none yet */
};
struct teachers_head teachers_head(const struct teachers *t);
void teachers_restore(struct teachers *t, const struct teachers_head *head);
uint32_t teachers_cells(const struct teachers *t);
uint32_t teachers_cell(const struct teachers *t, uint32_t i);
void teachers_restore_cell(struct teachers *t, uint32_t i, uint32_t bits);

#endif
