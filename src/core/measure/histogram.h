/* histogram.h - a decaying histogram of counts, and estimates of its upper tail.
 *
 * Path:    visits -> [histogram] -> the clients' limits.   Pure.
 * Buckets: round(8 log2 x) for x >= 1; zeros have a bucket of their own, which counts in the total.
 * Decay:   weights halve every 24 h; a weight under 0.05 is dropped.
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
	double total; /* the sum of all weights */
	int end;      /* no bucket from this one on has weight */
};

void histogram_add(struct histogram *t, uint32_t x);

/* Number of histograms that decay together. The decay of all takes little more time than the decay
 * of one. */
#define HISTOGRAM_TOGETHER 4

/* Multiplies every weight by `share`, 0..1. */
void histogram_decay(struct histogram t[HISTOGRAM_TOGETHER], double share);

/* Computes `total` and `end` again, after the caller has set weights. */
void histogram_sum(struct histogram t[HISTOGRAM_TOGETHER]);

/* The highest value with `share` (0..1) of the weight at or above it; 0 if the histogram is empty
 * or the value is zero. */
double histogram_quantile(const struct histogram *t, double share);

/* The highest value in the histogram; 0: none. */
double histogram_highest(const struct histogram *t);

/* The value that one count in 1/risk would exceed, extrapolated from the top `share` of the counts:
 *
 *     u (w / risk)^index   (Weissman)
 *
 * u is the value at which the top share begins, and w is its real share. index is the mean of ln(x
 * / u) over this share (Hill). The result is at most `cap` times the highest value in the
 * histogram. It is 0 if no value is above zero. */
double histogram_extrapolate(const struct histogram *t, double share, double risk, double cap);

#endif
