/* mass_ban.h - detects that many clients would be banned in a short time, probably by mistake.
 *
 * Path:    engine (a verdict) -> [mass_ban] -> ban_holds.   Pure.
 *
 * known  A client is known when its visit began 10 min ago or more. This test counts the known
 *        clients that got a verdict in the last 10 min. If they are more than MASS_BAN_KNOWN_MIN,
 *        and more than `share` (--mass-share) of all known clients, they are probably visitors.
 * fresh  A fresh verdict is by rates alone or by writes alone (rules.h), and comes after limits
 *        were learned. If more than 3 clients that came one by one got a fresh verdict in the last
 *        10 min, the site probably has a new feature that many visitors use. This also applies
 *        while the site is abnormal, because the feature may be the anomaly. Bots of one flood come
 *        together. So a client's ban is not held back if most of the n clients with a fresh
 *        verdict, this client included, came at most 45 s before or after this client. "Most" means
 *        more than n / 2 + 1 of the n clients.
 *
 * Bound:      a ban is never held back if the client exceeds MASS_BAN_EXCESS times the limit of
 *             requests in 60 s, or MASS_BAN_VISIT_EXCESS times the limit of a visit's requests.
 * Attack:     if each bot comes more than 45 s after the previous one, the bots below both factors
 *             of "Bound" are not banned.
 * Memory:     fixed, in the caller's struct; all zeros is a valid start. The memory file keeps it
 *             over a restart.
 */
#ifndef CORE_JUDGE_MASS_BAN_H
#define CORE_JUDGE_MASS_BAN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/address.h"

#define MASS_BAN_WITHIN_S 600
/* Up to this many verdicts on known clients are treated as correct, even if their share is high. By
 * default --mass-share is 5 %: of fewer than 20 known clients, one client is already more. */
#define MASS_BAN_KNOWN_MIN 5
/* Verdicts on known clients are counted in steps of this many seconds. */
#define MASS_BAN_STEP_S 10
#define MASS_BAN_STEPS  (MASS_BAN_WITHIN_S / MASS_BAN_STEP_S)
/* Number of fresh verdicts that are stored; a new one evicts the oldest. More are not needed: a few
 * such verdicts already hold bans back. */
#define MASS_BAN_FRESH_MAX 128
/* Factors on the limits, for Bound above. The first factor was measured with 40 bots that browsed
 * for 11 minutes, and then sent 50 requests per second each. With a factor of 2.5, just under 90 %
 * of the requests were stopped. With 2.3, 89.7 to 91 % were stopped, depending on the random seed
 * of the test; with 2, 91 %. If both limits are at their floors, the second factor allows about the
 * same rate as the first, but over 10 minutes. It must be above 4.2: in a measurement, 40 visitors
 * polled 2.3 times per second all day, and each made 4.2 times the limit of a visit's requests. */
#define MASS_BAN_EXCESS       2.0
#define MASS_BAN_VISIT_EXCESS 8.0

struct mass_ban_fresh {
	struct address client;
	int64_t second; /* of the verdict; 0: none */
	int64_t came;   /* second in which the client's visit began */
};

struct mass_ban {
	uint32_t known[MASS_BAN_STEPS]; /* by step % MASS_BAN_STEPS */
	int64_t step;                   /* the newest step: second / MASS_BAN_STEP_S */
	struct mass_ban_fresh fresh[MASS_BAN_FRESH_MAX];
	uint32_t next; /* place of the next fresh verdict */
	int64_t told;  /* second in which a ban was last held back; 0: none */
};

/* A verdict on a client. */
struct mass_ban_case {
	const struct address *client;
	int64_t second;
	int64_t came;        /* second in which the client's visit began */
	bool known;          /* its visit began 10 min ago or more */
	bool counted;        /* it was already counted as a known client in the last 10 min */
	uint32_t known_n;    /* number of active clients that are known */
	bool fresh;          /* rates_alone or writes_alone (rules.h); limits are learned, and the
			      * client is not on parole */
	double excess;       /* requests in 60 s, divided by their limit */
	double visit_excess; /* requests of the visit, divided by their limit */
};

/* Counts the verdict. True if its ban is held back. `share`: share of all known clients, 0..1.
 * O(MASS_BAN_FRESH_MAX). */
bool mass_ban_holds(struct mass_ban *m, double share, const struct mass_ban_case *c);

/* True if a client is so far over its limits that its ban is never held back. */
bool mass_ban_is_beyond(double excess, double visit_excess);

/* Records that a ban is held back. True if an alert is due, because no ban was held back in the
 * last MASS_BAN_WITHIN_S seconds. */
bool mass_ban_tell(struct mass_ban *m, int64_t second);

/* The clock was set: forgets all verdicts. */
void mass_ban_clear(struct mass_ban *m);

#endif
