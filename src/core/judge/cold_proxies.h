/* cold_proxies.h - detects proxies in front of a site that is not known yet.
 *
 * Path:    clients (running visits) -> [cold_proxies] -> ban_holds.   Pure.
 * Why:     behind a proxy or a content delivery network, all visitors come from a few addresses.
 *          No limit is learned yet, and a ban of such an address cuts the site off.
 * Method:  proxies are active from the first minute, request many different paths that are served,
 *          and together make most of the requests. There may be one of them or sixty, so their
 *          number does not show them. A level of requests does. The visits with many paths are
 *          added up from the largest downwards, until they make half of all requests. They are
 *          added up in buckets, each a fourth root of 2 wide. The bucket in which they reach half
 *          is the level. A client with at least a tenth of it is treated as a proxy, because
 *          proxies do not get equal shares. A level is valid for a minute: visits are counted
 *          afresh after 10 min, but not all in the same second.
 * Attack:  an attacker is treated as a proxy, for at most COLD_PROXIES_S, under three conditions.
 *          They are active within the first minute, are served 16 different paths, and make most of
 *          the requests.
 * Memory:  fixed, in the caller's struct; all zeros is a valid start.
 */
#ifndef CORE_JUDGE_COLD_PROXIES_H
#define CORE_JUDGE_COLD_PROXIES_H

#include <stdbool.h>
#include <stdint.h>

/* Only the first seconds of a run count, and only if the site had been learned for less than this,
 * over restarts. Later no client is treated as a proxy here. By then the limits are learned from
 * visits, and heavy_hitters.h knows the clients that make most of the requests. */
#define COLD_PROXIES_S 1200
/* A proxy's visit began so soon after the run began. */
#define COLD_PROXIES_FIRST_S 60
/* Minimum number of different paths that a proxy was served (variety.h). */
#define COLD_PROXIES_PATHS 16

#define COLD_PROXIES_BUCKETS 128 /* 4 for each power of 2 of 32 bits */

struct cold_proxies {
	/* Requests of this run, except those of visits that a ban ended. Otherwise a flood by one
	 * client would hide the proxies. */
	uint64_t seen;
	int64_t second;   /* of the last cold_proxies_begin; 0: none */
	double level;     /* requests of a visit; 0: no clients make half of the requests */
	int64_t found_at; /* the last second in which these clients made half of all requests */
	uint64_t sums[COLD_PROXIES_BUCKETS];
};

/* Begins a sum for this second. False if there already is one. */
bool cold_proxies_begin(struct cold_proxies *p, int64_t second);
/* Adds the requests so far of a visit whose client may be a proxy. */
void cold_proxies_add(struct cold_proxies *p, uint32_t requests);
/* Computes the level after all visits were added. */
void cold_proxies_end(struct cold_proxies *p);

/* True if a visit with so many requests is at least a tenth of the level. */
bool cold_proxies_has(const struct cold_proxies *p, uint32_t requests);

#endif
