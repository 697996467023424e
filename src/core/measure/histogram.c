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
	int b = bucket_of(x);

	t->weight[b] += 1;
	t->total += 1;
	if (b >= t->end)
		t->end = b + 1;
}

/* The sum of the buckets before `end`, in their order: rounding makes the order matter. */
static void sum_weights(struct histogram *t, int end)
{
	t->total = 0;
	t->end = 0;
	for (int b = 0; b < end; b++) {
		t->total += t->weight[b];
		if (t->weight[b] > 0)
			t->end = b + 1;
	}
}

void histogram_sum(struct histogram *t)
{
	sum_weights(t, HISTOGRAM_BUCKETS);
}

void histogram_decay(struct histogram *t, double share)
{
	for (int b = 0; b < t->end; b++) {
		double weight = t->weight[b] * share;
		t->weight[b] = weight < WEIGHT_MIN ? 0 : weight;
	}
	sum_weights(t, t->end);
}

/* The bucket where the top share begins; *above: the weight from it upwards. 0: none above zero. */
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

	if (u == 0) { /* fewer than the share are above zero: the lowest of those begins the tail */
		for (int b = 1; b < t->end && u == 0; b++)
			if (t->weight[b] > 0)
				u = b;
		if (u == 0)
			return 0;
	}
	for (int b = u; b < t->end; b++) {
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
