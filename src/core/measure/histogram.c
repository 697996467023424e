/* histogram.c - see histogram.h. */
#include "core/measure/histogram.h"

#include <math.h>
#include <string.h>

/* Lower weights no longer matter, and would take years to vanish. */
#define WEIGHT_MIN 0.05

static int bucket_of(uint32_t x)
{
	return x ? 1 + (int)lround(log2(x) * HISTOGRAM_PER_OCTAVE) : 0;
}

static double value_of(int bucket)
{
	return bucket ? exp2((double)(bucket - 1) / HISTOGRAM_PER_OCTAVE) : 0;
}

void histogram_add(struct histogram *t, uint32_t x)
{
	int b = bucket_of(x);

	t->weight[b] += 1;
	t->total += 1;
	if (b >= t->end)
		t->end = b + 1;
}

/* Computes the totals of four histograms, each in the order of its buckets, because rounding
 * depends on the order. The CPU cannot add to a sum before the previous addition to it has ended.
 * So the four sums are added up in parallel. */
static void sum_weights(struct histogram t[HISTOGRAM_TOGETHER], int end)
{
	double a = 0, b = 0, c = 0, d = 0;

	_Static_assert(HISTOGRAM_TOGETHER == 4, "there is one sum for each histogram");
	for (int i = 0; i < end; i++) {
		a += t[0].weight[i];
		b += t[1].weight[i];
		c += t[2].weight[i];
		d += t[3].weight[i];
	}
	t[0].total = a;
	t[1].total = b;
	t[2].total = c;
	t[3].total = d;
	for (int k = 0; k < HISTOGRAM_TOGETHER; k++) {
		t[k].end = end;
		while (t[k].end > 0 && !(t[k].weight[t[k].end - 1] > 0))
			t[k].end--;
	}
}

void histogram_sum(struct histogram t[HISTOGRAM_TOGETHER])
{
	sum_weights(t, HISTOGRAM_BUCKETS);
}

/* Decays two buckets in each step. Buckets from `end` on are empty and stay empty. */
static void decay_weights(struct histogram *t, double share)
{
	typedef double pair __attribute__((vector_size(16)));
	typedef int64_t mask __attribute__((vector_size(16)));

	_Static_assert(HISTOGRAM_BUCKETS % 2 == 0, "buckets are decayed in pairs");
	for (int b = 0; b < t->end; b += 2) {
		pair weight;
		memcpy(&weight, &t->weight[b], sizeof weight);
		weight *= share;
		weight = (pair)((mask)weight & (mask)(weight >= WEIGHT_MIN));
		memcpy(&t->weight[b], &weight, sizeof weight);
	}
}

void histogram_decay(struct histogram t[HISTOGRAM_TOGETHER], double share)
{
	int end = 0;

	for (int k = 0; k < HISTOGRAM_TOGETHER; k++) {
		decay_weights(&t[k], share);
		end = t[k].end > end ? t[k].end : end;
	}
	sum_weights(t, end);
}

/* The bucket where the top share begins; 0: the values above zero have less weight than the share.
 * *above: the weight in this bucket and above it. */
static int top_bucket(const struct histogram *t, double share, double *above)
{
	int b;

	*above = 0;
	for (b = t->end - 1; b > 0; b--) {
		*above += t->weight[b];
		if (*above > 0 && *above >= share * t->total)
			break;
	}
	return b > 0 ? b : 0;
}

double histogram_quantile(const struct histogram *t, double share)
{
	double above;

	return value_of(top_bucket(t, share, &above));
}

double histogram_highest(const struct histogram *t)
{
	return value_of(t->end ? t->end - 1 : 0);
}

double histogram_extrapolate(const struct histogram *t, double share, double risk, double cap)
{
	double above, excess = 0;
	int u = top_bucket(t, share, &above), highest = 0;

	/* the values above zero have less weight than the share: the tail begins at the lowest of
	 * them */
	if (u == 0) {
		for (int b = 1; b < t->end && u == 0; b++)
			if (t->weight[b] > 0)
				u = b;
		if (u == 0)
			return 0;
	}
	for (int b = u; b < t->end; b++) {
		/* values are spread over their bucket, so half a bucket is added */
		excess += (b - u + 0.5) * t->weight[b];
		if (t->weight[b] > 0)
			highest = b;
	}
	double index = excess / above / HISTOGRAM_PER_OCTAVE * M_LN2;
	double limit = value_of(u) * pow(above / t->total / risk, index);
	double most = cap * value_of(highest);
	return limit < most ? limit : most;
}
