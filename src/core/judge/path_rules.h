/* path_rules.h - the rules that judge a client by the paths that it asks for. Pure.
 *
 * Path:    slow_failures, written_paths, paths -> engine -> [path_rules] -> verdict.
 * Rules:   with the words of slow_failures.h and written_paths.h:
 *
 *   probes       different probes > 8 (10 while the site's limits are not known), and own errors
 *                are over 75 % of its requests (over 90 % of those of a reader who has at most
 *                24 probes); in the first 2 seconds of its first visit > 24 (30), behind a page
 *                that the site is known to serve > 32 (40)
 *   bait         different bait > 2, at least half of its requests are own errors, and it is no
 *                reader
 *   repeats      writes to one path in the visit > twice the usual, at least 12; they are at least
 *                30 % of the visit's requests, and the client was served fewer than 3 paths
 *   slow_errors  own errors in 24 hours > 60, at least 80 % of its requests in that time; without
 *                those that came at over 20 in 60 seconds, or while pages fail
 *
 * Reader:  it was served 3 paths in the visit that the site is known to serve. A client that was
 *          served any of them has 2 more probes; one that was served anything has 2 more bait.
 * Guards:  nothing holds while the site fails; only repeats does while pages fail. Probes and bait
 *          do not hold at a page load: at most 12 requests of the visit, at more than 6 per
 *          second. A feature is no repeat. A client with an honest visit in the last 48 hours is
 *          no baiter, has 20 times the limit of repeats and 3 times the others; so is one that
 *          reads /robots.txt, which has 3 times the limits of errors. A client that was served 2
 *          paths, its own among them, has 20 times the limit of repeats, too.
 * Parole:  a client whose ban ended in the last 24 hours has RULES_PAROLE_SHARE of the limits, but
 *          no less than 1 bait and 3 repeats; paths that it probed before the ban do not count
 *          again. A slow writer without errors may be a machine of the site: repeats bans it
 *          once a day.
 */
#ifndef CORE_JUDGE_PATH_RULES_H
#define CORE_JUDGE_PATH_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/judge/rules.h"
#include "core/measure/slow_failures.h"

/* More own errors in 60 seconds are not slow: `errors` judges them, and what pages lack. */
#define PATH_RULES_FAST 20

struct path_rules_case {
	struct slow_counts counts;
	bool fast;       /* it is one of over PATH_RULES_FAST own errors in 60 s, or pages fail */
	bool own;        /* the request is an own error */
	bool probe;      /* it is a probe */
	bool bait;       /* it is bait */
	bool slow;       /* it makes less than one request in 20 seconds, and few own errors */
	bool parole;     /* the client is on parole */
	bool known;      /* it had an honest visit in the last 48 hours */
	bool burst;      /* its visit has just begun: this may be one page with its files */
	bool learned;    /* the site's limits are known */
	bool failing;    /* the site fails */
	bool pages_fail; /* pages do */
	bool feature;    /* the path that it writes is a feature */
	uint32_t usual;  /* writes to that path in a visit */
};

/* Whether the client's errors are of few paths that the site never served. */
bool path_rules_few_paths(const struct path_rules_case *c);

/* Appends the evidence of the rules that hold to a verdict, which has room for it. Returns how many
 * times its limit, without parole, the value of the worst rule is; 0 if none holds. */
double path_rules_judge(const struct path_rules_case *c, struct verdict *out);

/* What one of these rules says of a client, for people; NULL for another rule. */
const char *path_rules_words(enum rule rule);

#endif
