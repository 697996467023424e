/* condense.h - shortens a JSON object of any length to the members that are wanted.
 *
 * Path:    line -> [condense: blocks] -> scan, object, truncated, as for any other object.
 * Why:     a client can make a line as long as the headers that the server accepts. Caddy writes
 *          them before the status, and repeats a redirected URL after the status. A reader of the
 *          first 64 KiB alone would never reach the status of such a line.
 * Method:  one walk over the outermost members and over the members of objects that contain wanted
 *          ones. Unwanted values are skipped in blocks of 64 bytes; only their ends are searched.
 * Copies:  the first wanted value of each name, unchanged. One long value takes at most an eighth
 *          of the room that is left, so that the room lasts for 40 long values. So the status is
 *          always copied, however many values a client makes long. If a string is longer, its
 *          beginning and its end are copied with a | between them: a path needs its beginning, and
 *          a list of forwarded addresses its end. If an array of strings is longer, its last
 *          strings are copied. A value that does not fit is left out.
 * Bound:   CONDENSE_MEMBERS_MAX members of the outermost object; the text counts as cut off there.
 *          All inner objects together have the same limit; further inner members are skipped. A
 *          server that logs headers writes a member for each header, and 600,000 look-ups of names
 *          take 10 ms.
 * Time:    under 5 ms for any 4 MiB (tests/bench/bench_condense.c).
 */
#ifndef CORE_READ_CONDENSE_H
#define CORE_READ_CONDENSE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/read/fields.h"

#define CONDENSE_BYTES       65536
#define CONDENSE_MEMBERS_MAX 32768

enum condense_end {
	CONDENSE_WHOLE,  /* the object ends, and only blanks follow */
	CONDENSE_CUT,    /* the text ends inside the object; the result is cut off, too */
	CONDENSE_BROKEN, /* the text is no JSON; the error is at text[error_at] */
};

struct condense {
	size_t len;
	size_t error_at;
	char text[CONDENSE_BYTES];
};

/* text[0] must be a brace. c->text[0..len) is valid unless CONDENSE_BROKEN is returned. */
enum condense_end condense_object(
	struct condense *c, const char *text, size_t len, const struct fields *wanted);

#endif
