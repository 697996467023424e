/* address.h - an IPv4 or IPv6 client: parse, mask, compare, print.
 *
 * One form for both: 16 bytes in network order, IPv4 as ::ffff:a.b.c.d. So the IPv4-mapped IPv6
 * address that a dual-stack server logs is the same value as the IPv4 address that its packets
 * carry. Text is never resolved: only literal addresses are addresses.
 */
#ifndef CORE_BASE_ADDRESS_H
#define CORE_BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"

struct address {
	uint8_t bytes[16];
	uint8_t prefix_len; /* bits that count: 0..32 for IPv4, 0..128 for IPv6; the others are 0 */
};

/* Longest text of an address with its prefix, and room for a terminator. */
#define ADDRESS_TEXT_MAX 52

/* "192.0.2.1", "2001:db8::1", "fe80::1%eth0" (the zone is dropped), "::ffff:192.0.2.1". Strict: no
 * leading zeros, no blanks, no port. */
bool address_parse(const char *s, size_t len, struct address *out);

/* The IPv4 address that the text begins with; returns what stands behind it. NULL: it begins with
 * none, and *out is as it was. */
const char *address_read_v4(const char *s, const char *end, struct address *out);

/* As address_parse, and what logs add: "192.0.2.1:443", "[2001:db8::1]:443", "[2001:db8::1]". */
bool address_parse_peer(const char *s, size_t len, struct address *out);

/* "192.0.2.0/24", "2001:db8::/32", or an address alone; bits past the prefix are cleared. */
bool address_parse_prefix(const char *s, size_t len, struct address *out);

/* A network as buf_put_address prints one: 0 < prefix < a whole address, and no bit behind the
 * prefix. */
bool address_parse_network(const char *s, size_t len, struct address *out);

bool address_is_v4(const struct address *a);

/* Makes a the network that it belongs to, as the tables count it: of the length of its own family,
 * unless it is as short already. */
void address_narrow(struct address *a, int v4_prefix_len, int v6_prefix_len);
/* The same of a copy. */
struct address address_mask(const struct address *a, int v4_prefix_len, int v6_prefix_len);

/* Same address and prefix length. */
bool address_equal(const struct address *a, const struct address *b);

/* Whether `a`, an address or a network, lies in `network`. */
bool address_covers(const struct address *network, const struct address *a);

/* "192.0.2.1" or, when the prefix is shorter than the address, "2001:db8:1:2::/64" (RFC 5952). */
void buf_put_address(struct buf *b, const struct address *a);

#endif
