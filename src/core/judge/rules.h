/* rules.h - counts, limits and baselines -> a verdict, with its evidence.
 *
 * Path:    clients + site + visits -> [rules] -> bans.   Pure: it keeps nothing.
 *
 * With rate = count / 60, per second, the site's rules are
 *
 *   zscore         (rate - mean) / stddev > 3      (tight: 2)
 *   multiplier     rate > 5 x mean                 (tight: 3)
 *
 * The site is judged by them on its requests and on its errors; a client on its requests, against
 * the site's baseline, until the clients' limits are known: from 200 and `cold_requests` in the
 * window on, and only when the requests come one by one without a pause.
 *
 * The clients' rules, with the limits of visits.h, the 60-s ones times 0.6 when tightened, and all
 * times RULES_PAROLE_SHARE for a client whose ban ended in the last 24 hours:
 *
 *   requests       60-s count > limit, spread and in at least 15 different seconds; or > 2 x limit
 *   errors         own 60-s errors > limit, spread or > 3 x limit, and its own doing
 *   visit_requests requests of the visit so far > limit, spread or > 3 x limit (1.5 x when
 *                  most of them are of the last minute), and going on
 *   visit_errors   own errors of the visit so far > limit, likewise, and its own doing
 *   swarm          60-s count > the mark, while a swarm is on
 *   visit_swarm    requests of the visit so far > the visit mark, while a swarm of slow clients is
 *                  on
 *
 * Spread: n requests that come one by one fall into T (1 - exp(-n / T)) different seconds, with T
 * the 60 s of the window or the seconds of the visit's lap; 0.75 of that is spread. Pages come with
 * their files, in bursts, also when several people share an address.
 *
 * Bursts of errors on few paths, which the site never served, are no page: they have no allowance.
 *
 * Errors are a client's own doing when they are at least a quarter of its requests, and the
 * site does not fail (site_failing.h). When pages do, bursts of errors are not.
 *
 * A visit that lasts may do in a later lap twice what it did in its first, and in a minute 1.5
 * times the limit or four times the mean of its first lap: it was judged then.
 *
 * Variety: a client that was served many different paths in its visit (variety.h) is a reader, or
 * stands for many people. From 8 paths on its limits of errors are three times as high, unless
 * pages fail or over 80 % of its requests are own errors; so are those of a robot, which asked for
 * /robots.txt, unless pages fail. That is for readers of what is gone: at a request that is refused
 * (a 401, not a 404) it does not hold. From 16 paths on, with few own errors, a client's limit of
 * requests in 60 s is twice as high, and parole does not lower its limit of a visit's requests:
 * two pages with their files would be too many.
 *
 * A client is judged tightly when the rate of its own errors exceeds 3 times the site's mean error
 * rate, and every client is while the site's requests are abnormal (site_surge).
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
	/* path_rules.h */
	RULE_PROBES,
	RULE_BAIT,
	RULE_REPEATS,
	RULE_SLOW_ERRORS,
	RULE_COUNT
};

/* Bits of the rules of path_rules.h that never ban permanently by themselves. */
#define RULES_OF_PATHS (1u << RULE_PROBES | 1u << RULE_BAIT | 1u << RULE_REPEATS)
/* In a ban, beside the bits of the rules that held: each strike of the client so far was by paths
 * alone, or by limits that only a client on parole reaches. */
#define RULES_GENTLE (1u << 15)
/* A packet filter on this host cannot see the client of the ban: it is behind a proxy. */
#define RULES_BEHIND (1u << 14)
/* The bits of a ban that are no rules. */
#define RULES_MARKS (RULES_GENTLE | RULES_BEHIND)
_Static_assert(RULE_COUNT <= 14, "a ban's rules have 16 bits");

/* Why the tight values were used: bits of verdict.tight. */
enum tight {
	TIGHT_ERROR_SURGE = 1 << 0,
	TIGHT_SITE_SURGE = 1 << 1,
};

/* What else is known of the request that is judged: bits. */
enum rules_about {
	ABOUT_PAROLE = 1 << 0,  /* its client is on parole (bans.h) */
	ABOUT_REFUSED = 1 << 1, /* it is an own error, and other than a path that is not there */
};

/* Of all limits, for a client on parole. It replaces the tightening where both would apply. */
#define RULES_PAROLE_SHARE 0.2
/* A client has few own errors when they are under RULES_FEW_SHARE of its requests, or at most
 * RULES_FEW: of the 25 requests that a client on parole may make, two dead links are 8 %. */
#define RULES_FEW_SHARE 0.05
#define RULES_FEW       5

struct rules_config {
	/* Requests in the window, besides 200, before the site's baseline judges a client while the
	 * limits are not known: the cold limit. */
	double cold_requests;
};

/* What a client is judged by, besides its own counts. */
struct rules_site {
	const struct baseline *baseline;
	const struct limits *limits;
	bool failing;     /* the site fails: no error is a client's own doing */
	bool pages_fail;  /* pages do: bursts of errors are not */
	bool few_paths;   /* the client's errors are of few paths: no page and its files */
	bool surge;       /* the site's requests are abnormal */
	bool swarm;       /* by the 60-s counts */
	bool visit_swarm; /* by the visits' counts */
};

struct evidence {
	enum rule rule;
	double value; /* what was measured, in rule_unit(rule) */
	double limit; /* what it exceeded, in the same unit */
};

struct verdict {
	size_t evidence_n; /* rules that hold; 0: nothing to say */
	struct evidence evidence[RULE_COUNT];
	unsigned tight; /* bits of enum tight */
	double rate;    /* per second over the window */
	double mean;    /* what it was judged against */
	double stddev;
	double z; /* (rate - mean) / stddev */
	enum baseline_source source;
	uint32_t limit; /* requests in the window that were allowed */
	bool parole;    /* the client was judged by RULES_PAROLE_SHARE of the limits */
	/* Only the number of its requests speaks against the client, and it has few own errors. */
	bool rates_alone;
	/* How many times the limits of requests in 60 s and of a visit, as they are for everybody,
	 * it reached. */
	double excess;
	double visit_excess;
	bool parole_alone; /* without parole, only rules of RULES_OF_PATHS would hold, or none */
	/* Only the paths that it asks for speak against the client; how many times a limit of
	 * path_rules.h it reached; 0: no rule of paths holds. */
	bool paths_alone;
	bool writes_alone; /* of these, only repeats, and it has few own errors */
	double paths_excess;
};

/* Counts at which no rule of these holds, whatever the limits and the baseline are. */
struct rules_low {
	uint32_t requests; /* in the window */
	uint32_t own;
	uint32_t visit_requests;
	uint32_t visit_errors;
};

/* `least`: what each limit is never below. */
struct rules_low rules_low_of(const struct rules_config *c, const double least[LIMIT_COUNT]);

/* What almost every request comes to. */
static inline bool rules_are_low(const struct rules_low *low, const struct client_counts *v)
{
	return v->window.requests <= low->requests && v->window.own <= low->own &&
	       v->visit.requests <= low->visit_requests && v->visit.errors <= low->visit_errors;
}

/* True when a rule holds; only then *out is filled. `about`: bits of enum rules_about. O(1), cheap
 * while nothing is near a limit. */
bool rules_client(const struct rules_config *c, const struct rules_site *s,
	const struct client_counts *v, unsigned about, struct verdict *out);

/* The figures of a verdict on a client, without evidence: for the rules of path_rules.h. */
void rules_describe(const struct rules_site *s, const struct client_counts *v, unsigned about,
	struct verdict *out);

/* A bit (1 << rule) for each rule that holds. */
unsigned rules_bits(const struct verdict *v);

/* Whether rules_judge_site finds a rule that holds by the values that are not tight. */
bool rules_site_hold(const struct baseline *b, bool errors, uint64_t count);

/* One signal of the site: `count` in the window against its mean and standard deviation per second.
 * `tight` asks for the tight values, which end an anomaly. *out is filled either way, zeroed before
 * the baseline is ready. */
bool rules_judge_site(
	const struct baseline *b, bool errors, uint64_t count, bool tight, struct verdict *out);

/* The rate per second above which a rule of the site holds; 0 before the baseline is ready. */
double rules_alarm(const struct baseline *b, bool errors);

/* "zscore"; the word in options, events and manual. */
const char *rule_name(enum rule rule);
/* "stddev"; the unit of an evidence's value and limit. */
const char *rule_unit(enum rule rule);
const char *tight_name(enum tight bit);

#endif
