/* top_networks.h - the /24 and /48 networks that the requests, or the errors, of the last minute
 * come from.
 *
 * Path:    clients -> [top_networks] -> the site's alert.   Pure.
 * Bound:   the clients that clients_look shows. The table has a place for each, so none of their
 *          networks is left out, however many come before it.
 * Memory:  1 MiB, touched as far as there are networks.
 */
#ifndef CORE_MEASURE_TOP_NETWORKS_H
#define CORE_MEASURE_TOP_NETWORKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/measure/clients.h"
#include "core/base/hash.h"

#define TOP_NETWORKS_MAX      5            /* reported */
#define TOP_NETWORKS_SEEN_MAX CLIENTS_LOOK /* different ones in the table */
#define TOP_NETWORKS_V4       24
#define TOP_NETWORKS_V6       48

struct top_network {
	struct address network;
	uint32_t requests; /* in the window */
	uint32_t errors;   /* the same */
	double share;      /* of all in it that were counted, 0..1 */
};

struct top_networks_entry {
	struct address network;
	uint32_t requests;
	uint32_t errors;
};

struct top_networks {
	struct hash_key key;
	uint64_t requests; /* of all that were looked at */
	uint64_t errors;
	uint32_t clients;
	uint32_t n;
	/* Open addressing, half full at most: the number of an entry and 1; 0: none. */
	uint16_t places[TOP_NETWORKS_SEEN_MAX * 2];
	/* In the order in which they were found. */
	struct top_networks_entry entries[TOP_NETWORKS_SEEN_MAX];
};

/* Looks at the clients and puts the networks with the most requests into out, most first; `errors`:
 * with the most errors, times the share that these are of its requests. Of equal ones the first is
 * the one that asked last. At most TOP_NETWORKS_MAX, and none that has 0. Returns how many. */
size_t top_networks_find(struct top_networks *t, const struct clients *c, int64_t now, bool errors,
	struct top_network *out);

#endif
