/* screen_lists.h - the two lists of the page, for screen.c alone: the top clients and the bans.
 *
 * They stand beside each other where the width allows it, else one above the other, and then share
 * the rows. A list that is cut says in its last row how many it leaves out.
 */
#ifndef CORE_SHOW_SCREEN_LISTS_H
#define CORE_SHOW_SCREEN_LISTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/instant.h"
#include "core/show/text_page.h"
#include "core/record/state.h"

/* How they stand on the page. */
struct screen_lists {
	const struct state *s;
	struct instant now;  /* of the bans */
	uint64_t bans_total; /* at least bans_n */
	size_t top_width;    /* of the column of clients */
	size_t ban_width;
	size_t bar_width;  /* how near the limit; 0: no room */
	size_t rule_width; /* of the column of rules before that of requests */
	bool requests;     /* there is room for the requests that bans were for */
	bool utf8;
	bool beside; /* each other; else one above the other */
};

/* `now` is the wall clock; the bans of a replay run by the state's. *s must outlive the plan. */
struct screen_lists screen_lists_plan(
	const struct state *s, struct instant now, size_t width, bool utf8);

/* Rows for all entries, headings included. */
size_t screen_lists_need(const struct screen_lists *l);
/* At most `rows` rows. */
void screen_lists_put(struct text_page *p, const struct screen_lists *l, size_t rows);

#endif
