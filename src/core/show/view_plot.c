/* view_plot.c - see view_plot.h. The area under the rates is drawn twice: once in full, and once in
 * another colour, clipped to the part above the alarm level. A drawing is as wide as the browser's
 * window and keeps its height, so it stretches. Text inside a drawing would stretch, too, so all
 * text stands around the drawing. */
#include "core/show/view_plot.h"

#include <inttypes.h>
#include <math.h>

#include "core/show/status.h"
#include "core/base/timestamp.h"
#include "core/base/figure.h"

#define WIDTH     900 /* width of the drawing in its own units; the browser scales it */
#define LABEL_GAP 15  /* pixels: two labels closer than this would overlap */
#define LABEL_TOP 8   /* half of a label's height */
#define HOUR      36  /* units for the bar of one hour and its gap */
#define HOUR_GAP  4
#define HOURS_TOP 60 /* pixels */

struct frame {
	int height;
	double top; /* rate at the top of the scale, per second */
};

static double y_of(const struct frame *f, double rate)
{
	double part = f->top > 0 ? rate / f->top : 0;

	return f->height * (1 - part);
}

static double x_of(size_t step)
{
	return (double)WIDTH * (double)step / (STATE_HISTORY_MAX - 1);
}

/* Puts the area under the rates. Puts nothing if there are no rates. */
static void put_area(struct buf *out, const struct frame *f, const double *rates, size_t n,
	const char *class, const char *clip)
{
	size_t missing = STATE_HISTORY_MAX - n; /* at the left, while the run
						 * is younger than the plot */

	if (n == 0)
		return;
	buf_put_format(
		out, "<path class=\"%s\"%s d=\"M%.1f %d", class, clip, x_of(missing), f->height);
	for (size_t i = 0; i < n; i++)
		buf_put_format(out, "L%.1f %.1f", x_of(missing + i), y_of(f, rates[i]));
	buf_put_format(out, "L%.1f %dZ\"/>", x_of(STATE_HISTORY_MAX - 1), f->height);
}

static void put_line(struct buf *out, const struct frame *f, double rate, const char *class)
{
	double y = y_of(f, rate);

	buf_put_format(out, "<line class=\"%s\" x1=\"0\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>",
		class, WIDTH, y, y);
}

static void put_label(struct buf *out, double y, const char *word, double rate)
{
	buf_put_format(
		out, "<span style=\"top:%.1fpx\">%s %s</span>", y, word, figure_amount(rate).s);
}

/* Puts the label of the alarm above the label of the mean. If there is room, each label stands
 * beside its line. */
static void put_labels(struct buf *out, const struct frame *f, double mean, double alarm)
{
	double mean_y = fmax(y_of(f, mean), LABEL_TOP);
	double alarm_y = fmax(y_of(f, alarm), LABEL_TOP);

	if (mean > 0 && alarm > 0) {
		alarm_y = fmax(fmin(alarm_y, mean_y - LABEL_GAP), LABEL_TOP);
		mean_y = fmax(mean_y, alarm_y + LABEL_GAP);
	}
	if (mean > 0)
		put_label(out, mean_y, "mean", mean);
	if (alarm > 0)
		put_label(out, alarm_y, "alarm", alarm);
}

/* Puts the labels of the time axis. A narrow page hides the text in <small>. */
static void put_times(struct buf *out)
{
	static const char *const words[] = {"30 min<small> ago</small>",
		"20<small> min ago</small>", "10<small> min ago</small>", "now"};

	buf_put_text(out, "<div class=\"x\">");
	for (size_t i = 0; i < 4; i++)
		buf_put_format(out, "<span style=\"left:%.1f%%\">%s</span>", 100 * (double)i / 3,
			words[i]);
	buf_put_text(out, "</div>\n");
}

void view_plot_put(struct buf *out, const struct state *s, enum signal_kind signal, int height)
{
	double rates[STATE_HISTORY_MAX], peak = 0;
	double mean = signal == SIGNAL_ERRORS ? s->baseline.error_mean : s->baseline.mean;
	double alarm = s->alarm[signal];
	const char *name = signal_name(signal);
	struct frame f = {.height = height};
	char clip[48];
	struct buf b;

	status_history(s, signal, rates);
	for (size_t i = 0; i < s->history_n; i++)
		peak = fmax(peak, rates[i]);
	f.top = fmax(1e-9, 1.05 * fmax(peak, fmax(alarm, mean)));
	buf_put_format(out,
		"<div class=\"plot\" style=\"height:%dpx\"><svg viewBox=\"0 0 %d %d\" "
		"preserveAspectRatio=\"none\" role=\"img\" "
		"aria-label=\"%s per second in the last 30 "
		"minutes: now %s, peak %s, mean %s, alarm %s\">",
		height, WIDTH, height, name, figure_amount(status_rate(s, signal)).s,
		figure_amount(peak).s, figure_amount(mean).s, figure_amount(alarm).s);
	put_area(out, &f, rates, s->history_n, "area", "");
	if (alarm > 0 && peak > alarm) {
		buf_put_format(out,
			"<clipPath id=\"over-%s\"><rect x=\"0\" y=\"0\" width=\"%d\" "
			"height=\"%.1f\"/></clipPath>",
			name, WIDTH, y_of(&f, alarm));
		buf_init(&b, clip, sizeof clip - 1);
		buf_put_format(&b, " clip-path=\"url(#over-%s)\"", name);
		clip[b.len] = '\0';
		put_area(out, &f, rates, s->history_n, "over", clip);
	}
	if (mean > 0)
		put_line(out, &f, mean, "mean");
	if (alarm > 0)
		put_line(out, &f, alarm, "alarm");
	buf_put_text(out, "</svg>");
	put_labels(out, &f, mean, alarm);
	buf_put_text(out, "</div>\n");
	put_times(out);
}

void view_plot_put_hours(struct buf *out, const struct state *s)
{
	int now = s->now.ms ? (int)(timestamp_date(s->now).second_of_day / 3600) : -1;
	double top = 0;

	for (int h = 0; h < STATE_HOURS; h++)
		top = fmax(top, s->hours[h].seconds ? s->hours[h].mean : 0);
	buf_put_format(out,
		"<div class=\"plot day\" style=\"height:%dpx\"><svg viewBox=\"0 0 %d %d\" "
		"preserveAspectRatio=\"none\" role=\"img\" "
		"aria-label=\"mean requests per second by "
		"hour of the day, UTC\">",
		HOURS_TOP, STATE_HOURS * HOUR, HOURS_TOP);
	for (int h = 0; h < STATE_HOURS; h++) {
		const struct state_hour *hour = &s->hours[h];
		double height =
			hour->seconds && top > 0 ? fmax(1, HOURS_TOP * hour->mean / top) : 0;
		buf_put_format(out,
			"<rect class=\"%s\" x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\">",
			h == now ? "now" : "area", h * HOUR + HOUR_GAP / 2, HOURS_TOP - height,
			HOUR - HOUR_GAP, height);
		buf_put_format(out, "<title>%02d h: %s</title></rect>", h,
			hour->seconds ? figure_amount(hour->mean).s : "not known");
	}
	buf_put_text(out, "</svg></div>\n<div class=\"hours\">");
	for (int h = 0; h < STATE_HOURS; h++)
		buf_put_format(out,
			h % 3 ? "<span%s><small>%02d</small></span>" : "<span%s>%02d</span>",
			h == now ? " class=\"is\"" : "", h);
	buf_put_text(out, "</div>\n");
}
