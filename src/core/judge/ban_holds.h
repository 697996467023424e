/* ban_holds.h - holds back bans that look like a mistake.
 *
 * Path:    rules -> engine -> [ban_holds] -> bans.   Pure.
 *
 * Each reason, and the bans that are held back for this reason:
 *
 * learning        all bans in the first 10 min (`learn`) of a new site. If a client came in this
 *                 time, its bans are also held back later, until its first lap has taught. Bans of
 *                 clients far over the cold limits (`severe`) are not held back.
 * mass_ban        bans while too many clients would be banned within 10 min (mass_ban.h)
 * proxy_in_front  bans of an address that is probably a proxy or an address translator. This
 *                 applies to at most 5 addresses that together made over `proxy_share` of the
 *                 requests. A request counts only if it was made while the site was normal, and is
 *                 forgotten after 12 to 18 h (heavy_hitters.h). At the start, proxies are found
 *                 among the visits that have lasted since the first minute (cold_proxies.h). Bans
 *                 of private and of NAT64 addresses are held back, too.
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
	HOLD_ALLOWED, /* never banned: on the allow-list, or in a range
		       * of allow_add_reserved, such as loopback */
	HOLD_LEARNING,
	HOLD_MASS_BAN,
	HOLD_PROXY_IN_FRONT,
	HOLD_COUNT
};

struct ban_holds_config {
	struct span learn;
	double mass_share; /* share of all known clients: see mass_ban.h */
	double proxy_share;
};

struct ban_holds {
	struct ban_holds_config config;
	struct heavy_hitters heavy;
	struct mass_ban mass;
};

void ban_holds_init(struct ban_holds *h, const struct ban_holds_config *config);

/* A client whose verdict would ban it. */
struct ban_holds_case {
	struct mass_ban_case mass; /* the values for mass_ban, among
				    * them the client and the time in seconds */
	bool severe;               /* far over the cold limits */
	bool cold_proxy;           /* a proxy according to cold_proxies.h */
	uint64_t age_s;            /* seconds for which the site has been learned, in this run and
				    * earlier ones */
	uint64_t here_s;           /* seconds since its visit began */
	/* During the first lap of its visit: the requests of the visit; else 0. */
	uint32_t untold;
	/* The busiest visits in their first lap, most requests first; this client need not be among
	 * them. */
	const struct heavy_hitters_counter *few;
	uint32_t few_n;
};

/* The reason why the ban is held back, or HOLD_NONE. Each verdict counts for mass_ban, even if
 * another reason applies. */
enum hold ban_holds_decide(struct ban_holds *h, const struct ban_holds_case *c);

/* The clock was moved by `seconds`, forward or back. */
void ban_holds_shift(struct ban_holds *h, int64_t seconds);

/* The name of the reason in events, such as "mass_ban". */
const char *hold_name(enum hold hold);
/* A text for people that explains the reason and the remedy; NULL for HOLD_NONE. `translated`: the
 * client is a network of NAT64, behind which all clients of IPv4 may be. */
const char *hold_advice(enum hold hold, bool translated);

#endif
