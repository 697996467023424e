/* unwrap.h - opens an object: finds the wrapped text, the log line that a log shipper put into it.
 *
 * Path:    line -> [unwrap] -> line, which parses the inner text as a line of its own.   Pure.
 * Method:  one walk over the outer object, which has already been parsed as JSON. If the previous
 *          line was wrapped, the values that scan.h has read are used instead. An object is not
 *          opened if one of its members has a name that any row of format.h uses for the client,
 *          the status, the method or the path. Other names of access logs, such as
 *          user_agent, have the same effect (see `others` in unwrap.c); the name "path" does not.
 *          Such an object is itself a line of an access log, and its texts may come from a client.
 *          The values of the members do not matter.
 */
#ifndef CORE_READ_UNWRAP_H
#define CORE_READ_UNWRAP_H

#include <stdbool.h>
#include <stddef.h>

#include "core/read/fields.h"
#include "core/read/format_match.h"

struct unwrap {
	/* The names that prevent an object from being opened, then the names of the holders:
	 * members that may contain a log line (see unwrap.c). */
	struct fields fields;
	uint8_t shut_n;
	uint8_t holders[FIELDS_MAX]; /* by slot: index of the holder; FIELDS_NONE: none */
};

struct unwrapped {
	const char *text; /* in memory that the caller owns */
	size_t len;
	const char *name;    /* name of the wrapper, for messages */
	bool standard_error; /* the line was written to stderr */
	bool may_be_part;    /* may be a part of a split line: see unwrap.c */
	/* the wrapped text is a string: if the next line is wrapped in the same way, unwrap_values
	 * may find its text */
	bool is_string;
};

/* The names of options in `names` also prevent an object from being opened. The texts are not
 * copied. Returns false if a name is empty or too long. */
bool unwrap_init(struct unwrap *u, const struct format_names *names);

/* Finds the wrapped text of the object in text[0..len), without its final newline. With `plain`,
 * the wrapped text need not be an object. Writes at most `cap` bytes to `room`, which may be the
 * text itself. Returns false if the object must not be opened, or does not contain exactly one
 * line. */
bool unwrap_object(const struct unwrap *u, const char *text, size_t len, bool plain, char *room,
	size_t cap, struct unwrapped *out);

/* As unwrap_object, from the values that scan.h read of text[0..len) with u->fields. out->text is
 * in the text or in the scanner's room. After a result of false, unwrap_object may still succeed. A
 * result of true means that the object has no member of a request, so extract.h would return
 * LINE_OTHER. */
bool unwrap_values(const struct unwrap *u, const struct fields_values *values, const char *text,
	size_t len, bool plain, struct unwrapped *out);

#endif
