/* own_addresses.h - the host's own addresses, which are never banned.
 *
 * Read at start and at reload: an address that comes later is not known until then.
 */
#ifndef IO_HOST_OWN_ADDRESSES_H
#define IO_HOST_OWN_ADDRESSES_H

#include <stdbool.h>

#include "core/base/address.h"

/* `own` is valid during the call. */
typedef void own_addresses_each(void *ctx, const struct address *own);

/* Calls `each` for every IPv4 and IPv6 address of every interface of this network namespace, up or
 * down. False with errno when they cannot be read; none was given then. */
bool own_addresses_list(own_addresses_each *each, void *ctx);

#endif
