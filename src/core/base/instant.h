/* instant.h - a point in time and a duration, as two different types.
 *
 * The compiler refuses a `struct instant` where a function expects a `struct span`. In log
 * watchers, most wrong comparisons of times confuse a point in time with a duration.
 *
 * Range:   instants from 1970 to the end of year 9999 (INSTANT_MAX); sums saturate there.
 * Unit:    milliseconds. Seconds are whole seconds since 1970, rounded down.
 */
#ifndef CORE_BASE_INSTANT_H
#define CORE_BASE_INSTANT_H

#include <stdbool.h>
#include <stdint.h>

struct instant {
	int64_t ms; /* since 1970-01-01T00:00:00Z */
};

struct span {
	int64_t ms; /* a duration; not negative, unless a function's comment allows it */
};

#define INSTANT_MAX ((struct instant){253402300799999})
#define SPAN_MAX    ((struct span){253402300799999})

static inline struct span span_seconds(int64_t seconds)
{
	return (struct span){seconds * 1000};
}

static inline int64_t span_to_seconds(struct span d)
{
	return d.ms / 1000;
}

static inline struct instant instant_at_second(int64_t second)
{
	return (struct instant){second * 1000};
}

static inline int64_t instant_second(struct instant t)
{
	return t.ms / 1000;
}

static inline bool instant_before(struct instant a, struct instant b)
{
	return a.ms < b.ms;
}

static inline struct instant instant_later(struct instant a, struct instant b)
{
	return a.ms < b.ms ? b : a;
}

static inline struct instant instant_add(struct instant t, struct span d)
{
	if (d.ms > INSTANT_MAX.ms - t.ms)
		return INSTANT_MAX;
	return (struct instant){t.ms + d.ms};
}

/* Moves t by `ms` milliseconds, because the clock was set forward or back by `ms`. INSTANT_MAX
 * stays INSTANT_MAX, and no other instant becomes INSTANT_MAX. */
static inline struct instant instant_shift(struct instant t, int64_t ms)
{
	if (t.ms >= INSTANT_MAX.ms)
		return t;
	t.ms += ms;
	return (struct instant){t.ms < 0 ? 0 : t.ms < INSTANT_MAX.ms ? t.ms : INSTANT_MAX.ms - 1};
}

/* The time from `from` to `to`; negative if `to` is earlier. */
static inline struct span instant_since(struct instant to, struct instant from)
{
	return (struct span){to.ms - from.ms};
}

/* Whether `d` has passed since `from`. Also true if `now` is before `from`, because the clock was
 * set back. */
static inline bool span_is_over(struct instant from, struct instant now, struct span d)
{
	int64_t since = instant_since(now, from).ms;

	return since >= d.ms || since < 0;
}

#endif
