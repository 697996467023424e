/* logclock.h - what time it is, by the log and by the wall.
 *
 * Path:    line -> [logclock] -> engine. Pure: the wall clock is an argument.
 * Now:     the newest time seen, in live mode also the wall clock; it never goes back.
 * Live:    a time over 2 s ahead of the wall clock is taken as now (ahead).
 * Replay:  a time over 1 h past now is held, with those that follow it, until 3 of the next 10
 *          lines agree with it (are as late, or later); then all of them are given in their
 *          order. Else it is bad: one wrong time must not end every ban and make all that follows
 *          late.
 * Both:    a time older than the window is late. No time means now.
 */
#ifndef CORE_MEASURE_LOGCLOCK_H
#define CORE_MEASURE_LOGCLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/instant.h"
#include "core/read/request.h"

#define LOGCLOCK_NEXT  10 /* lines that may agree */
#define LOGCLOCK_AGREE 3

enum logclock_place {
	LOGCLOCK_TAKE,  /* in the window, or newer: request.time is set */
	LOGCLOCK_AHEAD, /* the same, and its time was ahead: it is now */
	LOGCLOCK_LATE,  /* older than the window */
	LOGCLOCK_HELD,  /* replay: kept here for now */
	LOGCLOCK_BAD    /* replay: no time, and none seen before */
};

struct logclock_held {
	struct request request;
	uint64_t line;
};

struct logclock {
	bool replay;
	bool started;
	struct instant now; /* meaningful when started */
	uint64_t line;      /* requests placed so far */
	size_t held_n;
	struct logclock_held held[LOGCLOCK_NEXT + 1];
};

void logclock_init(struct logclock *c, bool replay);

/* Where a request belongs; sets r->time and moves now. `wall` is not read in replay. */
enum logclock_place logclock_place(struct logclock *c, struct request *r, struct instant wall);

/* Live: time passes without a line. */
void logclock_tick(struct logclock *c, struct instant wall);

/* Replay, after each logclock_place until it returns false: a held request whose time is believed
 * comes back in *r, placed as *place says; one that is not is counted in *bad. */
bool logclock_release(
	struct logclock *c, struct request *r, enum logclock_place *place, uint64_t *bad);

/* End of input: what is held was not agreed with; returns how many. */
uint64_t logclock_end(struct logclock *c);

#endif
