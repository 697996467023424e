/* silences.h - how long no request has come, and for how long none usually comes.
 *
 * Path:    request -> [silences] -> engine_snapshot -> status.   Live alone. Pure: `wall` is an
 *          argument.
 * Method:  a silence is the time between two requests, by the wall clock when each was read. Each
 *          day of the wall clock (UTC) keeps its longest; a silence belongs to the day in which it
 *          ends. The limit is ten times the longest of today and the seven days before, and at
 *          least 15 minutes. The silence that is going on is not among them.
 * First:   within 24 hours of the first request nothing is reported: a night is no fault, and by
 *          then the hour of the day is one in which a request has come. So the limit is at least
 *          what the known silences lack of 24 hours.
 * Faults:  a silence over the limit is probably a fault of the log, so it is kept as at most four
 *          tenths of the limit: the limit then rises to four times what it was, and the next fault
 *          is still reported in reasonable time. What the limit of a quiet site lacks, a few of
 *          these steps make up for.
 * Figures: 30 days of eleven model sites (tests/unit/measure/test_silences_sites.c prints them): no
 *          warning, but four for a site that is busy day and night and shut at weekends, and one
 *          in four of ten runs for a site with one request a day. A log that stops is reported
 *          after 15 minutes on a busy site, and after 60 if it had stopped that week before (150
 *          if a fault counted as its whole limit). A site that nobody visits in 7 hours of each
 *          night needs 70 hours, a site with one request an hour 57.
 *          Ten real logs of 3 to 406 days (tests/bench/bench_silences.c), seven with 87 to 100 % of
 *          their time in silences over 5 minutes: reported are holes of these logs alone, of 23
 *          hours and more in two of the seven, and of 10 hours and more in a busy one.
 */
#ifndef CORE_MEASURE_SILENCES_H
#define CORE_MEASURE_SILENCES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/instant.h"

#define SILENCES_DAYS    8     /* today, and the seven full days before */
#define SILENCES_TIMES   10    /* the limit, in longest silences */
#define SILENCES_LEAST_S 900   /* the limit is never lower */
#define SILENCES_FIRST_S 86400 /* from the first request on nothing is reported for so long */
#define SILENCES_GROWTH  4     /* a silence over the limit raises it to so many times itself */

struct silences_day {
	int64_t day;     /* since 1970 */
	struct span all; /* the silences that ended in it; 0: the entry is free */
	struct span longest;
};

struct silences {
	bool heard;                              /* a request came in this run */
	struct instant last;                     /* wall clock of the newest */
	struct silences_day days[SILENCES_DAYS]; /* in no order */
};

/* A request came. All zeros is the start of a run; `days` may be restored before it. */
void silences_note(struct silences *s, struct instant wall);

/* The wall clock moved by so many milliseconds in which no request could be read: it was set, the
 * machine slept, or the process was stopped. Days stay where they are. */
void silences_skip(struct silences *s, int64_t ms);

/* For how long none has come; 0 before the first. */
struct span silences_now(const struct silences *s, struct instant wall);

/* The longest of today and the seven days before. */
struct span silences_longest(const struct silences *s, struct instant wall);

/* From here on a silence is reported. */
struct span silences_limit(const struct silences *s, struct instant wall);

#endif
