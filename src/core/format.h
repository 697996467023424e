/* format.h - which field of an access log holds what, per product.
 *
 * Of each row the first field wins that is there and not empty. A new product is a new row here,
 * its name in the manual, and its cases in tests/unit/test_line.c.
 */
#ifndef CORE_FORMAT_H
#define CORE_FORMAT_H

#include <stddef.h>

#define FORMAT_FIELDS_MAX 8

/* Each list ends with NULL. */
struct format {
	const char *name;
	const char *client[FORMAT_FIELDS_MAX];
	const char *status[FORMAT_FIELDS_MAX];
	const char *time[FORMAT_FIELDS_MAX];
};

/* The row of that name ("auto" is the first row), or NULL. */
const struct format *format_find(const char *name);

#endif
