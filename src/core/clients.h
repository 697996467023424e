/* clients.h - every client's requests and errors of the last 60 s, exact to the second, in fixed
 * memory.
 *
 * Path:    line -> engine -> [clients] -> rules. Pure: no I/O, no clock.
 * Method:  a hash table (SipHash under a secret key) whose entries are also linked by the time of
 *          their last request. An entry holds its seconds itself while they are few, in a ring of
 *          60 from a second pool when they are many, and, when that pool is used up, in six steps
 *          of 10 s. A request counts in [now - 59 s, now].
 * Cost:    O(1) a request, whatever the table's size.
 * Memory:  taken at start from `max`; touched as it fills: 76 bytes a quiet client, 240 more a
 *          busy one.
 * Full:    of a few candidates (the least recently seen and some at random) the one with the
 *          fewest requests makes room: a flood of new addresses pushes out its own kind.
 * Time:    `now` must not go backwards between calls; a request's second lies in its window.
 */
#ifndef CORE_CLIENTS_H
#define CORE_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "core/event.h"
#include "core/hash.h"

struct clients;

/* In the 60 s that end with now. */
struct clients_counts {
	uint32_t requests;
	uint32_t errors;
};

struct clients_totals {
	uint64_t entered; /* clients that came, again after 60 s of silence */
	uint64_t evicted;
	uint64_t coarse; /* clients that had to be counted in 10-s steps */
};

/* `max` clients (1..100 million), `rings` busy ones. NULL when memory is short. */
struct clients *clients_new(uint32_t max, uint32_t rings, struct hash_key key);
void clients_free(struct clients *c);

/* Counts requests and errors of `client` at `second` (now - 59..now) and gives its counts at now.
 * Sums saturate. */
struct clients_counts clients_add(struct clients *c, const struct address *client, int64_t second,
	int64_t now, uint32_t requests, uint32_t errors);

/* Drops a client and its counts, if it is there. */
void clients_forget(struct clients *c, const struct address *client);

/* Drops all clients. */
void clients_clear(struct clients *c);

/* Drops at most `most` clients without a request in the window. Few at each request keep up with
 * any flood, since a request adds at most one. */
void clients_expire(struct clients *c, int64_t now, uint32_t most);

/* Clients held. Those that are silent for 60 s but not yet dropped are among them. */
uint32_t clients_n(const struct clients *c);

/* The clients with the most requests at now, most first, at most `cap` and at most EVENT_TOP_MAX;
 * looks at the CLIENTS_TOP_LOOK that were seen last, so that it never takes long. A heavy client is
 * always among those. */
#define CLIENTS_TOP_LOOK 32768
size_t clients_top(const struct clients *c, int64_t now, struct event_top *out, size_t cap);

struct clients_totals clients_totals(const struct clients *c);

#endif
