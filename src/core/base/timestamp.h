/* timestamp.h - times as access logs write them -> instant, and back to a calendar date.
 *
 * Accepted forms; the whole text must match one:
 *   RFC 3339          2026-11-22T04:16:00.123+01:00   (T or t or a blank; any number of decimals;
 *                                                      zone as Z, +01:00 or +0100)
 *                     2026/11/22 04:16:00.123         (Caddy)
 *   common log format 06/Feb/2026:12:12:51.443 +0000  (brackets around it allowed)
 *   epoch             1795320960.343                  (below 1e11: seconds; above: ms, us or ns)
 * The zone is optional; an epoch has none. Digits beyond the millisecond are cut off in dates and
 * rounded in numbers. A leap second (:60) is read as :59. Years from 1970 to 9999 are accepted.
 */
#ifndef CORE_BASE_TIMESTAMP_H
#define CORE_BASE_TIMESTAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/instant.h"

/* The zone for times that do not name a zone. `local_s` is a local time, in seconds since 1970 as
 * if its zone were UTC. `east_s` returns the offset of the zone at this time, in seconds east of
 * UTC. */
struct timestamp_zone {
	int64_t (*east_s)(void *ctx, int64_t local_s);
	void *ctx;
};

/* Returns false if the text has none of the accepted forms. Also returns false if the text names no
 * zone and `zone` is NULL. After false, *out is unchanged. */
bool timestamp_parse(
	const char *s, size_t len, const struct timestamp_zone *zone, struct instant *out);

/* The time of the previous line as text, if this text names a zone. All zeros: no line yet. */
#define TIMESTAMP_DAY_TEXT 40
struct timestamp_day {
	char text[TIMESTAMP_DAY_TEXT];
	size_t len;
	size_t clock;  /* where "hh:mm:ss" begins in `text` */
	int64_t start; /* the time in `text` minus its "hh:mm:ss", in milliseconds since 1970 */
};

/* As timestamp_parse, but faster for the lines of one day. If the text differs from the previous
 * text only in hour, minute and second, only these are parsed. */
bool timestamp_parse_next(struct timestamp_day *d, const char *s, size_t len,
	const struct timestamp_zone *zone, struct instant *out);

/* Converts a number in the epoch form. */
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
