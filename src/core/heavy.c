/* heavy.c - see heavy.h. Called once a visit, so a plain walk over the counters is enough. */
#include "core/heavy.h"

#include <string.h>

static void turn(struct heavy *h, int64_t second)
{
	if (h->turned == 0)
		h->turned = second;
	if (second - h->turned < HEAVY_TURN_S)
		return;
	if (second - h->turned < 2 * HEAVY_TURN_S)
		h->generations[1] = h->generations[0];
	else
		memset(&h->generations[1], 0, sizeof h->generations[1]);
	memset(&h->generations[0], 0, sizeof h->generations[0]);
	h->turned = second;
}

void heavy_add(struct heavy *h, const struct address *client, uint32_t requests, int64_t second)
{
	struct heavy_generation *g = &h->generations[0];
	struct heavy_counter *least = &g->counters[0];

	turn(h, second);
	g->total += requests;
	for (uint32_t i = 0; i < g->n; i++) {
		struct heavy_counter *c = &g->counters[i];
		if (address_equal(&c->client, client)) {
			c->requests += requests;
			return;
		}
		if (c->requests < least->requests)
			least = c;
	}
	if (g->n < HEAVY_COUNTERS) {
		g->counters[g->n++] = (struct heavy_counter){*client, requests};
		return;
	}
	least->client = *client; /* takes over the count: an upper bound of its own */
	least->requests += requests;
}

static uint64_t requests_of(const struct heavy *h, const struct address *client)
{
	uint64_t n = 0;

	for (int k = 0; k < HEAVY_GENERATIONS; k++)
		for (uint32_t i = 0; i < h->generations[k].n; i++)
			if (address_equal(&h->generations[k].counters[i].client, client))
				n += h->generations[k].counters[i].requests;
	return n;
}

/* Puts one address with its requests among the few, most first. */
static uint32_t insert(struct heavy_counter *few, uint32_t n, const struct address *client, uint64_t requests)
{
	uint32_t k;

	for (uint32_t i = 0; i < n; i++)
		if (address_equal(&few[i].client, client))
			return n;
	if (n == HEAVY_FEW && requests <= few[n - 1].requests)
		return n;
	k = n < HEAVY_FEW ? n++ : n - 1;
	for (; k > 0 && few[k - 1].requests < requests; k--)
		few[k] = few[k - 1];
	few[k] = (struct heavy_counter){*client, requests};
	return n;
}

bool heavy_is(const struct heavy *h, const struct address *client, double share)
{
	double wanted = share * (double)(h->generations[0].total + h->generations[1].total);
	struct heavy_counter few[HEAVY_FEW];
	uint32_t n = 0;
	double sum = 0;
	bool among = false;

	for (int k = 0; k < HEAVY_GENERATIONS; k++)
		for (uint32_t i = 0; i < h->generations[k].n; i++) {
			const struct address *a = &h->generations[k].counters[i].client;
			n = insert(few, n, a, requests_of(h, a));
		}
	for (uint32_t i = 0; i < n && sum <= wanted; i++) {
		sum += (double)few[i].requests;
		among |= address_equal(&few[i].client, client);
	}
	return among && sum > wanted && h->generations[0].total + h->generations[1].total >= HEAVY_MIN;
}
