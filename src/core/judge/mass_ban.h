/* mass_ban.h - if many clients would be banned at once, the bans are more likely a mistake.
 *
 * Path:    engine (a verdict) -> [mass_ban] -> ban_holds.   Pure.
 *
 * known  Verdicts of the last 10 min on clients that were here for 10 min before, each once. When
 *        they are over MASS_BAN_KNOWN_MIN, and over `share` of all such clients, visitors would be
 *        banned.
 * fresh  Verdicts of the last 10 min for rates alone, while the limits are known, on clients that
 *        came one by one. More than 3 mean that the site has a new feature, which many visitors
 *        use. This also counts while the site is abnormal, because the feature makes it abnormal.
 *        Bots of one flood come together: if n verdicts are fresh, at most n / 2 + 1 may be on
 *        clients that came within 45 s of this one.
 *
 * Bound:      a client beyond MASS_BAN_EXCESS times the limit of requests in 60 s, or
 *             MASS_BAN_VISIT_EXCESS times that of a visit, is never held back.
 * Attack:     bots that come more than 45 s apart can each make requests up to that bound.
 * Memory:     fixed, in the caller's struct; all zeros is the state before any verdict. The memory
 *             file keeps it over a restart.
 */
#ifndef CORE_JUDGE_MASS_BAN_H
#define CORE_JUDGE_MASS_BAN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/address.h"

#define MASS_BAN_WITHIN_S 600
/* So many verdicts on known clients are floods, whatever their share: of fewer than 20 known
 * clients, one is over 5 %. */
#define MASS_BAN_KNOWN_MIN 5
/* Verdicts on known clients are counted per step of 10 s. */
#define MASS_BAN_STEP_S 10
#define MASS_BAN_STEPS  (MASS_BAN_WITHIN_S / MASS_BAN_STEP_S)
/* Fresh verdicts in memory; a new one replaces the oldest. A full table already holds every other
 * verdict back. */
#define MASS_BAN_FRESH_MAX 128
/* Times the limits. (40 bots browsed for 11 minutes, and then sent 50 requests per second each: 2.5
 * stops just under 90 % of the requests, 2.3 stops 89.7 to 91 % by the seed, 2 stops 91 %. The
 * second is about the same rate, over 10 minutes and with the floors of both: 40 visitors that poll
 * 2.3 times per second all day have 4.2 times the limit of a visit each.) */
#define MASS_BAN_EXCESS       2.0
#define MASS_BAN_VISIT_EXCESS 8.0

struct mass_ban_fresh {
	struct address client;
	int64_t second; /* second of the verdict; 0: unused entry */
	int64_t came;   /* second in which the client's visit began */
};

struct mass_ban {
	uint32_t known[MASS_BAN_STEPS]; /* by step % MASS_BAN_STEPS */
	int64_t step;                   /* the newest: second / MASS_BAN_STEP_S */
	struct mass_ban_fresh fresh[MASS_BAN_FRESH_MAX];
	uint32_t next; /* index of the next fresh entry */
	int64_t told;  /* second of the last verdict that was held back; 0: none */
};

/* A verdict on a client. */
struct mass_ban_case {
	const struct address *client;
	int64_t second;
	int64_t came;        /* second in which its visit began */
	bool known;          /* its visit began at least 10 min ago */
	bool counted;        /* already counted as a known client in the last 10 min */
	uint32_t known_n;    /* active clients that are known */
	bool fresh;          /* rates alone, limits known, and not on parole */
	double excess;       /* times the limit of requests in 60 s */
	double visit_excess; /* times the limit of a visit's requests */
};

/* Counts the verdict. True if it is one of too many. `share`: of all known clients, 0..1.
 * O(MASS_BAN_FRESH_MAX). */
bool mass_ban_holds(struct mass_ban *m, double share, const struct mass_ban_case *c);

/* Whether the client is so far beyond the limits that its ban is never held back. */
bool mass_ban_is_beyond(double excess, double visit_excess);

/* A verdict is held back. True if an alert is due: the last such verdict was at least
 * MASS_BAN_WITHIN_S ago. */
bool mass_ban_tell(struct mass_ban *m, int64_t second);

/* The clock was set: removes all counts, because their seconds are wrong now. */
void mass_ban_clear(struct mass_ban *m);

#endif
