/* zone.h - the time zone for log times without a zone: local time, or the zone of --tz.
 *
 * It uses the time zone database of the C library. TZ is set for the whole process, which is safe
 * because the process prints its own times in UTC.
 */
#ifndef IO_CONFIG_ZONE_H
#define IO_CONFIG_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/timestamp.h"

struct zone {
	/* argument for core/base/timestamp; points into this struct */
	struct timestamp_zone timestamp;
	bool fixed;
	/* offset in seconds, positive east of UTC; if not `fixed`, valid only in `quarter` */
	int64_t east_s;
	/* local time / 900 s: the quarter of an hour for which east_s was computed */
	int64_t quarter;
	int64_t newest_s; /* newest time so far, in UTC */
};

/* `name` is "local", "UTC", "+01:00", "-0530", or a zone such as "Europe/Berlin". False for any
 * other name, and for a zone without data on this host. *z must not move afterwards. */
bool zone_init(struct zone *z, const char *name);

/* Whether zone_init accepts the name. It changes nothing. */
bool zone_is_known(const char *name);

#endif
