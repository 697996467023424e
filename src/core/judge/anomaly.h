/* anomaly.h - when an anomaly of the site begins and when it is over.
 *
 * Path:    site -> rules -> [anomaly] -> event.
 * Method:  hysteresis. The anomaly opens in the first second in which a detection rule holds. It
 *          closes when no rule has held with the tight values for ANOMALY_CALM_S in a row. So there
 *          is one alert and one recovery, however the rate varies between them.
 */
#ifndef CORE_JUDGE_ANOMALY_H
#define CORE_JUDGE_ANOMALY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/instant.h"

/* Half of the window. A shorter pause of a flood does not end the anomaly. */
#define ANOMALY_CALM_S 30

struct anomaly {
	bool open;
	struct instant since; /* time at which it opened; valid if open */
	int64_t calm_s;       /* number of seconds in a row in which
			       * no rule held with the tight values */
};

enum anomaly_change { ANOMALY_SAME, ANOMALY_OPENED, ANOMALY_CLOSED };

/* Steps over one second, which ends at `end`. `held`: a detection rule held. `held_tight`: one held
 * with the tight values. Returns the change in this second. */
enum anomaly_change anomaly_step(struct anomaly *a, bool held, bool held_tight, struct instant end);

#endif
