/* cold_proxies.h - detects proxies in front of a new site, before limits are learned.
 *
 * Path:    clients (running visits) -> [cold_proxies] -> ban_holds.   Pure.
 * Why:     behind a proxy or a content delivery network, all visitors come from a few addresses. A
 *          ban of such an address would cut the site off from its visitors.
 * Method:  proxies are active from the first minute on, are served many different paths, and
 *          together make most of the requests. There may be one proxy or sixty, so the search must
 *          not depend on their number. It computes a number of requests that is called the level:
 *          the visits with at least so many requests together made more than half of all requests.
 *          To find the level, each visit with many paths is sorted into a bucket by its number of
 *          requests. The bounds of the buckets grow by a factor of the fourth root of 2. The
 *          requests in the buckets are added up, from the highest bucket downwards. The level is
 *          the lower bound of the bucket in which the sum exceeds half of all requests. A client
 *          with at least a tenth of the level is treated as a proxy, because proxies may have
 *          unequal loads. After 10 min, the requests of a visit are counted from 0 again, but not
 *          those of all visits in the same second. In this time the search may find no level, so a
 *          found level stays valid for a minute.
 * Attack:  an attacker is treated as a proxy, for at most COLD_PROXIES_S, under three conditions.
 *          The attacker is active within the first minute, is served 16 different paths, and makes
 *          most of the requests.
 * Memory:  fixed, in the caller's struct; all zeros is a valid start.
 */
#ifndef CORE_JUDGE_COLD_PROXIES_H
#define CORE_JUDGE_COLD_PROXIES_H

#include <stdbool.h>
#include <stdint.h>

/* Number of seconds at the start of a run in which this file may treat a client as a proxy. It does
 * so only if all earlier runs together learned the site for less than this time. Afterwards, limits
 * have been learned from visits, and heavy_hitters.h finds the clients that make most of the
 * requests. */
#define COLD_PROXIES_S 1200
/* Maximum number of seconds from the start of the run to the start of a proxy's visit. */
#define COLD_PROXIES_FIRST_S 60
/* Minimum number of different paths that a proxy was served (variety.h). */
#define COLD_PROXIES_PATHS 16

#define COLD_PROXIES_BUCKETS 128 /* 4 for each power of 2 of 32 bits */

struct cold_proxies {
	/* Requests of this run, except the requests of visits that a ban ended. Otherwise a flood
	 * by one client would hide the proxies. */
	uint64_t seen;
	int64_t second;   /* of the last cold_proxies_begin; 0: none */
	double level;     /* a number of requests, see Method; 0: no level was found */
	int64_t found_at; /* the last second in which a level was found */
	uint64_t sums[COLD_PROXIES_BUCKETS];
};

/* Begins the sums for this second. False if they have already begun. */
bool cold_proxies_begin(struct cold_proxies *p, int64_t second);
/* Adds a running visit whose client may be a proxy. `requests`: its requests so far. */
void cold_proxies_add(struct cold_proxies *p, uint32_t requests);
/* Computes the level after all visits were added. */
void cold_proxies_end(struct cold_proxies *p);

/* True if `requests`, the number of requests of a visit, is at least a tenth of the level. */
bool cold_proxies_has(const struct cold_proxies *p, uint32_t requests);

#endif
