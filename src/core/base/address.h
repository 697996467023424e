/* address.h - an IPv4 or IPv6 client: parse, mask, compare, print.
 *
 * IPv4 and IPv6 addresses have one form: 16 bytes in network order, IPv4 as ::ffff:a.b.c.d. A
 * dual-stack server may log an IPv4 client as an IPv4-mapped IPv6 address. In this form, the mapped
 * address equals the IPv4 address in the client's packets. Host names are never resolved: only
 * literal addresses are parsed.
 */
#ifndef CORE_BASE_ADDRESS_H
#define CORE_BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"

struct address {
	uint8_t bytes[16];
	/* significant bits: 0..32 for IPv4, 0..128 for IPv6; all bits after them are 0 */
	uint8_t prefix_len;
};

/* The longest text of an address with its prefix, and a terminator. */
#define ADDRESS_TEXT_MAX 52

/* Parses "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1" and "fe80::1%eth0" (the zone is dropped).
 * Strict: no leading zeros, no blanks, no port. */
bool address_parse(const char *s, size_t len, struct address *out);

/* Parses the IPv4 address at the beginning of the text. Returns a pointer to the byte after the
 * address. Returns NULL and leaves *out unchanged if the text does not begin with an IPv4
 * address. */
const char *address_read_v4(const char *s, const char *end, struct address *out);

/* As address_parse, but also parses the forms that logs use: "192.0.2.1:443", "[2001:db8::1]:443",
 * "[2001:db8::1]". */
bool address_parse_peer(const char *s, size_t len, struct address *out);

/* Parses "192.0.2.0/24", "2001:db8::/32", or an address alone. Clears the bits after the prefix. */
bool address_parse_prefix(const char *s, size_t len, struct address *out);

/* Parses a network in the form that buf_put_address prints. The prefix must be longer than 0 and
 * shorter than the address, and all bits after the prefix must be 0. */
bool address_parse_network(const char *s, size_t len, struct address *out);

bool address_is_v4(const struct address *a);

/* Shortens `a` to a network with the prefix length for its family. The tables of clients have one
 * entry per such network. A prefix that is already shorter stays unchanged. */
void address_narrow(struct address *a, int v4_prefix_len, int v6_prefix_len);
/* As address_narrow, but returns a shortened copy. */
struct address address_mask(const struct address *a, int v4_prefix_len, int v6_prefix_len);

/* Whether address and prefix length are equal. */
bool address_equal(const struct address *a, const struct address *b);

/* Whether `network` contains `a`, which is an address or a network. */
bool address_covers(const struct address *network, const struct address *a);

/* Prints "192.0.2.1", or "2001:db8:1:2::/64" if the prefix is shorter than the address (RFC
 * 5952). */
void buf_put_address(struct buf *b, const struct address *a);

#endif
