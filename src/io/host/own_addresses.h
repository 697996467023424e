/* own_addresses.h - the host's own addresses, which are never banned.
 *
 * The caller lists them at the start and at each reload. An address that is added later is not
 * known until the next reload.
 */
#ifndef IO_HOST_OWN_ADDRESSES_H
#define IO_HOST_OWN_ADDRESSES_H

#include <stdbool.h>

#include "core/base/address.h"

/* `own` is valid only during the call. */
typedef void own_addresses_each(void *ctx, const struct address *own);

/* Calls `each` for every IPv4 and IPv6 address of every interface of this network namespace, up or
 * down. False with errno when the addresses cannot be read; then `each` was not called. */
bool own_addresses_list(own_addresses_each *each, void *ctx);

#endif
