/* format.h - which member of an access-log object holds what, per product.
 *
 * Of each list the first member wins that is there and not empty. A dotted name is a path through
 * nested objects, or a flat key with dots in it, or a mixture of both. A new product is a new row
 * here, its name in the manual, and its cases in tests/lines.
 */
#ifndef CORE_READ_FORMAT_H
#define CORE_READ_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#define FORMAT_FIELDS_MAX 10 /* of a list, with the NULL that ends it */
#define FORMAT_ROWS_MAX   8

struct format {
	const char *name;
	const char *client[FORMAT_FIELDS_MAX];
	const char *status[FORMAT_FIELDS_MAX];
	const char *time[FORMAT_FIELDS_MAX];
	const char *peer; /* who connected, where the client may be somebody behind it; or NULL */
	const char *from; /* the member of `time` that is the request's begin, ... */
	const char *lasted_ns; /* ... to which this duration is added; both or neither */
	const char *logger;    /* names the kind of a product's lines, of which only ... */
	const char *access;    /* ... those that begin with this are requests; both or neither */
	bool has_status;       /* each request has one: a line without is something else */
};

/* The row of that name, or NULL. */
const struct format *format_find(const char *name);

/* All rows, in the order in which they are tried; the last one's `name` is NULL. */
const struct format *format_all(void);

/* Where X-Forwarded-For is logged; ends with NULL. */
extern const char *const format_forwarded[];

#endif
