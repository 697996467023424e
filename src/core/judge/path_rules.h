/* path_rules.h - the detection rules that judge a client by the paths that it requests. Pure.
 *
 * Path:    slow_failures, written_paths, paths -> engine -> [path_rules] -> verdict.
 * Rules:   with the terms of slow_failures.h and written_paths.h:
 *
 *   probes       more than 8 different probes (10 until limits are learned); own errors are over 75
 *                % of its requests (over 90 % for a reader with at most 24 probes). In the first 2
 *                seconds of its first visit: more than 24 (30), or more than 32 (40) after a page
 *                that the site is known to serve.
 *   bait         more than 2 different bait paths; at least half of its requests are own errors;
 *                the client is no reader
 *   repeats      writes to one path in the visit are more than twice the usual number, and more
 *                than 12; they are at least 30 % of the visit's requests; the client was served
 *                fewer than 3 paths
 *   slow_errors  more than 60 own errors in 24 hours, at least 80 % of its requests in that time.
 *                Errors at over 20 in 60 seconds, or while pages fail, do not count.
 *
 * Reader:  a client that was served at least 3 paths in the visit that the site is known to serve.
 *          A client that was served one of them may have 2 more probes. A client that was served
 *          any path may have 2 more bait paths.
 * Guards:  while the site fails, no rule holds. While pages fail, only repeats does. Probes and
 *          bait do not hold during a page load: at most 12 requests of the visit, at more than 6
 *          per second. A feature is no repeat. If a client had an honest visit in the last 48
 *          hours, bait does not hold for it. Its limit of repeats is then 20 times as high, and its
 *          other limits are 3 times as high. For a robot, which requests /robots.txt, bait does not
 *          hold, and the limits of errors are 3 times as high. A client that was served 2 paths,
 *          the written one among them, has 20 times the limit of repeats, too.
 * Parole:  a client whose ban ended in the last 24 hours has RULES_PAROLE_SHARE of the limits, but
 *          at least 1 bait path and 3 repeats. Paths that it probed before the ban do not count
 *          again. A slow writer without errors may be a machine of the site. Repeats does not hold
 *          for it on parole, so it is banned at most once a day.
 */
#ifndef CORE_JUDGE_PATH_RULES_H
#define CORE_JUDGE_PATH_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/judge/rules.h"
#include "core/measure/slow_failures.h"

/* More own errors than this in 60 seconds are not slow. The rule `errors` judges them, and they may
 * be files that a page lacks. */
#define PATH_RULES_FAST 20

struct path_rules_case {
	struct slow_counts counts;
	bool fast;       /* one of more than PATH_RULES_FAST own errors in 60 s, or pages fail */
	bool own;        /* the request is an own error */
	bool probe;      /* the request is a probe */
	bool bait;       /* the request is bait */
	bool slow;       /* the client makes at most 3 requests in 60 seconds, and few own errors */
	bool parole;     /* the client is on parole */
	bool known;      /* the client had an honest visit in the last 48 hours */
	bool burst;      /* the client's first visit has just begun:
			  * this may be one page with its files */
	bool learned;    /* limits are learned */
	bool failing;    /* the site fails */
	bool pages_fail; /* pages fail */
	bool feature;    /* the path that the client writes is a feature */
	uint32_t usual;  /* usual number of writes to that path in a visit */
};

/* True if the client's errors are on few paths, which the site never served. */
bool path_rules_few_paths(const struct path_rules_case *c);

/* Appends the evidence of the rules that hold to a verdict, which has room for it. Returns the
 * highest factor by which a value exceeds its limit without parole; 0 if no rule holds. */
double path_rules_judge(const struct path_rules_case *c, struct verdict *out);

/* The meaning of one of these rules, for people; NULL for another rule. */
const char *path_rules_words(enum rule rule);

#endif
