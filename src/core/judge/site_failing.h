/* site_failing.h - signs that the site itself fails, from how its clients come to their errors.
 *
 * Path:    clients (an error of a client's own) -> [site_failing] -> rules.   Pure.
 * Turned:  a client that was here for 90 s, asked for things without an error, and now fails.
 *          Guessers fail from their first request on. When 3 clients and 5 % of the active ones (16
 *          are enough of any number) turn within 2 min, the site is failing and no error is held
 *          against anybody, until errors fall to less than a third of their highest for 60 s.
 * Pages:   a client whose errors come in a burst, as the files of one page do. When 3 clients and a
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

#define SITE_FAILING_RING    16
#define SITE_FAILING_MINUTES 10

struct site_failing_sign {
	struct address client;
	int64_t second; /* 0: none */
};

/* The newest clients with a sign, each once. */
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
	uint32_t bursts[SITE_FAILING_MINUTES];  /* clients that had one, by minute % 10 */
	uint64_t entered[SITE_FAILING_MINUTES]; /* clients that had come when the minute began */
};

/* Errors of a client's own were counted, `n` of them now, in `v`. `active`: clients of the last
 * minute. `error_share`: as in struct rules_config. O(1). */
void site_failing_note(struct site_failing *f, const struct address *client,
	const struct client_counts *v, uint32_t n, uint32_t active, double error_share,
	int64_t second);

/* Each second: errors in the window, clients that ever came. */
void site_failing_step(struct site_failing *f, uint64_t errors, uint64_t entered, int64_t second);

#endif
