/* swarm.h - recognises a flood by many clients, and does not mistake a flash crowd for one.
 *
 * Path:    crowd + anomaly -> [swarm] -> rules.   Pure.
 * Method:  99 % of visits stay under the mark. In a flash crowd every visit is an ordinary one, so
 *          about 1 % of the active clients are over the mark; in a flood by many clients a large
 *          share is. When at least SWARM_MIN clients and a share of the active ones are over it
 *          while the site's requests are abnormal, the mark itself is the limit until the site has
 *          been normal for ANOMALY_CALM_S.
 * Marks:   two, each with its own swarm: the peak of a visit (60-s count), for floods; and the
 *          requests of a whole visit, for clients that are slow and stay. In a crowd a larger share
 *          is over the visit mark, because clients that stay long are more likely to be active: so
 *          the share is 0.25. Measured on eight logs: of 2000 clients at 0.2 requests per second,
 *          43 % of the requests were stopped instead of none. With a floor of the visit mark of 40
 *          instead of 60 and a share of 0.1, crowds were banned.
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
	int64_t calm_s; /* number of consecutive seconds in which the site was normal */
};

/* One second. `over` of the `active` clients are over the mark. `share`: SWARM_SHARE, or
 * SWARM_VISIT_SHARE for the visit mark. */
void swarm_step(struct swarm *s, double share, bool abnormal, uint32_t over, uint32_t active);

/* Counts `seconds` normal seconds at once, for a swarm that is not on. */
void swarm_rest(struct swarm *s, int64_t seconds);

#endif
