/* forwarded.h - X-Forwarded-For: who stands behind the proxies that are trusted.
 *
 * Each proxy appends the address it was connected from, so the list is to be believed from its
 * right end to the first address that is no trusted proxy; what stands left of that is the client's
 * own words. https://developer.mozilla.org/docs/Web/HTTP/Headers/X-Forwarded-For, "Parsing"
 */
#ifndef CORE_READ_FORWARDED_H
#define CORE_READ_FORWARDED_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/allow.h"

/* More proxies in a row than any real chain has. Without a limit, the client decides how long each
 * line takes. */
#define FORWARDED_HOPS_MAX 32

/* False when there is none: the list is empty, all of it is trusted, or a word in it that would
 * have to be believed is no address. */
bool forwarded_find(
	const char *list, size_t len, const struct allow *trusted, struct address *client);

#endif
