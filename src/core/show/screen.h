/* screen.h - the state as a page of text for people, for `watch -n 3 anomstat`.
 *
 * Path:    state_read -> [screen] -> anomstat's standard output.   Pure: no clock, no terminal.
 * Output:  no line wider than `width` characters, no more than `height` lines. Without `colour` no
 *          escape sequence, with it only those that set a colour; nothing is told by colour alone.
 *          ASCII, and with `utf8` block elements and lines, each one column wide. Text comes only
 *          from a state that state_read accepted.
 * Room:    what is wrong comes first, then each part gets a little, then more in turns: a larger
 *          terminal shows more.
 */
#ifndef CORE_SHOW_SCREEN_H
#define CORE_SHOW_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"
#include "core/base/instant.h"
#include "core/show/text_page.h"
#include "core/record/state.h"

/* Wider and higher terminals get no more than this. */
#define SCREEN_WIDTH_MAX  400
#define SCREEN_HEIGHT_MAX 2000

/* What the largest page takes: three bytes a block element, and a colour for each. */
#define SCREEN_BYTES_MAX                                                                           \
	(SCREEN_HEIGHT_MAX * (SCREEN_WIDTH_MAX * (3 + TEXT_STYLE_BYTES) + TEXT_STYLE_BYTES + 1))

struct screen_size {
	size_t width;  /* columns, at least 1 */
	size_t height; /* lines; 0: as many as it takes */
	bool utf8;     /* else bars are drawn in ASCII */
	bool colour;
	bool keys; /* somebody can press one: say which explains the page, where there is room */
};

/* Appends the page. `now` is the wall clock, for ages and the time left of bans. out->full when it
 * did not fit, which SCREEN_BYTES_MAX excludes. */
void screen_render(
	const struct state *s, struct instant now, struct screen_size size, struct buf *out);

#endif
