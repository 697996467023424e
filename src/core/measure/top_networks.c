/* top_networks.c - see top_networks.h.
 *
 * Why errors need a measure of their own: an alert on errors is reported a few seconds after a
 * guesser has started. At this time the guesser's network has about 30 requests, and so has every
 * visitor who has opened a page. In a list sorted by requests, a /48 with 200,000 guesses would be
 * below five visitors. Why errors are multiplied by their share of the network's requests: when
 * guesses are spread over 256 networks, each network has one error at this time. Some visitors have
 * requested two dead links by then, and a count of errors alone would list these visitors first.
 */
#include "core/measure/top_networks.h"

#include <string.h>

#include "core/base/num.h"
#include "core/base/top_k.h"

#define MASK (TOP_NETWORKS_SEEN_MAX * 2 - 1)

static struct top_networks_entry *network_entry(
	struct top_networks *t, const struct address *network)
{
	uint32_t i = (uint32_t)hash_16(t->key, network->bytes) & MASK;

	for (; t->places[i]; i = (i + 1) & MASK) {
		struct top_networks_entry *e = &t->entries[t->places[i] - 1];
		if (address_equal(&e->network, network))
			return e;
	}
	struct top_networks_entry *e = &t->entries[t->n++];
	t->places[i] = (uint16_t)t->n;
	*e = (struct top_networks_entry){.network = *network};
	return e;
}

static bool add_client(void *ctx, const struct address *client, const struct window_counts *w,
	const struct visit *v)
{
	struct top_networks *t = ctx;
	struct address network = address_mask(client, TOP_NETWORKS_V4, TOP_NETWORKS_V6);
	struct top_networks_entry *e = network_entry(t, &network);

	(void)v;
	t->requests += w->requests;
	t->errors += w->errors;
	t->clients++;
	e->requests = num_add_u32(e->requests, w->requests);
	e->errors = num_add_u32(e->errors, w->errors);
	return true;
}

static uint64_t network_requests(const void *network)
{
	return ((const struct top_network *)network)->requests;
}

/* Errors times their share of the network's requests, in thousandths; at least 1 if there is an
 * error. */
static uint64_t network_errors(const void *network)
{
	const struct top_network *n = network;

	return n->errors ? 1 + (uint64_t)(n->errors * (n->errors * 1000.0 / n->requests)) : 0;
}

size_t top_networks_find(struct top_networks *t, const struct clients *c, int64_t now, bool errors,
	struct top_network *out)
{
	struct top_k top = {.entries = out,
		.entry_size = sizeof *out,
		.count = errors ? network_errors : network_requests,
		.k = TOP_NETWORKS_MAX};

	t->requests = t->errors = 0;
	t->clients = t->n = 0;
	memset(t->places, 0, sizeof t->places);
	clients_look(c, now, add_client, t);
	double all = (double)(errors ? t->errors : t->requests);
	/* in the order of entries, because the order of `places` depends on the key */
	for (uint32_t i = 0; i < t->n; i++) {
		const struct top_networks_entry *e = &t->entries[i];
		uint32_t n = errors ? e->errors : e->requests;
		struct top_network network = {e->network, e->requests, e->errors, n / all};
		if (n > 0) /* some networks only have requests older than the window */
			top_k_insert(&top, &network);
	}
	return top.n;
}
