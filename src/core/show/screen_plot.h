/* screen_plot.h - the last 30 min and the hours of the day, for screen.c alone.
 *
 * A plot has bars of eighths of a row, and the mean and the alarm as lines behind them. All of them
 * are rates of the last 60 s, so a bar that passes the line is what raises an alert. A column
 * shows the highest of its steps, because a burst that is averaged away is the thing one looks for.
 */
#ifndef CORE_SHOW_SCREEN_PLOT_H
#define CORE_SHOW_SCREEN_PLOT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/show/text_page.h"
#include "core/record/state.h"

/* Columns left of every plot, for its labels. */
#define SCREEN_PLOT_GUTTER 14

/* `rows` at least 1; with one there is no room for the lines. */
void screen_plot_put(struct text_page *p, const struct state *s, enum signal_kind signal,
	size_t rows, bool utf8);

/* The axis of time below. */
void screen_plot_put_axis(struct text_page *p, bool utf8);

/* The means of the 24 hours of the day, in one row. */
void screen_plot_put_hours(struct text_page *p, const struct state *s, bool utf8);

#endif
