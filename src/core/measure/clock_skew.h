/* clock_skew.h - whether the log's times are steadily off the wall clock.
 *
 * Path:    line -> [clock_skew] -> engine. Live alone: in a replay the log's time is the clock.
 * Method:  the offset (logged time less wall clock) of each request. It is reported, once per run,
 *          when the offsets of CLOCK_SKEW_LINES requests in a row, over CLOCK_SKEW_LEAST of wall
 *          time or more, are all above CLOCK_SKEW_OFF, lie within CLOCK_SKEW_WIDTH, and do not
 *          draw nearer to 0.
 * Not:     a backlog that is read at over 1.2 times the speed at which it was written: the least
 *          offset of its later half is over CLOCK_SKEW_NEARER below that of the first half.
 */
#ifndef CORE_MEASURE_CLOCK_SKEW_H
#define CORE_MEASURE_CLOCK_SKEW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/instant.h"

#define CLOCK_SKEW_LINES 100
#define CLOCK_SKEW_LEAST ((struct span){10 * 1000})
/* Log buffers and long requests explain an offset below this. */
#define CLOCK_SKEW_OFF    ((struct span){10 * 1000})
#define CLOCK_SKEW_WIDTH  ((struct span){10 * 1000}) /* 5 s either side */
#define CLOCK_SKEW_NEARER ((struct span){1000})      /* logs that write whole seconds */
#define CLOCK_SKEW_TEXT   192

struct clock_skew {
	bool told;
	uint32_t n;                    /* lines in a row so far */
	struct instant since;          /* wall clock at the first of them */
	int64_t low_ms;                /* the farthest behind of them */
	int64_t high_ms;               /* the farthest ahead of the first half */
	int64_t later_ms;              /* the same of the others; INT64_MIN: there are none */
	char message[CLOCK_SKEW_TEXT]; /* for people, when it is told */
};

/* All zeros is the start. A request's time as it was logged; true when it is to be told now. */
bool clock_skew_note(struct clock_skew *s, struct instant logged, struct instant wall);

/* The wall clock was set: what was seen by the old one says nothing. */
void clock_skew_restart(struct clock_skew *s);

/* Whether times of another zone have such an offset, which may be negative: whole quarters of an
 * hour. A line may be a little late besides. */
bool clock_skew_is_zone(struct span offset);

#endif
