/* heavy_hitters.c - see heavy_hitters.h.
 *
 * A visit adds once, so a plain walk over the counters is enough. An answer must not search each
 * counter in all others: that took 76 % of the CPU time of a replay of 38 quiet days.
 */
#include "core/measure/heavy_hitters.h"

#include <string.h>

static uint64_t counter_requests(const void *counter)
{
	return ((const struct heavy_hitters_counter *)counter)->requests;
}

struct top_k heavy_hitters_top(struct heavy_hitters_counter *storage, size_t k)
{
	return (struct top_k){.entries = storage,
		.entry_size = sizeof *storage,
		.count = counter_requests,
		.k = k};
}

/* Begins a generation and forgets the oldest. One without a request is a generation, too. */
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
	h->over.merged = false;
}

static struct heavy_hitters_counter *find_over(
	struct heavy_hitters_over *over, const struct address *client)
{
	for (uint32_t i = 0; i < over->n; i++)
		if (address_equal(&over->clients[i].client, client))
			return &over->clients[i];
	return NULL;
}

static uint64_t requests_before(struct heavy_hitters_over *over, const struct address *client)
{
	const struct heavy_hitters_counter *c = find_over(over, client);

	return c ? c->requests : 0;
}

/* Makes the sums over the generations that are over, once in a turn. */
static void merge_over(struct heavy_hitters *h)
{
	struct heavy_hitters_over *over = &h->over;

	over->n = 0;
	for (int k = 1; k < HEAVY_HITTERS_GENERATIONS; k++)
		for (uint32_t i = 0; i < h->generations[k].n; i++) {
			const struct heavy_hitters_counter *c = &h->generations[k].counters[i];
			struct heavy_hitters_counter *same = find_over(over, &c->client);
			if (same)
				same->requests += c->requests;
			else
				over->clients[over->n++] = *c;
		}
	/* sorted in place: the list ends where the next one to insert lies */
	struct top_k sorted = heavy_hitters_top(over->clients, over->n);
	for (uint32_t i = 0; i < over->n; i++) {
		struct heavy_hitters_counter c = over->clients[i];
		top_k_insert(&sorted, &c);
	}
	for (uint32_t i = 0; i < h->generations[0].n; i++)
		over->before[i] = requests_before(over, &h->generations[0].counters[i].client);
	over->share = -1;
	over->merged = true;
}

void heavy_hitters_add(
	struct heavy_hitters *h, const struct address *client, uint32_t requests, int64_t second)
{
	struct heavy_hitters_generation *g = &h->generations[0];
	struct heavy_hitters_counter *least = &g->counters[0];

	turn_generation(h, second);
	if (!h->over.merged)
		merge_over(h);
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
	if (g->n < HEAVY_HITTERS_COUNTERS)
		least = &g->counters[g->n++]; /* of 0 requests */
	least->client = *client;              /* takes over the count: an upper bound of its own */
	least->requests += requests;
	h->over.before[least - g->counters] = requests_before(&h->over, client);
}

static bool has_client(const struct top_k *top, const struct address *client)
{
	const struct heavy_hitters_counter *c = top->entries;

	for (size_t i = 0; i < top->n; i++)
		if (address_equal(&c[i].client, client))
			return true;
	return false;
}

/* The fewest of `top` that made over `share` of `total` requests; none when all of it did not. */
static struct heavy_hitters_few take_share(const struct top_k *top, uint64_t total, double share)
{
	const struct heavy_hitters_counter *most = top->entries;
	double wanted = share * (double)total, sum = 0;
	struct heavy_hitters_few few = {0};

	while (few.n < top->n && sum <= wanted) {
		sum += (double)most[few.n].requests;
		few.clients[few.n] = most[few.n].client;
		few.n++;
	}
	return sum > wanted ? few : (struct heavy_hitters_few){0};
}

/* Of all generations. A client of generations[0] is inserted with its whole sum. The walk over
 * over->clients meets it again, with a part of that sum. That changes nothing: the client is in
 * `most`, or all five there have at least its whole sum. */
static struct heavy_hitters_few find_few(const struct heavy_hitters *h, double share)
{
	const struct heavy_hitters_generation *g = &h->generations[0];
	const struct heavy_hitters_over *over = &h->over;
	struct heavy_hitters_counter most[HEAVY_HITTERS_MAX];
	struct top_k top = heavy_hitters_top(most, HEAVY_HITTERS_MAX);
	uint64_t total = 0;

	for (int k = 0; k < HEAVY_HITTERS_GENERATIONS; k++)
		total += h->generations[k].total;
	if (total < HEAVY_HITTERS_MIN)
		return (struct heavy_hitters_few){0};
	for (uint32_t i = 0; i < g->n; i++) {
		struct heavy_hitters_counter c = g->counters[i];
		c.requests += over->before[i];
		top_k_insert(&top, &c);
	}
	for (uint32_t i = 0; i < over->n && top_k_accepts(&top, over->clients[i].requests); i++)
		if (!has_client(&top, &over->clients[i].client))
			top_k_insert(&top, &over->clients[i]);
	return take_share(&top, total, share);
}

/* Of one generation that is over. */
static struct heavy_hitters_few find_few_of(const struct heavy_hitters_generation *g, double share)
{
	struct heavy_hitters_counter most[HEAVY_HITTERS_MAX];
	struct top_k top = heavy_hitters_top(most, HEAVY_HITTERS_MAX);

	for (uint32_t i = 0; i < g->n; i++)
		top_k_insert(&top, &g->counters[i]);
	return take_share(&top, g->total, share);
}

static bool is_in(const struct heavy_hitters_few *few, const struct address *client)
{
	for (uint32_t i = 0; i < few->n; i++)
		if (address_equal(&few->clients[i], client))
			return true;
	return false;
}

/* Heavy over all, and in each generation that is over. */
static void find_heavy(struct heavy_hitters *h, double share, int64_t second)
{
	struct heavy_hitters_over *over = &h->over;

	if (!over->merged)
		merge_over(h);
	if (over->share != share)
		for (int k = 1; k < HEAVY_HITTERS_GENERATIONS; k++)
			over->few[k] = find_few_of(&h->generations[k], share);
	over->share = share;
	struct heavy_hitters_few all = find_few(h, share), *out = &h->found.few;
	h->found = (struct heavy_hitters_found){.second = second, .share = share};
	for (uint32_t i = 0; i < all.n; i++) {
		bool lasting = true;
		for (int k = 1; k < HEAVY_HITTERS_GENERATIONS; k++)
			lasting &= h->generations[k].total == 0 ||
				   is_in(&over->few[k], &all.clients[i]);
		if (lasting)
			out->clients[out->n++] = all.clients[i];
	}
}

bool heavy_hitters_has(
	struct heavy_hitters *h, const struct address *client, double share, int64_t second)
{
	if (h->found.second != second || h->found.share != share)
		find_heavy(h, share, second);
	return is_in(&h->found.few, client);
}
