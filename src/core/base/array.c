/* array.c - see array.h. */
#include "core/base/array.h"

#include <stdint.h>
#include <stdlib.h>

#define FIRST_CAP 64

void *array_grow(void *array, size_t n, size_t *cap, size_t size)
{
	size_t more = *cap ? 2 * *cap : FIRST_CAP;

	if (n < *cap)
		return array;
	if (more > SIZE_MAX / 2 / size)
		return NULL;
	void *at = realloc(array, more * size);
	if (at)
		*cap = more;
	return at;
}

void address_list_add(struct address_list *l, const struct address *a)
{
	struct address *at = l->is_short ? NULL : array_grow(l->at, l->n, &l->cap, sizeof *at);

	if (!at) {
		l->is_short = true;
		return;
	}
	l->at = at;
	l->at[l->n++] = *a;
}

void address_list_fini(struct address_list *l)
{
	free(l->at);
	*l = (struct address_list){0};
}
