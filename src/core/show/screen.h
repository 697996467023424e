/* screen.h - the state as a page of text for people, for `watch -n 3 anomstat`.
 *
 * Path:    state_read -> [screen] -> anomstat's standard output. Pure: no clock, no terminal.
 * Output:  no line is wider than `width` characters, and there are at most `height` lines. Escape
 *          sequences only set colours, and only with `colour`; no fact is shown by colour alone.
 *          The page is ASCII; with `utf8`, it also contains block elements and lines, each one
 *          column wide. Text comes only from a state that state_read accepted.
 * Room:    faults come first. Then each part of the page (plot, lists, events and so on) gets a few
 *          rows, and then each part in turn gets further rows, as long as there are rows left.
 */
#ifndef CORE_SHOW_SCREEN_H
#define CORE_SHOW_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"
#include "core/base/instant.h"
#include "core/show/text_page.h"
#include "core/record/state.h"

/* On a wider or higher terminal, the page stays at this size. */
#define SCREEN_WIDTH_MAX  400
#define SCREEN_HEIGHT_MAX 2000

/* Size of the largest page: three bytes per block element, and a colour for each. */
#define SCREEN_BYTES_MAX                                                                           \
	(SCREEN_HEIGHT_MAX * (SCREEN_WIDTH_MAX * (3 + TEXT_STYLE_BYTES) + TEXT_STYLE_BYTES + 1))

struct screen_size {
	size_t width;  /* columns, at least 1 */
	size_t height; /* lines; 0: no limit */
	bool utf8;     /* if false, bars are ASCII */
	bool colour;
	bool keys; /* there is a keyboard: show the key for help where there is room */
};

/* Appends the page. `now` is the wall clock, for ages and the remaining time of bans. Sets
 * out->full if the page does not fit; SCREEN_BYTES_MAX is always enough. */
void screen_render(
	const struct state *s, struct instant now, struct screen_size size, struct buf *out);

#endif
