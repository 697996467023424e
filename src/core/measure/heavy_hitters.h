/* heavy_hitters.h - the few addresses that make most of the requests.
 *
 * Path:    clients (a visit ends) -> [heavy_hitters] -> ban_holds.   Pure.
 * Method:  space-saving counters (A. Metwally, D. Agrawal, A. El Abbadi 2005) in three
 *          generations of 6 h, the first of 30 min: an address with more than 1/64 of the
 *          requests is among them, and its count is too high by at most that.
 * Cost:    O(1) a visit. An answer walks over the 64 counters of the newest generation only when
 *          the busiest may have made enough: since it did so last, they have gained no more than
 *          all have. Each counter has its sum in the older generations beside it: these do not
 *          change before the next turn.
 * Why:     a proxy is heavy all day. Over half an hour, and over one generation of 6 h too, an
 *          attacker on a quiet site is: bursts of 14/s every 145 s were held back on five real logs
 *          of eight.
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

/* An empty list of the k counters with the most requests, in the caller's storage. */
struct top_k heavy_hitters_top(struct heavy_hitters_counter *storage, size_t k);

struct heavy_hitters_generation {
	uint32_t n;
	uint64_t total;
	struct heavy_hitters_counter counters[HEAVY_HITTERS_COUNTERS];
};

/* Some clients of those that make most requests. */
struct heavy_hitters_few {
	uint32_t n;
	struct address clients[HEAVY_HITTERS_MAX];
};

/* Found at most once a second: a proxy that is held back asks at each request. */
struct heavy_hitters_found {
	int64_t second; /* when it was found; 0: not yet */
	double share;
	struct heavy_hitters_few few;
};

#define HEAVY_HITTERS_OVER    ((HEAVY_HITTERS_GENERATIONS - 1) * HEAVY_HITTERS_COUNTERS)
#define HEAVY_HITTERS_BUCKETS 256

/* Where the clients of some counters are: chained hashing. Numbers and 1; 0: none. */
struct heavy_hitters_index {
	uint8_t heads[HEAVY_HITTERS_BUCKETS];
	uint8_t next[HEAVY_HITTERS_OVER];
};

/* What follows from the generations that are over, until the next turn. */
struct heavy_hitters_over {
	bool merged; /* the sums are made; false from a turn or a restart to the next call */
	uint32_t n;
	/* Each client of them with its requests in all of them, most first. */
	struct heavy_hitters_counter clients[HEAVY_HITTERS_OVER];
	struct heavy_hitters_index index; /* of them */
	/* The same sum for each counter of generations[0]; 0: it is in none of them. */
	uint64_t before[HEAVY_HITTERS_COUNTERS];
	double share; /* for which `few` was found; -1: not yet */
	struct heavy_hitters_few few[HEAVY_HITTERS_GENERATIONS]; /* of each; [0] is not used */
};

/* What makes generations[0] quick to count in; it is made together with `over`. */
struct heavy_hitters_quick {
	struct heavy_hitters_index index;
	/* No counter has fewer requests than `least`, and none before `least_at` has as few. */
	uint64_t least;
	uint32_t least_at;
	uint64_t most; /* no HEAVY_HITTERS_MAX clients have more requests, over all */
};

/* No client stands in a generation twice. */
struct heavy_hitters {
	struct heavy_hitters_found found;
	uint64_t seen;  /* requests of this run while the site was normal, told or not */
	int64_t turned; /* second of the last turn; 0: none yet */
	/* [0] counts; [1] is the one before. */
	struct heavy_hitters_generation generations[HEAVY_HITTERS_GENERATIONS];
	/* Of zeros: they are made when they are needed. */
	struct heavy_hitters_over over;
	struct heavy_hitters_quick quick;
};

/* Requests of a client that are over and were normal. */
void heavy_hitters_add(
	struct heavy_hitters *h, const struct address *client, uint32_t requests, int64_t second);

/* Whether the client is one of at most HEAVY_HITTERS_MAX that made over `share` of all requests
 * (the fewest that do), over all and in each generation that is over. False while less than
 * HEAVY_HITTERS_MIN requests are known: nothing is a proxy for a handful. */
bool heavy_hitters_has(
	struct heavy_hitters *h, const struct address *client, double share, int64_t second);

#endif
