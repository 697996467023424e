/* screen_events.h - the last events and the counters. Only screen.c uses it. */
#ifndef CORE_SHOW_SCREEN_EVENTS_H
#define CORE_SHOW_SCREEN_EVENTS_H

#include <stddef.h>

#include "core/show/text_page.h"
#include "core/record/state.h"

/* At most `rows` of the last events, newest first. */
void screen_events_put(struct text_page *p, const struct state *s, size_t rows);

/* The counters that are not zero, in at most `rows` rows. */
void screen_events_put_counters(struct text_page *p, const struct state *s, size_t rows);
/* The number of rows for all counters that are not zero. */
size_t screen_events_counter_rows(const struct state *s, size_t width);

#endif
