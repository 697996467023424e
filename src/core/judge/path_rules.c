/* path_rules.c - see path_rules.h. */
#include "core/judge/path_rules.h"

#include <math.h>

/* Limit of different probes. Most probing clients request far more paths. An honest visitor
 * requests only a few dead links that are not yet known as dead. The limit is not learned, because
 * the honest visits with the most errors are those of crawlers that follow dead links. A limit
 * learned from these visits was 12 to 332 on six logs. Learned limits stopped fewer requests of
 * probing clients than this fixed limit, even when learned limits were capped at 12, at 16 or at
 * 24. They saved no honest client from a ban. */
#define PROBES       8
#define PROBES_COLD  10
#define PROBE_SHARE  0.75
#define SERVED_SHARE 0.9
/* A served client (path_rules.h) with more probes than this is judged by PROBE_SHARE instead of
 * SERVED_SHARE. */
#define SERVED_PROBES 24
/* Factor on the limit of probes in a client's first seconds, because the client may have opened a
 * page that lacks its files. */
#define PAGE 3
/* Replaces PAGE if the client was served a path that the site is known to serve: after a new
 * release, the page may lack all its files. */
#define PAGE_SERVED 4
/* A page of another site may embed URLs of this site that do not exist. A browser requests all of
 * them at the same time; most probing clients are slower. So a visit is taken for the load of such
 * a page while it has at most LOAD_FILES requests, at over LOAD_PER_S requests per second. */
#define LOAD_FILES 12
#define LOAD_PER_S 6
/* Limit of different bait paths: two may be a coincidence. */
#define BAIT       2
#define BAIT_PAGE  2 /* added if any path was served: a page may lack all its icons */
#define BAIT_SHARE 0.5
/* A client is a served client from this many served paths on. People who read pages also follow
 * broken links. */
#define SERVED_PATHS 3
/* Limit of writes to one path in a visit. It allows for mistyped passwords and for a form that is
 * corrected and sent again. */
#define REPEATS_FLOOR 12
#define REPEATS_TIMES 2
/* The number of writes, plus one, must be at least this share of the visit's requests. If a guesser
 * fetches the form before each guess and after it, only one request in three is a write. */
#define WRITE_SHARE 0.3
/* Factor on the limit of writes for a client with an earlier honest visit. It also applies to a
 * client that was served at least 2 paths in this visit, as people who edit pages are. */
#define SERVED_WRITES 20
/* Limit of own errors in 24 hours. */
#define SLOW       60
#define SLOW_SHARE 0.8
/* Errors are on only a few paths if there are at least this many own errors per probed path. */
#define FEW_PATHS 3
/* Factors on the limits of errors, for a client with an earlier honest visit, and for a robot. */
#define KNOWN_ERRORS 3
#define ROBOT_ERRORS 3

static double hold_beyond(const struct path_rules_case *c, enum rule rule, uint32_t value,
	double limit, double least, struct verdict *out)
{
	double judged = c->parole ? fmax(RULES_PAROLE_SHARE * limit, least) : limit;

	if (value <= judged)
		return 0;
	out->evidence[out->evidence_n++] = (struct evidence){rule, value, floor(judged)};
	return value / limit;
}

/* True if the visit may be the load of one page of another site: only a few requests, all at the
 * same time. */
static bool is_page_load(const struct slow_counts *n, bool anew)
{
	/* one request has no rate; if its path is not new, the page may have been loaded again */
	if (n->visit_requests == 1)
		return !anew;
	return n->visit_requests <= LOAD_FILES &&
	       n->visit_requests > 1 + LOAD_PER_S * n->visit_tenths / 10;
}

static double judge_probes(const struct path_rules_case *c, double times, struct verdict *out)
{
	const struct slow_counts *n = &c->counts;

	bool served = n->pages >= SERVED_PATHS && n->probes <= SERVED_PROBES;

	/* on parole, paths that the client probed before the ban do not count again */
	if (!c->probe || (c->parole && !n->probe_anew) || c->pages_fail ||
		is_page_load(n, n->probe_anew) ||
		n->own <= (served ? SERVED_SHARE : PROBE_SHARE) * n->requests)
		return 0;
	double limit = (c->learned ? PROBES : PROBES_COLD) * (!c->burst             ? 1
								     : n->pages > 0 ? PAGE_SERVED
										    : PAGE);
	return hold_beyond(
		c, RULE_PROBES, n->probes, times * limit + (n->pages > 0 ? 2 : 0), 0, out);
}

static double judge_bait(const struct path_rules_case *c, struct verdict *out)
{
	const struct slow_counts *n = &c->counts;

	if (!c->bait || c->pages_fail || c->known || n->robot || n->pages >= SERVED_PATHS ||
		is_page_load(n, n->bait_anew) || n->own < BAIT_SHARE * n->requests)
		return 0;
	return hold_beyond(c, RULE_BAIT, n->bait, BAIT + (n->read > 0 ? BAIT_PAGE : 0), 1, out);
}

static double judge_repeats(const struct path_rules_case *c, struct verdict *out)
{
	const struct slow_counts *n = &c->counts;
	double limit = fmax(REPEATS_FLOOR, REPEATS_TIMES * (double)c->usual);

	if (c->feature || (c->parole && c->slow) || n->read >= SERVED_PATHS ||
		n->writes + 1 < WRITE_SHARE * n->visit_requests)
		return 0;
	bool reads = n->read >= 2; /* the path that the client writes to, and another one */
	return hold_beyond(c, RULE_REPEATS, n->writes,
		limit * (c->known || reads ? SERVED_WRITES : 1), 3, out);
}

static double judge_slow(const struct path_rules_case *c, double times, struct verdict *out)
{
	const struct slow_counts *n = &c->counts;

	if (!c->own || c->fast || n->day_own < SLOW_SHARE * n->day_requests)
		return 0;
	return hold_beyond(c, RULE_SLOW_ERRORS, n->day_own, times * SLOW, 0, out);
}

bool path_rules_few_paths(const struct path_rules_case *c)
{
	const struct slow_counts *n = &c->counts;

	return c->probe && n->own >= PROBE_SHARE * n->requests && FEW_PATHS * n->probes <= n->own;
}

double path_rules_judge(const struct path_rules_case *c, struct verdict *out)
{
	double times = (c->known ? KNOWN_ERRORS : 1) * (c->counts.robot ? ROBOT_ERRORS : 1);
	double worst = 0;

	if (c->failing)
		return 0;
	worst = fmax(worst, judge_probes(c, times, out));
	worst = fmax(worst, judge_bait(c, out));
	worst = fmax(worst, c->counts.writes ? judge_repeats(c, out) : 0);
	return fmax(worst, judge_slow(c, times, out));
}

const char *path_rules_words(enum rule rule)
{
	static const char *const words[RULE_COUNT] = {
		[RULE_PROBES] = "the client failed on many different paths that the site never "
				"served",
		[RULE_BAIT] = "the client failed on paths that clients of other networks failed "
			      "on before",
		[RULE_REPEATS] = "the client wrote to one path again and again, as password "
				 "guessers do",
		[RULE_SLOW_ERRORS] = "nearly all requests of the client in 24 hours failed",
	};

	return words[rule];
}
