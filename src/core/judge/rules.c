/* rules.c - see rules.h. */
#include "core/judge/rules.h"

#include <math.h>

#include "core/measure/variety.h"

/* ZSCORE: threshold in standard deviations above the mean, the usual three sigma. MULTIPLIER:
 * threshold as a multiple of the mean. On a site with bursts the standard deviation is large, so
 * this threshold is the lower one. The tight thresholds are lower, so that a rate that varies
 * around a threshold does not end an anomaly and begin it again. */
#define ZSCORE           3.0
#define MULTIPLIER       5.0
#define TIGHT_ZSCORE     2.0
#define TIGHT_MULTIPLIER 3.0
/* Factor on the site's mean error rate. If a client's own errors exceed this rate, its limits are
 * tightened: this client alone makes over three times as many errors as all clients usually do. */
#define ERROR_SURGE 3.0
/* Minimum number of requests in the window before the site's baseline judges a client. A heavy page
 * with its files has fewer. An office of 25 people also made fewer in a minute: 137 to 172. */
#define JUDGED_FROM 200
/* Factor on the 60-s limits when they are tightened. The floor of 120 requests becomes 72; a page
 * with its files has fewer. */
#define TIGHT_SHARE 0.6
/* Spread requests are a flood only if they fall into at least this many different seconds of the
 * window. A page load takes fewer seconds. This matters only if a low --requests-floor makes the
 * limit low. */
#define BUSY_SECONDS 15
/* Factor on the limit of requests, for requests that are not spread: they may be two pages with all
 * their files. */
#define BURST 2.0

/* Requests are spread if they fall into at least this share of the seconds that requests one by one
 * would fall into (see rules.h). Measured: an office of 25 people with 137 to 172 requests in a
 * minute was banned at 0.5 and at 0.65, but not at 0.75. With fewer requests than SPREAD_FEW, the
 * share shows nothing. */
#define SPREAD     0.75
#define SPREAD_FEW 8
/* The share for bans by the site's rules, instead of SPREAD. These bans are made only until limits
 * are learned. A flood has no pauses. People who scroll through photos make pauses: eight of them
 * on a small site were banned at 0.75, but not at 0.9. */
#define STEADY 0.9
/* Factor on the limits of errors and of a visit's requests, for bursts. A visitor may open three
 * pages that lack all their files in one minute; more is a scan. Measured: because of this factor,
 * a scan of 10 requests per second is stopped after 60 errors instead of 20. In one test, a new
 * release of the site lacked 20 of 26 files. Before site_failing.h and this factor existed, 140
 * visitors were banned in this test. With both, none was banned. */
#define PAGES 3.0
/* Factor on the limit of a visit's requests in bursts, instead of PAGES, if at least half of the
 * requests came in the last 60 seconds. */
#define SUDDEN 1.5
/* A visit goes on if the window contains at least this many requests (for the rule visit_requests)
 * or own errors (for visit_errors). A client that has stopped is not a flood. */
#define GOES_ON_REQUESTS 10
#define GOES_ON_ERRORS   4
/* Factors for the later laps of a visit. OWN_LAP: a lap may have this many times the requests of
 * the first lap. OWN_PEAK: a window may have this many times the first lap's mean number of
 * requests per 60 s. */
#define OWN_LAP  2.0
#define OWN_PEAK 4.0
/* READER: a client that was served this many different paths is a reader, unless more than
 * READER_SHARE of its requests are own errors. If the pictures of old pages are gone, three of four
 * requests of a reader are errors. READER_ERRORS: factor on a reader's limits of errors.
 * READER_PAGES: factor on a reader's limits of errors in bursts, instead of PAGES. */
#define READER        8
#define READER_SHARE  0.8
#define READER_ERRORS 3.0
#define READER_PAGES  6.0
/* VARIED: a client that was served this many different paths may stand for many people, such as an
 * office. VARIED_REQUESTS: factor on its limit of requests in 60 s. */
#define VARIED          16
#define VARIED_REQUESTS 2.0
/* Factor on the limit of requests in 60 s, in the later laps of a visit. It applies only if own
 * errors were less than CLIENTS_ERROR_SHARE of the requests of the first lap. */
#define KNOWN 1.5

/* The highest count in the window that a limit in requests per second allows. */
static uint32_t count_at(double per_second)
{
	double count = floor(per_second * WINDOW_S);

	return count < (double)UINT32_MAX ? (uint32_t)count : UINT32_MAX;
}

unsigned rules_bits(const struct verdict *v)
{
	unsigned bits = 0;

	for (size_t i = 0; i < v->evidence_n; i++)
		bits |= 1u << v->evidence[i].rule;
	return bits;
}

static void add_evidence(struct verdict *v, enum rule rule, double value, double limit)
{
	v->evidence[v->evidence_n++] = (struct evidence){rule, value, limit};
}

/* Judges by both rules of a baseline: zscore and multiplier. */
static void judge_baseline(bool tight, struct verdict *v)
{
	double zscore = tight ? TIGHT_ZSCORE : ZSCORE;
	double multiplier = tight ? TIGHT_MULTIPLIER : MULTIPLIER;
	double by_zscore = v->mean + zscore * v->stddev;
	double by_multiplier = multiplier * v->mean;

	v->z = (v->rate - v->mean) / v->stddev;
	v->limit = count_at(by_zscore < by_multiplier ? by_zscore : by_multiplier);
	if (v->z > zscore)
		add_evidence(v, RULE_ZSCORE, v->z, zscore);
	if (v->rate > by_multiplier)
		add_evidence(v, RULE_MULTIPLIER, v->rate / v->mean, multiplier);
}

bool rules_site_hold(const struct baseline *b, bool errors, uint64_t count)
{
	double mean = errors ? b->error_mean : b->mean;
	double rate = (double)count / WINDOW_S;

	return b->ready && ((rate - mean) / (errors ? b->error_stddev : b->stddev) > ZSCORE ||
				   rate > MULTIPLIER * mean);
}

static unsigned tight_reasons(const struct rules_site *s, uint32_t errors)
{
	double surge = ERROR_SURGE * s->baseline->error_mean * WINDOW_S;
	unsigned bits = s->surge ? TIGHT_SITE_SURGE : 0;

	if (s->baseline->ready && errors > surge && !s->failing && !s->pages_fail)
		bits |= TIGHT_ERROR_SURGE;
	return bits;
}

static bool own_doing(uint32_t errors, uint32_t requests)
{
	return errors >= CLIENTS_ERROR_SHARE * requests;
}

/* How a client's requests are distributed, and the factors on its limits; computed once. */
struct bearing {
	bool spread;         /* requests in the window came one by one */
	bool steady;         /* requests in the window had no pause */
	bool visit_spread;   /* requests in the lap of the visit came one by one */
	bool forgiven;       /* the site or its pages fail: bursts of errors count against nobody */
	double parole;       /* factor on the limits of errors */
	double visit_parole; /* factor on the limits of a visit's requests */
	double share;        /* factor on the limit of requests in 60 s */
	double errors;       /* factor on the limits of errors, for spread errors */
	double error_bursts; /* factor on the limits of errors, for bursts */
};

/* Number of different seconds of `span` that n requests fall into, divided by the number for n
 * requests one by one: see rules.h. 0 if n is too small. */
static double find_spread(uint32_t n, uint32_t seconds, double span)
{
	return n >= SPREAD_FEW ? seconds / (span * (1 - exp(-(double)n / span))) : 0;
}

/* True if a client has few own errors. */
static bool has_few_errors(uint32_t errors, uint32_t requests)
{
	return errors <= RULES_FEW || errors < RULES_FEW_SHARE * requests;
}

static struct bearing find_bearing(
	const struct rules_site *s, const struct client_counts *v, unsigned about, bool tight)
{
	uint32_t paths = variety_n(v->visit.variety);
	bool varied = paths >= VARIED && has_few_errors(v->visit.errors, v->visit.requests);
	bool reads = v->visit.variety & VARIETY_ROBOT ||
		     (paths >= READER && v->visit.errors <= READER_SHARE * v->visit.requests);
	bool reader = reads && !s->pages_fail && !(about & ABOUT_REFUSED);
	bool parole = about & ABOUT_PAROLE;
	double spread = find_spread(v->window.requests, v->window.seconds, WINDOW_S);
	struct bearing b = {
		.spread = spread >= SPREAD,
		.steady = spread >= STEADY,
		.visit_spread = find_spread(v->visit.requests, v->lap_seconds,
					fmax(WINDOW_S, v->lap_s)) >= SPREAD,
		.forgiven = s->failing || s->pages_fail,
		.parole = parole ? RULES_PAROLE_SHARE : 1,
		.visit_parole = parole && !varied ? RULES_PAROLE_SHARE : 1,
		.share = parole  ? RULES_PAROLE_SHARE
			 : tight ? TIGHT_SHARE
				 : 1,
		.errors = reader ? READER_ERRORS : 1,
		.error_bursts = reader ? READER_PAGES : PAGES,
	};

	if (s->few_paths)
		b.error_bursts = b.errors;
	b.share *= varied ? VARIED_REQUESTS : 1;
	return b;
}

static void judge_requests(
	const struct client_counts *v, const struct bearing *b, double limit, struct verdict *out)
{
	const struct window_counts *w = &v->window;
	double own_peak = OWN_PEAK * v->before * WINDOW_S / CLIENTS_LAP_S;
	/* every visitor of a failing page requests the files that the page lacks */
	uint32_t asked = b->forgiven && !b->spread ? w->requests - w->errors : w->requests;

	limit = fmax(v->before ? KNOWN * limit : limit, own_peak);
	if (asked <= limit)
		return;
	if (b->spread && w->seconds >= BUSY_SECONDS)
		add_evidence(out, RULE_REQUESTS, asked, floor(limit));
	else if (asked > BURST * limit)
		add_evidence(out, RULE_REQUESTS, asked, floor(BURST * limit));
}

/* Adds evidence, with the limit, if the value exceeds the limit. */
static void hold_beyond(struct verdict *out, enum rule rule, uint32_t value, double limit)
{
	if (value > limit)
		add_evidence(out, rule, value, floor(limit));
}

static void judge_errors(const struct rules_site *s, const struct client_counts *v,
	const struct bearing *b, double limit, struct verdict *out)
{
	const struct window_counts *w = &v->window;

	if (!own_doing(w->own, w->requests))
		return;
	if (b->spread)
		hold_beyond(out, RULE_ERRORS, w->own, b->errors * limit);
	else if (!s->pages_fail)
		hold_beyond(out, RULE_ERRORS, w->own, b->error_bursts * limit);
}

static void judge_visit_requests(const struct rules_site *s, const struct client_counts *v,
	const struct bearing *b, struct verdict *out)
{
	const struct window_counts *w = &v->window;
	double limit =
		b->visit_parole * fmax(s->limits->most[LIMIT_VISIT_REQUESTS], OWN_LAP * v->before);
	bool sudden = w->requests * 2 >= v->visit.requests;

	if (w->requests < GOES_ON_REQUESTS)
		return;
	if (b->visit_spread)
		hold_beyond(out, RULE_VISIT_REQUESTS, v->visit.requests, limit);
	else if (!b->forgiven)
		hold_beyond(out, RULE_VISIT_REQUESTS, v->visit.requests,
			(sudden ? SUDDEN : PAGES) * limit);
}

static void judge_visit_errors(const struct rules_site *s, const struct client_counts *v,
	const struct bearing *b, struct verdict *out)
{
	const struct window_counts *w = &v->window;
	double limit = b->parole * s->limits->most[LIMIT_VISIT_ERRORS];

	if (w->own < GOES_ON_ERRORS || !own_doing(w->own, w->requests) ||
		!own_doing(v->visit.errors, v->visit.requests))
		return;
	if (b->visit_spread)
		hold_beyond(out, RULE_VISIT_ERRORS, v->visit.errors, b->errors * limit);
	else if (!s->pages_fail)
		hold_beyond(out, RULE_VISIT_ERRORS, v->visit.errors, b->error_bursts * limit);
}

/* Judges a client by its limits. `tight`: the 60-s limit of errors is tightened. */
static void judge_limits(const struct rules_site *s, const struct client_counts *v,
	const struct bearing *b, bool tight, struct verdict *out)
{
	const double *most = s->limits->most;
	bool tightened = tight && b->parole == 1;
	double errors =
		fmax(VISITS_ERRORS_FLOOR, (tightened ? TIGHT_SHARE : 1) * most[LIMIT_ERRORS]);

	judge_requests(v, b, b->share * most[LIMIT_REQUESTS], out);
	if (!s->failing) {
		judge_errors(s, v, b, b->parole * errors, out);
		judge_visit_errors(s, v, b, out);
	}
	judge_visit_requests(s, v, b, out);
	if (s->swarm && v->window.requests > most[LIMIT_MARK])
		add_evidence(out, RULE_SWARM, v->window.requests, floor(most[LIMIT_MARK]));
	if (s->visit_swarm && v->visit.requests > most[LIMIT_VISIT_MARK])
		add_evidence(
			out, RULE_VISIT_SWARM, v->visit.requests, floor(most[LIMIT_VISIT_MARK]));
}

/* Minimum number of requests in the window before the site's baseline may judge a client. */
static double site_judges_from(const struct rules_config *c)
{
	return fmax(JUDGED_FROM, c->cold_requests);
}

static uint32_t as_count(double v)
{
	return v >= UINT32_MAX ? UINT32_MAX : v > 0 ? (uint32_t)v : 0;
}

/* True if no rule can match with the current limits. */
static bool is_quiet(const struct rules_config *c, const struct rules_site *s,
	const struct client_counts *v, bool parole)
{
	const double *most = s->limits->most;
	double share = parole ? RULES_PAROLE_SHARE : 1;
	double least = fmin(TIGHT_SHARE, share) * most[LIMIT_REQUESTS];
	double visit_least = share * most[LIMIT_VISIT_REQUESTS];

	if (!s->limits->known && v->window.requests >= site_judges_from(c))
		return false;
	if (s->swarm && most[LIMIT_MARK] < least)
		least = most[LIMIT_MARK];
	if (s->visit_swarm && most[LIMIT_VISIT_MARK] < visit_least)
		visit_least = most[LIMIT_VISIT_MARK];
	return v->window.requests <= least && v->window.own <= share * VISITS_ERRORS_FLOOR &&
	       v->visit.requests <= visit_least &&
	       v->visit.errors <= share * most[LIMIT_VISIT_ERRORS];
}

struct rules_low rules_low_of(const struct rules_config *c, const double least[LIMIT_COUNT])
{
	double requests = fmin(TIGHT_SHARE, RULES_PAROLE_SHARE) * least[LIMIT_REQUESTS];
	double visit_requests = RULES_PAROLE_SHARE * least[LIMIT_VISIT_REQUESTS];

	/* a client is judged by the site's baseline from site_judges_from on, and in a swarm above
	 * the marks */
	requests = fmin(fmin(requests, least[LIMIT_MARK]), site_judges_from(c) - 1);
	return (struct rules_low){
		.requests = as_count(requests),
		.own = as_count(RULES_PAROLE_SHARE * VISITS_ERRORS_FLOOR),
		.visit_requests = as_count(fmin(visit_requests, least[LIMIT_VISIT_MARK])),
		.visit_errors = as_count(RULES_PAROLE_SHARE * least[LIMIT_VISIT_ERRORS]),
	};
}

/* True if the site's baseline alone may ban the client; otherwise it only adds evidence to another
 * rule. Requests in bursts are no reason for such a ban, because they may be pages with their
 * files. */
static bool site_judges(const struct rules_config *c, const struct rules_site *s,
	const struct client_counts *v, const struct bearing *b)
{
	return !s->limits->known && b->steady && v->window.requests >= site_judges_from(c);
}

/* Computes the members of the verdict that decide whether its ban is held back or shortened: see
 * ban_holds.h. */
static void weigh_verdict(
	const struct rules_site *s, const struct client_counts *v, bool parole, struct verdict *out)
{
	const unsigned rates = 1u << RULE_REQUESTS | 1u << RULE_VISIT_REQUESTS | 1u << RULE_ZSCORE |
			       1u << RULE_MULTIPLIER;
	const double *most = s->limits->most;

	out->parole = parole;
	out->rates_alone = (rules_bits(out) & ~rates) == 0 &&
			   has_few_errors(v->window.own, v->window.requests) &&
			   has_few_errors(v->visit.errors, v->visit.requests);
	out->excess = v->window.requests / most[LIMIT_REQUESTS];
	out->visit_excess = v->visit.requests / most[LIMIT_VISIT_REQUESTS];
}

/* A verdict with its figures, before any rule is tested. */
static struct verdict begin_verdict(const struct rules_site *s, const struct client_counts *v)
{
	const struct baseline *b = s->baseline;

	return (struct verdict){
		.rate = (double)v->window.requests / WINDOW_S,
		.mean = b->mean,
		.stddev = b->stddev,
		.source = b->source,
		.tight = tight_reasons(s, v->window.own),
	};
}

void rules_describe(const struct rules_site *s, const struct client_counts *v, unsigned about,
	struct verdict *out)
{
	*out = begin_verdict(s, v);
	struct bearing bearing = find_bearing(s, v, about, out->tight != 0);
	judge_baseline(out->tight != 0, out); /* for z and the limit */
	out->evidence_n = 0;
	weigh_verdict(s, v, about & ABOUT_PAROLE, out);
	out->rates_alone = false;
	out->limit = (uint32_t)fmin(bearing.share * s->limits->most[LIMIT_REQUESTS], UINT32_MAX);
}

bool rules_client(const struct rules_config *c, const struct rules_site *s,
	const struct client_counts *v, unsigned about, struct verdict *out)
{
	const struct baseline *b = s->baseline;

	if (is_quiet(c, s, v, about & ABOUT_PAROLE))
		return false;
	*out = begin_verdict(s, v);
	struct bearing bearing = find_bearing(s, v, about, out->tight != 0);
	judge_limits(s, v, &bearing, out->tight != 0, out);
	size_t by_limits = out->evidence_n;
	judge_baseline(out->tight != 0, out); /* may also add evidence to another rule */
	if (!b->ready || v->window.requests < JUDGED_FROM)
		out->evidence_n = by_limits;
	if (out->evidence_n == 0 || (by_limits == 0 && !site_judges(c, s, v, &bearing)))
		return false;
	weigh_verdict(s, v, about & ABOUT_PAROLE, out);
	out->limit = (uint32_t)fmin(bearing.share * s->limits->most[LIMIT_REQUESTS], UINT32_MAX);
	return true;
}

bool rules_judge_site(
	const struct baseline *b, bool errors, uint64_t count, bool tight, struct verdict *out)
{
	*out = (struct verdict){.rate = (double)count / WINDOW_S};
	if (!b->ready)
		return false;
	out->mean = errors ? b->error_mean : b->mean;
	out->stddev = errors ? b->error_stddev : b->stddev;
	out->source = errors ? b->error_source : b->source;
	judge_baseline(tight, out);
	return out->evidence_n > 0;
}

double rules_alarm(const struct baseline *b, bool errors)
{
	double mean = errors ? b->error_mean : b->mean;
	double stddev = errors ? b->error_stddev : b->stddev;

	return b->ready ? fmin(mean + ZSCORE * stddev, MULTIPLIER * mean) : 0;
}

const char *rule_name(enum rule rule)
{
	static const char *const names[RULE_COUNT] = {"requests", "errors", "visit_requests",
		"visit_errors", "swarm", "visit_swarm", "zscore", "multiplier", "probes", "bait",
		"repeats", "slow_errors"};

	return names[rule];
}

const char *rule_unit(enum rule rule)
{
	static const char *const units[RULE_COUNT] = {"requests/60s", "errors/60s",
		"requests/visit", "errors/visit", "requests/60s", "requests/visit", "stddev",
		"mean", "paths", "paths/visit", "writes/visit", "errors/24h"};

	return units[rule];
}

const char *tight_name(enum tight bit)
{
	return bit == TIGHT_ERROR_SURGE ? "error_surge" : "site_surge";
}
