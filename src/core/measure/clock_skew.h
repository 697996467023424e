/* clock_skew.h - detects that the log's times differ from the wall clock by a constant amount.
 *
 * Path:    line -> [clock_skew] -> engine. Live only: a replay uses the log's time instead of the
 *          wall clock.
 * Method:  the offset of a request is its logged time minus the wall clock. A wrong clock is
 *          reported once per run, after CLOCK_SKEW_LINES requests in a row over at least
 *          CLOCK_SKEW_LEAST of wall time. All their offsets must be farther from 0 than
 *          CLOCK_SKEW_OFF, and differ by at most CLOCK_SKEW_WIDTH. These requests are divided into
 *          two halves, whose highest offsets must differ by at most CLOCK_SKEW_NEARER.
 * Not:     this module does not report a backlog that is read at over 1.2 times the speed at which
 *          it was written. In such a backlog, the offsets of the second half of the requests are
 *          nearer to 0 by more than CLOCK_SKEW_NEARER.
 */
#ifndef CORE_MEASURE_CLOCK_SKEW_H
#define CORE_MEASURE_CLOCK_SKEW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/instant.h"

#define CLOCK_SKEW_LINES 100
#define CLOCK_SKEW_LEAST ((struct span){10 * 1000})
/* Log buffers and long requests can cause smaller offsets. */
#define CLOCK_SKEW_OFF    ((struct span){10 * 1000})
#define CLOCK_SKEW_WIDTH  ((struct span){10 * 1000}) /* 5 s on either side */
#define CLOCK_SKEW_NEARER ((struct span){1000})      /* for logs with whole seconds */
#define CLOCK_SKEW_TEXT   192

struct clock_skew {
	bool told;
	uint32_t n;                    /* number of lines in a row so far */
	struct instant since;          /* wall clock at the first of these lines */
	int64_t low_ms;                /* lowest offset of these lines */
	int64_t high_ms;               /* highest offset of the first half */
	int64_t later_ms;              /* highest offset of the second half; INT64_MIN: none yet */
	char message[CLOCK_SKEW_TEXT]; /* text for people; set when the wrong clock is reported */
};

/* Records the logged time of a request. Returns true if the caller must report the message now. All
 * zeros is a valid start. */
bool clock_skew_note(struct clock_skew *s, struct instant logged, struct instant wall);

/* Call this after the wall clock was set. Forgets the offsets from the old clock. */
void clock_skew_restart(struct clock_skew *s);

/* True if a wrong time zone may have caused the offset, which may be negative: it is nearly a
 * multiple of 15 minutes. Late lines cause the small difference. */
bool clock_skew_is_zone(struct span offset);

#endif
