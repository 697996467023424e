/* unwrap.h - an object that holds another as the text of a member: what shippers of logs write.
 *
 * Path:    line -> [unwrap] -> line, which reads what was inside as a line of its own.   Pure.
 * Method:  one walk over the outer object, which has been read as JSON already; or its values, by
 *          the scanner, of lines that are wrapped as the line before was. It stays shut if a
 *          name in it is that of a client, a status, a method or a path in any row of format.h: it
 *          is an access log itself then, and its texts are a visitor's words. Only the names
 *          decide.
 */
#ifndef CORE_READ_UNWRAP_H
#define CORE_READ_UNWRAP_H

#include <stdbool.h>
#include <stddef.h>

#include "core/read/fields.h"
#include "core/read/format_match.h"

struct unwrap {
	/* The names that keep an object shut, then the names of unwrap.c's table. */
	struct fields fields;
	uint8_t shut_n;
	uint8_t holders[FIELDS_MAX]; /* by slot: its place in that table; FIELDS_NONE: none */
};

struct unwrapped {
	const char *text; /* in the caller's room */
	size_t len;
	const char *name;    /* of the wrapper, for a person */
	bool standard_error; /* it was written there */
	bool may_be_part;    /* of a line that was split: see unwrap.c */
	bool is_string;      /* the member is a string: unwrap_values may find it */
};

/* `names`: those that options give keep an object shut, too. Texts are not copied. False when a
 * name is empty or too long. */
bool unwrap_init(struct unwrap *u, const struct format_names *names);

/* What the object in text[0..len) holds. `plain`: a text that is no object, too. Its newline is
 * taken off. At most `cap` bytes are written to `room`, which may be the text itself. False: it
 * stays shut, it holds nothing, or two things that contradict each other. */
bool unwrap_object(const struct unwrap *u, const char *text, size_t len, bool plain, char *room,
	size_t cap, struct unwrapped *out);

/* The same from the values that scan.h reads of text[0..len) with u->fields; out->text is in the
 * text or in the scanner's room. False may also mean that unwrap_object must look. True: the object
 * has no name that makes it a request's, so extract.h would say LINE_OTHER of it. */
bool unwrap_values(const struct unwrap *u, const struct fields_values *values, const char *text,
	size_t len, bool plain, struct unwrapped *out);

#endif
