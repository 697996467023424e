/* condense.h - a JSON object of any length -> a short one with the members that are wanted.
 *
 * Path:    line -> [condense: blocks] -> scan, object, truncated, as any other object.
 * Why:     a visitor makes a line as long as the server takes headers: Caddy writes them before the
 *          status, and repeats a redirected URL behind it. Whoever reads the first 64 KiB only
 *          never reads the status of such a line.
 * Method:  one walk over the outermost members, and over those of objects in which members are
 *          wanted. What nobody wants is passed over in blocks of 64 bytes, unchecked but for its
 *          end.
 * Copies:  the first wanted value of each name, as it stands. One long value takes at most an
 *          eighth of the room that is left, so that the room lasts for 40 of them: the status comes
 *          through, however many values a visitor makes long. Of a longer string, the beginning and
 *          the end are copied with a | between them: a path needs its beginning, a list of
 *          forwarded addresses its end. Of a longer array of strings, the last strings are copied.
 *          A value that finds no room is left out.
 * Bound:   CONDENSE_MEMBERS_MAX members of the outermost object, as if the text were cut off there;
 *          and as many of the objects in it together: the others are passed over. A server that
 *          logs headers writes a member for each, and looking up 600,000 names takes 10 ms.
 * Time:    under 5 ms for 4 MiB, whatever they hold (tests/bench/bench_condense.c).
 */
#ifndef CORE_READ_CONDENSE_H
#define CORE_READ_CONDENSE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/read/fields.h"

#define CONDENSE_BYTES       65536
#define CONDENSE_MEMBERS_MAX 32768

enum condense_end {
	CONDENSE_WHOLE,  /* the object ends, with nothing but blanks behind it */
	CONDENSE_CUT,    /* the text ends inside the object: the result is cut off, too */
	CONDENSE_BROKEN, /* the text is no JSON, `error_at` bytes behind its begin */
};

struct condense {
	size_t len;
	size_t error_at;
	char text[CONDENSE_BYTES];
};

/* text[0] is a brace. c->text[0..len) is meaningful unless CONDENSE_BROKEN is returned. */
enum condense_end condense_object(
	struct condense *c, const char *text, size_t len, const struct fields *wanted);

#endif
