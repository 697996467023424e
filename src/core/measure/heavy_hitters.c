/* heavy_hitters.c - see heavy_hitters.h.
 *
 * heavy_hitters_has must not compare each counter with all others: in a replay of 38 quiet days,
 * this took 76 % of the CPU time. A walk over all counters at each visit and each call took 20 % of
 * the CPU time of another replay.
 */
#include "core/measure/heavy_hitters.h"

#include <string.h>

#include "core/base/num.h"

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

/* Begins a generation and forgets the oldest, if the newest has lasted long enough. A generation
 * may have no requests. */
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

/* The bucket of a client. Clients may choose addresses that share a bucket. A search then walks
 * over all counters, as it would without buckets. */
static uint8_t *bucket_of(struct heavy_hitters_index *x, const struct address *client)
{
	uint64_t half[2];

	memcpy(half, client->bytes, sizeof half);
	/* the odd number nearest to 2^64 / golden ratio (D. E. Knuth, volume 3, 6.4) */
	return &x->heads[((half[0] ^ half[1]) * 0x9e3779b97f4a7c15) >> 56];
}

/* The index of the client's counter; `none` if it has no counter. */
static uint32_t index_find(struct heavy_hitters_index *x,
	const struct heavy_hitters_counter *counters, const struct address *client, uint32_t none)
{
	for (uint32_t i = *bucket_of(x, client); i; i = x->next[i - 1])
		if (address_equal(&counters[i - 1].client, client))
			return i - 1;
	return none;
}

static void index_put(
	struct heavy_hitters_index *x, const struct heavy_hitters_counter *counters, uint32_t i)
{
	uint8_t *head = bucket_of(x, &counters[i].client);

	x->next[i] = *head;
	*head = (uint8_t)(i + 1);
}

static void index_drop(
	struct heavy_hitters_index *x, const struct heavy_hitters_counter *counters, uint32_t i)
{
	uint8_t *at = bucket_of(x, &counters[i].client);

	while (*at != i + 1)
		at = &x->next[*at - 1];
	*at = x->next[i];
}

static void index_all(
	struct heavy_hitters_index *x, const struct heavy_hitters_counter *counters, uint32_t n)
{
	memset(x->heads, 0, sizeof x->heads);
	for (uint32_t i = 0; i < n; i++)
		index_put(x, counters, i);
}

static uint64_t requests_before(struct heavy_hitters_over *over, const struct address *client)
{
	uint32_t i = index_find(&over->index, over->clients, client, over->n);

	return i < over->n ? over->clients[i].requests : 0;
}

static void sum_over(struct heavy_hitters *h)
{
	struct heavy_hitters_over *over = &h->over;

	over->n = 0;
	index_all(&over->index, over->clients, 0);
	for (int k = 1; k < HEAVY_HITTERS_GENERATIONS; k++)
		for (uint32_t i = 0; i < h->generations[k].n; i++) {
			const struct heavy_hitters_counter *c = &h->generations[k].counters[i];
			uint32_t same =
				index_find(&over->index, over->clients, &c->client, over->n);
			if (same < over->n) {
				over->clients[same].requests += c->requests;
				continue;
			}
			over->clients[over->n] = *c;
			index_put(&over->index, over->clients, over->n++);
		}
}

/* Computes the sums over the older generations, once per turn. */
static void merge_over(struct heavy_hitters *h)
{
	const struct heavy_hitters_generation *g = &h->generations[0];
	struct heavy_hitters_over *over = &h->over;

	sum_over(h);
	/* sorts in place: at each step the list has only the first i counters */
	struct top_k sorted = heavy_hitters_top(over->clients, over->n);
	for (uint32_t i = 0; i < over->n; i++) {
		struct heavy_hitters_counter c = over->clients[i];
		top_k_insert(&sorted, &c);
	}
	index_all(&over->index, over->clients, over->n);
	for (uint32_t i = 0; i < g->n; i++)
		over->before[i] = requests_before(over, &g->counters[i].client);
	over->share = -1;
	over->merged = true;
	index_all(&h->quick.index, g->counters, g->n);
	h->quick.least_at = HEAVY_HITTERS_COUNTERS;
	h->quick.most = UINT64_MAX;
}

/* The first of the counters with the fewest requests. All counters must be in use. */
static uint32_t find_least(struct heavy_hitters *h)
{
	const struct heavy_hitters_counter *c = h->generations[0].counters;
	struct heavy_hitters_quick *q = &h->quick;

	/* counts only rise, so counters before least_at still have more than `least` */
	while (q->least_at < HEAVY_HITTERS_COUNTERS && c[q->least_at].requests != q->least)
		q->least_at++;
	if (q->least_at < HEAVY_HITTERS_COUNTERS)
		return q->least_at;
	q->least_at = 0;
	for (uint32_t i = 1; i < HEAVY_HITTERS_COUNTERS; i++)
		if (c[i].requests < c[q->least_at].requests)
			q->least_at = i;
	q->least = c[q->least_at].requests;
	return q->least_at;
}

/* Gives a counter to a client that has none. If no counter is free, the client replaces another
 * client and inherits the count of that client. So the new count is too high. */
static uint32_t take_counter(struct heavy_hitters *h, const struct address *client)
{
	struct heavy_hitters_generation *g = &h->generations[0];
	struct heavy_hitters_quick *q = &h->quick;
	uint32_t i = g->n;

	if (g->n < HEAVY_HITTERS_COUNTERS) {
		g->counters[g->n++].requests = 0;
	} else {
		i = find_least(h);
		index_drop(&q->index, g->counters, i);
	}
	g->counters[i].client = *client;
	index_put(&q->index, g->counters, i);
	h->over.before[i] = requests_before(&h->over, client);
	q->most = num_add_u64(q->most, g->counters[i].requests);
	return i;
}

void heavy_hitters_add(
	struct heavy_hitters *h, const struct address *client, uint32_t requests, int64_t second)
{
	struct heavy_hitters_generation *g = &h->generations[0];

	turn_generation(h, second);
	if (!h->over.merged)
		merge_over(h);
	g->total += requests;
	uint32_t i = index_find(&h->quick.index, g->counters, client, HEAVY_HITTERS_COUNTERS);
	if (i == HEAVY_HITTERS_COUNTERS)
		i = take_counter(h, client);
	g->counters[i].requests += requests;
	h->quick.most = num_add_u64(h->quick.most, requests);
}

static bool has_client(const struct top_k *top, const struct address *client)
{
	const struct heavy_hitters_counter *c = top->entries;

	for (size_t i = 0; i < top->n; i++)
		if (address_equal(&c[i].client, client))
			return true;
	return false;
}

/* The smallest group of clients of `top` that made over `share` of `total` requests. It is empty if
 * all clients of `top` together made less. */
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

static uint64_t total_of(const struct heavy_hitters *h)
{
	uint64_t total = 0;

	for (int k = 0; k < HEAVY_HITTERS_GENERATIONS; k++)
		total += h->generations[k].total;
	return total;
}

/* Finds the few clients that made most of the requests in all generations together. A client of
 * generations[0] is inserted with its whole sum. The walk over over->clients meets this client
 * again, with a part of the sum. But it never inserts the client twice. The client is already in
 * `most`, or `most` is full of clients with at least as many requests. */
static struct heavy_hitters_few find_few(struct heavy_hitters *h, uint64_t total, double share)
{
	const struct heavy_hitters_generation *g = &h->generations[0];
	const struct heavy_hitters_over *over = &h->over;
	struct heavy_hitters_counter most[HEAVY_HITTERS_MAX];
	struct top_k top = heavy_hitters_top(most, HEAVY_HITTERS_MAX);

	for (uint32_t i = 0; i < g->n; i++) {
		struct heavy_hitters_counter c = g->counters[i];
		c.requests += over->before[i];
		top_k_insert(&top, &c);
	}
	for (uint32_t i = 0; i < over->n && top_k_accepts(&top, over->clients[i].requests); i++)
		if (!has_client(&top, &over->clients[i].client))
			top_k_insert(&top, &over->clients[i]);
	h->quick.most = 0;
	for (size_t i = 0; i < top.n; i++)
		h->quick.most = num_add_u64(h->quick.most, most[i].requests);
	return take_share(&top, total, share);
}

/* Finds the few clients that made most of the requests in one older generation. */
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

/* Finds the clients that made most of the requests in all generations together and in each older
 * generation. */
static void find_heavy(struct heavy_hitters *h, double share, int64_t second)
{
	struct heavy_hitters_over *over = &h->over;
	uint64_t total = total_of(h);

	if (!over->merged)
		merge_over(h);
	h->found = (struct heavy_hitters_found){.second = second, .share = share};
	if (total < HEAVY_HITTERS_MIN || (double)h->quick.most <= share * (double)total)
		return;
	struct heavy_hitters_few all = find_few(h, total, share), *out = &h->found.few;
	if (all.n && over->share != share) {
		for (int k = 1; k < HEAVY_HITTERS_GENERATIONS; k++)
			over->few[k] = find_few_of(&h->generations[k], share);
		over->share = share;
	}
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
