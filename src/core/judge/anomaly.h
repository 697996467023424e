/* anomaly.h - determines when an anomaly of the site begins and ends.
 *
 * Path:    site -> rules -> [anomaly] -> event.
 * Method:  hysteresis. The anomaly opens in the first second in which a detection rule matches. It
 *          closes after ANOMALY_CALM_S seconds in a row in which no rule matched, even with the
 *          tight thresholds (rules.h). So there is one alert and one recovery, even if the rate
 *          varies around a threshold.
 */
#ifndef CORE_JUDGE_ANOMALY_H
#define CORE_JUDGE_ANOMALY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/instant.h"

/* Seconds: half of the window. A shorter pause in a flood does not end the anomaly. */
#define ANOMALY_CALM_S 30

struct anomaly {
	bool open;
	struct instant since; /* time at which it opened; valid if open */
	int64_t calm_s;       /* seconds in a row in which no rule matched */
};

enum anomaly_change { ANOMALY_SAME, ANOMALY_OPENED, ANOMALY_CLOSED };

/* Advances by one second, which ends at `end`. `matched`: a detection rule matched in this second.
 * `matched_tight`: a rule matched with the tight thresholds. Returns the change in this second. */
enum anomaly_change anomaly_step(
	struct anomaly *a, bool matched, bool matched_tight, struct instant end);

#endif
