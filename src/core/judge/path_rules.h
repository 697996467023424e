/* path_rules.h - the detection rules that judge a client by the paths that it requests. Pure.
 *
 * Path:    slow_failures, written_paths, paths -> engine -> [path_rules] -> verdict.
 * Rules:   slow_failures.h and written_paths.h define the terms. "Served" here means: served, in
 *          the client's visit, 3 paths that the site is known to serve:
 *
 *   probes       the client made more than 8 different probes (10 until limits are learned); own
 *                errors are over 75 % of its requests. For a served client with at most 24 probes,
 *                own errors must be over 90 % of its requests. In the first 2 seconds of its first
 *                visit, the limit is 24 probes (30 until limits are learned). If the client was
 *                served one path that the site is known to serve, its limit is 2 probes higher, and
 *                in these 2 seconds it is 34 probes (42).
 *   bait         the client failed on more than 2 different bait paths, or more than 4 if it was
 *                served any path; at least half of its requests are own errors; the client is not a
 *                served client
 *   repeats      the client's writes to one path in its visit are more than twice the usual number,
 *                and more than 12; they are at least 30 % of the visit's requests; the client was
 *                served fewer than 3 paths, known or not
 *   slow_errors  the client made more than 60 own errors in 24 hours; they are at least 80 % of its
 *                requests in this time. Errors do not count while the client makes over 20 own
 *                errors in 60 seconds, or while pages fail.
 *
 * Guards:  while the site fails, none of these rules matches. While pages fail, only repeats can
 *          match (site_failing.h). Probes and bait do not match during a page load: the visit has
 *          at most 12 requests, at more than 6 per second. A feature is a path to which many writes
 *          are usual, such as an editor (written_paths.h). Writes to a feature do not count as
 *          repeats. If a client is remembered for an honest visit (24 to 48 hours, teachers.h),
 *          bait does not match it. Its limit of repeats is then 20 times as high, and its limits of
 *          probes and slow_errors are 3 times as high. A robot is a client that requests
 *          /robots.txt. Bait does not match it, and its limits of probes and slow_errors are 3
 *          times as high. The limit of repeats is also 20 times as high for a client that was
 *          served 2 paths. One of them may be the path that it writes to.
 * Parole:  for a client whose ban ended in the last 24 hours, each limit is multiplied by
 *          RULES_PAROLE_SHARE. Its limits are at least 1 bait path and 3 repeats. Paths that it
 *          probed before the ban do not count again. A slow writer with few errors may be a program
 *          that works for the site. The rule repeats does not match it on parole, so it is banned
 *          at most once a day.
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
	/* the client made more than PATH_RULES_FAST own errors in 60 s, or pages fail */
	bool fast;
	bool own;        /* the request is an own error */
	bool probe;      /* the request is a probe */
	bool bait;       /* the request is an own error on a bait path */
	bool slow;       /* the client makes at most 3 requests in 60 seconds, and few own errors */
	bool parole;     /* the client is on parole */
	bool known;      /* the client is remembered for an honest visit */
	bool burst;      /* the client's first visit has just begun:
			  * this may be one page with its files */
	bool learned;    /* limits are learned */
	bool failing;    /* the site fails */
	bool pages_fail; /* pages fail */
	bool feature;    /* the path that the client writes to is a feature */
	uint32_t usual;  /* usual number of writes to that path in a visit */
};

/* True if the client's errors are on only a few paths, which the site never served. */
bool path_rules_few_paths(const struct path_rules_case *c);

/* Appends evidence to the verdict for each rule that matches; the verdict must have room for it.
 * For each of these rules, divides the client's value by the limit that applies without parole.
 * Returns the highest of these quotients; 0 if no rule matches. */
double path_rules_judge(const struct path_rules_case *c, struct verdict *out);

/* A description of one of these rules, for people; NULL for other rules. */
const char *path_rules_words(enum rule rule);

#endif
