/* screen_events.h - the last events and the counters, on the screen that anomstat prints. Only
 * screen.c uses it. */
#ifndef CORE_SHOW_SCREEN_EVENTS_H
#define CORE_SHOW_SCREEN_EVENTS_H

#include <stddef.h>

#include "core/show/text_page.h"
#include "core/record/state.h"

/* Puts the last events on the page, newest first, in at most `rows` rows. */
void screen_events_put(struct text_page *p, const struct state *s, size_t rows);

/* Puts the counters that are not zero on the page, in at most `rows` rows. */
void screen_events_put_counters(struct text_page *p, const struct state *s, size_t rows);
/* The number of rows that all counters that are not zero need on a page of this width. */
size_t screen_events_counter_rows(const struct state *s, size_t width);

#endif
