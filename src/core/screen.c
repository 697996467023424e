/* screen.c - see screen.h. One function a section, from top to bottom; rows go first to what
 * changes and what is wrong. The counters are laid out twice, first only to count their rows: the
 * two lists (screen_lists.c) get what is left. */
#include "core/screen.h"

#include <stdio.h>
#include <string.h>

#include "core/page.h"
#include "core/screen_lists.h"
#include "core/timestamp.h"

#define LABEL_WIDTH 11 /* columns: "30 min err" and a blank */
#define PEAK_WIDTH  16 /* after the bars: "  peak 1000.0G/s" */

static size_t max_size(size_t a, size_t b)
{
	return a > b ? a : b;
}

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void put_figure(struct page *p, const char *label, struct page_text value)
{
	char text[64];

	snprintf(text, sizeof text, "%s %s", label, value.s);
	page_put_piece(p, text);
}

static bool is_stale(const struct state *s, struct instant now)
{
	return s->running && (double)instant_since(now, s->saved).ms > 2000 * s->interval_s;
}

/* Bans of the list that the firewall does not have, although there is one. */
static size_t not_enforced(const struct state *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->bans_n; i++)
		n += !s->bans[i].enforced;
	return strcmp(s->firewall, "none") == 0 ? 0 : n;
}

static void section_process(struct page *p, const struct state *s, struct instant now)
{
	bool stale = is_stale(s, now);
	bool running = s->running && !stale;
	char text[96];

	page_put_piece(p, running ? "anomdetect RUNNING"
			  : stale ? "anomdetect STALE"
				  : "anomdetect STOPPED");
	put_figure(p, running ? "up" : "ran",
		page_span(instant_since(running ? now : s->saved, s->started)));
	snprintf(text, sizeof text, "state %s old", page_span(instant_since(now, s->saved)).s);
	page_put_piece(p, text);
	snprintf(text, sizeof text, "cpu %s %%", page_amount(s->cpu_percent).s);
	page_put_piece(p, text);
	put_figure(p, "memory", page_bytes(s->memory_bytes));
	snprintf(text, sizeof text, "%s lines/s", page_amount(s->lines_per_s).s);
	page_put_piece(p, text);
	snprintf(text, sizeof text, "%u clients", s->clients);
	page_put_piece(p, text);
	snprintf(text, sizeof text, s->set_name[0] ? "firewall %s %s" : "firewall %s", s->firewall,
		s->set_name);
	page_put_piece(p, text);
	if (not_enforced(s)) {
		snprintf(text, sizeof text, "%zu BANS NOT ENFORCED", not_enforced(s));
		page_put_piece(p, text);
	}
	if (s->replay)
		page_put_piece(p, "replay");
	page_end_row(p);
}

/* "ABNORMAL since 04:12:31 (3m 29s)"; the time of day is UTC. Beside SWARM there is no room for how
 * long, at 80 columns. */
static void put_condition(struct page *p, const struct state *s, enum signal_kind signal)
{
	struct instant since = s->abnormal_since[signal];
	int64_t second = timestamp_date(since).second_of_day;
	bool swarm = (s->swarm || s->visit_swarm) && signal == SIGNAL_REQUESTS;
	char text[96], lasting[48];

	if (s->abnormal[signal]) {
		snprintf(lasting, sizeof lasting, " (%s)",
			page_span(instant_since(s->now, since)).s);
		snprintf(text, sizeof text, "ABNORMAL since %02d:%02d:%02d%s", (int)(second / 3600),
			(int)(second / 60 % 60), (int)(second % 60), swarm ? "" : lasting);
		page_put_piece(p, text);
	} else {
		page_put_piece(p, s->now.ms == 0       ? "no line yet"
				  : !s->baseline.ready ? "warming up"
						       : "normal");
	}
	if (swarm)
		page_put_piece(p, "SWARM");
}

static double percent(double part, double whole)
{
	return whole > 0 ? 100 * part / whole : 0;
}

/* Rates per second over the window, what they are measured against, and the verdict. */
static void section_site(struct page *p, const struct state *s)
{
	const struct baseline *b = &s->baseline;
	size_t cell = p->width < 64 ? 7 : 8; /* of page_amount, and a blank if there is room */
	const double rows[SIGNAL_COUNT][4] = {
		{(double)s->requests / RULES_WINDOW_S, b->mean, b->stddev, s->z[SIGNAL_REQUESTS]},
		{(double)s->errors / RULES_WINDOW_S, b->error_mean, b->error_stddev,
			s->z[SIGNAL_ERRORS]},
	};
	static const char *const labels[SIGNAL_COUNT] = {"requests/s", "errors/s"};
	static const char *const heads[] = {"now", "mean", "stddev", "z"};
	char text[64];

	page_move_to(p, LABEL_WIDTH);
	for (size_t i = 0; i < 4; i++)
		page_put_right(p, heads[i], cell);
	snprintf(text, sizeof text, "baseline %s, of errors %s", baseline_source_name(b->source),
		baseline_source_name(b->error_source));
	page_put_piece(p, text);
	page_end_row(p);
	for (int signal = 0; signal < SIGNAL_COUNT; signal++) {
		page_put(p, labels[signal]);
		page_move_to(p, LABEL_WIDTH);
		for (size_t i = 0; i < 4; i++)
			page_put_right(p, page_amount(rows[signal][i]).s, cell);
		put_condition(p, s, (enum signal_kind)signal);
		page_end_row(p);
	}
	page_put(p, "errors, %");
	page_move_to(p, LABEL_WIDTH);
	page_put_right(p, page_amount(percent(s->errors, s->requests)).s, cell);
	page_put_right(p, page_amount(percent(b->error_mean, b->mean)).s, cell);
	page_end_row(p);
}

/* What the clients are judged by: "limits/60s 120 req, 20 err  a visit 300 req, 30 err  learned,
 * 5120 visits". */
static void section_limits(struct page *p, const struct state *s)
{
	double visit = s->limits[LIMIT_VISIT_REQUESTS];
	char text[96];

	if (s->visit_swarm && s->limits[LIMIT_VISIT_MARK] < visit)
		visit = s->limits[LIMIT_VISIT_MARK];
	page_put(p, "limits/60s");
	page_move_to(p, LABEL_WIDTH);
	snprintf(text, sizeof text, "%s req, %s err", page_whole(screen_lists_limit(s)).s,
		page_whole(s->limits[LIMIT_ERRORS]).s);
	page_put(p, text);
	snprintf(text, sizeof text, "a visit %s req, %s err", page_whole(visit).s,
		page_whole(s->limits[LIMIT_VISIT_ERRORS]).s);
	page_put_piece(p, text);
	snprintf(text, sizeof text, "%s, %s visits", s->limits_known ? "learned" : "cold",
		page_whole(s->visits).s);
	page_put_piece(p, text);
	page_end_row(p);
}

/* The last 30 min from left to right, as many steps to a column as it takes; a column shows its
 * highest step, because a burst that is averaged away is the thing one looks for. */
static void put_bars(struct page *p, const char *label, const uint32_t *counts, size_t n, bool utf8)
{
	static const char *const blocks[] = {" ", "\u2581", "\u2582", "\u2583", "\u2584", "\u2585",
		"\u2586", "\u2587", "\u2588"};
	static const char *const ascii[] = {" ", ".", ":", "-", "=", "+", "*", "#", "@"};
	size_t columns =
		p->width > LABEL_WIDTH + PEAK_WIDTH ? p->width - LABEL_WIDTH - PEAK_WIDTH : 0;
	size_t missing = STATE_HISTORY_MAX - n; /* at the left, while the run is young */
	uint64_t peak = 0;

	if (columns > STATE_HISTORY_MAX)
		columns = STATE_HISTORY_MAX;
	for (size_t i = 0; i < n; i++)
		peak = counts[i] > peak ? counts[i] : peak;
	page_put(p, label);
	page_move_to(p, LABEL_WIDTH);
	for (size_t c = 0; c < columns; c++) {
		size_t from = c * STATE_HISTORY_MAX / columns;
		size_t to = (c + 1) * STATE_HISTORY_MAX / columns;
		uint64_t highest = 0;
		for (size_t i = from < missing ? missing : from; i < to; i++)
			highest = counts[i - missing] > highest ? counts[i - missing] : highest;
		size_t level = highest ? (size_t)(1 + highest * 7 / peak) : 0;
		page_put_glyph(p, utf8 ? blocks[level] : ascii[level]);
	}
	page_put(p, "  peak ");
	page_put(p, page_amount((double)peak / STATE_HISTORY_STEP_S).s);
	page_put(p, "/s");
	page_end_row(p);
}

static void section_history(struct page *p, const struct state *s, bool utf8)
{
	put_bars(p, "30 min req", s->history_requests, s->history_n, utf8);
	put_bars(p, "30 min err", s->history_errors, s->history_n, utf8);
}

/* Those that are not zero, in at most `rows` rows. */
static void section_counters(struct page *p, const struct state *s, size_t rows)
{
#define COUNTERS_PAIR(name) {#name, s->counters.name},
	const struct {
		const char *name;
		uint64_t value;
	} counters[] = {COUNTERS(COUNTERS_PAIR)};
#undef COUNTERS_PAIR
	static const char more[] = "  ...";
	size_t first = p->rows, last = p->rows + rows - 1;
	char text[64];

	if (rows == 0)
		return;
	for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++) {
		if (counters[i].value == 0)
			continue;
		if (p->column == 0 && p->rows == first)
			page_put(p, "COUNTERS");
		snprintf(text, sizeof text, "%s %llu", counters[i].name,
			(unsigned long long)counters[i].value);
		if (p->rows == last && p->column + 2 + strlen(text) + strlen(more) > p->width) {
			page_put(p, more);
			break;
		}
		page_put_piece(p, text);
	}
	if (p->column)
		page_end_row(p);
}

static size_t counters_rows(const struct state *s, size_t width)
{
	struct page p;

	page_init(&p, NULL, width, 0);
	section_counters(&p, s, SCREEN_HEIGHT_MAX);
	return p.rows;
}

void screen_render(
	const struct state *s, struct instant now, struct screen_size size, struct buf *out)
{
	struct screen_lists lists;
	struct page p;

	page_init(&p, out, min_size(size.width, SCREEN_WIDTH_MAX),
		min_size(size.height ? size.height : SCREEN_HEIGHT_MAX, SCREEN_HEIGHT_MAX));
	section_process(&p, s, now);
	section_site(&p, s);
	section_limits(&p, s);
	section_history(&p, s, size.utf8);

	lists = screen_lists_plan(s, now, p.width);
	size_t room = p.height > p.rows ? p.height - p.rows : 0;
	size_t need = screen_lists_need(&lists);
	size_t counters = counters_rows(s, p.width);
	size_t least = room / 6; /* two rows of counters at 80x24 */
	if (counters + need > room)
		counters = min_size(counters, max_size(least, room - min_size(room, need)));
	room -= counters;
	size_t spare = room - min_size(room, screen_lists_least(&lists));
	if (spare) {
		page_end_row(&p);
		room--;
	}
	screen_lists_put(&p, &lists, room - (spare > 1));
	if (spare > 1)
		page_end_row(&p);
	section_counters(&p, s, counters);
}
