/* forwarded.h - X-Forwarded-For: finds the client behind the trusted proxies.
 *
 * Each proxy appends the address of its peer. So the list is read from its right end. The first
 * address that is not a trusted proxy is the client. The client may have written all text to the
 * left of this address. Source:
 * https://developer.mozilla.org/docs/Web/HTTP/Headers/X-Forwarded-For, "Parsing".
 */
#ifndef CORE_READ_FORWARDED_H
#define CORE_READ_FORWARDED_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/allow.h"

/* Maximum number of trusted proxies in a chain; no real chain is as long. Without a limit, a client
 * could decide how much time each line costs. */
#define FORWARDED_HOPS_MAX 32

/* Returns false if no client is found: the list is empty or too long, all its addresses are
 * trusted, or the search reaches a word that is not an address. */
bool forwarded_find(
	const char *list, size_t len, const struct allow *trusted, struct address *client);

#endif
