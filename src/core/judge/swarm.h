/* swarm.h - tells a flood by many clients from a flash crowd.
 *
 * Path:    crowd + anomaly -> [swarm] -> rules.   Pure.
 * Method:  the mark is what 99 % of visits stay under. In a flash crowd every visit is an ordinary
 *          one, so about 1 % of the active clients are over it; in a flood by many clients a large
 *          share is. When at least SWARM_MIN clients and a share of the active ones are over it
 *          while the site's requests are abnormal, the mark itself is the limit until the site has
 *          been normal for ANOMALY_CALM_S.
 * Marks:   two, each with a swarm of its own: the peak of a visit (60-s count), for floods; and the
 *          requests of a whole visit, for clients that are slow and stay. Of those a larger share
 *          is over the mark in a crowd too, since who stays long is more likely to be active: their
 *          share is 0.25. (Measured on eight logs: of 2000 clients at 0.2/s 43 % of the requests
 *          stopped instead of none; with the visit mark's floor at 40 instead of 60 and a share of
 *          0.1, crowds were banned.)
 */
#ifndef CORE_JUDGE_SWARM_H
#define CORE_JUDGE_SWARM_H

#include <stdbool.h>
#include <stdint.h>

#include "core/judge/anomaly.h"

/* Clients over the mark, at least: on a small site a tenth of the active clients are a few busy
 * visitors. */
#define SWARM_MIN 30
/* Share of the active clients over the mark: ten times that of a flash crowd. */
#define SWARM_SHARE 0.1
/* The same for the visit mark. */
#define SWARM_VISIT_SHARE 0.25

struct swarm {
	bool on;
	int64_t calm_s; /* seconds in a row in which the site was normal */
};

/* One second. `over` of the `active` clients are over the mark. `share`: SWARM_SHARE, or
 * SWARM_VISIT_SHARE for the visit mark. */
void swarm_step(struct swarm *s, double share, bool abnormal, uint32_t over, uint32_t active);

/* So many normal seconds at once, of a swarm that is not on. */
void swarm_rest(struct swarm *s, int64_t seconds);

#endif
