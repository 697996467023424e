/* figure.h - a number, an amount of memory or a duration as a short text for people.
 *
 * Each function returns its text by value, so that a call can be an argument of printf. A text has
 * at most 31 bytes, all ASCII.
 */
#ifndef CORE_BASE_FIGURE_H
#define CORE_BASE_FIGURE_H

#include <stdint.h>

#include "core/base/instant.h"

struct figure {
	char s[32];
};

/* "412.5", "1204", "123.5k", "4.3G": at most 7 characters up to 1e12. */
struct figure figure_amount(double v);
/* "1204", "123.5k": a count without its fraction; at most 6 characters up to 1e9. */
struct figure figure_whole(double v);
/* "1204", "3.21": at most two decimals, without trailing zeros. From 100,000 on, the same text as
 * figure_amount. */
struct figure figure_fine(double v);
/* "45.3 MiB" */
struct figure figure_bytes(uint64_t bytes);
/* "12s", "3m 29s", "4h 12m", "3d 4h"; "0s" when negative. */
struct figure figure_span(struct span d);

/* The ending of an English noun after the number n: "" if n without its fraction is 1, else "s". */
const char *figure_plural(double n);
/* Chooses a word by the number n: `one` ("is") if n without its fraction is 1, else `more`
 * ("are"). */
const char *figure_word(double n, const char *one, const char *more);

#endif
