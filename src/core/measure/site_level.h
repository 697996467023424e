/* site_level.h - chooses the level of a rate from two sources. A level is a mean and its standard
 * deviation. Only site.c uses this file. */
#ifndef CORE_MEASURE_SITE_LEVEL_H
#define CORE_MEASURE_SITE_LEVEL_H

#include <math.h>
#include <stdbool.h>

#include "core/measure/site.h"

/* Population standard deviation. Rounding may make a variance slightly negative. */
static inline double site_level_stddev(double sum, double squares, double n)
{
	double mean = sum / n;
	double variance = squares / n - mean * mean;

	return variance > 0 ? sqrt(variance) : 0;
}

struct site_level {
	double mean, stddev;
	enum baseline_source source;
};

static inline struct site_level site_level_of(
	double sum, double squares, double n, enum baseline_source source)
{
	return (struct site_level){sum / n, site_level_stddev(sum, squares, n), source};
}

/* Returns the level of the hour if this level is known and its mean is higher than the recent mean;
 * otherwise returns the recent level. Mean and standard deviation of the result are at least their
 * floors. */
static inline struct site_level site_level_choose(struct site_level recent, struct site_level hour,
	bool hour_known, double mean_floor, double stddev_floor)
{
	struct site_level l = hour_known && hour.mean > recent.mean ? hour : recent;

	if (l.mean < mean_floor) {
		l.mean = mean_floor;
		l.source = BASELINE_FLOOR;
	}
	if (l.stddev < stddev_floor)
		l.stddev = stddev_floor;
	return l;
}

#endif
