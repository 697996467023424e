/* ban_holds.h - bans that look like our mistake, and are held back.
 *
 * Path:    rules -> engine -> [ban_holds] -> bans.   Pure.
 *
 * learning        from a cold start, for the first 10 min (`learn`), and for a client that came in
 *                 them until its first lap has taught: a verdict on one that is not `severe` times
 *                 beyond the cold limits
 * mass_ban        too many clients would be banned within 10 min (mass_ban.h)
 * proxy_in_front  an address that is one of the at most 5 that made over `proxy_share` of the
 *                 requests of the last 12 to 18 h in which the site was normal; at the start, by
 *                 their running visits, those that were there from the first minute
 *                 (cold_proxies.h); or one that is private, or NAT64's: more likely a proxy, or a
 *                 translator
 */
#ifndef CORE_JUDGE_BAN_HOLDS_H
#define CORE_JUDGE_BAN_HOLDS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/base/instant.h"
#include "core/judge/mass_ban.h"
#include "core/measure/heavy_hitters.h"

enum hold {
	HOLD_NONE,
	HOLD_ALLOWED, /* never banned, by the administrator's word or by what it is */
	HOLD_LEARNING,
	HOLD_MASS_BAN,
	HOLD_PROXY_IN_FRONT,
	HOLD_COUNT
};

struct ban_holds_config {
	struct span learn;
	double mass_share; /* of all known clients: see mass_ban.h */
	double proxy_share;
};

struct ban_holds {
	struct ban_holds_config config;
	struct heavy_hitters heavy;
	struct mass_ban mass;
};

void ban_holds_init(struct ban_holds *h, const struct ban_holds_config *config);

/* The client asks to be banned. */
struct ban_holds_case {
	struct mass_ban_case mass; /* the client, the second, and what mass_ban asks */
	bool severe;               /* far beyond the cold limits */
	bool cold_proxy;           /* as cold_proxies.h says */
	uint64_t age_s;            /* seconds that the site has been learned, over restarts */
	uint64_t here_s;           /* seconds since its visit began */
	/* Requests of its visit, while the first lap of that is not over; else 0. */
	uint32_t untold;
	/* The busiest of such visits, most requests first; they need not hold this one. */
	const struct heavy_hitters_counter *few;
	uint32_t few_n;
};

/* Why the ban is held back, or HOLD_NONE. Each verdict counts for mass_ban, held or not. */
enum hold ban_holds_decide(struct ban_holds *h, const struct ban_holds_case *c);

/* The clock that seconds are told by was set: `seconds` ahead, or back. */
void ban_holds_shift(struct ban_holds *h, int64_t seconds);

/* "mass_ban"; the word in events. */
const char *hold_name(enum hold hold);
/* What it means and what to do, for people; NULL for HOLD_NONE. `translated`: the client may be all
 * of IPv4 behind NAT64. */
const char *hold_advice(enum hold hold, bool translated);

#endif
