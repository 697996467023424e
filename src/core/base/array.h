/* array.h - arrays that grow as they fill, and a list of addresses.
 *
 * The arrays store lists of unknown length that are read from files and other programs. The caller
 * limits the length.
 */
#ifndef CORE_BASE_ARRAY_H
#define CORE_BASE_ARRAY_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/address.h"

/* Makes room for at least one more element of `size` bytes after the first n. Returns the array,
 * which may have moved, and stores its capacity in elements in *cap. Returns NULL if memory is
 * short; the old array then stays as it is. An empty array is NULL with *cap 0. */
void *array_grow(void *array, size_t n, size_t *cap, size_t size);

/* Must be all zeros at the start. */
struct address_list {
	struct address *at;
	size_t n, cap;
	bool is_short; /* memory was short: no address is added any more */
};

void address_list_add(struct address_list *l, const struct address *a);
/* Frees the addresses and empties the list. */
void address_list_fini(struct address_list *l);

#endif
