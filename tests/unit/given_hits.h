/* given_hits.h - counts requests in a table of clients (core/measure/clients.h), for tests. */
#ifndef TESTS_UNIT_GIVEN_HITS_H
#define TESTS_UNIT_GIVEN_HITS_H

#include "core/measure/clients.h"

/* Counts requests without a path. Returns the counts of the client at `now`. */
static inline struct client_counts add_hit(struct clients *c, const struct address *client,
	int64_t second, int64_t now, uint32_t requests, uint32_t errors, uint32_t own)
{
	struct clients_hit hit = {
		.second = second, .requests = requests, .errors = errors, .own = own};

	return clients_add(c, client, clients_hash_prefetch(c, client), now, &hit);
}

#endif
