/* allow.h - the addresses that are never banned.
 *
 * Path:    rules -> [allow] -> bans.
 * Method:  ranges, sorted and merged, found by bisection: a list of all networks of a cloud
 *          provider costs no more than one address.
 * Use:     allow_new, allow_add..., allow_seal; then allow_has.
 */
#ifndef CORE_BASE_ALLOW_H
#define CORE_BASE_ALLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/address.h"

/* More networks than any published list has; a file beyond it is refused, not read half. */
#define ALLOW_MAX 1000000

struct allow;

struct allow *allow_new(void);
void allow_free(struct allow *a);

/* False when memory is short or the list is full. */
bool allow_add(struct allow *a, const struct address *network);

/* Loopback, link-local, unspecified, multicast and broadcast, of both families; with `private_too`
 * also the private ranges (RFC 1918, RFC 6598, RFC 4193) and clients that are
 * allow_is_translated. */
bool allow_add_reserved(struct allow *a, bool private_too);

/* Whether the network lies within one of the ranges above that are not private. */
bool allow_is_reserved(const struct address *network);

/* Whether the address is of a private range (those above). */
bool allow_is_private(const struct address *client);

/* Whether all IPv4 clients behind a NAT64 translator share this network: it touches 64:ff9b::/96 or
 * 64:ff9b:1::/48, and its prefix is /96 or shorter. With a longer one, which only --ipv6-prefix
 * makes, the client is one IPv4 address or a network, and is as any other. */
bool allow_is_translated(const struct address *client);

/* Sorts and merges. After another allow_add it has to be called again. */
void allow_seal(struct allow *a);

/* NULL when memory is short. */
struct allow *allow_copy(const struct allow *a);

/* How many IPv4 addresses a sealed list allows. */
uint64_t allow_ipv4_addresses(const struct allow *a);

/* Whether any address of `client` (a network, when its prefix is short) is allowed: a /64 that
 * holds one allowed address is not banned. O(log n). */
bool allow_has(const struct allow *a, const struct address *client);

#endif
