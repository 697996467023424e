/* condense.h - shortens a JSON object of any length to the members that are wanted.
 *
 * Path:    line -> [condense: blocks] -> scan, object, truncated. These modules parse the result
 *          like any object.
 * Why:     a client can send headers as long as the server accepts, and so make its log line long.
 *          Caddy writes the headers before the status, and repeats a redirected URL after the
 *          status. If only the first 64 KiB were read, the status of such a line would be lost.
 * Method:  one walk over the outermost members and over the members of objects that may contain
 *          wanted members. Unwanted values are skipped in blocks of 64 bytes; only their ends are
 *          searched.
 * Copies:  the first wanted value of each name, unchanged. One long value uses at most an eighth of
 *          the room that is left. So 40 long values leave (7/8)^40 of the room, about 300 bytes,
 *          which the status needs. Of a string over this share, the beginning and the end are
 *          copied with a | between them. A path needs its beginning, and a list of forwarded
 *          addresses its end. Of an array of strings over this share, the last strings are copied.
 *          A value that does not fit is left out.
 * Bound:   CONDENSE_MEMBERS_MAX members of the outermost object; after them, the text counts as cut
 *          off. All inner objects together have the same limit; further inner members are skipped.
 *          The limit is needed because a server that logs headers writes a member for each header,
 *          and 600,000 look-ups of names take 10 ms.
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
	CONDENSE_WHOLE,  /* the object is complete, and only blanks follow it */
	CONDENSE_CUT,    /* the text ends inside the object; the result is cut off, too */
	CONDENSE_BROKEN, /* the text is not JSON; the error is at text[error_at] */
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
