/* top_networks.h - the /24 and /48 networks with the most requests, or errors, in the window.
 *
 * Path:    clients -> [top_networks] -> the site's alert.   Pure.
 * Bound:   clients_look examines at most CLIENTS_LOOK clients, and only these are counted. The
 *          table has a place for each of these clients, so it has room for all of their networks.
 * Memory:  1 MiB. Pages enter memory as networks are found.
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
#define TOP_NETWORKS_SEEN_MAX CLIENTS_LOOK /* maximum number of different networks in the table */
#define TOP_NETWORKS_V4       24
#define TOP_NETWORKS_V6       48

struct top_network {
	struct address network;
	uint32_t requests; /* in the window */
	uint32_t errors;   /* in the window */
	double share;      /* of all counted requests or, in a search by errors, errors; 0..1 */
};

struct top_networks_entry {
	struct address network;
	uint32_t requests;
	uint32_t errors;
};

struct top_networks {
	struct hash_key key;
	uint64_t requests; /* of all clients that were examined */
	uint64_t errors;
	uint32_t clients;
	uint32_t n;
	/* Open addressing, at most half full: the number of an entry + 1; 0: none. */
	uint16_t places[TOP_NETWORKS_SEEN_MAX * 2];
	/* In the order in which they were found. */
	struct top_networks_entry entries[TOP_NETWORKS_SEEN_MAX];
};

/* Finds the networks with the most requests, most first. With `errors`: the networks with the
 * highest product of their errors and the share of errors in their requests. Of two networks with
 * equal values, the one with the newest request is first. At most TOP_NETWORKS_MAX networks, none
 * with a count of 0. Returns their number. */
size_t top_networks_find(struct top_networks *t, const struct clients *c, int64_t now, bool errors,
	struct top_network *out);

#endif
