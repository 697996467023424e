/* logclock.c - see logclock.h. */
#include "core/measure/logclock.h"

#include <string.h>

#include "core/measure/window.h"

/* Maximum time by which a line may be ahead of the wall clock. A server and this program on the
 * same host never differ by more. */
static const struct span ahead_max = {2000};
/* replay: after a longer gap, other lines must confirm the time of a line */
static const struct span gap_max = {3600 * 1000};

void logclock_init(struct logclock *c, bool replay)
{
	memset(c, 0, sizeof *c);
	c->replay = replay;
}

static enum logclock_place place_by_now(struct logclock *c, struct request *r)
{
	if (!c->started) {
		c->started = true;
		c->now = r->time;
	}
	if (instant_second(r->time) <= instant_second(c->now) - WINDOW_S)
		return LOGCLOCK_LATE;
	c->now = instant_later(c->now, r->time);
	return LOGCLOCK_TAKE;
}

static enum logclock_place place_live(struct logclock *c, struct request *r, struct instant wall)
{
	logclock_tick(c, wall);
	if (!r->has_time) {
		r->time = c->now;
	} else if (instant_since(r->time, wall).ms > ahead_max.ms) {
		r->time = c->now;
		return LOGCLOCK_AHEAD;
	}
	return place_by_now(c, r);
}

enum logclock_place logclock_place(struct logclock *c, struct request *r, struct instant wall)
{
	c->line++;
	if (!c->replay)
		return place_live(c, r, wall);
	if (!r->has_time) {
		if (!c->started)
			return LOGCLOCK_BAD;
		r->time = c->now;
	}
	if (!c->started || instant_since(r->time, c->now).ms <= gap_max.ms)
		return place_by_now(c, r);
	/* the array has room, because logclock_release removes the oldest entry in time */
	c->held[c->held_n++] = (struct logclock_held){*r, c->line};
	return LOGCLOCK_HELD;
}

void logclock_tick(struct logclock *c, struct instant wall)
{
	c->now = c->started ? instant_later(c->now, wall) : wall;
	c->started = true;
}

static void drop_first(struct logclock *c)
{
	c->held_n--;
	memmove(c->held, c->held + 1, c->held_n * sizeof *c->held);
}

bool logclock_release(
	struct logclock *c, struct request *r, enum logclock_place *place, uint64_t *bad)
{
	while (c->held_n) {
		struct instant first = c->held[0].request.time;
		/* true if `now` has moved since, so that the gap is closed */
		bool believed = instant_since(first, c->now).ms <= gap_max.ms;
		int agree = 0;
		for (size_t i = 1; i < c->held_n; i++)
			agree += instant_since(c->held[i].request.time, first).ms >
				 -WINDOW_S * (int64_t)1000;
		if (believed || agree >= LOGCLOCK_AGREE) {
			*r = c->held[0].request;
			drop_first(c);
			*place = place_by_now(c, r);
			return true;
		}
		if (c->line - c->held[0].line < LOGCLOCK_NEXT)
			return false;
		drop_first(c);
		(*bad)++;
	}
	return false;
}

uint64_t logclock_end(struct logclock *c)
{
	uint64_t n = c->held_n;

	c->held_n = 0;
	return n;
}
