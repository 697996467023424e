/* object.h - parses one JSON object with cJSON, and returns the wanted members.
 *
 * Path:    line -> [object] -> extract. This parser defines the meaning of a line. The faster
 *          parser of scan.h must return the same values.
 */
#ifndef CORE_READ_OBJECT_H
#define CORE_READ_OBJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/read/fields.h"

struct object; /* contains the tree and the memory that values point into */

/* Reads texts of at most `len_max` bytes. Returns NULL if memory is short. */
struct object *object_new(size_t len_max);
void object_free(struct object *o);

/* Returns false if the text is not one JSON object with only blanks after it. *error_at is then the
 * place of the error. Otherwise fills `values` with the wanted members; their texts are valid until
 * the next call. */
bool object_read(struct object *o, const char *text, size_t len, const struct fields *wanted,
	struct fields_values *values, size_t *error_at);

/* Whether more brackets are open at once than cJSON accepts. */
bool object_is_deep(const char *text, size_t len);

#endif
