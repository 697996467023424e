/* silences.h - how long no request has arrived, and how long the usual silences of this log are.
 *
 * Path:    request -> [silences] -> engine_snapshot -> status.   Live only. Pure: `wall` is an
 *          argument.
 * Method:  a silence is the time between two requests, by the wall clock when each was read. Each
 *          day of the wall clock (UTC) has an entry with its longest silence. A silence belongs to
 *          the day in which it ends. The limit is ten times the longest silence of today and the
 *          seven days before, but at least 15 minutes. The current silence does not count.
 * First:   nothing is reported in the 24 hours after the first request. A quiet night is not a
 *          fault, and only after 24 hours are the silences of a whole day known. A silence begins
 *          where the previous one ends, so the sum of the known silences is the time that was
 *          observed. If this sum is less than 24 hours, the limit is at least the rest of the 24
 *          hours.
 * Faults:  a silence over the limit is probably a fault of the log. It is stored as four tenths of
 *          the limit. So the limit rises to four times its old value, and the next fault is still
 *          reported in reasonable time. If the limit of a quiet site is too low, a few
 *          reported silences raise it enough.
 * Figures: eleven model sites were simulated for 30 days (tests/unit/measure/test_silences_sites.c
 *          prints the figures). There was no warning, with two exceptions. A site that is busy day
 *          and night but shut at weekends had four warnings. A site with one request per day had
 *          one warning in four of ten runs. A log that stops is reported after 15 minutes on a busy
 *          site. If such a log had also stopped in the week before, it is reported after 60
 *          minutes. If a fault were stored as the whole limit, such a log would be reported after
 *          150 minutes. On a site without visitors in 7 hours of each night, a log that stops is
 *          reported after 70 hours. On a site with one request per hour, it is reported after 57
 *          hours. Ten real logs of 3 to 406 days were replayed, too (tests/bench/bench_silences.c).
 *          Seven of these logs are quiet: silences over 5 minutes make up 87 to 100 % of their
 *          time. The only silences that were reported are gaps, where a log lacks many hours. Two
 *          of the quiet logs have gaps of at least 23 hours, and a busy log has gaps of at least 10
 *          hours.
 */
#ifndef CORE_MEASURE_SILENCES_H
#define CORE_MEASURE_SILENCES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/instant.h"

#define SILENCES_DAYS    8     /* today, and the seven full days before */
#define SILENCES_TIMES   10    /* factor from the longest silence to the limit */
#define SILENCES_LEAST_S 900   /* minimum of the limit */
#define SILENCES_FIRST_S 86400 /* seconds after the first request in which nothing is reported */
/* maximum factor by which a silence over the limit raises the limit */
#define SILENCES_GROWTH 4

struct silences_day {
	int64_t day;     /* days since 1970 */
	struct span all; /* sum of the silences that ended in the day; 0: the entry is free */
	struct span longest;
};

struct silences {
	bool heard;                              /* a request has arrived in this run */
	struct instant last;                     /* wall clock of the newest request */
	struct silences_day days[SILENCES_DAYS]; /* in no order */
};

/* Records that a request arrived. All zeros is a valid start of a run; `days` may be restored
 * before the first call. */
void silences_note(struct silences *s, struct instant wall);

/* The wall clock moved by `ms` milliseconds in which no request could be read: it was set, the
 * machine slept, or the process was stopped. The stored days do not change. */
void silences_skip(struct silences *s, int64_t ms);

/* Length of the current silence; 0 before the first request. */
struct span silences_now(const struct silences *s, struct instant wall);

/* The longest silence of today and the seven days before. */
struct span silences_longest(const struct silences *s, struct instant wall);

/* A silence of this length, or a longer one, is reported. */
struct span silences_limit(const struct silences *s, struct instant wall);

#endif
