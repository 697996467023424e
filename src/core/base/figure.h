/* figure.h - a number, an amount of memory or a duration as a short text for people.
 *
 * The text comes by value, so that it can stand in an argument list. At most 31 bytes, ASCII.
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
/* "1204", "123.5k": a count, its fraction left out; at most 6 characters up to 1e9. */
struct figure figure_whole(double v);
/* "1204", "3.21": at most two decimals, without zeros at the end; from 100,000 on as above. */
struct figure figure_fine(double v);
/* "45.3 MiB" */
struct figure figure_bytes(uint64_t bytes);
/* "12s", "3m 29s", "4h 12m", "3d 4h"; "0s" when negative. */
struct figure figure_span(struct span d);

/* What a noun has behind that number of it, its fraction left out: "s", or nothing for one. */
const char *figure_plural(double n);
/* The word of that number: "is" or "are". */
const char *figure_word(double n, const char *one, const char *more);

#endif
