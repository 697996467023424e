/* object.h - the text of one JSON object -> the members that are wanted of it, by cJSON.
 *
 * Path:    line -> [object] -> extract. This is the reference for what a line means.
 */
#ifndef CORE_READ_OBJECT_H
#define CORE_READ_OBJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/read/fields.h"

struct object; /* holds the tree that values point into, and scratch memory */

/* For texts of at most `len_max` bytes; NULL when memory is short. */
struct object *object_new(size_t len_max);
void object_free(struct object *o);

/* False when the text is not one JSON object, with nothing but blanks behind it: then *error_at
 * bytes of it are good. Else `values` has all that is wanted of it; texts live until the next
 * call. */
bool object_read(struct object *o, const char *text, size_t len, const struct fields *wanted,
	struct fields_values *values, size_t *error_at);

/* Whether more brackets are open than cJSON reads. */
bool object_is_deep(const char *text, size_t len);

#endif
