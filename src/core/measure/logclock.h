/* logclock.h - the current time, from the log and the wall clock.
 *
 * Path:    line -> [logclock] -> engine. Pure: the wall clock is an argument.
 * Now:     the newest time seen; in live mode at least the wall clock. It never goes back.
 * Live:    a time over 2 s ahead of the wall clock is replaced by now (LOGCLOCK_AHEAD).
 * Replay:  a line with a time over 1 h after now waits. It is accepted if 3 of the next 10 lines
 *          confirm it. Only a line that waits, too, can confirm the first line: its time must be
 *          later than the time of the first line, or less than 60 s earlier. Accepted lines are
 *          returned in the order in which they came. A line without confirmation is bad. If it were
 *          accepted, one wrong time would end every ban and make all following lines late.
 * Both:    a time older than the window is late. A line without a time gets now as its time.
 */
#ifndef CORE_MEASURE_LOGCLOCK_H
#define CORE_MEASURE_LOGCLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/instant.h"
#include "core/read/request.h"

#define LOGCLOCK_NEXT  10 /* number of lines that may confirm a time */
#define LOGCLOCK_AGREE 3

enum logclock_place {
	LOGCLOCK_TAKE,  /* in the window, or newer: request.time is set */
	LOGCLOCK_AHEAD, /* as LOGCLOCK_TAKE, but its time was ahead and was replaced by now */
	LOGCLOCK_LATE,  /* older than the window */
	LOGCLOCK_HELD,  /* replay: the request waits in the clock */
	LOGCLOCK_BAD    /* replay: no time, and no earlier line had one */
};

struct logclock_held {
	struct request request;
	uint64_t line;
};

struct logclock {
	bool replay;
	bool started;
	struct instant now; /* valid if `started` */
	uint64_t line;      /* number of requests placed so far */
	size_t held_n;
	struct logclock_held held[LOGCLOCK_NEXT + 1];
};

void logclock_init(struct logclock *c, bool replay);

/* Decides at which time a request counts: sets r->time, and moves c->now forward if r->time is
 * newer. `wall` is ignored in a replay. */
enum logclock_place logclock_place(struct logclock *c, struct request *r, struct instant wall);

/* Live: moves the time forward when no line arrives. */
void logclock_tick(struct logclock *c, struct instant wall);

/* Replay: call after each logclock_place until the result is false. True: a waiting request was
 * accepted, and *r and *place are its result. *bad is raised by the number of requests that were
 * not accepted. */
bool logclock_release(
	struct logclock *c, struct request *r, enum logclock_place *place, uint64_t *bad);

/* End of input: drops the waiting requests and returns their number. */
uint64_t logclock_end(struct logclock *c);

#endif
