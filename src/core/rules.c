/* rules.c - see rules.h. */
#include "core/rules.h"

#include <math.h>

#include "core/clients.h"
#include "core/visits.h"

/* The count in the window that a limit in requests per second allows. */
static uint32_t count_at(double per_second)
{
	double count = floor(per_second * RULES_WINDOW_S);

	return count < (double)UINT32_MAX ? (uint32_t)count : UINT32_MAX;
}

static void hold(struct verdict *v, enum rule rule, double value, double limit)
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
		hold(v, RULE_ZSCORE, v->z, zscore);
	if (v->rate > by_multiplier)
		hold(v, RULE_MULTIPLIER, v->rate / v->mean, multiplier);
}

static unsigned tightening(
	const struct rules_config *c, const struct rules_site *s, uint32_t errors)
{
	double surge = c->error_surge * s->baseline->error_mean * RULES_WINDOW_S;
	unsigned bits = s->surge ? TIGHT_SITE_SURGE : 0;

	if (s->baseline->ready && errors > surge)
		bits |= TIGHT_ERROR_SURGE;
	return bits;
}

bool rules_blames(const struct rules_config *c, int status, double witnessed)
{
	return status >= 400 && status < 500 && witnessed < c->error_share;
}

static bool own_doing(
	const struct rules_config *c, double witnessed, uint32_t errors, uint32_t requests)
{
	double share = fmax(c->error_share, 3 * witnessed);

	return errors >= share * requests;
}

/* The clients' rules. `f`: the share of the 60-s limits. */
static void judge_limits(const struct rules_config *c, const struct rules_site *s, double f,
	const struct clients_view *v, struct verdict *out)
{
	const double *most = s->limits->most;
	const struct window_counts *w = &v->window;
	double requests = f * most[LIMIT_REQUESTS];
	double errors = fmax(c->error_floor, f * most[LIMIT_ERRORS]);

	if (w->requests > requests &&
		(w->seconds >= c->busy_seconds || w->requests > c->burst * requests))
		hold(out, RULE_REQUESTS, w->requests, floor(requests));
	if (w->own > errors && own_doing(c, s->witnessed, w->own, w->requests))
		hold(out, RULE_ERRORS, w->own, floor(errors));
	if (v->visit.requests > most[LIMIT_VISIT_REQUESTS])
		hold(out, RULE_VISIT_REQUESTS, v->visit.requests,
			floor(most[LIMIT_VISIT_REQUESTS]));
	if (v->visit.errors > most[LIMIT_VISIT_ERRORS] &&
		own_doing(c, s->witnessed, v->visit.errors, v->visit.requests))
		hold(out, RULE_VISIT_ERRORS, v->visit.errors, floor(most[LIMIT_VISIT_ERRORS]));
	if (s->swarm && w->requests > most[LIMIT_MARK])
		hold(out, RULE_SWARM, w->requests, floor(most[LIMIT_MARK]));
	if (s->visit_swarm && v->visit.requests > most[LIMIT_VISIT_MARK])
		hold(out, RULE_VISIT_SWARM, v->visit.requests, floor(most[LIMIT_VISIT_MARK]));
}

/* Nothing can hold: what almost every request comes to. */
static bool is_quiet(
	const struct rules_config *c, const struct rules_site *s, const struct clients_view *v)
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
	const struct clients_view *v, struct verdict *out)
{
	const struct baseline *b = s->baseline;

	if (is_quiet(c, s, v))
		return false;
	*out = (struct verdict){
		.rate = (double)v->window.requests / RULES_WINDOW_S,
		.mean = b->mean,
		.stddev = b->stddev,
		.source = b->source,
		.tight = tightening(c, s, v->window.errors),
	};
	double f = out->tight ? c->tight_share : 1;
	if (!c->site_only)
		judge_limits(c, s, f, v, out);
	size_t by_limits = out->evidence_n;
	if (b->ready) /* as a verdict, or as evidence beside one */
		judge_baseline(c, out->tight != 0, out);
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
	*out = (struct verdict){.rate = (double)count / RULES_WINDOW_S};
	if (!b->ready)
		return false;
	out->mean = errors ? b->error_mean : b->mean;
	out->stddev = errors ? b->error_stddev : b->stddev;
	out->source = errors ? b->error_source : b->source;
	judge_baseline(c, tight, out);
	return out->evidence_n > 0;
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

const char *baseline_source_name(enum baseline_source source)
{
	static const char *const names[BASELINE_SOURCE_COUNT] = {"floor", "recent", "hour"};

	return names[source];
}
