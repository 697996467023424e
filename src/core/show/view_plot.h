/* view_plot.h - the plots of the page for a browser: inline SVG with text around it. Only
 * view_html.c uses it.
 *
 * The colours are classes of the page's style sheet. The figures are the same as on the terminal
 * page (screen_plot.h).
 */
#ifndef CORE_SHOW_VIEW_PLOT_H
#define CORE_SHOW_VIEW_PLOT_H

#include "core/base/buf.h"
#include "core/record/state.h"

/* The last 30 min of one signal, with its mean and its alarm level. A rate above the alarm level is
 * a site anomaly. `height` in pixels. */
void view_plot_put(struct buf *out, const struct state *s, enum signal_kind signal, int height);

/* The mean of each hour of the day. */
void view_plot_put_hours(struct buf *out, const struct state *s);

#endif
