/* view_plot.c - see view_plot.h. The area is drawn twice: once as a whole, and once in another
 * colour, clipped to the part above the alarm. */
#include "core/show/view_plot.h"

#include <inttypes.h>
#include <math.h>

#include "core/show/status.h"
#include "core/base/timestamp.h"
#include "core/base/figure.h"

#define WIDTH     900
#define LEFT      8  /* of the drawing's edge */
#define RIGHT     70 /* room for what the lines are */
#define TOP       8
#define AXIS      18 /* below the plot, for its times */
#define LABEL_GAP 12 /* two labels that are nearer would run into each other */
#define HOUR      36 /* units a bar of an hour takes */
#define HOURS_TOP 60

struct frame {
	int height;
	double top; /* of the scale, per second */
};

static double y_of(const struct frame *f, double rate)
{
	double part = f->top > 0 ? rate / f->top : 0;

	return TOP + (f->height - TOP) * (1 - part);
}

static double x_of(size_t step)
{
	return LEFT + (double)(WIDTH - LEFT - RIGHT) * (double)step / (STATE_HISTORY_MAX - 1);
}

/* The area under the rates; nothing while there are none. */
static void put_area(struct buf *out, const struct frame *f, const double *rates, size_t n,
	const char *class, const char *clip)
{
	size_t missing = STATE_HISTORY_MAX - n; /* at the left, while the run is young */

	if (n == 0)
		return;
	buf_put_format(
		out, "<path class=\"%s\"%s d=\"M%.1f %d", class, clip, x_of(missing), f->height);
	for (size_t i = 0; i < n; i++)
		buf_put_format(out, "L%.1f %.1f", x_of(missing + i), y_of(f, rates[i]));
	buf_put_format(out, "L%.1f %dZ\"/>", x_of(STATE_HISTORY_MAX - 1), f->height);
}

static void put_line(struct buf *out, const struct frame *f, double rate, const char *class,
	const char *word, double label_y)
{
	double y = y_of(f, rate);

	buf_put_format(out, "<line class=\"%s\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>",
		class, LEFT, WIDTH - RIGHT, y, y);
	buf_put_format(out, "<text x=\"%d\" y=\"%.1f\">%s %s</text>", WIDTH - RIGHT + 4,
		label_y + 4, word, figure_amount(rate).s);
}

static void put_times(struct buf *out, int height)
{
	static const char *const words[] = {"30 min ago", "20 min ago", "10 min ago", "now"};
	static const char *const anchors[] = {"start", "middle", "middle", "end"};

	for (size_t i = 0; i < 4; i++)
		buf_put_format(out, "<text x=\"%.0f\" y=\"%d\" text-anchor=\"%s\">%s</text>",
			x_of(i * (STATE_HISTORY_MAX - 1) / 3), height + AXIS - 4, anchors[i],
			words[i]);
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
		"<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s per second in the last 30 "
		"minutes: now %s, peak %s, mean %s, alarm %s\">",
		WIDTH, height + AXIS, name, figure_amount(status_rate(s, signal)).s,
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
		put_line(out, &f, mean, "mean", "mean", y_of(&f, mean));
	if (alarm > 0)
		put_line(out, &f, alarm, "alarm", "alarm",
			fmin(y_of(&f, alarm), y_of(&f, mean) - LABEL_GAP));
	put_times(out, height);
	buf_put_text(out, "</svg>\n");
}

void view_plot_put_hours(struct buf *out, const struct state *s)
{
	int now = (int)(timestamp_date(s->now).second_of_day / 3600);
	double top = 0;

	for (int h = 0; h < STATE_HOURS; h++)
		top = fmax(top, s->hours[h].seconds ? s->hours[h].mean : 0);
	buf_put_format(out,
		"<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"mean requests per second by "
		"hour of the day, UTC\">",
		WIDTH, HOURS_TOP + AXIS);
	for (int h = 0; h < STATE_HOURS; h++) {
		const struct state_hour *hour = &s->hours[h];
		double height =
			hour->seconds && top > 0 ? fmax(1, HOURS_TOP * hour->mean / top) : 0;
		buf_put_format(out,
			"<rect class=\"%s\" x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\">",
			h == now ? "now" : "area", LEFT + h * HOUR, HOURS_TOP - height, HOUR - 4,
			height);
		buf_put_format(out, "<title>%02d h: %s</title></rect>", h,
			hour->seconds ? figure_amount(hour->mean).s : "not known");
		buf_put_format(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%02d</text>",
			LEFT + h * HOUR + HOUR / 2 - 2, HOURS_TOP + AXIS - 4, h);
	}
	buf_put_text(out, "</svg>\n");
}
