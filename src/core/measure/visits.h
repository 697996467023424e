/* visits.h - the counts that normal visits to this site reach, and the clients' limits from them.
 *
 * Path:    clients (a visit ends) -> [visits: teachers, histogram] -> rules.   Pure.
 * Method:  each visit that teaches gives four numbers: its highest 60-s counts of requests and of
 *          own errors, and its total requests and own errors. Each number is added to a histogram
 *          (histogram.h). A limit is the value that one visit in 1/risk would exceed. It is at
 *          least its floor, and at most twice the highest known value.
 * Decay:   the weights in the histograms halve every 24 h, but only while more than 1000 visits are
 *          known.
 * Limits:  the cold limits, until 30 visits are known. Learned limits then replace the cold limits
 *          for good.
 * Guards:  to prevent false teaching, a client teaches at most once in 24 h. At most 8 clients of a
 *          /24 or /48 teach per day. From 1000 visits on, the value of each limit is stored once a
 *          day as its anchor. No limit rises above 1.5 times its anchor. A visit does not teach if
 *          at least half of its requests are errors. If at least a quarter are errors, it does not
 *          teach the limits of errors. The engine leaves out visits of clients with strikes, visits
 *          of allowed clients, and visits while the site is abnormal.
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
	LIMIT_REQUESTS,       /* requests in 60 s */
	LIMIT_ERRORS,         /* own errors in 60 s */
	LIMIT_VISIT_REQUESTS, /* requests in a lap of a visit */
	LIMIT_VISIT_ERRORS,   /* own errors in a lap of a visit */
	LIMIT_MARK,           /* requests in 60 s that 99 % of visits do not exceed: for swarms */
	LIMIT_VISIT_MARK,     /* requests of a visit that 99 % of visits do not exceed */
	LIMIT_COUNT
};
/* The first four have a histogram of their own. The marks are computed from the first and the third
 * histogram. */
#define LIMIT_HISTOGRAMS LIMIT_MARK
_Static_assert(LIMIT_HISTOGRAMS == HISTOGRAM_TOGETHER, "all histograms decay together");

struct limits {
	double most[LIMIT_COUNT]; /* a detection rule may match a count above this */
	bool known;               /* limits are learned; else they are cold */
};

/* Minimum of the limit of errors in 60 s, whether the limit is learned, cold or tightened. */
#define VISITS_ERRORS_FLOOR 20.0

struct visits_config {
	double risk;               /* share of honest visits that may exceed a limit */
	double floor[LIMIT_COUNT]; /* minimum of each learned limit */
	double cold[LIMIT_COUNT];  /* cold limits, which are used until limits are learned */
};

/* `requests_floor`: floor of the limit of requests in 60 s. The cold limit is 5/3 of this floor.
 * The other floors and cold limits are constants. */
struct visits_config visits_config_of(double risk, double requests_floor);

struct visits;

/* `clients`: capacity of the table of clients. Returns NULL if memory is short. */
struct visits *visits_new(
	const struct visits_config *config, uint32_t clients, struct hash_key key);
void visits_free(struct visits *v);

/* Lets a visit that ended, or its first lap, teach. Ignores later laps, and visits that must not
 * teach (see above). */
void visits_teach(
	struct visits *v, const struct address *client, const struct visit *visit, int64_t second);

/* Called after `elapsed` since the last call: weights decay, limits change. O(1) while weights do
 * not decay and no visit has taught. */
void visits_learn(struct visits *v, int64_t second, struct span elapsed);

/* The clock was moved by `seconds`, forward or back. */
void visits_shift(struct visits *v, int64_t seconds);

/* The limits. The first call after visits_learn computes them. Valid until the next call for v. */
const struct limits *visits_limits(struct visits *v);

/* The same as visits_limits(v)->known. */
bool visits_known(const struct visits *v);

/* The minimum of each limit. */
void visits_least(const struct visits *v, double least[LIMIT_COUNT]);

/* Number of visits known, with decay. */
double visits_n(struct visits *v);

/* The parts that a restart needs, for core/record/memory. */
struct visits_memory {
	struct histogram histograms[LIMIT_HISTOGRAMS];
	double anchor[LIMIT_COUNT]; /* the limits from which growth is measured; 0: none yet */
	int64_t anchored;           /* second in which `anchor` was set */
	bool known;
};
const struct visits_memory *visits_memory(struct visits *v);
void visits_restore(struct visits *v, const struct visits_memory *m);
struct teachers *visits_teachers(const struct visits *v);

#endif
