/* allow.h - the addresses that are never banned.
 *
 * Path:    rules -> [allow] -> bans.
 * Method:  sorted and merged ranges, searched by bisection. A check against all networks of a cloud
 *          provider takes hardly longer than a check against one address.
 * Use:     allow_new, allow_add..., allow_seal; then allow_has.
 */
#ifndef CORE_BASE_ALLOW_H
#define CORE_BASE_ALLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/address.h"

/* Maximum number of networks; no published list has as many. A file with more networks is refused
 * as a whole. */
#define ALLOW_MAX 1000000

struct allow;

struct allow *allow_new(void);
void allow_free(struct allow *a);

/* Returns false if memory is short or the list is full. */
bool allow_add(struct allow *a, const struct address *network);

/* Adds the loopback, link-local, unspecified, multicast and broadcast ranges of IPv4 and IPv6. With
 * `private_too`, also allows the private ranges (RFC 1918, RFC 6598, RFC 4193), and clients for
 * which allow_is_translated is true. */
bool allow_add_reserved(struct allow *a, bool private_too);

/* Whether the network lies within one of the ranges that allow_add_reserved adds without
 * `private_too`. */
bool allow_is_reserved(const struct address *network);

/* Whether the address lies within one of the private ranges of allow_add_reserved. */
bool allow_is_private(const struct address *client);

/* Whether all IPv4 clients behind a NAT64 translator may share this network: it overlaps
 * 64:ff9b::/96 or 64:ff9b:1::/48, and its prefix is /96 or shorter. A network with a longer prefix
 * is an ordinary client, because it stands for one IPv4 address or one IPv4 network. Only
 * --ipv6-prefix can cause prefixes longer than /96. */
bool allow_is_translated(const struct address *client);

/* Sorts and merges the ranges. Call it again after each later allow_add. */
void allow_seal(struct allow *a);

/* Returns NULL if memory is short. */
struct allow *allow_copy(const struct allow *a);

/* The number of IPv4 addresses that a sealed list allows. */
uint64_t allow_ipv4_addresses(const struct allow *a);

/* Whether any address of `client` is allowed; `client` may be a network. For example, a /64 that
 * contains one allowed address is not banned. O(log n). */
bool allow_has(const struct allow *a, const struct address *client);

#endif
