/* swarm.h - distinguishes a flood by many clients from a flash crowd, which is a rush of visitors.
 *
 * Path:    crowd + anomaly -> [swarm] -> rules.   Pure.
 * Method:  the mark is a count of requests that is learned so that 99 % of visits stay under it. In
 *          a flash crowd every visit is an ordinary one, so about 1 % of the active clients are
 *          over the mark. In a flood by many clients, a large share of the active clients is over
 *          it. A swarm begins when the site's requests are abnormal and enough clients are over the
 *          mark: at least SWARM_MIN clients, and at least the share SWARM_SHARE of the active
 *          clients. Then the mark itself is the limit, until the site has been normal for
 *          ANOMALY_CALM_S seconds.
 * Marks:   there are two, each with its own swarm. The first mark is for the highest 60-s count of
 *          a visit, to detect fast floods. The second is for the number of requests of a visit, to
 *          detect slow clients that stay long. Clients that stay long are more often among the
 *          active ones, so a larger share is over the second mark even in a flash crowd. So a
 *          swarm by the second mark begins only at a share of 0.25. In a measurement on eight logs,
 *          2000 clients made 0.2 requests per second each. With the second mark, 43 % of these
 *          requests were stopped; without it, none was stopped. With a floor of the second mark of
 *          40 instead of 60, and a share of 0.1, flash crowds were banned.
 */
#ifndef CORE_JUDGE_SWARM_H
#define CORE_JUDGE_SWARM_H

#include <stdbool.h>
#include <stdint.h>

#include "core/judge/anomaly.h"

/* Minimum number of clients over the mark. On a small site, a tenth of the active clients may be a
 * few busy visitors. */
#define SWARM_MIN 30
/* Minimum share of the active clients over the mark: ten times the share in a flash crowd. */
#define SWARM_SHARE 0.1
/* Minimum share of the active clients over the visit mark. */
#define SWARM_VISIT_SHARE 0.25

struct swarm {
	bool on;
	int64_t calm_s; /* number of seconds in a row in which the site was normal */
};

/* Advances by one second. `over` of the `active` clients are over the mark. `share`: SWARM_SHARE,
 * or SWARM_VISIT_SHARE for the visit mark. */
void swarm_step(struct swarm *s, double share, bool abnormal, uint32_t over, uint32_t active);

/* Advances by this many seconds, in which the site was normal. Call it only while no swarm is
 * on. */
void swarm_rest(struct swarm *s, int64_t seconds);

#endif
