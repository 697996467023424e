/* rules.h - computes a verdict, with its evidence, from counts, limits and baselines.
 *
 * Path:    clients + site + visits -> [rules] -> bans.   Pure: it keeps no state.
 *
 * A rule matches if its condition is true. With rate = count / 60, per second, the site's detection
 * rules are
 *
 *   zscore         (rate - mean) / stddev > 3      (tight threshold: 2)
 *   multiplier     rate > 5 x mean                 (tight threshold: 3)
 *
 * They judge the site by its requests and by its errors. Until limits are learned, they also
 * compare a client's requests with the site's baseline. For this comparison, the client must have
 * at least 200 requests in the window, and at least `cold_requests`. These requests must come one
 * by one, without a pause.
 *
 * The clients' rules use the limits of visits.h. Tightened 60-s limits are multiplied by 0.6. For a
 * client whose ban ended in the last 24 hours, all limits are multiplied by RULES_PAROLE_SHARE.
 *
 *   requests       60-s count > limit, spread and in at least 15 different seconds; or
 *                  60-s count > 2 x limit
 *   errors         own errors in 60 s > limit if spread, else > 3 x limit; the errors are the
 *                  client's own doing
 *   visit_requests requests of the visit so far > limit if spread, else > 3 x limit (1.5 x if at
 *                  least half came in the last 60 seconds); the visit goes on: it has at least
 *                  10 requests in 60 s
 *   visit_errors   own errors of the visit so far > limit if spread, else > 3 x limit; the errors
 *                  are the client's own doing
 *   swarm          60-s count > the mark, during a swarm
 *   visit_swarm    requests of the visit so far > the visit mark (swarm.h), during a swarm of slow
 *                  clients
 *
 * Spread: n requests that come one by one, at random moments, fall into T (1 - exp(-n / T))
 * different seconds on average. T is the 60 s of the window, or the seconds of the visit's lap.
 * Requests are spread if they fall into at least 0.75 times this number of seconds. A page and its
 * files are requested in a burst, even if several people share an address.
 *
 * Bursts of errors on only a few paths, which the site never served, cannot be a page and its
 * files. So the limit of spread errors applies to them.
 *
 * Errors are a client's own doing if they are at least a quarter of its requests and the site does
 * not fail (site_failing.h). While pages fail, bursts of errors are not its own doing.
 *
 * A long visit may have higher limits in its later laps, because the rules have judged its first
 * lap already. The limit of requests in a lap is at least twice the requests of the first lap. The
 * limit of requests in 60 s is the higher of two values: 1.5 times its usual limit, and four
 * times the first lap's mean number of requests per 60 s.
 *
 * Variety: a client that was served many different paths in its visit (variety.h) is a reader, or
 * stands for many people. From 8 paths on, its limits of errors are three times as high. This does
 * not apply while pages fail, or if over 80 % of its requests are own errors. A robot, which
 * requests /robots.txt, has these limits from its first path on, unless pages fail. These higher
 * limits are meant for readers of pages that no longer exist. So they do not apply to a request
 * that the server refused, for example with 401 instead of 404. From 16 paths on, with few own
 * errors, a client's limit of requests in 60 s is twice as high. Parole then does not lower its
 * limit of requests in a visit, because two pages with their files would exceed it.
 *
 * Tightened limits apply to a client if its own errors come at more than 3 times the site's mean
 * error rate (error_surge). They apply to every client while the site's requests are abnormal
 * (site_surge).
 */
#ifndef CORE_JUDGE_RULES_H
#define CORE_JUDGE_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/measure/clients.h"
#include "core/measure/site.h"
#include "core/measure/visits.h"

enum rule {
	RULE_REQUESTS,
	RULE_ERRORS,
	RULE_VISIT_REQUESTS,
	RULE_VISIT_ERRORS,
	RULE_SWARM,
	RULE_VISIT_SWARM,
	RULE_ZSCORE,
	RULE_MULTIPLIER,
	/* the rules of path_rules.h */
	RULE_PROBES,
	RULE_BAIT,
	RULE_REPEATS,
	RULE_SLOW_ERRORS,
	RULE_COUNT
};

/* Bits of those rules of path_rules.h that never lead to a permanent ban by themselves. */
#define RULES_OF_PATHS (1u << RULE_PROBES | 1u << RULE_BAIT | 1u << RULE_REPEATS)
/* A flag of a ban, stored with the bits of its rules. Every strike of the client so far was made by
 * rules of RULES_OF_PATHS alone, or would not have been made without parole. Such a client is
 * called gentle. */
#define RULES_GENTLE (1u << 15)
/* Another flag of a ban: the client is behind a proxy, so its packets do not reach this host with
 * its own address. */
#define RULES_BEHIND (1u << 14)
/* The flags of a ban; all other bits are rules. */
#define RULES_MARKS (RULES_GENTLE | RULES_BEHIND)
_Static_assert(RULE_COUNT <= 14, "rules and flags of a ban have 16 bits");

/* Bits of verdict.tight: why tight thresholds and tightened limits were used. */
enum tight {
	TIGHT_ERROR_SURGE = 1 << 0,
	TIGHT_SITE_SURGE = 1 << 1,
};

/* Bits: properties of the request that is judged. */
enum rules_about {
	ABOUT_PAROLE = 1 << 0, /* the client is on parole (bans.h) */
	ABOUT_REFUSED =
		1 << 1, /* the request is an own error with a status other than 404 or 410 */
};

/* Factor on all limits of a client on parole. If a limit is also tightened, only this factor
 * applies to it. */
#define RULES_PAROLE_SHARE 0.2
/* A client has few own errors if they are under RULES_FEW_SHARE of its requests, or at most
 * RULES_FEW. The second condition is needed because a client on parole may make only 25 requests,
 * of which two dead links are 8 %. */
#define RULES_FEW_SHARE 0.05
#define RULES_FEW       5

struct rules_config {
	/* The cold limit of requests in 60 s. Until limits are learned, a client with at least this
	 * many requests in the window, and at least 200, is compared with the site's baseline. */
	double cold_requests;
};

/* The state of the site when a client is judged. */
struct rules_site {
	const struct baseline *baseline;
	const struct limits *limits;
	bool failing;     /* the site fails: errors are no client's own doing */
	bool pages_fail;  /* pages fail: bursts of errors are no client's own doing */
	bool few_paths;   /* the client's errors are on only a few paths, so they are not a page and
			   * its files */
	bool surge;       /* the site's requests are abnormal */
	bool swarm;       /* a swarm over the mark of requests in 60 s */
	bool visit_swarm; /* a swarm over the visit mark (swarm.h) */
};

struct evidence {
	enum rule rule;
	double value; /* measured value, in rule_unit(rule) */
	double limit; /* limit that it exceeded, in the same unit */
};

struct verdict {
	size_t evidence_n; /* number of rules that match; 0: no verdict */
	struct evidence evidence[RULE_COUNT];
	unsigned tight; /* bits of enum tight */
	double rate;    /* requests per second in the window */
	double mean;    /* the site's baseline, with which the rate was compared */
	double stddev;
	double z; /* (rate - mean) / stddev */
	enum baseline_source source;
	uint32_t limit; /* maximum number of requests in the window */
	bool parole;    /* the client was judged by RULES_PAROLE_SHARE of its limits */
	/* Only rules on the number of requests match, and the client has few own errors. */
	bool rates_alone;
	/* The client's requests in 60 s and in its visit, each number divided by its limit without
	 * parole and tightening. */
	double excess;
	double visit_excess;
	bool parole_alone; /* without parole, no rule would match except rules of RULES_OF_PATHS */
	/* Only rules of RULES_OF_PATHS match. paths_excess: the highest quotient of value and limit
	 * among the rules of path_rules.h that match; 0: none matches. */
	bool paths_alone;
	bool writes_alone; /* only the rule repeats matches, and the client has few own errors */
	double paths_excess;
};

/* Counts up to which no rule of rules_client matches, with any limits and any baseline. */
struct rules_low {
	uint32_t requests; /* in the window */
	uint32_t own;
	uint32_t visit_requests;
	uint32_t visit_errors;
};

/* `least`: the lowest value that each limit may have. */
struct rules_low rules_low_of(const struct rules_config *c, const double least[LIMIT_COUNT]);

/* True if no rule can match, as for almost every request. */
static inline bool rules_are_low(const struct rules_low *low, const struct client_counts *v)
{
	return v->window.requests <= low->requests && v->window.own <= low->own &&
	       v->visit.requests <= low->visit_requests && v->visit.errors <= low->visit_errors;
}

/* True if a rule matches; only then *out is filled. `about`: bits of enum rules_about. O(1), and
 * cheap while no count is near a limit. */
bool rules_client(const struct rules_config *c, const struct rules_site *s,
	const struct client_counts *v, unsigned about, struct verdict *out);

/* Computes the figures of a verdict on a client, without evidence: for verdicts of path_rules.h
 * alone. */
void rules_describe(const struct rules_site *s, const struct client_counts *v, unsigned about,
	struct verdict *out);

/* One bit (1 << rule) for each rule that matches. */
unsigned rules_bits(const struct verdict *v);

/* True if one of the site's rules matches, with the thresholds that are not tight. */
bool rules_site_hold(const struct baseline *b, bool errors, uint64_t count);

/* Judges the site by its requests or by its errors. `count`: their number in the window, which is
 * compared with their mean and standard deviation per second. `tight`: use the tight thresholds,
 * which end an anomaly. *out is always filled. Until the baseline is ready, all its members except
 * `rate` are 0. */
bool rules_judge_site(
	const struct baseline *b, bool errors, uint64_t count, bool tight, struct verdict *out);

/* The rate per second above which one of the site's rules matches; 0 until the baseline is
 * ready. */
double rules_alarm(const struct baseline *b, bool errors);

/* The name of the rule in events and in the manual, such as "zscore". */
const char *rule_name(enum rule rule);
/* The unit of an evidence's value and limit, such as "stddev". */
const char *rule_unit(enum rule rule);
const char *tight_name(enum tight bit);

#endif
