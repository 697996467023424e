/* timestamp.h - times as access logs write them -> instant, and back to a calendar date.
 *
 * Accepted, each whole and with a zone:
 *   RFC 3339          2026-11-22T04:16:00.123+01:00   (t, blank; Z; +0100; any number of decimals)
 *   common log format 06/Feb/2026:12:12:51 +0000      (brackets around it allowed)
 *   epoch seconds     1795320960.343
 * Decimals beyond the millisecond are cut off in the first two and rounded in the third. A leap
 * second (:60) is taken as :59. Years 1970 to 9999.
 */
#ifndef CORE_TIMESTAMP_H
#define CORE_TIMESTAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/instant.h"

/* False when the text is none of the above; *out is then untouched. */
bool timestamp_parse(const char *s, size_t len, struct instant *out);

struct timestamp_date {
	int64_t year;
	int64_t month; /* 1..12 */
	int64_t day;   /* 1..31 */
	int64_t second_of_day;
};

/* The UTC date of t (Gregorian, by H. Hinnant's days-from-civil algorithm). */
struct timestamp_date timestamp_date(struct instant t);

#endif
