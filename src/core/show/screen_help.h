/* screen_help.h - the keys of anomstat --follow, and the meanings of the words on its page.
 *
 * Path:    anomstat -> [screen_help] -> the terminal.   Pure.
 * Output:  as in screen.h: never wider or higher than the terminal. Words that do not fit on one
 *          page are on the next pages; the words that people ask for most come first.
 * Promise: anomstat(1) has the same words with the same meanings; a test compares them.
 */
#ifndef CORE_SHOW_SCREEN_HELP_H
#define CORE_SHOW_SCREEN_HELP_H

#include <stddef.h>

#include "core/base/buf.h"
#include "core/show/screen.h"

struct screen_help_word {
	const char *word;
	const char *meaning; /* one line of ASCII, under 100 characters */
};

/* All words. Sets *n to their number. */
const struct screen_help_word *screen_help_words(size_t *n);

/* The number of pages for a terminal of this size, at least 1. */
size_t screen_help_pages(struct screen_size size);

/* Appends one page, from 1 to screen_help_pages. A higher number gives the last page. */
void screen_help_render(struct screen_size size, size_t page, struct buf *out);

#endif
