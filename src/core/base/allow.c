/* allow.c - see allow.h. */
#include "core/base/allow.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"

/* The family (1 for IPv4) and the address in network order, so that memcmp orders keys as numbers.
 * Without the family, ::/0 would contain all IPv4 addresses, because they are stored in an IPv6
 * form. */
#define KEY_BYTES 17

/* Both ends belong to the range. */
struct range {
	uint8_t first[KEY_BYTES];
	uint8_t last[KEY_BYTES];
};

struct allow {
	struct range *ranges;
	size_t n;
	size_t cap;
	bool translated; /* clients for which allow_is_translated is true are allowed, too */
};

static struct range range_of(const struct address *network)
{
	struct range r;
	int bits = network->prefix_len + (address_is_v4(network) ? 96 : 0);
	int whole = bits / 8;

	r.first[0] = r.last[0] = address_is_v4(network);
	memcpy(r.first + 1, network->bytes, 16);
	memcpy(r.last + 1, network->bytes, 16);
	if (whole < 16) {
		r.last[1 + whole] |= (uint8_t)(0xff >> bits % 8);
		memset(r.last + 1 + whole + 1, 0xff, (size_t)(15 - whole));
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
	struct range *grown = array_grow(a->ranges, a->n, &a->cap, sizeof *grown);
	if (!grown)
		return false;
	a->ranges = grown;
	a->ranges[a->n++] = range_of(network);
	return true;
}

#define V4(a, b, c, d, len)                                                                        \
	{                                                                                          \
		{[10] = 0xff, 0xff, a, b, c, d}, len                                               \
	}
/* An IPv6 network by its first four bytes; its other bytes are 0. */
#define V6(a, b, c, d, len)                                                                        \
	{                                                                                          \
		{a, b, c, d}, len                                                                  \
	}

/* A table of constants, because the check may run for every line of a log. */
static const struct address reserved[] = {V4(0, 0, 0, 0, 8), V4(127, 0, 0, 0, 8),
	V4(169, 254, 0, 0, 16), V4(224, 0, 0, 0, 4), V4(255, 255, 255, 255, 32),
	V6(0, 0, 0, 0, 128), {{[15] = 1}, 128}, V6(0xfe, 0x80, 0, 0, 10), V6(0xff, 0, 0, 0, 8)};
static const struct address private_ranges[] = {V4(10, 0, 0, 0, 8), V4(172, 16, 0, 0, 12),
	V4(192, 168, 0, 0, 16), V4(100, 64, 0, 0, 10), V6(0xfc, 0, 0, 0, 7)};
#define LENGTH_OF(list) (sizeof(list) / sizeof *(list))

/* NAT64: the well-known prefix (RFC 6052), and the block for local-use prefixes (RFC 8215). No
 * packet on the internet has a source address in the second block. So a client with an address in
 * this block has also passed through a translator. */
static const struct address translated_ranges[] = {
	V6(0x00, 0x64, 0xff, 0x9b, 96), {{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48}};
/* The longest prefix of a network that can contain all IPv4 addresses. */
#define ALL_IPV4_PREFIX 96

static bool add_all(struct allow *a, const struct address *networks, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!allow_add(a, &networks[i]))
			return false;
	return true;
}

bool allow_add_reserved(struct allow *a, bool private_too)
{
	a->translated |= private_too;
	return add_all(a, reserved, LENGTH_OF(reserved)) &&
	       (!private_too || add_all(a, private_ranges, LENGTH_OF(private_ranges)));
}

static bool is_within(const struct address *networks, size_t n, const struct address *client)
{
	for (size_t i = 0; i < n; i++)
		if (address_covers(&networks[i], client))
			return true;
	return false;
}

bool allow_is_reserved(const struct address *network)
{
	return is_within(reserved, LENGTH_OF(reserved), network);
}

bool allow_is_private(const struct address *client)
{
	return is_within(private_ranges, LENGTH_OF(private_ranges), client);
}

bool allow_is_translated(const struct address *client)
{
	if (address_is_v4(client) || client->prefix_len > ALL_IPV4_PREFIX)
		return false;
	for (size_t i = 0; i < LENGTH_OF(translated_ranges); i++)
		if (address_covers(&translated_ranges[i], client) ||
			address_covers(client, &translated_ranges[i]))
			return true;
	return false;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return memcmp(x->first, y->first, KEY_BYTES);
}

void allow_seal(struct allow *a)
{
	size_t kept = 0;

	if (a->n == 0)
		return;
	qsort(a->ranges, a->n, sizeof *a->ranges, compare_ranges);
	for (size_t i = 1; i < a->n; i++) {
		struct range *last = &a->ranges[kept];
		const struct range *r = &a->ranges[i];
		if (memcmp(r->first, last->last, KEY_BYTES) > 0)
			a->ranges[++kept] = *r;
		else if (memcmp(r->last, last->last, KEY_BYTES) > 0)
			memcpy(last->last, r->last, KEY_BYTES);
	}
	a->n = kept + 1;
}

struct allow *allow_copy(const struct allow *a)
{
	struct allow *copy = allow_new();

	if (!copy)
		return NULL;
	*copy = (struct allow){.n = a->n, .cap = a->n, .translated = a->translated};
	copy->ranges = a->n ? malloc(a->n * sizeof *a->ranges) : NULL;
	if (a->n && !copy->ranges) {
		free(copy);
		return NULL;
	}
	if (a->n)
		memcpy(copy->ranges, a->ranges, a->n * sizeof *a->ranges);
	return copy;
}

/* The IPv4 address at one end of a range, as a number. */
static uint32_t ipv4_number(const uint8_t key[KEY_BYTES])
{
	uint32_t n = 0;

	for (int i = KEY_BYTES - 4; i < KEY_BYTES; i++)
		n = n << 8 | key[i];
	return n;
}

uint64_t allow_ipv4_addresses(const struct allow *a)
{
	uint64_t n = 0;

	for (size_t i = 0; i < a->n; i++)
		if (a->ranges[i].first[0])
			n += (uint64_t)ipv4_number(a->ranges[i].last) -
			     ipv4_number(a->ranges[i].first) + 1;
	return n;
}

bool allow_has(const struct allow *a, const struct address *client)
{
	struct range want = range_of(client);
	size_t low = 0, high = a->n; /* finds the first range that does not end before `want` */

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (memcmp(a->ranges[mid].last, want.first, KEY_BYTES) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < a->n && memcmp(a->ranges[low].first, want.last, KEY_BYTES) <= 0)
		return true;
	return a->translated && allow_is_translated(client);
}
