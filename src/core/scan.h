/* scan.h - the text of one JSON object -> the members that are wanted of it, in one pass.
 *
 * Path:    line -> [scan] -> pick, in the place of object for the common shape of line.
 * Promise: what it accepts, object.h accepts with the same values (a random test and a fuzzer hold
 *          that); what it does not accept is for object.h to read. It builds nothing and allocates
 *          nothing: strings are skipped from quote to quote (marks.h), the rest is checked by JSON's
 *          grammar.
 */
#ifndef CORE_SCAN_H
#define CORE_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/fields.h"

struct scan; /* scratch memory */

/* For texts of at most `len_max` bytes; NULL when memory is short. */
struct scan *scan_new(size_t len_max);
void scan_free(struct scan *s);

/* False when the text is none of the common shape; `values` then hold anything. Else one value for
 * each slot of `wanted`, whose texts point into `text`. */
bool scan_read(struct scan *s, const char *text, size_t len, const struct fields *wanted,
	struct field *values);

#endif
