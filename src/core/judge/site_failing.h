/* site_failing.h - signs that the site itself fails, from how its clients come to their errors.
 *
 * Path:    clients (an error of a client's own), voters -> [site_failing] -> rules.   Pure.
 * Votes:   a sign counts for its voter (voters.h), which is the client's network as a rule: eight
 *          addresses of one network are one guesser's. So both sides of each share are voters.
 * Turned:  a client that was here for 90 s, asked for things without an error, and now fails.
 *          Guessers fail from their first request on. When 3 voters and 5 % of the active ones (16
 *          are enough of any number) turn within 2 min, the site is failing and no error is held
 *          against anybody, until errors fall to less than a third of their highest for 60 s.
 * Pages:   a client whose errors come in a burst, as the files of one page do. When 3 voters and a
 *          third of those that came within the last 1 to 10 min have that, bursts of errors are the
 *          pages' doing; errors that come one by one are held against a client as ever.
 * Memory:  fixed, in the caller's struct; all zeros is a site that does not fail.
 * Time:    seconds must not go backwards between calls; when the clock was set, zero it.
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

/* The newest voters with a sign, each once. */
struct site_failing_ring {
	struct site_failing_sign signs[SITE_FAILING_RING];
	uint32_t next;
};

struct site_failing {
	bool site;                       /* it fails */
	bool pages;                      /* they do */
	struct site_failing_ring turned; /* within 2 min */
	struct site_failing_ring bursty; /* within 10 min */
	uint64_t highest;                /* errors in 60 s, since the site fails */
	int64_t low_s;                   /* seconds in a row with less than a third of that */
	int64_t minute;
	uint32_t bursts[SITE_FAILING_MINUTES]; /* voters that had one, by minute % 10 */
	uint32_t bursts_n;                     /* the sum of them */
};

/* Errors of a client's own were counted, `n` of them now, in `v`. `active`: clients of the last
 * minute. `error_share`: as in struct rules_config. O(1). Returns 0, or how many voters have turned
 * when they are enough but for the share: site_failing_weigh is to be called. It is at most once
 * for each voter that turns, and fewer than SITE_FAILING_RING have by then. */
uint32_t site_failing_note(struct site_failing *f, const struct address *voter,
	const struct client_counts *v, uint32_t n, uint32_t active, int64_t second);

/* More active voters than this are too many for `turned` of them. */
uint32_t site_failing_most(uint32_t turned);

/* `turned`: what site_failing_note returned. `active`: voters of the last minute, or any number
 * above site_failing_most. */
void site_failing_weigh(struct site_failing *f, uint32_t turned, uint32_t active);

/* Each second: errors in the window, and the voters that came. */
void site_failing_step(
	struct site_failing *f, uint64_t errors, struct voters *voters, int64_t second);

/* Whether seconds in which nothing comes need no site_failing_step each: one for the last of them
 * has the same result. */
bool site_failing_rests(const struct site_failing *f);

#endif
