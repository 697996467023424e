/* school.h - makes visits that teach one after the other. Each visit is by another client, in
 * another network. Include this file after cmocka.h. */
#ifndef UNIT_SCHOOL_H
#define UNIT_SCHOOL_H

#include <stdint.h>

#include "core/measure/visits.h"
#include "unit/given.h"
#include "unit/given_host.h"

#define NOW ((int64_t)1700000000)
#define DAY 86400

struct school {
	struct visits *v;
	uint32_t next; /* number of the next client */
	int64_t second;
};

static inline struct school school_with(const struct visits_config *config)
{
	struct school s = {visits_new(config, 20000, (struct hash_key){{5, 6}}), 0, NOW};

	assert_non_null(s.v);
	return s;
}

static inline struct school school(void)
{
	struct visits_config config = given_visits_config();

	return school_with(&config);
}

static inline void teach(struct school *s, uint32_t requests, uint16_t errors)
{
	struct address a = given_host(s->next++, 1);
	struct visit visit = {.first = 1,
		.start = 1,
		.requests = requests,
		.peak = requests & VISIT_PEAK_MAX,
		.errors = errors,
		.error_peak = errors};

	visits_teach(s->v, &a, &visit, s->second);
}

static inline void learn(struct school *s, int64_t after_s)
{
	s->second += after_s;
	visits_learn(s->v, s->second, span_seconds(after_s));
}

static inline const double *most(const struct school *s)
{
	return visits_limits(s->v)->most;
}

static inline double requests_known(const struct school *s)
{
	return visits_memory(s->v)->histograms[LIMIT_REQUESTS].total;
}

static inline double errors_known(const struct school *s)
{
	return visits_memory(s->v)->histograms[LIMIT_ERRORS].total;
}

#endif
