/* screen_plot.h - the plots of the last 30 min and of the hours of the day, on the page of anomstat
 * for a terminal. Only screen.c uses it.
 *
 * The height of a bar is a multiple of an eighth of a row. Lines behind the bars show the mean and
 * the alarm, the rate above which there is an alert. Bars and lines are rates of the last 60 s, so
 * an alert is reported when a bar rises above the line of the alarm. The state has one rate per 10
 * s (STATE_HISTORY_STEP_S). A column shows the highest of its rates, because an average would hide
 * a burst.
 */
#ifndef CORE_SHOW_SCREEN_PLOT_H
#define CORE_SHOW_SCREEN_PLOT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/show/text_page.h"
#include "core/record/state.h"

/* Columns left of every plot, for its labels. */
#define SCREEN_PLOT_GUTTER 14

/* Puts a plot of at least 1 row. A plot of one row has no lines for mean and alarm. */
void screen_plot_put(struct text_page *p, const struct state *s, enum signal_kind signal,
	size_t rows, bool utf8);

/* The time axis below a plot. */
void screen_plot_put_axis(struct text_page *p, bool utf8);

/* The mean of each hour of the day, in one row. */
void screen_plot_put_hours(struct text_page *p, const struct state *s, bool utf8);

#endif
