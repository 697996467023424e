/* teachers.h - which clients have taught already: a client may teach once in 24 to 48 h, and only a
 * few clients of one network may teach.
 *
 * Path:    visits -> [teachers].   Pure.
 * Method:  two Bloom filters with a secret key (B. H. Bloom 1970), called generations. Clients are
 *          added to the present generation. Every 24 h the generations turn: the present generation
 *          becomes the previous one, and a new one begins empty. A client is remembered while it is
 *          in one of them: for 24 to 48 h. A counting filter counts the clients that the present
 *          generation contains of each IPv4 /24 or IPv6 /48.
 * Errs:    a client that has not taught may be treated as a client that has taught, but not the
 *          reverse. With 1,000,000 clients per day, about 1 in 400 does not teach for this reason.
 * Memory:  at most 4.6 bytes per client if the number of clients is a power of two, and 9.1 if it
 *          is a power of two plus 1. The kernel provides the memory as clients are admitted.
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

/* True if the client was admitted. The answer becomes false 24 to 48 h after the admission. */
bool teachers_has(struct teachers *t, const struct address *client, int64_t second);

/* The clock was moved by `seconds`, forward or back. */
void teachers_shift(struct teachers *t, int64_t seconds);

/* The parts that the memory file stores: the key, the time when the generations turned last, and
 * the bits of all filters in cells of 32 bits. */
struct teachers_head {
	struct hash_key key;
	int64_t turned; /* second of the last turn; 0: no client was added yet */
};
struct teachers_head teachers_head(const struct teachers *t);
void teachers_restore(struct teachers *t, const struct teachers_head *head);
uint32_t teachers_cells(const struct teachers *t);
uint32_t teachers_cell(const struct teachers *t, uint32_t i);
void teachers_restore_cell(struct teachers *t, uint32_t i, uint32_t bits);

#endif
