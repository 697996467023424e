/* visits.h - what normal visits to this site reach, and so the clients' limits.
 *
 * Path:    clients (a visit ends) -> [visits: teachers, histogram] -> rules.   Pure.
 * Method:  each visit teaches once four numbers: the highest 60-s count of requests and of own
 *          errors that it reached, and its requests and errors in all. Each goes into a histogram
 *          (histogram.h); its limit is the value that one visit in 1/risk would exceed, between its
 *          floor and twice the highest known.
 * Decay:   weights halve every 24 h, but only while more than 1000 visits are known.
 * Limits:  until 30 visits are known: the cold ones. Once known they stay known.
 * Closed:  a client teaches once in 24 h, 8 of a /24 or /48 a day; from 1000 visits on no
 *          limit rises above 1.5 times what it was when last noted, once a day. Visits that
 *          are mostly errors teach nothing, visits with a quarter of errors not the error limits.
 *          Whose visits do not count at all (strikes, allowed, the site abnormal) the engine knows.
 */
#ifndef CORE_MEASURE_VISITS_H
#define CORE_MEASURE_VISITS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/measure/clients.h"
#include "core/base/hash.h"
#include "core/measure/histogram.h"
#include "core/measure/teachers.h"

enum limit_kind {
	LIMIT_REQUESTS,       /* in 60 s */
	LIMIT_ERRORS,         /* own, in 60 s */
	LIMIT_VISIT_REQUESTS, /* in a lap of a visit */
	LIMIT_VISIT_ERRORS,
	LIMIT_MARK,       /* requests in 60 s that 99 % of visits stay under: for swarms */
	LIMIT_VISIT_MARK, /* requests of a visit that 99 % of visits stay under */
	LIMIT_COUNT
};
/* The first four have a histogram of their own; the marks are of the first and the third. */
#define LIMIT_HISTOGRAMS LIMIT_MARK
_Static_assert(LIMIT_HISTOGRAMS == HISTOGRAM_TOGETHER, "they decay together");

struct limits {
	double most[LIMIT_COUNT]; /* a count above it is too much */
	bool known;               /* learned; else the cold ones */
};

/* No limit of errors in 60 s is lower: learned, cold or tightened. */
#define VISITS_ERRORS_FLOOR 20.0

struct visits_config {
	double risk;               /* of a visit: the share that may exceed a limit */
	double floor[LIMIT_COUNT]; /* no learned limit is lower */
	double cold[LIMIT_COUNT];  /* the limits until visits are known */
};

/* `requests_floor`: floor of requests in 60 s; the cold limit of them is 5/3 of it. The other
 * floors and cold limits are constants. */
struct visits_config visits_config_of(double risk, double requests_floor);

struct visits;

/* `clients`: how many the table holds. NULL when memory is short. */
struct visits *visits_new(
	const struct visits_config *config, uint32_t clients, struct hash_key key);
void visits_free(struct visits *v);

/* A visit, or its first lap, that may teach. */
void visits_teach(
	struct visits *v, const struct address *client, const struct visit *visit, int64_t second);

/* `elapsed` has passed since the call before: weights decay, limits change. O(1) while few visits
 * are known and none came. */
void visits_learn(struct visits *v, int64_t second, struct span elapsed);

/* The clock that seconds are told by was set: `seconds` ahead, or back. */
void visits_shift(struct visits *v, int64_t seconds);

/* Made anew by the first call after visits_learn. Valid until the next call for v. */
const struct limits *visits_limits(struct visits *v);

/* The same as visits_limits(v)->known. */
bool visits_known(const struct visits *v);

/* What no limit is ever below. */
void visits_least(const struct visits *v, double least[LIMIT_COUNT]);

/* Visits known, decayed. */
double visits_n(struct visits *v);

/* What outlives a restart, for core/record/memory. */
struct visits_memory {
	struct histogram histograms[LIMIT_HISTOGRAMS];
	double anchor[LIMIT_COUNT]; /* the limits that growth is measured from; 0: none yet */
	int64_t anchored;           /* second of that */
	bool known;
};
const struct visits_memory *visits_memory(struct visits *v);
void visits_restore(struct visits *v, const struct visits_memory *m);
struct teachers *visits_teachers(const struct visits *v);

#endif
