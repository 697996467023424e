/* teachers.h - which clients have taught already: each client once in 24 h, 8 clients per network.
 *
 * Path:    visits -> [teachers].   Pure.
 * Method:  keyed Bloom filters (B. H. Bloom 1970) of two generations, which turn every 24 h. So a
 *          client is remembered for 24 to 48 h. A counting filter of one generation counts the
 *          clients of each /24 or /48.
 * Errs:    a client that has not taught may be treated as a client that has taught, but not the
 *          reverse. With 1,000,000 clients per day, about 1 in 400 does not teach for this reason.
 * Memory:  at most 4.8 bytes per client if the number of clients is a power of two, and 9.1 if it
 *          is one more. Pages enter memory as clients are admitted.
 */
#ifndef CORE_MEASURE_TEACHERS_H
#define CORE_MEASURE_TEACHERS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/base/hash.h"

struct teachers;

/* Returns NULL if memory is short. `per_network`: maximum number of clients of one network that
 * teach per generation. */
struct teachers *teachers_new(uint32_t clients, uint32_t per_network, struct hash_key key);
void teachers_free(struct teachers *t);

/* True if the client may teach at `second`. It may then not teach again for 24 to 48 h. */
bool teachers_admit(struct teachers *t, const struct address *client, int64_t second);

/* True if the client was admitted in the last 24 to 48 h. */
bool teachers_has(struct teachers *t, const struct address *client, int64_t second);

/* The clock was moved by `seconds`, forward or back. */
void teachers_shift(struct teachers *t, int64_t seconds);

/* The parts that the memory file stores: the key, the last turn, and all bits in cells of 32
 * bits. */
struct teachers_head {
	struct hash_key key;
	int64_t turned; /* second; 0: no client yet */
};
struct teachers_head teachers_head(const struct teachers *t);
void teachers_restore(struct teachers *t, const struct teachers_head *head);
uint32_t teachers_cells(const struct teachers *t);
uint32_t teachers_cell(const struct teachers *t, uint32_t i);
void teachers_restore_cell(struct teachers *t, uint32_t i, uint32_t bits);

#endif
