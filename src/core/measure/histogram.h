/* histogram.h - a decaying histogram of counts, and what lies in its upper tail.
 *
 * Path:    visits -> [histogram] -> the clients' limits.   Pure.
 * Buckets: round(8 log2 x) for x >= 1; zeros have one of their own, which counts in the total.
 * Decay:   weights halve every 24 h; one under 0.05 is dropped.
 * Source:  B. M. Hill, "A simple general approach to inference about the tail of a distribution",
 *          1975, for the tail index; I. Weissman, "Estimation of parameters and large quantiles
 *          based on the k largest observations", 1978, for the quantile; A. Siffer et al., "Anomaly
 *          detection in streams with extreme value theory", KDD 2017, for the idea.
 */
#ifndef CORE_MEASURE_HISTOGRAM_H
#define CORE_MEASURE_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_PER_OCTAVE 8
/* Zero, then round(8 log2 x) for x up to 2^32. */
#define HISTOGRAM_BUCKETS (1 + 32 * HISTOGRAM_PER_OCTAVE + 1)

struct histogram {
	double weight[HISTOGRAM_BUCKETS];
	double total; /* the sum of them */
	int end;      /* no bucket from here on has weight */
};

void histogram_add(struct histogram *t, uint32_t x);

/* Histograms that decay together: it takes little more time than one. */
#define HISTOGRAM_TOGETHER 4

/* `share` of every weight is left, 0..1. */
void histogram_decay(struct histogram t[HISTOGRAM_TOGETHER], double share);

/* The totals and the ends anew, after weights were set from outside. */
void histogram_sum(struct histogram t[HISTOGRAM_TOGETHER]);

/* The value that `share` (0..1) of the weight is at or above; 0 when empty or the value is zero. */
double histogram_quantile(const struct histogram *t, double share);

/* The highest value known; 0: none. */
double histogram_highest(const struct histogram *t);

/* The value that one in 1/risk would exceed, extrapolated from the top `share`:
 *
 *     u (w / risk)^index   (Weissman)
 *
 * u is the value at which the top share begins, w its real share, and index the mean of ln(x / u)
 * over it (Hill). At most `cap` times the highest value known; 0 when there is none. */
double histogram_extrapolate(const struct histogram *t, double share, double risk, double cap);

#endif
