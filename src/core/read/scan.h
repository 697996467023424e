/* scan.h - reads the wanted members of one JSON object in one pass.
 *
 * Path:    line -> [scan] -> extract. object.h reads lines of an unusual form instead.
 * Promise: object.h accepts every text that scan.h accepts, with the same values. A random test and
 *          a fuzzer check this promise. The caller passes all other texts to object.h. scan.h
 *          builds no tree and allocates no memory. It stores keys of earlier lines, which make it
 *          faster and change no result.
 */
#ifndef CORE_READ_SCAN_H
#define CORE_READ_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/read/fields.h"

struct scan; /* stores the keys of earlier lines */

/* Reads texts of up to `len_max` bytes. Returns NULL if memory is short. */
struct scan *scan_new(size_t len_max);
void scan_free(struct scan *s);

/* Returns false if the text has an unusual form; the content of `values` is then undefined.
 * Otherwise fills `values` with the wanted members. Their texts point into `text`, or into memory
 * that the next call overwrites. `wanted` must be the same in every call. */
bool scan_read(struct scan *s, const char *text, size_t len, const struct fields *wanted,
	struct fields_values *values);

#endif
