/* networks.h - the /24 and /64 networks that the requests of the last minute come from.
 *
 * Path:    clients -> [networks] -> the site's alert.   Pure.
 * Bound:   the clients that clients_look shows, in a table of NETWORKS_MAX networks; what does not
 *          fit in it counts in the total alone.
 */
#ifndef CORE_NETWORKS_H
#define CORE_NETWORKS_H

#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "core/clients.h"
#include "core/event.h"
#include "core/hash.h"

#define NETWORKS_MAX 4096
#define NETWORKS_V4  24
#define NETWORKS_V6  64

struct networks_entry {
	struct address network;
	uint32_t requests;
};

struct networks {
	struct hash_key key;
	uint64_t requests; /* of all that were looked at */
	uint32_t clients;
	uint32_t n;
	struct networks_entry entries[NETWORKS_MAX * 2]; /* open addressing, half full at most */
};

/* Looks at the clients and puts the networks with the most requests into out, most first, at most
 * EVENT_NETWORKS_MAX; returns how many. */
size_t networks_top(
	struct networks *t, const struct clients *c, int64_t now, struct event_network *out);

#endif
