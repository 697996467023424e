/* anomaly.h - when the site's state begins and when it is over.
 *
 * Path:    site -> rules -> [anomaly] -> event.
 * Method:  hysteresis. It opens in the first second in which a rule holds, and closes when no
 *          rule has held by the tight values for ANOMALY_CALM_S in a row: one alert and one
 *          recovery, however the rate flutters in between.
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
	struct instant since; /* when it opened; meaningful when open */
	int64_t calm_s;       /* seconds in a row without a tight rule */
};

enum anomaly_change { ANOMALY_SAME, ANOMALY_OPENED, ANOMALY_CLOSED };

/* One second, which ends at `end`. `held`: a rule held; `held_tight`: one held by the tight values.
 * Returns the change that this second makes. */
enum anomaly_change anomaly_step(struct anomaly *a, bool held, bool held_tight, struct instant end);

#endif
