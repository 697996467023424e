/* top_networks.h - the /24 and /64 networks that the requests of the last minute come from.
 *
 * Path:    clients -> [top_networks] -> the site's alert.   Pure.
 * Bound:   the clients that clients_look shows, in a table of TOP_NETWORKS_SEEN_MAX networks.
 *          Requests of networks that do not fit in it count in the total alone.
 */
#ifndef CORE_MEASURE_TOP_NETWORKS_H
#define CORE_MEASURE_TOP_NETWORKS_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/measure/clients.h"
#include "core/base/hash.h"

#define TOP_NETWORKS_MAX      5    /* reported */
#define TOP_NETWORKS_SEEN_MAX 4096 /* different ones in the table */
#define TOP_NETWORKS_V4       24
#define TOP_NETWORKS_V6       64

struct top_network {
	struct address network;
	uint32_t requests; /* in the window */
	double share;      /* of all requests in it, 0..1 */
};

struct top_networks_entry {
	struct address network;
	uint32_t requests;
};

struct top_networks {
	struct hash_key key;
	uint64_t requests; /* of all that were looked at */
	uint32_t clients;
	uint32_t n;
	/* Places of the n entries, in the order in which they were found. */
	uint16_t found[TOP_NETWORKS_SEEN_MAX];
	/* Open addressing, half full at most. */
	struct top_networks_entry entries[TOP_NETWORKS_SEEN_MAX * 2];
};

/* Looks at the clients and puts the networks with the most requests into out, most first, and of
 * equal ones first the one that asked last; at most TOP_NETWORKS_MAX. Returns how many. */
size_t top_networks_find(
	struct top_networks *t, const struct clients *c, int64_t now, struct top_network *out);

#endif
