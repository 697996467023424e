/* rules.c - see rules.h. */
#include "core/judge/rules.h"

#include <math.h>

/* Of the different seconds that requests one by one fall into: what counts as spread. (An
 * office of 25 people with 137 to 172 requests in a minute was banned at 0.5 and at 0.65, and is
 * not at 0.75.) Of fewer than SPREAD_FEW it cannot be told. */
#define SPREAD     0.75
#define SPREAD_FEW 8
/* Times a limit, where bursts are enough: three pages that lack all their files in one minute are a
 * visitor's bad luck, more is a scan. (A scan of 10/s is stopped after 60 errors instead of 20. In
 * the tests' deploy that loses 20 of 26 files, 140 visitors were banned before site_failing.h and
 * this, and none with both.) */
#define PAGES 3.0
/* The same when most of the visit's requests came within the last minute. */
#define SUDDEN 1.5
/* In the window, for a visit to go on: who has stopped is no flood. */
#define GOES_ON_REQUESTS 10
#define GOES_ON_ERRORS   4
/* What a visit may do in a later lap, times its first; in a minute, times the mean of that. */
#define OWN_LAP  2.0
#define OWN_PEAK 4.0
/* Times the 60-s limit, for one whose first lap was judged and found ordinary. */
#define KNOWN 1.5

/* The count in the window that a limit in requests per second allows. */
static uint32_t count_at(double per_second)
{
	double count = floor(per_second * WINDOW_S);

	return count < (double)UINT32_MAX ? (uint32_t)count : UINT32_MAX;
}

static void add_evidence(struct verdict *v, enum rule rule, double value, double limit)
{
	v->evidence[v->evidence_n++] = (struct evidence){rule, value, limit};
}

/* Both rules of a baseline: zscore and multiplier. */
static void judge_baseline(const struct rules_config *c, bool tight, struct verdict *v)
{
	double zscore = tight ? c->tight_zscore : c->zscore;
	double multiplier = tight ? c->tight_multiplier : c->multiplier;
	double by_zscore = v->mean + zscore * v->stddev;
	double by_multiplier = multiplier * v->mean;

	v->z = (v->rate - v->mean) / v->stddev;
	v->limit = count_at(by_zscore < by_multiplier ? by_zscore : by_multiplier);
	if (v->z > zscore)
		add_evidence(v, RULE_ZSCORE, v->z, zscore);
	if (v->rate > by_multiplier)
		add_evidence(v, RULE_MULTIPLIER, v->rate / v->mean, multiplier);
}

static unsigned tight_reasons(
	const struct rules_config *c, const struct rules_site *s, uint32_t errors)
{
	double surge = c->error_surge * s->baseline->error_mean * WINDOW_S;
	unsigned bits = s->surge ? TIGHT_SITE_SURGE : 0;

	if (s->baseline->ready && errors > surge && !s->failing && !s->pages_fail)
		bits |= TIGHT_ERROR_SURGE;
	return bits;
}

static bool own_doing(const struct rules_config *c, uint32_t errors, uint32_t requests)
{
	return errors >= c->error_share * requests;
}

/* How a client's requests fall, worked out once. */
struct bearing {
	bool spread;       /* one by one, in the window */
	bool visit_spread; /* the same over the lap of its visit */
	bool forgiven;     /* bursts of errors are the site's doing */
};

/* Whether n requests within `span` seconds come one by one: see rules.h. */
static bool is_spread(uint32_t n, uint32_t seconds, double span)
{
	return n >= SPREAD_FEW && seconds >= SPREAD * span * (1 - exp(-(double)n / span));
}

static void judge_requests(const struct rules_config *c, const struct client_counts *v,
	const struct bearing *b, double limit, struct verdict *out)
{
	const struct window_counts *w = &v->window;
	double own_peak = OWN_PEAK * v->before * WINDOW_S / CLIENTS_LAP_S;
	/* the files that a failing page lacks are asked for by everybody */
	uint32_t asked = b->forgiven && !b->spread ? w->requests - w->errors : w->requests;

	limit = fmax(v->before ? KNOWN * limit : limit, own_peak);
	if (asked <= limit)
		return;
	if (b->spread && w->seconds >= c->busy_seconds)
		add_evidence(out, RULE_REQUESTS, asked, floor(limit));
	else if (asked > c->burst * limit)
		add_evidence(out, RULE_REQUESTS, asked, floor(c->burst * limit));
}

/* Evidence: the limit that was crossed is the one that it shows. */
static void hold_beyond(struct verdict *out, enum rule rule, uint32_t value, double limit)
{
	if (value > limit)
		add_evidence(out, rule, value, floor(limit));
}

static void judge_errors(const struct rules_config *c, const struct rules_site *s,
	const struct client_counts *v, const struct bearing *b, double limit, struct verdict *out)
{
	const struct window_counts *w = &v->window;

	if (!own_doing(c, w->own, w->requests))
		return;
	if (b->spread)
		hold_beyond(out, RULE_ERRORS, w->own, limit);
	else if (!s->pages_fail)
		hold_beyond(out, RULE_ERRORS, w->own, PAGES * limit);
}

static void judge_visit_requests(const struct rules_site *s, const struct client_counts *v,
	const struct bearing *b, struct verdict *out)
{
	const struct window_counts *w = &v->window;
	double limit = fmax(s->limits->most[LIMIT_VISIT_REQUESTS], OWN_LAP * v->before);
	bool sudden = w->requests * 2 >= v->visit.requests;

	if (w->requests < GOES_ON_REQUESTS)
		return;
	if (b->visit_spread)
		hold_beyond(out, RULE_VISIT_REQUESTS, v->visit.requests, limit);
	else if (!b->forgiven)
		hold_beyond(out, RULE_VISIT_REQUESTS, v->visit.requests,
			(sudden ? SUDDEN : PAGES) * limit);
}

static void judge_visit_errors(const struct rules_config *c, const struct rules_site *s,
	const struct client_counts *v, const struct bearing *b, struct verdict *out)
{
	const struct window_counts *w = &v->window;
	double limit = s->limits->most[LIMIT_VISIT_ERRORS];

	if (w->own < GOES_ON_ERRORS || !own_doing(c, w->own, w->requests) ||
		!own_doing(c, v->visit.errors, v->visit.requests))
		return;
	if (b->visit_spread)
		hold_beyond(out, RULE_VISIT_ERRORS, v->visit.errors, limit);
	else if (!s->pages_fail)
		hold_beyond(out, RULE_VISIT_ERRORS, v->visit.errors, PAGES * limit);
}

/* The clients' rules. `f`: the share of the 60-s limits. */
static void judge_limits(const struct rules_config *c, const struct rules_site *s, double f,
	const struct client_counts *v, struct verdict *out)
{
	const double *most = s->limits->most;
	struct bearing b = {
		.spread = is_spread(v->window.requests, v->window.seconds, WINDOW_S),
		.visit_spread =
			is_spread(v->visit.requests, v->lap_seconds, fmax(WINDOW_S, v->lap_s)),
		.forgiven = s->failing || s->pages_fail,
	};

	judge_requests(c, v, &b, f * most[LIMIT_REQUESTS], out);
	if (!s->failing) {
		judge_errors(c, s, v, &b, fmax(c->error_floor, f * most[LIMIT_ERRORS]), out);
		judge_visit_errors(c, s, v, &b, out);
	}
	judge_visit_requests(s, v, &b, out);
	if (s->swarm && v->window.requests > most[LIMIT_MARK])
		add_evidence(out, RULE_SWARM, v->window.requests, floor(most[LIMIT_MARK]));
	if (s->visit_swarm && v->visit.requests > most[LIMIT_VISIT_MARK])
		add_evidence(
			out, RULE_VISIT_SWARM, v->visit.requests, floor(most[LIMIT_VISIT_MARK]));
}

/* Nothing can hold: what almost every request comes to. */
static bool is_quiet(
	const struct rules_config *c, const struct rules_site *s, const struct client_counts *v)
{
	const double *most = s->limits->most;
	double least = c->tight_share * most[LIMIT_REQUESTS];
	double visit_least = most[LIMIT_VISIT_REQUESTS];

	if (v->window.requests >= c->min_requests && (c->site_only || !s->limits->known))
		return false;
	if (s->swarm && most[LIMIT_MARK] < least)
		least = most[LIMIT_MARK];
	if (s->visit_swarm && most[LIMIT_VISIT_MARK] < visit_least)
		visit_least = most[LIMIT_VISIT_MARK];
	return v->window.requests <= least && v->window.own <= c->error_floor &&
	       v->visit.requests <= visit_least && v->visit.errors <= most[LIMIT_VISIT_ERRORS];
}

bool rules_client(const struct rules_config *c, const struct rules_site *s,
	const struct client_counts *v, struct verdict *out)
{
	const struct baseline *b = s->baseline;

	if (is_quiet(c, s, v))
		return false;
	*out = (struct verdict){
		.rate = (double)v->window.requests / WINDOW_S,
		.mean = b->mean,
		.stddev = b->stddev,
		.source = b->source,
		.tight = tight_reasons(c, s, v->window.errors),
	};
	double f = out->tight ? c->tight_share : 1;
	if (!c->site_only)
		judge_limits(c, s, f, v, out);
	size_t by_limits = out->evidence_n;
	judge_baseline(c, out->tight != 0, out); /* a verdict, or evidence beside one */
	if (!b->ready)
		out->evidence_n = by_limits;
	bool site_judges =
		(c->site_only || !s->limits->known) && v->window.requests >= c->min_requests;
	if (!site_judges && by_limits == 0)
		return false;
	if (v->window.requests < c->min_requests)
		out->evidence_n = by_limits;
	if (!c->site_only)
		out->limit = (uint32_t)fmin(f * s->limits->most[LIMIT_REQUESTS], UINT32_MAX);
	else if (out->limit < c->min_requests)
		out->limit = c->min_requests - 1;
	return out->evidence_n > 0;
}

bool rules_judge_site(const struct rules_config *c, const struct baseline *b, bool errors,
	uint64_t count, bool tight, struct verdict *out)
{
	*out = (struct verdict){.rate = (double)count / WINDOW_S};
	if (!b->ready)
		return false;
	out->mean = errors ? b->error_mean : b->mean;
	out->stddev = errors ? b->error_stddev : b->stddev;
	out->source = errors ? b->error_source : b->source;
	judge_baseline(c, tight, out);
	return out->evidence_n > 0;
}

double rules_alarm(const struct rules_config *c, const struct baseline *b, bool errors)
{
	double mean = errors ? b->error_mean : b->mean;
	double stddev = errors ? b->error_stddev : b->stddev;

	return b->ready ? fmin(mean + c->zscore * stddev, c->multiplier * mean) : 0;
}

const char *rule_name(enum rule rule)
{
	static const char *const names[RULE_COUNT] = {"requests", "errors", "visit_requests",
		"visit_errors", "swarm", "visit_swarm", "zscore", "multiplier"};

	return names[rule];
}

const char *rule_unit(enum rule rule)
{
	static const char *const units[RULE_COUNT] = {"requests/60s", "errors/60s",
		"requests/visit", "errors/visit", "requests/60s", "requests/visit", "stddev",
		"mean"};

	return units[rule];
}

const char *tight_name(enum tight bit)
{
	return bit == TIGHT_ERROR_SURGE ? "error_surge" : "site_surge";
}
