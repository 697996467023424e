/* teachers.h - who has taught already: once in 24 h a client, 8 times a day a network.
 *
 * Path:    visits -> [taught].   Pure.
 * Method:  keyed Bloom filters (B. H. Bloom 1970) of two generations, turned every 24 h, so a
 *          client is remembered for 24 to 48 h; counters of the same kind for its /24 or /48, of
 *          one generation.
 * Errs:    only towards "has taught": with 1,000,000 clients a day about 1 in 400 does not teach.
 * Memory:  fixed: 4 bytes for each client of the table, at least 64 KiB.
 */
#ifndef CORE_MEASURE_TEACHERS_H
#define CORE_MEASURE_TEACHERS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/base/hash.h"

struct taught;

/* NULL when memory is short. */
struct taught *taught_new(uint32_t clients, uint32_t per_network, struct hash_key key);
void taught_free(struct taught *t);

/* Whether the client may teach at `second`; when it may, that is its turn. */
bool taught_take(struct taught *t, const struct address *client, int64_t second);

/* The clock that seconds are told by was set: `seconds` ahead, or back. */
void taught_shift(struct taught *t, int64_t seconds);

/* What outlives a restart, for core/record/memory: the key and the last turn, and all bits as cells of 32. */
struct taught_head {
	struct hash_key key;
	int64_t turned; /* second; 0: none yet */
};
struct taught_head taught_head(const struct taught *t);
void taught_restore(struct taught *t, const struct taught_head *head);
uint32_t taught_cells(const struct taught *t);
uint32_t taught_cell(const struct taught *t, uint32_t i);
void taught_restore_cell(struct taught *t, uint32_t i, uint32_t bits);

#endif
