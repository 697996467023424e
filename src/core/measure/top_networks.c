/* top_networks.c - see top_networks.h. */
#include "core/measure/top_networks.h"

#include <string.h>

#include "core/base/num.h"

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
	t->n += !e->requests;
	e->network = network;
	e->requests = num_add_u32(e->requests, w->requests);
	return true;
}

size_t top_networks_find(
	struct top_networks *t, const struct clients *c, int64_t now, struct top_network *out)
{
	struct hash_key key = t->key;
	size_t n = 0;

	memset(t, 0, sizeof *t);
	t->key = key;
	clients_look(c, now, add_client, t);
	for (size_t i = 0; i <= MASK; i++) {
		const struct top_networks_entry *e = &t->entries[i];
		if (!e->requests || (n == TOP_NETWORKS_MAX && e->requests <= out[n - 1].requests))
			continue;
		size_t k = n < TOP_NETWORKS_MAX ? n++ : n - 1;
		for (; k > 0 && out[k - 1].requests < e->requests; k--)
			out[k] = out[k - 1];
		out[k] = (struct top_network){
			e->network, e->requests, (double)e->requests / (double)t->requests};
	}
	return n;
}
