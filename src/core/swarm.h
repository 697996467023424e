/* swarm.h - tells a flood by many clients from a flash crowd.
 *
 * Path:    crowd + anomaly -> [swarm] -> rules.   Pure.
 * Method:  the mark is the peak that 99 % of visits stay under. In a flash crowd every visit is an ordinary one, so
 *          about 1 % of the active clients are over it; in a flood by many clients a large share is. When at
 *          least `min` clients and `share` of the active ones are over it while the site's requests are
 *          abnormal, the mark itself is the limit until the site has been normal for `calm`.
 */
#ifndef CORE_SWARM_H
#define CORE_SWARM_H

#include <stdbool.h>
#include <stdint.h>

#include "core/instant.h"

struct swarm_config {
	uint32_t min;
	double share;
	struct span calm;
};

struct swarm {
	bool on;
	int64_t calm_s; /* seconds in a row in which the site was normal */
};

/* One second. `over` of the `active` clients are over the mark. */
void swarm_step(struct swarm *s, const struct swarm_config *c, bool abnormal, uint32_t over, uint32_t active);

#endif
