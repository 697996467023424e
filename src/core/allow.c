/* allow.c - see allow.h. */
#include "core/allow.h"

#include <stdlib.h>
#include <string.h>

/* Both ends belong to it; bytes in network order compare as numbers. */
struct range {
	uint8_t first[16];
	uint8_t last[16];
};

struct allow {
	struct range *ranges;
	size_t n;
	size_t cap;
};

static struct range range_of(const struct address *network)
{
	struct range r;
	int bits = network->prefix_len + (address_is_v4(network) ? 96 : 0);

	memcpy(r.first, network->bytes, 16);
	memcpy(r.last, network->bytes, 16);
	for (int i = 0; i < 16; i++) {
		int keep = bits - 8 * i;
		if (keep <= 0)
			r.last[i] = 0xff;
		else if (keep < 8)
			r.last[i] |= (uint8_t)(0xff >> keep);
	}
	return r;
}

struct allow *allow_new(void)
{
	return calloc(1, sizeof(struct allow));
}

void allow_free(struct allow *a)
{
	if (a)
		free(a->ranges);
	free(a);
}

bool allow_add(struct allow *a, const struct address *network)
{
	if (a->n == ALLOW_MAX)
		return false;
	if (a->n == a->cap) {
		size_t cap = a->cap ? a->cap * 2 : 32;
		struct range *grown = realloc(a->ranges, cap * sizeof *grown);
		if (!grown)
			return false;
		a->ranges = grown;
		a->cap = cap;
	}
	a->ranges[a->n++] = range_of(network);
	return true;
}

bool allow_add_reserved(struct allow *a, bool private_too)
{
	static const char *const reserved[] = {"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16",
		"224.0.0.0/4", "255.255.255.255", "::/128", "::1/128", "fe80::/10", "ff00::/8",
		NULL};
	static const char *const private_ranges[] = {
		"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", NULL};
	struct address network;

	for (const char *const *s = reserved; *s; s++)
		if (!address_parse_prefix(*s, strlen(*s), &network) || !allow_add(a, &network))
			return false;
	for (const char *const *s = private_ranges; private_too && *s; s++)
		if (!address_parse_prefix(*s, strlen(*s), &network) || !allow_add(a, &network))
			return false;
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return memcmp(x->first, y->first, 16);
}

void allow_seal(struct allow *a)
{
	size_t kept = 0;

	if (a->n == 0)
		return;
	qsort(a->ranges, a->n, sizeof *a->ranges, compare);
	for (size_t i = 1; i < a->n; i++) {
		struct range *last = &a->ranges[kept];
		const struct range *r = &a->ranges[i];
		if (memcmp(r->first, last->last, 16) > 0)
			a->ranges[++kept] = *r;
		else if (memcmp(r->last, last->last, 16) > 0)
			memcpy(last->last, r->last, 16);
	}
	a->n = kept + 1;
}

bool allow_has(const struct allow *a, const struct address *client)
{
	struct range want = range_of(client);
	size_t low = 0, high = a->n; /* the first range that does not end before `want` */

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (memcmp(a->ranges[mid].last, want.first, 16) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < a->n && memcmp(a->ranges[low].first, want.last, 16) <= 0;
}
