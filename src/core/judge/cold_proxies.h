/* cold_proxies.h - which clients of a site that is not known yet are more likely proxies in front.
 *
 * Path:    clients (running visits) -> [cold_proxies] -> ban_holds.   Pure.
 * Why:     behind a proxy or a content delivery network all visitors come from a few addresses.
 *          Nothing is learned yet, and a verdict on such an address cuts the site off.
 * Method:  proxies are there from the first minute, they ask for many different paths that are
 *          served, and together they make most of the requests. There may be one of them or sixty,
 *          so no number of addresses tells them: a level does. The visits that ask for many paths
 *          are summed from the largest downwards, in buckets a fourth root of 2 wide, until they
 *          make half of all requests. The bucket where that happens is the level; a client with
 *          a tenth of it or more is taken for a proxy, because proxies do not get equal shares. A
 *          level holds for a minute, since visits are counted afresh after 10 min, and not all of
 *          them in the same second.
 * Attack:  whoever is there within the first minute, asks for 16 different paths that are served
 *          and makes most of the requests, is taken for one, for COLD_PROXIES_S at most.
 * Memory:  fixed, in the caller's struct; all zeros is a run that has seen nothing.
 */
#ifndef CORE_JUDGE_COLD_PROXIES_H
#define CORE_JUDGE_COLD_PROXIES_H

#include <stdbool.h>
#include <stdint.h>

/* Seconds of a run that begins before the site has been learned for as long, over restarts: later
 * nobody is taken for one. By then the limits know what visits reach, and heavy_hitters.h knows who
 * makes most requests. */
#define COLD_PROXIES_S 1200
/* A proxy is there so soon after the run began. */
#define COLD_PROXIES_FIRST_S 60
/* Different paths that it was served (variety.h). */
#define COLD_PROXIES_PATHS 16

#define COLD_PROXIES_BUCKETS 128 /* 4 for each power of 2 of 32 bits */

struct cold_proxies {
	/* Requests of this run, without those of visits that a ban ended: a flood by one client
	 * would hide the proxies in it otherwise. */
	uint64_t seen;
	int64_t second;   /* of the last cold_proxies_begin; 0: none */
	double level;     /* requests of a visit; 0: no clients make half of the requests */
	int64_t found_at; /* second in which they made half of them last */
	uint64_t sums[COLD_PROXIES_BUCKETS];
};

/* Begins a sum at this second; false when it was made in this second already. */
bool cold_proxies_begin(struct cold_proxies *p, int64_t second);
/* A visit of a client that may be a proxy, with its requests so far. */
void cold_proxies_add(struct cold_proxies *p, uint32_t requests);
/* All were added: finds the level. */
void cold_proxies_end(struct cold_proxies *p);

/* Whether a visit with so many requests reaches the level. */
bool cold_proxies_has(const struct cold_proxies *p, uint32_t requests);

#endif
