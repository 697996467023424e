/* timestamp.h - times as access logs write them -> instant, and back to a calendar date.
 *
 * Accepted, each whole:
 *   RFC 3339          2026-11-22T04:16:00.123+01:00   (t, blank; Z; +0100; any number of decimals)
 *                     2026/11/22 04:16:00.123         (Caddy)
 *   common log format 06/Feb/2026:12:12:51.443 +0000  (brackets around it allowed)
 *   epoch             1795320960.343                  (below 1e11 seconds, then ms, us or ns)
 * All but the last may name a zone or not. Decimals beyond the millisecond are cut off in dates and
 * rounded in numbers. A leap second (:60) is taken as :59. Years 1970 to 9999.
 */
#ifndef CORE_BASE_TIMESTAMP_H
#define CORE_BASE_TIMESTAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/instant.h"

/* The zone of times that name none: how many seconds it is east of UTC at a local time, which is
 * given as if it were UTC. Called for no other times. */
struct timestamp_zone {
	int64_t (*east_s)(void *ctx, int64_t local_s);
	void *ctx;
};

/* False when the text is none of the above, or names no zone and `zone` is NULL; *out is then
 * untouched. */
bool timestamp_parse(
	const char *s, size_t len, const struct timestamp_zone *zone, struct instant *out);

/* The time of a line, which names its zone. All zeros: none yet. */
#define TIMESTAMP_DAY_TEXT 40
struct timestamp_day {
	char text[TIMESTAMP_DAY_TEXT];
	size_t len;
	size_t clock;  /* where its "hh:mm:ss" is */
	int64_t start; /* the time less that, in milliseconds */
};

/* The same. Of a text that differs from the one before in nothing but the hour, the minute and the
 * second, only these are read. */
bool timestamp_parse_next(struct timestamp_day *d, const char *s, size_t len,
	const struct timestamp_zone *zone, struct instant *out);

/* The last form, as a JSON number. */
bool timestamp_epoch(double v, struct instant *out);

struct timestamp_date {
	int64_t year;
	int64_t month; /* 1..12 */
	int64_t day;   /* 1..31 */
	int64_t second_of_day;
};

/* The UTC date of t (Gregorian, by H. Hinnant's days-from-civil algorithm). */
struct timestamp_date timestamp_date(struct instant t);

#endif
