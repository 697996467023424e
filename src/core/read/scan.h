/* scan.h - the text of one JSON object -> the members that are wanted of it, in one pass.
 *
 * Path:    line -> [scan] -> extract, in the place of object for the common shape of line.
 * Promise: what it accepts, object.h accepts with the same values (a random test and a fuzzer hold
 *          that); what it does not accept is for object.h to read. It builds nothing and allocates
 *          nothing. What it remembers of earlier lines makes it faster and changes no result.
 */
#ifndef CORE_READ_SCAN_H
#define CORE_READ_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/read/fields.h"

struct scan; /* the keys of the line before */

/* Texts of up to `len_max` bytes are scanned. NULL when memory is short. */
struct scan *scan_new(size_t len_max);
void scan_free(struct scan *s);

/* False when the text is none of the common shape; `values` then hold anything. Else they hold all
 * that is wanted of it, and texts point into `text`, or into memory that the next call writes to.
 * `wanted` is always the same. */
bool scan_read(struct scan *s, const char *text, size_t len, const struct fields *wanted,
	struct fields_values *values);

#endif
