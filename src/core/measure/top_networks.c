/* top_networks.c - see top_networks.h. */
#include "core/measure/top_networks.h"

#include <string.h>

#include "core/base/num.h"
#include "core/base/top_k.h"

#define MASK (TOP_NETWORKS_SEEN_MAX * 2 - 1)

static bool add_client(void *ctx, const struct address *client, const struct window_counts *w,
	const struct visit *v)
{
	struct top_networks *t = ctx;
	struct address network = address_mask(client, TOP_NETWORKS_V4, TOP_NETWORKS_V6);
	uint32_t i = (uint32_t)hash_16(t->key, network.bytes) & MASK;

	(void)v;
	t->requests += w->requests;
	t->clients++;
	while (t->entries[i].requests && !address_equal(&t->entries[i].network, &network))
		i = (i + 1) & MASK;
	struct top_networks_entry *e = &t->entries[i];
	if (!e->requests && (t->n == TOP_NETWORKS_SEEN_MAX || w->requests == 0))
		return true;
	if (!e->requests)
		t->found[t->n++] = (uint16_t)i;
	e->network = network;
	e->requests = num_add_u32(e->requests, w->requests);
	return true;
}

static uint64_t network_requests(const void *network)
{
	return ((const struct top_network *)network)->requests;
}

size_t top_networks_find(
	struct top_networks *t, const struct clients *c, int64_t now, struct top_network *out)
{
	struct hash_key key = t->key;
	struct top_k top = {.entries = out,
		.entry_size = sizeof *out,
		.count = network_requests,
		.k = TOP_NETWORKS_MAX};

	memset(t, 0, sizeof *t);
	t->key = key;
	clients_look(c, now, add_client, t);
	/* not in the order of the table, which the key decides */
	for (size_t i = 0; i < t->n; i++) {
		const struct top_networks_entry *e = &t->entries[t->found[i]];
		struct top_network network = {
			e->network, e->requests, (double)e->requests / (double)t->requests};
		top_k_insert(&top, &network);
	}
	return top.n;
}
