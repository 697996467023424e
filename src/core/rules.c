/* rules.c - see rules.h. */
#include "core/rules.h"

#include <math.h>

/* The count in the window that a limit in requests per second allows. */
static uint32_t count_at(double per_second)
{
	double count = floor(per_second * RULES_WINDOW_S);

	return count < (double)UINT32_MAX ? (uint32_t)count : UINT32_MAX;
}

/* Both rules of a baseline: zscore and multiplier. */
static void judge(const struct rules_config *c, bool tight, struct verdict *v)
{
	double zscore = tight ? c->tight_zscore : c->zscore;
	double multiplier = tight ? c->tight_multiplier : c->multiplier;
	double by_zscore = v->mean + zscore * v->stddev;
	double by_multiplier = multiplier * v->mean;

	v->z = (v->rate - v->mean) / v->stddev;
	v->limit = count_at(by_zscore < by_multiplier ? by_zscore : by_multiplier);
	if (v->z > zscore)
		v->evidence[v->evidence_n++] = (struct evidence){RULE_ZSCORE, v->z, zscore};
	if (v->rate > by_multiplier)
		v->evidence[v->evidence_n++] =
			(struct evidence){RULE_MULTIPLIER, v->rate / v->mean, multiplier};
}

bool rules_client(const struct rules_config *c, const struct baseline *b, uint32_t requests,
	uint32_t errors, bool site_surge, struct verdict *out)
{
	*out = (struct verdict){.rate = (double)requests / RULES_WINDOW_S};
	if (!b->ready)
		return false;
	out->mean = b->mean;
	out->stddev = b->stddev;
	out->source = b->source;
	if ((double)errors / RULES_WINDOW_S > c->error_surge * b->error_mean)
		out->tight |= TIGHT_ERROR_SURGE;
	if (site_surge)
		out->tight |= TIGHT_SITE_SURGE;
	judge(c, out->tight != 0, out);
	if (out->limit < c->min_requests)
		out->limit = c->min_requests - 1;
	if (requests < c->min_requests)
		out->evidence_n = 0;
	return out->evidence_n > 0;
}

bool rules_site(const struct rules_config *c, const struct baseline *b, bool errors, uint64_t count,
	bool tight, struct verdict *out)
{
	*out = (struct verdict){.rate = (double)count / RULES_WINDOW_S};
	if (!b->ready)
		return false;
	out->mean = errors ? b->error_mean : b->mean;
	out->stddev = errors ? b->error_stddev : b->stddev;
	out->source = errors ? b->error_source : b->source;
	judge(c, tight, out);
	return out->evidence_n > 0;
}

const char *rule_name(enum rule rule)
{
	static const char *const names[RULE_COUNT] = {"zscore", "multiplier"};

	return names[rule];
}

const char *rule_unit(enum rule rule)
{
	static const char *const units[RULE_COUNT] = {"stddev", "mean"};

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
