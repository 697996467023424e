/* visits.h - learns the clients' limits from normal visits to the site.
 *
 * Path:    clients (a visit ends) -> [visits: teachers, histogram] -> rules.   Pure.
 * Method:  each visit teaches four numbers once: its highest 60-s count of requests and of own
 *          errors, and its total requests and own errors. Each number goes into a histogram
 *          (histogram.h). The limit is the value that one visit in 1/risk would exceed, between its
 *          floor and twice the highest known value.
 * Decay:   weights halve every 24 h, but only while more than 1000 visits are known.
 * Limits:  the cold ones until 30 visits are known. Learned limits stay learned.
 * Attacks: a client teaches once in 24 h, and 8 clients of a /24 or /48 per day. From 1000 visits
 *          on, no limit rises above 1.5 times its anchor, which is set once a day. A visit of which
 *          at least half are errors teaches nothing; one with a quarter of errors does not teach
 *          the limits of errors. The engine leaves out visits that do not count at all: of clients
 *          with strikes, of allowed clients, and while the site is abnormal.
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
/* The first four have a histogram each. The marks come from the first and the third. */
#define LIMIT_HISTOGRAMS LIMIT_MARK
_Static_assert(LIMIT_HISTOGRAMS == HISTOGRAM_TOGETHER, "they decay together");

struct limits {
	double most[LIMIT_COUNT]; /* highest count that is allowed */
	bool known;               /* the limits are learned; otherwise they are the cold ones */
};

/* No limit of errors in 60 s is lower: learned, cold or tightened. */
#define VISITS_ERRORS_FLOOR 20.0

struct visits_config {
	double risk;               /* share of honest visits that may exceed a limit */
	double floor[LIMIT_COUNT]; /* no learned limit is lower */
	double cold[LIMIT_COUNT];  /* the limits until visits are known */
};

/* `requests_floor`: floor of requests in 60 s; the cold limit of them is 5/3 of it. The other
 * floors and cold limits are constants. */
struct visits_config visits_config_of(double risk, double requests_floor);

struct visits;

/* `clients`: size of the table of clients that have taught. NULL if memory is short. */
struct visits *visits_new(
	const struct visits_config *config, uint32_t clients, struct hash_key key);
void visits_free(struct visits *v);

/* Teaches a visit, or its first lap, if it may teach. */
void visits_teach(
	struct visits *v, const struct address *client, const struct visit *visit, int64_t second);

/* Decays weights and computes limits: `elapsed` has passed since the last call. O(1) while few
 * visits are known and none came. */
void visits_learn(struct visits *v, int64_t second, struct span elapsed);

/* The clock was set: `seconds` ahead, or back if negative. */
void visits_shift(struct visits *v, int64_t seconds);

/* The limits. The first call after visits_learn computes them. Valid until the next call for v. */
const struct limits *visits_limits(struct visits *v);

/* The same as visits_limits(v)->known. */
bool visits_known(const struct visits *v);

/* The lowest value that each limit may have. */
void visits_least(const struct visits *v, double least[LIMIT_COUNT]);

/* The weight of the known visits. */
double visits_n(struct visits *v);

/* The part that core/record/memory keeps over a restart. */
struct visits_memory {
	struct histogram histograms[LIMIT_HISTOGRAMS];
	double anchor[LIMIT_COUNT]; /* the limits from which growth is measured; 0: none yet */
	int64_t anchored;           /* second of that */
	bool known;
};
const struct visits_memory *visits_memory(struct visits *v);
void visits_restore(struct visits *v, const struct visits_memory *m);
struct teachers *visits_teachers(const struct visits *v);

#endif
