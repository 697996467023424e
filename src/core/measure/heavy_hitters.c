/* heavy_hitters.c - see heavy_hitters.h. Called once a visit, so a plain walk over the counters is enough. */
#include "core/measure/heavy_hitters.h"

#include <string.h>

/* Begins a new generation; the oldest is forgotten. One that nothing came in is a generation too.
 */
static void turn_generation(struct heavy_hitters *h, int64_t second)
{
	const size_t older = (HEAVY_HITTERS_GENERATIONS - 1) * sizeof h->generations[0];

	if (h->turned == 0)
		h->turned = second;
	if (second - h->turned <
		(h->generations[1].total ? HEAVY_HITTERS_TURN_S : HEAVY_HITTERS_FIRST_TURN_S))
		return;
	memmove(&h->generations[1], &h->generations[0], older);
	memset(&h->generations[0], 0, sizeof h->generations[0]);
	h->turned = second;
}

void heavy_hitters_add(
	struct heavy_hitters *h, const struct address *client, uint32_t requests, int64_t second)
{
	struct heavy_hitters_generation *g = &h->generations[0];
	struct heavy_hitters_counter *least = &g->counters[0];

	turn_generation(h, second);
	g->total += requests;
	for (uint32_t i = 0; i < g->n; i++) {
		struct heavy_hitters_counter *c = &g->counters[i];
		if (address_equal(&c->client, client)) {
			c->requests += requests;
			return;
		}
		if (c->requests < least->requests)
			least = c;
	}
	if (g->n < HEAVY_HITTERS_COUNTERS) {
		g->counters[g->n++] = (struct heavy_hitters_counter){*client, requests};
		return;
	}
	least->client = *client; /* takes over the count: an upper bound of its own */
	least->requests += requests;
}

/* What is asked of: generations first..last. */
struct range {
	int first, last;
};

static uint64_t requests_of(
	const struct heavy_hitters *h, struct range r, const struct address *client)
{
	uint64_t n = 0;

	for (int k = r.first; k <= r.last; k++)
		for (uint32_t i = 0; i < h->generations[k].n; i++)
			if (address_equal(&h->generations[k].counters[i].client, client))
				n += h->generations[k].counters[i].requests;
	return n;
}

/* Puts one address with its requests among the few, most first. */
static uint32_t insert_few(struct heavy_hitters_counter *few, uint32_t n,
	const struct address *client, uint64_t requests)
{
	uint32_t k;

	for (uint32_t i = 0; i < n; i++)
		if (address_equal(&few[i].client, client))
			return n;
	if (n == HEAVY_HITTERS_MAX && requests <= few[n - 1].requests)
		return n;
	k = n < HEAVY_HITTERS_MAX ? n++ : n - 1;
	for (; k > 0 && few[k - 1].requests < requests; k--)
		few[k] = few[k - 1];
	few[k] = (struct heavy_hitters_counter){*client, requests};
	return n;
}

static uint64_t total_of(const struct heavy_hitters *h, struct range r)
{
	uint64_t total = 0;

	for (int k = r.first; k <= r.last; k++)
		total += h->generations[k].total;
	return total;
}

/* The fewest that made over `share` of the requests of a range, at most HEAVY_HITTERS_MAX; 0: there are none. */
static uint32_t find_few(const struct heavy_hitters *h, struct range r, double share,
	struct heavy_hitters_counter few[HEAVY_HITTERS_MAX])
{
	double wanted = share * (double)total_of(h, r), sum = 0;
	uint32_t n = 0, needed = 0;

	for (int k = r.first; k <= r.last; k++)
		for (uint32_t i = 0; i < h->generations[k].n; i++) {
			const struct address *a = &h->generations[k].counters[i].client;
			n = insert_few(few, n, a, requests_of(h, r, a));
		}
	while (needed < n && sum <= wanted)
		sum += (double)few[needed++].requests;
	return sum > wanted ? needed : 0;
}

static bool is_in(const struct heavy_hitters_counter *few, uint32_t n, const struct address *client)
{
	for (uint32_t i = 0; i < n; i++)
		if (address_equal(&few[i].client, client))
			return true;
	return false;
}

/* Heavy over all, and in each generation that is over. */
static void find_heavy(struct heavy_hitters *h, double share, int64_t second)
{
	const struct range all = {0, HEAVY_HITTERS_GENERATIONS - 1};
	struct heavy_hitters_counter few[HEAVY_HITTERS_MAX], before[HEAVY_HITTERS_MAX];
	uint32_t n = total_of(h, all) >= HEAVY_HITTERS_MIN ? find_few(h, all, share, few) : 0;

	for (int k = 1; k < HEAVY_HITTERS_GENERATIONS; k++) {
		const struct range over = {k, k};
		if (total_of(h, over) == 0)
			continue;
		uint32_t before_n = find_few(h, over, share, before);
		for (uint32_t i = 0; i < n;) {
			if (is_in(before, before_n, &few[i].client))
				i++;
			else
				few[i] = few[--n];
		}
	}
	h->few = (struct heavy_hitters_found){.second = second, .share = share, .n = n};
	for (uint32_t i = 0; i < n; i++)
		h->few.clients[i] = few[i].client;
}

bool heavy_hitters_has(
	struct heavy_hitters *h, const struct address *client, double share, int64_t second)
{
	if (h->few.second != second || h->few.share != share)
		find_heavy(h, share, second);
	for (uint32_t i = 0; i < h->few.n; i++)
		if (address_equal(&h->few.clients[i], client))
			return true;
	return false;
}
