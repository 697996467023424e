/* ban_requests.c - see ban_requests.h. Sorted, and not hashed: nobody can choose addresses that
 * make a search slow. */
#include "core/record/ban_requests.h"

#include <stdlib.h>
#include <string.h>

struct place {
	const struct ban_request *ban;
	uint64_t age; /* 0: the newest */
};

void ban_requests_note(struct ban_requests *b, const struct event *e)
{
	if (e->kind != EVENT_BAN)
		return;
	struct ban_request *newest = &b->ring[b->n++ % STATE_BANS_MAX];
	newest->client = e->client;
	request_text_set(&newest->request, e->request);
}

static int compare_clients(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	const struct address *p = &x->ban->client, *q = &y->ban->client;
	int bytes = memcmp(p->bytes, q->bytes, sizeof p->bytes);

	return bytes ? bytes : (int)p->prefix_len - (int)q->prefix_len;
}

/* The newest of a client first. */
static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int clients = compare_clients(a, b);

	return clients ? clients : (x->age > y->age) - (x->age < y->age);
}

/* Sorts the newest ban of each client by client; how many. */
static size_t sort_newest(const struct ban_requests *b, struct place out[STATE_BANS_MAX])
{
	uint64_t all = b->n < STATE_BANS_MAX ? b->n : STATE_BANS_MAX;
	size_t n = 0;

	for (uint64_t age = 0; age < all; age++)
		out[age] = (struct place){&b->ring[(b->n - 1 - age) % STATE_BANS_MAX], age};
	if (all)
		qsort(out, (size_t)all, sizeof *out, compare_places);
	for (size_t i = 0; i < all; i++)
		if (n == 0 || compare_clients(&out[n - 1], &out[i]) != 0)
			out[n++] = out[i];
	return n;
}

void ban_requests_fill(const struct ban_requests *b, struct state *s)
{
	struct place places[STATE_BANS_MAX] = {{NULL, 0}}; /* 16 KB of the stack */
	size_t n = sort_newest(b, places);

	for (size_t i = 0; i < s->bans_n; i++) {
		const struct ban_request wanted = {.client = s->bans[i].client};
		const struct place key = {&wanted, 0};
		const struct place *found =
			n ? bsearch(&key, places, n, sizeof key, compare_clients) : NULL;
		if (found)
			s->bans[i].request = found->ban->request;
		else
			request_text_set(&s->bans[i].request, NULL);
	}
}
