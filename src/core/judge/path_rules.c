/* path_rules.c - see path_rules.h. */
#include "core/judge/path_rules.h"

#include <math.h>

/* Different probes. Most of those who probe ask for far more; an honest visitor meets a few links
 * that are dead and not yet known to be. Not learned: the tail of honest visits is made by crawlers
 * of dead links, and the limit that follows from it (12 to 332 on six logs; tried with at most 12,
 * 16 and 24) stopped fewer requests of probers, and banned nobody honest less. */
#define PROBES       8
#define PROBES_COLD  10
#define PROBE_SHARE  0.75
#define READER_SHARE 0.9
/* A reader meets no more dead links than these. */
#define READER_PROBES 24
/* Times the limit, for a page whose files the site lost. */
#define PAGE        3
#define PAGE_SERVED 4 /* the page itself is served: its release may lack all its files */
/* A page elsewhere may embed addresses of this site, that are missing. A browser asks for all of
 * them at once; most probers ask for fewer than 8 in a second. */
#define LOAD_FILES 12
#define LOAD_PER_S 6
/* Different bait: two may be chance. */
#define BAIT       2
#define BAIT_PAGE  2 /* more, for one that read anything: a page may lack all its icons */
#define BAIT_SHARE 0.5
/* Paths that the site serves, read in the visit: a reader meets what is broken. */
#define READ 3
/* Writes to one path in a visit: somebody who mistypes a password, or a form that is corrected. */
#define REPEATS_FLOOR 12
#define REPEATS_TIMES 2
/* Of the visit, less one request: the form may be fetched before each guess, and after it. */
#define WRITE_SHARE 0.3
/* Times the limit, for one that had an honest visit, or reads a page besides, as editors do. */
#define READER_WRITES 20
/* Own errors in 24 hours. */
#define SLOW       60
#define SLOW_SHARE 0.8
/* Own errors for each path that was probed. */
#define FEW_PATHS 3
/* Times the limits of errors, for one that had an honest visit, and for a robot that behaves. */
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

/* The visit may be one page elsewhere, with its files: they come at once, and are not many. */
static bool is_page_load(const struct slow_counts *n, bool anew)
{
	if (n->visit_requests == 1) /* its pace is not known yet: the page may be loaded again */
		return !anew;
	return n->visit_requests <= LOAD_FILES &&
	       n->visit_requests > 1 + LOAD_PER_S * n->visit_tenths / 10;
}

static double judge_probes(const struct path_rules_case *c, double times, struct verdict *out)
{
	const struct slow_counts *n = &c->counts;

	bool reader = n->pages >= READ && n->probes <= READER_PROBES;

	/* on parole, the links that it probed before the ban are not held against it again */
	if (!c->probe || (c->parole && !n->probe_anew) || c->pages_fail ||
		is_page_load(n, n->probe_anew) ||
		n->own <= (reader ? READER_SHARE : PROBE_SHARE) * n->requests)
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

	if (!c->bait || c->pages_fail || c->known || n->robot || n->pages >= READ ||
		is_page_load(n, n->bait_anew) || n->own < BAIT_SHARE * n->requests)
		return 0;
	return hold_beyond(c, RULE_BAIT, n->bait, BAIT + (n->read > 0 ? BAIT_PAGE : 0), 1, out);
}

static double judge_repeats(const struct path_rules_case *c, struct verdict *out)
{
	const struct slow_counts *n = &c->counts;
	double limit = fmax(REPEATS_FLOOR, REPEATS_TIMES * (double)c->usual);

	if (c->feature || (c->parole && c->slow) || n->read >= READ ||
		n->writes + 1 < WRITE_SHARE * n->visit_requests)
		return 0;
	bool reads = n->read >= 2; /* the path that it writes, and another one */
	return hold_beyond(c, RULE_REPEATS, n->writes,
		limit * (c->known || reads ? READER_WRITES : 1), 3, out);
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
		[RULE_PROBES] = "it failed on many different paths that the site never served",
		[RULE_BAIT] = "it failed on paths that clients of other networks failed on before",
		[RULE_REPEATS] = "it wrote to one path again and again, as password guessers do",
		[RULE_SLOW_ERRORS] = "nearly all that it asked for in 24 hours failed",
	};

	return words[rule];
}
