/* cold_proxies.c - see cold_proxies.h. */
#include "core/judge/cold_proxies.h"

#include <math.h>
#include <string.h>

#define PER_OCTAVE 4
/* Minimum share of all requests that the proxies make together. */
#define MOST 0.5
/* Number of seconds for which a level (see cold_proxies.h) stays valid. */
#define LEVEL_S 60
/* The requests of a proxy's visit are at least this share of the level. Measured with five proxies
 * that made 56, 19, 11, 8 and 6 % of all requests: one was banned at 0.5, and none at 0.1. */
#define EQUAL 0.1

bool cold_proxies_begin(struct cold_proxies *p, int64_t second)
{
	if (p->second == second)
		return false;
	p->second = second;
	memset(p->sums, 0, sizeof p->sums);
	return true;
}

void cold_proxies_add(struct cold_proxies *p, uint32_t requests)
{
	if (requests > 0)
		p->sums[(size_t)(PER_OCTAVE * log2(requests))] += requests;
}

void cold_proxies_end(struct cold_proxies *p)
{
	double sum = 0;

	for (int k = COLD_PROXIES_BUCKETS - 1; k >= 0; k--) {
		sum += (double)p->sums[k];
		if (sum > MOST * (double)p->seen) {
			p->level = exp2((double)k / PER_OCTAVE);
			p->found_at = p->second;
			return;
		}
	}
	if (p->second - p->found_at > LEVEL_S)
		p->level = 0;
}

bool cold_proxies_has(const struct cold_proxies *p, uint32_t requests)
{
	return p->level > 0 && requests >= EQUAL * p->level;
}
