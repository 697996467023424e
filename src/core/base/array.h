/* array.h - arrays that grow as they fill, and a list of addresses.
 *
 * For lists that are read from elsewhere, whose length nobody knows before; the caller has a limit.
 */
#ifndef CORE_BASE_ARRAY_H
#define CORE_BASE_ARRAY_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/address.h"

/* Returns the array with room for at least one element of `size` bytes behind the first n; *cap is
 * how many it has room for. It may have moved. NULL when memory is short: the old array stays as it
 * is. An empty one is NULL with *cap 0. */
void *array_grow(void *array, size_t n, size_t *cap, size_t size);

/* Of zeros to begin with. */
struct address_list {
	struct address *at;
	size_t n, cap;
	bool is_short; /* of memory: an address was left out, and so are all that follow */
};

void address_list_add(struct address_list *l, const struct address *a);
/* Frees the addresses; the list is empty then. */
void address_list_fini(struct address_list *l);

#endif
