/* screen_help.h - the keys of anomstat --follow, and what the words of its page mean.
 *
 * Path:    anomstat -> [screen_help] -> the terminal.   Pure.
 * Output:  as that of screen.h: never wider or higher than the terminal. What does not fit on one
 *          page is on the next one; words that people ask for come first.
 * Promise: anomstat(1) has the same words with the same meanings, which a test compares.
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

/* All of them; `n` is set to how many. */
const struct screen_help_word *screen_help_words(size_t *n);

/* How many pages there are for a terminal of that size, at least 1. */
size_t screen_help_pages(struct screen_size size);

/* Appends one page, from 1 to screen_help_pages; a higher number is taken for the last one. */
void screen_help_render(struct screen_size size, size_t page, struct buf *out);

#endif
