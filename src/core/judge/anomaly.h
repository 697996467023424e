/* anomaly.h - when an anomaly of the site begins, and when it ends.
 *
 * Path:    site -> rules -> [anomaly] -> event.
 * Method:  hysteresis. An anomaly opens in the first second in which a rule holds. It closes after
 *          ANOMALY_CALM_S seconds in a row in which no rule held by the tight values. So there is
 *          one alert and one recovery, however the rate flutters in between.
 */
#ifndef CORE_JUDGE_ANOMALY_H
#define CORE_JUDGE_ANOMALY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/instant.h"

/* Half of the window. A pause of a flood that is shorter does not end the anomaly. */
#define ANOMALY_CALM_S 30

struct anomaly {
	bool open;
	struct instant since; /* when it opened; only valid while it is open */
	int64_t calm_s;       /* number of consecutive seconds without a tight rule */
};

enum anomaly_change { ANOMALY_SAME, ANOMALY_OPENED, ANOMALY_CLOSED };

/* Processes one second, which ends at `end`. `held`: a rule held; `held_tight`: a rule held by the
 * tight values. Returns the change in this second. */
enum anomaly_change anomaly_step(struct anomaly *a, bool held, bool held_tight, struct instant end);

#endif
