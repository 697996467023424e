/* judged.h - a client that is judged: its counts, the site, and the verdict. Include it after
 * cmocka.h. */
#ifndef UNIT_JUDGED_H
#define UNIT_JUDGED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/measure/clients.h"
#include "core/judge/rules.h"
#include "core/measure/visits.h"

#include "unit/given.h"

/* Use values whose sums over 60 s are exact, such as a mean of 4/s with a deviation of 2/s. */
static inline struct baseline baseline_of(double mean, double stddev)
{
	return (struct baseline){
		.mean = mean,
		.stddev = stddev,
		.error_mean = 0.5,
		.error_stddev = 0.25,
		.source = BASELINE_RECENT,
		.error_source = BASELINE_HOUR,
		.ready = true,
	};
}

static inline bool has(const struct verdict *v, enum rule rule)
{
	for (size_t i = 0; i < v->evidence_n; i++)
		if (v->evidence[i].rule == rule)
			return true;
	return false;
}

/* The input of a verdict on a client. judged_init sets learned limits, and a calm site whose
 * thresholds no client reaches. */
struct judged {
	struct rules_config config;
	struct baseline baseline;
	struct limits limits;
	struct rules_site site;
	struct client_counts view;
	bool parole;
	/* the server refused the client's newest request, for another reason than a missing path */
	bool refused;
	struct verdict verdict;
};

static inline void judged_init(struct judged *j)
{
	*j = (struct judged){
		.config = given_rules_config(),
		.baseline = baseline_of(100, 10),
		.limits = {{120, 20, 300, 30, 40, 80}, true},
		.site = {.baseline = &j->baseline, .limits = &j->limits},
	};
	j->baseline.error_mean = 100; /* no error surge */
}

static inline bool judge(struct judged *j)
{
	memset(&j->verdict, 0xff, sizeof j->verdict);
	return rules_client(&j->config, &j->site, &j->view,
		(j->parole ? ABOUT_PAROLE : 0) | (j->refused ? ABOUT_REFUSED : 0), &j->verdict);
}

/* Judges a window with these requests, errors and own errors in this many different seconds. */
static inline bool judge_window(
	struct judged *j, uint32_t requests, uint32_t errors, uint32_t own, uint32_t seconds)
{
	j->view.window = (struct window_counts){requests, errors, own, seconds};
	return judge(j);
}

static inline const struct evidence *evidence_of(const struct verdict *v, enum rule rule)
{
	for (size_t i = 0; i < v->evidence_n; i++)
		if (v->evidence[i].rule == rule)
			return &v->evidence[i];
	fail_msg("%s is no evidence", rule_name(rule));
	return NULL;
}

/* Sets a lap of 600 s with these requests and own errors in this many different seconds. */
static inline void lap(struct judged *j, uint32_t requests, uint16_t errors, uint16_t seconds)
{
	j->view.visit.requests = requests;
	j->view.visit.errors = errors;
	j->view.lap_seconds = seconds;
	j->view.lap_s = 600;
}

#endif
