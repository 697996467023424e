/* screen_lists.h - two lists on the page that anomstat prints: the clients with the most requests,
 * and the bans. Only screen.c uses it.
 *
 * The lists stand side by side if the width allows it. Otherwise they stand one above the other and
 * share the rows. If a list is cut, its last row shows the number of entries left out.
 */
#ifndef CORE_SHOW_SCREEN_LISTS_H
#define CORE_SHOW_SCREEN_LISTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/instant.h"
#include "core/show/text_page.h"
#include "core/record/state.h"

/* The layout of both lists. */
struct screen_lists {
	const struct state *s;
	struct instant now;  /* the clock for ban times */
	uint64_t bans_total; /* at least bans_n */
	size_t top_width;    /* columns of the client in the list of top clients */
	size_t ban_width;
	size_t bar_width;  /* columns of the bar for a client's share of its limit; 0: no bar */
	size_t rule_width; /* columns of the rules, if a column of requests follows */
	bool requests;     /* there is room for the requests that caused the bans */
	bool utf8;
	bool beside; /* side by side; else one above the other */
};

/* `now` is the wall clock; for a replay, ban times use the state's clock instead. *s must outlive
 * the result. */
struct screen_lists screen_lists_plan(
	const struct state *s, struct instant now, size_t width, bool utf8);

/* Number of rows for all entries, headings included. */
size_t screen_lists_need(const struct screen_lists *l);
/* Puts both lists in at most `rows` rows. */
void screen_lists_put(struct text_page *p, const struct screen_lists *l, size_t rows);

#endif
