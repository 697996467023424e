/* site_failing.h - detects that the site itself fails, from the way in which clients get errors.
 *
 * Path:    clients (an own error), voters -> [site_failing] -> rules.   Pure.
 * Votes:   a sign is a client that turned, or a burst of a client's errors (see below). It counts
 *          once for the client's voter (voters.h). The voter is usually the client's network,
 *          because eight addresses of one network may belong to one guesser. Each share below is a
 *          share of voters, not of clients.
 * Turned:  the first sign is a client that was active for 90 s, made requests without an error, and
 *          now fails. Guessers fail from their first request on. If at least 3 voters, and 5 % of
 *          the active voters, turn within 2 min, the site fails (16 voters are always enough). Then
 *          errors count against no client, until errors have been below a third of their highest
 *          number for 60 s.
 * Pages:   the other sign is a client whose errors come in a burst, as requests for the files of
 *          one page do. The last minute is tested, then the last 2 min, and so on up to 10 min. If
 *          at least 3 voters, and a third of the voters that made requests in this time, have such
 *          a burst, pages fail. Then bursts of errors count against no client. Errors that come one
 *          by one still count.
 * Memory:  fixed, in the caller's struct; all zeros is a site that does not fail.
 * Time:    seconds must not go backwards between calls; when the clock was set, zero the struct.
 */
#ifndef CORE_JUDGE_SITE_FAILING_H
#define CORE_JUDGE_SITE_FAILING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/measure/clients.h"
#include "core/measure/voters.h"

#define SITE_FAILING_RING    16
#define SITE_FAILING_MINUTES VOTERS_MINUTES

struct site_failing_sign {
	struct address voter;
	int64_t second; /* 0: none */
};

/* The voters with the newest signs, each once. */
struct site_failing_ring {
	struct site_failing_sign signs[SITE_FAILING_RING];
	uint32_t next;
};

struct site_failing {
	bool site;                       /* the site fails */
	bool pages;                      /* pages fail */
	struct site_failing_ring turned; /* within 2 min */
	struct site_failing_ring bursty; /* within 10 min */
	uint64_t highest;                /* highest number of errors in 60
					  * s since the site began to fail */
	int64_t low_s;                   /* seconds in a row with less than a third of `highest` */
	int64_t minute;
	uint32_t bursts[SITE_FAILING_MINUTES]; /* number of voters with a burst, by minute % 10 */
	uint32_t bursts_n;                     /* the sum of `bursts` */
};

/* Counts `n` new own errors of a client; `v` already includes them. `active`: number of clients of
 * the last minute. O(1). Returns 0 if the number of voters that have turned is too small to show
 * that the site fails, or if the site is already known to fail. Otherwise returns this number, and
 * the caller calls site_failing_weigh with it. The result is at most SITE_FAILING_RING. It is above
 * 0 at most once for each voter that turns. */
uint32_t site_failing_note(struct site_failing *f, const struct address *voter,
	const struct client_counts *v, uint32_t n, uint32_t active, int64_t second);

/* The highest number of active voters at which `turned` voters are enough to show that the site
 * fails. */
uint32_t site_failing_most(uint32_t turned);

/* Decides whether the site fails. `turned`: as returned by site_failing_note. `active`: number of
 * voters of the last minute, or any number above the result of site_failing_most. */
void site_failing_weigh(struct site_failing *f, uint32_t turned, uint32_t active);

/* Called each second. `errors`: number of errors in the window. `voters`: when each voter made its
 * last request. */
void site_failing_step(
	struct site_failing *f, uint64_t errors, struct voters *voters, int64_t second);

/* True if site_failing_step may skip seconds without requests: one call for the last of these
 * seconds has the same result as one call for each. */
bool site_failing_rests(const struct site_failing *f);

#endif
