/* forwarded.h - X-Forwarded-For: finds the client behind the trusted proxies.
 *
 * Each proxy appends the address that connected to it. So the list is trusted from its right end to
 * the first address that is no trusted proxy: that address is the client. All text to the left of
 * it is the client's own words.
 * https://developer.mozilla.org/docs/Web/HTTP/Headers/X-Forwarded-For, "Parsing"
 */
#ifndef CORE_READ_FORWARDED_H
#define CORE_READ_FORWARDED_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/allow.h"

/* More proxies in a row than in any real chain. Without a limit, a client could decide how long
 * each line takes. */
#define FORWARDED_HOPS_MAX 32

/* Returns false if there is no such address: the list is empty, all addresses are trusted, or a
 * word that would have to be trusted is no address. */
bool forwarded_find(
	const char *list, size_t len, const struct allow *trusted, struct address *client);

#endif
