/* screen_plot.c - see screen_plot.h. */
#include "core/show/screen_plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/show/status.h"
#include "core/base/timestamp.h"
#include "core/base/figure.h"

#define LEVELS       8 /* heights of a bar within one row */
#define LABEL_WIDTH  (SCREEN_PLOT_GUTTER - 1)
#define COLUMNS_MAX  STATE_HISTORY_MAX
#define HISTORY_MIN  30 /* minutes */
#define HOURS_LABEL  "24 h, UTC"
#define HIGHEST_ROOM 44 /* columns of the text after the hours */

/* Characters by level within a row. ASCII has only three heights. */
static const char *const blocks[] = {
	" ", "\u2581", "\u2582", "\u2583", "\u2584", "\u2585", "\u2586", "\u2587", "\u2588"};
static const char *const ascii[] = {" ", ".", ".", ".", ":", ":", ":", "#", "#"};

struct glyphs {
	const char *const *level;
	const char *axis, *tick, *alarm, *mean, *corner, *line, *none;
};

static struct glyphs glyphs_of(bool utf8)
{
	static const struct glyphs wide = {
		blocks, "\u2502", "\u2524", "\u254c", "\u2500", "\u2514", "\u2500", "\u00b7"};
	static const struct glyphs plain = {ascii, "|", "+", "=", "-", "+", "-", "?"};

	return utf8 ? wide : plain;
}

struct plot {
	size_t columns;
	size_t rows;
	double rate[COLUMNS_MAX]; /* the highest rate in each column; negative: there is none */
	double top;               /* rate at the top of the scale */
	double alarm;
	double mean;
};

static void fill_columns(struct plot *plot, const double *steps, size_t n)
{
	/* A step is STATE_HISTORY_STEP_S long and has one rate. While the run is younger than the
	 * plot, steps at the left have no rate. */
	size_t missing = STATE_HISTORY_MAX - n;

	for (size_t c = 0; c < plot->columns; c++) {
		size_t from = c * STATE_HISTORY_MAX / plot->columns;
		size_t to = (c + 1) * STATE_HISTORY_MAX / plot->columns;
		plot->rate[c] = -1;
		for (size_t i = from < missing ? missing : from; i < to; i++)
			plot->rate[c] = fmax(plot->rate[c], steps[i - missing]);
	}
}

static double highest_of(const double *v, size_t n)
{
	double highest = 0;

	for (size_t i = 0; i < n; i++)
		highest = fmax(highest, v[i]);
	return highest;
}

/* The row of a value, from the bottom. The top of the scale is in the highest row. */
static size_t row_of(const struct plot *plot, double v)
{
	double row = plot->top > 0 ? v / plot->top * (double)plot->rows : 0;

	return row >= (double)plot->rows ? plot->rows - 1 : (size_t)row;
}

/* The level of a bar in this row, from 0 to LEVELS. A rate above zero has at least level 1 in the
 * lowest row. */
static size_t level_of(const struct plot *plot, double rate, size_t row)
{
	double eighths = plot->top > 0 ? rate / plot->top * (double)(plot->rows * LEVELS) : 0;
	double level = ceil(eighths - 1e-9) - (double)(row * LEVELS);

	return level <= 0 ? 0 : level >= LEVELS ? LEVELS : (size_t)level;
}

static void put_label(struct text_page *p, const char *word, double rate)
{
	char text[64];

	snprintf(text, sizeof text, "%s %s", word, figure_amount(rate).s);
	text_page_set_style(p, TEXT_LABEL);
	text_page_put_right(p, text, LABEL_WIDTH - 1);
	text_page_set_style(p, TEXT_NORMAL);
}

/* Puts at most one label in the row. False: it has put none. The alarm and the peak have precedence
 * over the mean, which the page also shows as a number above the plot. */
static bool put_row_label(struct text_page *p, const struct plot *plot, size_t row, double peak)
{
	bool single = plot->rows == 1;

	if (plot->alarm > 0 && !single && row == row_of(plot, plot->alarm))
		put_label(p, "alarm", plot->alarm);
	else if (row + 1 == plot->rows && peak >= plot->alarm)
		put_label(p, "peak", peak);
	else if (!single && plot->mean > 0 && row == row_of(plot, plot->mean))
		put_label(p, "mean", plot->mean);
	else
		return false;
	return true;
}

static void put_cell(struct text_page *p, const struct plot *plot, size_t column, size_t row,
	const struct glyphs *g)
{
	double rate = plot->rate[column];
	size_t level = rate > 0 ? level_of(plot, rate, row) : 0;

	if (level) {
		text_page_set_style(p, plot->alarm > 0 && rate > plot->alarm ? TEXT_BAD : TEXT_BAR);
		text_page_put_glyph(p, g->level[level]);
	} else if (plot->rows > 1 && plot->alarm > 0 && row == row_of(plot, plot->alarm)) {
		text_page_set_style(p, TEXT_WARN);
		text_page_put_glyph(p, g->alarm);
	} else if (plot->rows > 1 && plot->mean > 0 && row == row_of(plot, plot->mean)) {
		text_page_set_style(p, TEXT_MEAN);
		text_page_put_glyph(p, g->mean);
	} else {
		text_page_put_glyph(p, " ");
	}
	text_page_set_style(p, TEXT_NORMAL);
}

static size_t columns_of(const struct text_page *p)
{
	size_t columns = p->width > SCREEN_PLOT_GUTTER ? p->width - SCREEN_PLOT_GUTTER : 0;

	return columns < COLUMNS_MAX ? columns : COLUMNS_MAX;
}

void screen_plot_put(
	struct text_page *p, const struct state *s, enum signal_kind signal, size_t rows, bool utf8)
{
	const struct glyphs g = glyphs_of(utf8);
	double steps[STATE_HISTORY_MAX], peak;
	struct plot plot = {.columns = columns_of(p),
		.rows = rows,
		.alarm = s->alarm[signal],
		.mean = signal == SIGNAL_ERRORS ? s->baseline.error_mean : s->baseline.mean};
	const char *name = signal == SIGNAL_ERRORS ? "errors/s" : "requests/s";
	bool named = false;

	status_history(s, signal, steps);
	fill_columns(&plot, steps, s->history_n);
	peak = highest_of(steps, s->history_n);
	plot.top = rows > 1 ? fmax(peak, fmax(plot.alarm, plot.mean)) : peak;
	for (size_t row = rows; row-- > 0;) {
		if (rows == 1) {
			put_label(p, signal == SIGNAL_ERRORS ? "errors" : "req", peak);
		} else if (!put_row_label(p, &plot, row, peak) && !named) {
			text_page_set_style(p, TEXT_LABEL);
			text_page_put_right(p, name, LABEL_WIDTH - 1);
			text_page_set_style(p, TEXT_NORMAL);
			named = true;
		}
		text_page_move_to(p, LABEL_WIDTH);
		text_page_set_style(p, TEXT_LABEL);
		text_page_put_glyph(p, g.axis);
		for (size_t c = 0; c < plot.columns; c++)
			put_cell(p, &plot, c, row, &g);
		text_page_end_row(p);
	}
}

void screen_plot_put_axis(struct text_page *p, bool utf8)
{
	const struct glyphs g = glyphs_of(utf8);
	size_t columns = columns_of(p);
	char text[32];

	text_page_set_style(p, TEXT_LABEL);
	text_page_move_to(p, LABEL_WIDTH);
	text_page_put_glyph(p, g.corner);
	for (int minutes = HISTORY_MIN; minutes > 0; minutes -= 10) {
		size_t at = SCREEN_PLOT_GUTTER +
			    columns * (size_t)(HISTORY_MIN - minutes) / HISTORY_MIN;
		while (p->column < at)
			text_page_put_glyph(p, g.line);
		snprintf(text, sizeof text, columns >= 40 ? "%d min ago" : "%d", minutes);
		text_page_put(p, text);
	}
	while (p->column + strlen("now") < SCREEN_PLOT_GUTTER + columns)
		text_page_put_glyph(p, g.line);
	text_page_put(p, "now");
	text_page_end_row(p);
}

void screen_plot_put_hours(struct text_page *p, const struct state *s, bool utf8)
{
	const struct glyphs g = glyphs_of(utf8);
	int now = (int)(timestamp_date(s->now).second_of_day / 3600), busiest = 0;
	size_t each = p->width >= SCREEN_PLOT_GUTTER + 2 * STATE_HOURS + HIGHEST_ROOM ? 2 : 1;
	char text[96];

	for (int h = 0; h < STATE_HOURS; h++)
		if (s->hours[h].seconds && s->hours[h].mean > s->hours[busiest].mean)
			busiest = h;
	text_page_set_style(p, TEXT_LABEL);
	text_page_put_right(p, HOURS_LABEL, LABEL_WIDTH - 1);
	text_page_move_to(p, LABEL_WIDTH);
	text_page_put_glyph(p, g.axis);
	for (int h = 0; h < STATE_HOURS; h++) {
		const struct state_hour *hour = &s->hours[h];
		double top = s->hours[busiest].mean;
		double level = top > 0 ? ceil(hour->mean / top * LEVELS - 1e-9) : 0;
		text_page_set_style(p, !hour->seconds          ? TEXT_LABEL
				       : h == now && s->now.ms ? TEXT_HEAD
							       : TEXT_BAR);
		for (size_t i = 0; i < each; i++)
			text_page_put_glyph(
				p, hour->seconds ? g.level[level < 1 ? 1 : (size_t)level] : g.none);
	}
	text_page_set_style(p, TEXT_LABEL);
	text_page_put_glyph(p, g.axis);
	text_page_set_style(p, TEXT_NORMAL);
	if (s->hours[busiest].seconds) {
		snprintf(text, sizeof text, "  most %s/s at %02d h, now %02d h",
			figure_amount(s->hours[busiest].mean).s, busiest, now);
		text_page_put(p, text);
	}
	text_page_end_row(p);
}
