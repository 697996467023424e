/* heavy_hitters.h - the few addresses that make most of the requests.
 *
 * Path:    clients (a visit ends) -> [heavy_hitters] -> ban_holds.   Pure.
 * Method:  space-saving counters (A. Metwally, D. Agrawal, A. El Abbadi 2005) in three generations
 *          of 6 h; the first generation of a site lasts 30 min. At each turn a new generation
 *          begins, and the oldest is forgotten. An address with more than 1/64 of a generation's
 *          requests always has a counter. Its count is too high by at most 1/64 of these requests.
 * Cost:    O(1) per visit. heavy_hitters_has walks over the 64 counters of the newest generation
 *          only if the busiest addresses may have made enough requests. Their requests are at most
 *          their sum at the last walk plus all new requests. For each counter, the sum of its
 *          client's requests in the older generations is stored, too, because this sum does not
 *          change before the next turn.
 * Why:     a proxy makes most of the requests all day. An attacker on a quiet site makes most of
 *          them, too, but only for half an hour, or for one generation of 6 h. So three generations
 *          are examined. In a test with only one generation, bans for bursts of 14 requests per
 *          second every 145 s were held back on five of eight real logs.
 */
#ifndef CORE_MEASURE_HEAVY_HITTERS_H
#define CORE_MEASURE_HEAVY_HITTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/base/top_k.h"

#define HEAVY_HITTERS_COUNTERS     64
#define HEAVY_HITTERS_TURN_S       (6 * 3600)
#define HEAVY_HITTERS_FIRST_TURN_S 1800
#define HEAVY_HITTERS_GENERATIONS  3
#define HEAVY_HITTERS_MAX          5
#define HEAVY_HITTERS_MIN          1000

struct heavy_hitters_counter {
	struct address client;
	uint64_t requests;
};

/* Returns an empty list for the k counters with the most requests. The list uses `storage`, which
 * the caller owns. */
struct top_k heavy_hitters_top(struct heavy_hitters_counter *storage, size_t k);

struct heavy_hitters_generation {
	uint32_t n;
	uint64_t total;
	struct heavy_hitters_counter counters[HEAVY_HITTERS_COUNTERS];
};

/* A few clients that make most of the requests. */
struct heavy_hitters_few {
	uint32_t n;
	struct address clients[HEAVY_HITTERS_MAX];
};

/* Computed at most once per second, because heavy_hitters_has is called at each request of a proxy
 * whose ban is held back. */
struct heavy_hitters_found {
	int64_t second; /* of the computation; 0: not yet computed */
	double share;
	struct heavy_hitters_few few;
};

#define HEAVY_HITTERS_OVER    ((HEAVY_HITTERS_GENERATIONS - 1) * HEAVY_HITTERS_COUNTERS)
#define HEAVY_HITTERS_BUCKETS 256

/* Finds the counter of a client, by chained hashing. Values are indices of counters, + 1; 0:
 * none. */
struct heavy_hitters_index {
	uint8_t heads[HEAVY_HITTERS_BUCKETS];
	uint8_t next[HEAVY_HITTERS_OVER];
};

/* Values derived from the older generations; they do not change before the next turn. */
struct heavy_hitters_over {
	bool merged; /* the sums are valid; false after a turn or a restart, until they are computed
		      * again */
	uint32_t n;
	/* Each client of the older generations with its requests in all of them, most first. */
	struct heavy_hitters_counter clients[HEAVY_HITTERS_OVER];
	struct heavy_hitters_index index; /* of `clients` */
	/* For each counter of generations[0]: its client's requests in the older generations; 0:
	 * none. */
	uint64_t before[HEAVY_HITTERS_COUNTERS];
	double share; /* the share for which `few` was computed; -1: not yet computed */
	struct heavy_hitters_few few[HEAVY_HITTERS_GENERATIONS]; /* for each older
								  * generation; [0] is unused */
};

/* Speeds up counting in generations[0]; computed together with `over`. */
struct heavy_hitters_quick {
	struct heavy_hitters_index index;
	/* No counter has fewer requests than `least`. All counters before `least_at` have more. */
	uint64_t least;
	uint32_t least_at;
	/* upper bound of the requests of any HEAVY_HITTERS_MAX clients together in all
	 * generations */
	uint64_t most;
};

/* No client has two counters in one generation. */
struct heavy_hitters {
	struct heavy_hitters_found found;
	uint64_t seen;  /* requests of this run while the site was
			 * normal, whether or not their visits have ended */
	int64_t turned; /* second of the last turn; 0: no request yet */
	/* [0] is the newest, which counts new requests; [1] is the previous one. */
	struct heavy_hitters_generation generations[HEAVY_HITTERS_GENERATIONS];
	/* All zeros is valid: `over` and `quick` are computed when they are needed. */
	struct heavy_hitters_over over;
	struct heavy_hitters_quick quick;
};

/* Adds the requests of a visit, or a lap, that ended while the site was normal. */
void heavy_hitters_add(
	struct heavy_hitters *h, const struct address *client, uint32_t requests, int64_t second);

/* Checks the smallest group of addresses that made over `share` of all requests. True if the client
 * is in this group, and the group has at most HEAVY_HITTERS_MAX addresses. Both must be true for
 * all generations together and for each older generation. False while fewer than HEAVY_HITTERS_MIN
 * requests were counted, because so few requests do not show a proxy. */
bool heavy_hitters_has(
	struct heavy_hitters *h, const struct address *client, double share, int64_t second);

#endif
