/* ban_rate.h - limits the number of bans that are carried out per minute, and spreads the bans over
 * the minute.
 *
 * Path:    order_queue -> [ban_rate] -> io/run/apply_orders.   Pure.
 * Method:  a token bucket: one token every 60 s / per_minute, and at most the tokens of one minute.
 *          If tokens came only once per minute, a flood could use all of them, and a real ban would
 *          wait for the next minute.
 * Unit:    one unit of `credit` is 1/60000 of a ban. So each ms adds exactly per_minute units,
 *          without fractions.
 * Time:    by the monotonic clock. If the clock goes back, no credit is added.
 */
#ifndef CORE_RECORD_BAN_RATE_H
#define CORE_RECORD_BAN_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/instant.h"

#define BAN_RATE_MS 60000

struct ban_rate {
	int64_t per_minute; /* 1..1e9 */
	int64_t credit;
	struct span at; /* time of the last refill */
};

static inline void ban_rate_init(struct ban_rate *r, uint32_t per_minute, struct span now)
{
	*r = (struct ban_rate){per_minute, (int64_t)per_minute * BAN_RATE_MS, now};
}

static inline void ban_rate_refill(struct ban_rate *r, struct span now)
{
	int64_t ms = now.ms - r->at.ms;

	r->at = now;
	ms = ms < 0 ? 0 : ms > BAN_RATE_MS ? BAN_RATE_MS : ms;
	r->credit += ms * r->per_minute;
	if (r->credit > r->per_minute * BAN_RATE_MS)
		r->credit = r->per_minute * BAN_RATE_MS;
}

/* Whether a ban may be carried out now. If it is carried out, call ban_rate_spend. */
static inline bool ban_rate_allows(struct ban_rate *r, struct span now)
{
	ban_rate_refill(r, now);
	return r->credit >= BAN_RATE_MS;
}

static inline void ban_rate_spend(struct ban_rate *r)
{
	r->credit -= BAN_RATE_MS;
}

/* The time from `now` to the moment when the next ban may be carried out, rounded up to whole
 * ms. */
static inline struct span ban_rate_wait(struct ban_rate *r, struct span now)
{
	int64_t missing;

	ban_rate_refill(r, now);
	missing = BAN_RATE_MS - r->credit;
	return (struct span){missing <= 0 ? 0 : (missing + r->per_minute - 1) / r->per_minute};
}

#endif
