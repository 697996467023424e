/* anomaly.c - see anomaly.h. */
#include "core/judge/anomaly.h"

enum anomaly_change anomaly_step(
	struct anomaly *a, bool matched, bool matched_tight, struct instant end)
{
	if (!a->open) {
		if (!matched)
			return ANOMALY_SAME;
		*a = (struct anomaly){.open = true, .since = end};
		return ANOMALY_OPENED;
	}
	a->calm_s = matched || matched_tight ? 0 : a->calm_s + 1;
	if (a->calm_s < ANOMALY_CALM_S)
		return ANOMALY_SAME;
	a->open = false;
	return ANOMALY_CLOSED;
}
