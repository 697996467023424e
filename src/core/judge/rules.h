/* rules.h - counts, limits and baselines -> a verdict, with its evidence.
 *
 * Path:    clients + site + visits -> [rules] -> bans.   Pure: it keeps nothing.
 *
 * With rate = count / 60, per second, the site's rules are
 *
 *   zscore         (rate - mean) / stddev > 3      (tight: 2)
 *   multiplier     rate > 5 x mean                 (tight: 3)
 *
 * They judge the site by its requests and by its errors. Until the clients' limits are known, they
 * also judge a client by its requests, against the site's baseline: from 200 requests and
 * `cold_requests` in the window on, and only if the requests come one by one without a pause.
 *
 * The clients' rules, with the limits of visits.h, the 60-s ones times 0.6 when tightened, and all
 * times RULES_PAROLE_SHARE for a client whose ban ended in the last 24 hours:
 *
 *   requests       60-s count > limit, spread and in at least 15 different seconds; or > 2 x limit
 *   errors         own errors in 60 s > limit, spread or > 3 x limit, and its own doing
 *   visit_requests requests of the visit > limit, spread or > 3 x limit (1.5 x if at least half of
 *                  them came in the last 60 s), and the visit goes on
 *   visit_errors   own errors of the visit > limit, likewise, and its own doing
 *   swarm          60-s count > the mark, while a swarm is on
 *   visit_swarm    requests of the visit > the visit mark, while a swarm of slow clients is on
 *
 * Spread: n requests that come one by one fall into T (1 - exp(-n / T)) different seconds. T is the
 * 60 s of the window, or the length of the visit's lap. Requests are spread if they fall into 0.75
 * of this number. Pages come in bursts with their files, also if several people share an address.
 *
 * The factor for bursts of errors does not apply to errors on few paths that the site never served:
 * such errors are no page.
 *
 * Errors are a client's own doing when they are at least a quarter of its requests, and the
 * site does not fail (site_failing.h). While pages fail, bursts of errors are not its own doing.
 *
 * In a later lap, a visit may make twice the requests of its first lap. In 60 s it may make 1.5
 * times the limit, or four times the mean of its first lap: its first lap was judged already.
 *
 * Variety: a client that was served many different paths in its visit (variety.h) is a reader, or
 * stands for many people. From 8 paths on, its limits of errors are three times as high, unless
 * pages fail or over 80 % of its requests are own errors. The same holds for a robot, which asked
 * for /robots.txt, unless pages fail. Readers of old pages need this, so it does not apply at a
 * refused request (a 401, not a 404). From 16 paths on, with few own errors, a client's limit of
 * requests in 60 s is twice as high, and parole does not lower its limit of a visit's requests:
 * otherwise two pages with their files would be too many.
 *
 * The limits of a client are tightened if the rate of its own errors exceeds 3 times the mean error
 * rate of the site. The limits of all clients are tightened while the site's requests are abnormal
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
	/* path_rules.h */
	RULE_PROBES,
	RULE_BAIT,
	RULE_REPEATS,
	RULE_SLOW_ERRORS,
	RULE_COUNT
};

/* Bits of the rules of path_rules.h that never ban permanently by themselves. */
#define RULES_OF_PATHS (1u << RULE_PROBES | 1u << RULE_BAIT | 1u << RULE_REPEATS)
/* A bit of a ban beside the rules that held: each strike of the client so far was for paths alone,
 * or for limits that only a client on parole exceeds. */
#define RULES_GENTLE (1u << 15)
/* A bit of a ban whose client is behind a proxy, so that a packet filter on this host cannot see
 * the client. */
#define RULES_BEHIND (1u << 14)
/* The bits of a ban that are no rules. */
#define RULES_MARKS (RULES_GENTLE | RULES_BEHIND)
_Static_assert(RULE_COUNT <= 14, "a ban's rules have 16 bits");

/* Why the tight values were used: bits of verdict.tight. */
enum tight {
	TIGHT_ERROR_SURGE = 1 << 0,
	TIGHT_SITE_SURGE = 1 << 1,
};

/* Further facts about the judged request: bits. */
enum rules_about {
	ABOUT_PAROLE = 1 << 0,  /* its client is on parole (bans.h) */
	ABOUT_REFUSED = 1 << 1, /* it is an own error, but not a missing path */
};

/* Share of all limits for a client on parole. It replaces the tightening where both would apply. */
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
	bool failing;    /* the site fails: no error is a client's own doing */
	bool pages_fail; /* some of its pages fail: bursts of errors are not a client's own doing */
	bool few_paths;  /* the client's errors are for few paths: no page with its files */
	bool surge;      /* the site's requests are abnormal */
	bool swarm;      /* a swarm by the 60-s counts is on */
	bool visit_swarm; /* a swarm by the visits' counts is on */
};

struct evidence {
	enum rule rule;
	double value; /* the measured value, in rule_unit(rule) */
	double limit; /* the exceeded limit, in the same unit */
};

struct verdict {
	size_t evidence_n; /* rules that hold; 0: no verdict */
	struct evidence evidence[RULE_COUNT];
	unsigned tight; /* bits of enum tight */
	double rate;    /* per second over the window */
	double mean;    /* mean of the baseline */
	double stddev;
	double z; /* (rate - mean) / stddev */
	enum baseline_source source;
	uint32_t limit; /* allowed requests in the window */
	bool parole;    /* the client was judged by RULES_PAROLE_SHARE of the limits */
	/* Only the number of its requests speaks against the client, and it has few own errors. */
	bool rates_alone;
	/* The client's requests in 60 s and in its visit, as multiples of the limits for
	 * everybody. */
	double excess;
	double visit_excess;
	bool parole_alone; /* without parole, only rules of RULES_OF_PATHS would hold, or none */
	/* Only the paths that it asks for speak against the client. paths_excess is the highest
	 * multiple of a limit of path_rules.h; 0: no rule of paths holds. */
	bool paths_alone;
	bool writes_alone; /* of these, only repeats, and it has few own errors */
	double paths_excess;
};

/* Up to these counts no rule of rules_client holds, whatever the limits and the baseline are. */
struct rules_low {
	uint32_t requests; /* in the window */
	uint32_t own;
	uint32_t visit_requests;
	uint32_t visit_errors;
};

/* `least`: the lowest value that each limit may have. */
struct rules_low rules_low_of(const struct rules_config *c, const double least[LIMIT_COUNT]);

/* True for almost every request. */
static inline bool rules_are_low(const struct rules_low *low, const struct client_counts *v)
{
	return v->window.requests <= low->requests && v->window.own <= low->own &&
	       v->visit.requests <= low->visit_requests && v->visit.errors <= low->visit_errors;
}

/* True if a rule holds; only then *out is filled. `about`: bits of enum rules_about. O(1), and
 * cheap while no count is near a limit. */
bool rules_client(const struct rules_config *c, const struct rules_site *s,
	const struct client_counts *v, unsigned about, struct verdict *out);

/* Fills the figures of a verdict on a client, without evidence, for the rules of path_rules.h. */
void rules_describe(const struct rules_site *s, const struct client_counts *v, unsigned about,
	struct verdict *out);

/* A bit (1 << rule) for each rule that holds. */
unsigned rules_bits(const struct verdict *v);

/* Whether a rule of rules_judge_site holds with tight = false. */
bool rules_site_hold(const struct baseline *b, bool errors, uint64_t count);

/* Judges one signal of the site: `count` in the window against the mean and standard deviation per
 * second. `tight`: by the tight values, which end an anomaly. True if a rule holds. *out is always
 * filled; before the baseline is ready its numbers are 0. */
bool rules_judge_site(
	const struct baseline *b, bool errors, uint64_t count, bool tight, struct verdict *out);

/* The rate per second above which a rule of the site holds; 0 before the baseline is ready. */
double rules_alarm(const struct baseline *b, bool errors);

/* "zscore": the rule's word in events and in the manual. */
const char *rule_name(enum rule rule);
/* "stddev": the unit of an evidence's value and limit. */
const char *rule_unit(enum rule rule);
const char *tight_name(enum tight bit);

#endif
