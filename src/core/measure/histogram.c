/* histogram.c - see histogram.h. */
#include "core/measure/histogram.h"

#include <math.h>

/* Weights below this say nothing any more, and would take years to vanish. */
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
	t->weight[bucket_of(x)] += 1;
	t->total += 1;
}

void histogram_sum(struct histogram *t)
{
	t->total = 0;
	for (int b = 0; b < HISTOGRAM_BUCKETS; b++)
		t->total += t->weight[b];
}

void histogram_decay(struct histogram *t, double share)
{
	for (int b = 0; b < HISTOGRAM_BUCKETS; b++) {
		t->weight[b] *= share;
		if (t->weight[b] < WEIGHT_MIN)
			t->weight[b] = 0;
	}
	histogram_sum(t);
}

/* The bucket where the top share begins; *above: the weight from it upwards. 0: none above zero. */
static int top_bucket(const struct histogram *t, double share, double *above)
{
	int b;

	*above = 0;
	for (b = HISTOGRAM_BUCKETS - 1; b > 0; b--) {
		*above += t->weight[b];
		if (*above > 0 && *above >= share * t->total)
			break;
	}
	return b;
}

double histogram_quantile(const struct histogram *t, double share)
{
	double above;

	return value_of(top_bucket(t, share, &above));
}

double histogram_highest(const struct histogram *t)
{
	int b = HISTOGRAM_BUCKETS - 1;

	while (b > 0 && t->weight[b] <= 0)
		b--;
	return value_of(b);
}

double histogram_extrapolate(const struct histogram *t, double share, double risk, double cap)
{
	double above, excess = 0;
	int u = top_bucket(t, share, &above), highest = 0;

	if (u == 0) { /* fewer than the share are above zero: the lowest of those begins the tail */
		for (int b = 1; b < HISTOGRAM_BUCKETS && u == 0; b++)
			if (t->weight[b] > 0)
				u = b;
		if (u == 0)
			return 0;
	}
	for (int b = u; b < HISTOGRAM_BUCKETS; b++) {
		/* values are anywhere in their bucket: half of one is added */
		excess += (b - u + 0.5) * t->weight[b];
		if (t->weight[b] > 0)
			highest = b;
	}
	double index = excess / above / HISTOGRAM_PER_OCTAVE * M_LN2;
	double limit = value_of(u) * pow(above / t->total / risk, index);
	double most = cap * value_of(highest);
	return limit < most ? limit : most;
}
