/* screen.c - see screen.h. This file puts the head of the page, one function per section, from top
 * to bottom. Below the head, the plot, the hosts, the lists and the events share the remaining
 * rows; screen_plot.c, screen_hosts.c, screen_lists.c and screen_events.c put these parts. */
#include "core/show/screen.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/show/screen_events.h"
#include "core/show/screen_hosts.h"
#include "core/show/screen_lists.h"
#include "core/show/screen_plot.h"
#include "core/show/status.h"
#include "core/base/timestamp.h"
#include "core/base/figure.h"

#define LABEL_WIDTH 11 /* columns: "requests/s" and a blank */
#define WIDTH_FULL  72 /* from this width on, the table is complete, with the start of an anomaly */
#define WIDTH_SOME  56 /* from this width on, the table has the alarm and the standard deviation */
#define KEYS_HINT   "?: help"
#define REPLAY      " replay"
#define SILENT_S    60 /* after this many seconds without a line, the silence has a colour */

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void put_piece(struct text_page *p, enum text_style style, const char *text)
{
	text_page_set_style(p, style);
	text_page_put_piece(p, text);
	text_page_set_style(p, TEXT_NORMAL);
}

/* "anomdetect on web1 RUNNING"; a long host name is cut to leave room for the last word */
static void put_run(struct text_page *p, const struct state *s, struct instant now)
{
	static const enum text_style styles[STATUS_RUN_COUNT] = {TEXT_GOOD, TEXT_BAD, TEXT_BAD};
	enum status_run run = status_run(s, now);
	char text[16], host[sizeof s->host + 8];

	snprintf(text, sizeof text, "%s", status_run_name(run));
	for (char *c = text; *c; c++)
		*c = (char)toupper(*c);
	put_piece(p, TEXT_HEAD, "anomdetect");
	size_t rest = strlen(" on  ") + strlen(text) + strlen(s->replay ? REPLAY : "");
	if (s->host[0] && p->column + rest < p->width) {
		size_t room = p->width - p->column - rest;
		snprintf(host, sizeof host, " on %.*s", (int)min_size(room, strlen(s->host)),
			s->host);
		text_page_put(p, host);
	}
	text_page_put(p, " ");
	text_page_put_styled(p, styles[run], text);
	if (s->replay)
		text_page_put(p, REPLAY);
}

static void put_site_verdict(struct text_page *p, const struct state *s)
{
	char text[64];

	if (s->abnormal[SIGNAL_REQUESTS] || s->abnormal[SIGNAL_ERRORS]) {
		snprintf(text, sizeof text, "site ABNORMAL for %s",
			figure_span(instant_since(s->now, status_abnormal_since(s))).s);
		put_piece(p, TEXT_BAD, text);
	} else {
		snprintf(text, sizeof text, s->baseline.ready ? "site %s" : "%s",
			status_site(s, SIGNAL_REQUESTS));
		put_piece(p, s->baseline.ready ? TEXT_GOOD : TEXT_WARN, text);
	}
	if (s->swarm || s->visit_swarm)
		put_piece(p, TEXT_BAD, "SWARM");
	if (s->failing || s->pages_failing)
		put_piece(p, TEXT_BAD, s->failing ? "SITE FAILING" : "PAGES FAILING");
	if (s->learning_s > 0 && s->running) {
		snprintf(text, sizeof text, "LEARNING for %s",
			figure_span((struct span){(int64_t)(s->learning_s * 1000)}).s);
		put_piece(p, TEXT_WARN, text);
	}
}

/* For a run that reads counts: puts the number of hosts that send counts, and the worst fault of
 * any host. */
static void put_hosts_verdict(struct text_page *p, const struct state *s)
{
	if (s->origins_in[ORIGIN_SILENT])
		put_piece(p, TEXT_BAD, status_hosts(s, true).s);
	else if (status_hosts_faulty(s) || s->origins_total == 0)
		put_piece(p, TEXT_WARN, status_hosts(s, true).s);
	else
		put_piece(p, TEXT_GOOD, status_hosts(s, true).s);
}

static void put_bans_verdict(struct text_page *p, const struct state *s)
{
	uint64_t total = s->bans_total > s->bans_n ? s->bans_total : s->bans_n;
	static const char *const words[] = {" in force", " not enforced", " NOT IN FORCE"};
	static const enum text_style styles[] = {TEXT_GOOD, TEXT_WARN, TEXT_BAD};
	enum status_bans bans = status_bans(s);
	char text[64];

	snprintf(text, sizeof text, "%" PRIu64 " ban%s", total, figure_plural((double)total));
	if (p->column + 2 + strlen(text) + strlen(words[bans]) > p->width)
		text_page_end_row(p);
	text_page_put_piece(p, text);
	text_page_put_styled(p, styles[bans], words[bans]);
}

/* Puts one row with four conditions: whether the detector runs, whether it receives lines, whether
 * the site is normal, and whether the bans are in force. If there are faults, puts their reasons in
 * the next rows. */
static void section_verdict(struct text_page *p, const struct state *s, struct instant now)
{
	struct status_text trouble = status_trouble(s), blind = status_blind_badge(s, now, true);
	enum text_style style = status_blind(s, now) == BLIND_NO_LINE ? TEXT_WARN : TEXT_BAD;

	put_run(p, s, now);
	if (blind.s[0])
		put_piece(p, style, blind.s);
	if (s->reads_counts)
		put_hosts_verdict(p, s);
	put_site_verdict(p, s);
	put_bans_verdict(p, s);
	text_page_end_row(p);
	if (trouble.s[0]) {
		text_page_put_styled(p, TEXT_BAD, "bans: ");
		text_page_put_wrapped(p, trouble.s);
		text_page_end_row(p);
	}
	if (blind.s[0]) {
		text_page_put_styled(p, style, "input: ");
		text_page_put_wrapped(p, status_blind_why(s, now).s);
		text_page_end_row(p);
	}
	if (status_hosts_faulty(s)) {
		text_page_put_styled(
			p, s->origins_in[ORIGIN_SILENT] ? TEXT_BAD : TEXT_WARN, "hosts: ");
		text_page_put_wrapped(p, status_hosts_why(s).s);
		text_page_end_row(p);
	}
}

static void put_input(struct text_page *p, const struct state *s, struct instant now)
{
	struct span silent = instant_since(now, s->last_line);
	char text[64];

	if (s->replay || status_run(s, now) != STATUS_RUNNING || s->last_line.ms == 0 ||
		status_blind(s, now) == BLIND_SILENT) /* the badge in the first
						       * row shows the silence */
		return;
	if (span_to_seconds(silent) >= SILENT_S) {
		snprintf(text, sizeof text, "no line for %s", figure_span(silent).s);
		put_piece(p, TEXT_WARN, text);
		return;
	}
	snprintf(text, sizeof text, "lag %s s", figure_amount(s->lag_s).s);
	put_piece(p, TEXT_NORMAL, text);
}

static void put_keys_hint(struct text_page *p)
{
	size_t len = strlen(KEYS_HINT);

	if (p->column + 2 + len > p->width)
		return;
	text_page_move_to(p, p->width - len);
	text_page_put_styled(p, TEXT_LABEL, KEYS_HINT);
}

static void section_process(
	struct text_page *p, const struct state *s, struct instant now, bool keys)
{
	enum status_run run = status_run(s, now);
	char text[sizeof(struct status_text) + 8];

	snprintf(text, sizeof text, "%s %s", run == STATUS_RUNNING ? "up" : "ran",
		figure_span(instant_since(run == STATUS_RUNNING ? now : s->saved, s->started)).s);
	text_page_put_piece(p, text);
	snprintf(text, sizeof text, "state %s", status_age_text(s, now).s);
	put_piece(p, run == STATUS_STALE ? TEXT_BAD : TEXT_NORMAL, text);
	put_input(p, s, now);
	snprintf(text, sizeof text, "%s lines/s", figure_amount(s->lines_per_s).s);
	text_page_put_piece(p, text);
	snprintf(text, sizeof text, "cpu %s %%", figure_amount(s->cpu_percent).s);
	text_page_put_piece(p, text);
	text_page_put_piece(p, figure_bytes(s->memory_bytes).s);
	snprintf(text, sizeof text, s->set_name[0] ? "%s %s" : "firewall %s", s->firewall,
		s->set_name);
	if (p->column + 2 + strlen(text) <= p->width) /* otherwise left out */
		text_page_put_piece(p, text);
	if (keys)
		put_keys_hint(p);
	text_page_end_row(p);
}

/* "ABNORMAL since 04:12:31 (3m 28s)"; the time of day is UTC. */
static void put_condition(struct text_page *p, const struct state *s, enum signal_kind signal)
{
	struct instant since = s->abnormal_since[signal];
	int64_t second = timestamp_date(since).second_of_day;
	double share = s->requests ? 100.0 * s->errors / s->requests : 0;
	char text[96];

	if (s->abnormal[signal]) {
		snprintf(text, sizeof text,
			p->width < WIDTH_FULL ? "ABNORMAL" : "ABNORMAL since %02d:%02d:%02d (%s)",
			(int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60),
			figure_span(instant_since(s->now, since)).s);
		put_piece(p, TEXT_BAD, text);
		return;
	}
	snprintf(text, sizeof text, "%s", status_site(s, signal));
	put_piece(p, s->baseline.ready ? TEXT_GOOD : TEXT_NORMAL, text);
	if (signal == SIGNAL_ERRORS && p->width >= WIDTH_FULL && s->now.ms) {
		snprintf(text, sizeof text, ", %s %% of requests", figure_amount(share).s);
		text_page_put(p, text);
	}
}

struct column {
	const char *head;
	double values[SIGNAL_COUNT];
	size_t width_min; /* columns; a narrower page leaves this column out */
};

/* Puts the rates per second in the window, the values that they are compared with, and the
 * condition of the site. */
static void section_site(struct text_page *p, const struct state *s)
{
	const struct baseline *b = &s->baseline;
	size_t cell = p->width < 90 ? 7 : 8; /* columns for figure_amount,
					      * and a blank if there is room */
	const struct column columns[] = {
		{"now", {status_rate(s, SIGNAL_REQUESTS), status_rate(s, SIGNAL_ERRORS)}, 0},
		{"mean", {b->mean, b->error_mean}, 0},
		{"stddev", {b->stddev, b->error_stddev}, WIDTH_SOME},
		{"alarm", {s->alarm[SIGNAL_REQUESTS], s->alarm[SIGNAL_ERRORS]}, WIDTH_SOME},
		{"z", {s->z[SIGNAL_REQUESTS], s->z[SIGNAL_ERRORS]}, 0},
	};
	static const char *const labels[SIGNAL_COUNT] = {"requests/s", "errors/s"};
	size_t n = sizeof columns / sizeof columns[0];
	char text[64];

	text_page_set_style(p, TEXT_LABEL);
	text_page_move_to(p, LABEL_WIDTH);
	for (size_t i = 0; i < n; i++)
		if (p->width >= columns[i].width_min)
			text_page_put_right(p, columns[i].head, cell);
	if (p->width >= WIDTH_FULL) {
		snprintf(text, sizeof text, "baseline: %s, errors: %s",
			baseline_source_name(b->source), baseline_source_name(b->error_source));
		text_page_put_piece(p, text);
	}
	text_page_end_row(p);
	for (int signal = 0; signal < SIGNAL_COUNT; signal++) {
		text_page_put_styled(p, TEXT_LABEL, labels[signal]);
		text_page_move_to(p, LABEL_WIDTH);
		for (size_t i = 0; i < n; i++) {
			text_page_set_style(p, i ? TEXT_NORMAL : TEXT_HEAD);
			if (p->width >= columns[i].width_min)
				text_page_put_right(
					p, figure_amount(columns[i].values[signal]).s, cell);
		}
		put_condition(p, s, (enum signal_kind)signal);
		text_page_end_row(p);
	}
}

/* Puts the limits of clients: "limits/60s 120 req, 20 err  a visit 330 req, 30 err  learned, 5120
 * visits". */
static void section_limits(struct text_page *p, const struct state *s)
{
	char text[96];

	text_page_put_styled(p, TEXT_LABEL, "limits/60s");
	text_page_move_to(p, LABEL_WIDTH);
	snprintf(text, sizeof text, "%s req, %s err", figure_whole(status_limit(s)).s,
		figure_whole(s->limits[LIMIT_ERRORS]).s);
	text_page_put(p, text);
	snprintf(text, sizeof text, "a visit %s req, %s err", figure_whole(status_visit_limit(s)).s,
		figure_whole(s->limits[LIMIT_VISIT_ERRORS]).s);
	text_page_put_piece(p, text);
	snprintf(text, sizeof text, "%s, %s visit%s", s->limits_known ? "learned" : "cold",
		figure_whole(s->visits).s, figure_plural(s->visits));
	text_page_put_piece(p, text);
	text_page_end_row(p);
}

enum part { PLOT, ERRORS, AXIS, HOURS, HOSTS, LISTS, EVENTS, COUNTS, GAPS, PARTS };

/* The parts get rows in turns. Each turn raises a part to at most `rows` rows if the part needs
 * them. If the lists of clients and of bans are not side by side, the part LISTS may get twice
 * `rows`. */
static const struct turn {
	enum part part;
	size_t rows;
} turns[] = {{LISTS, 4}, {COUNTS, 1}, {EVENTS, 1}, {PLOT, 3}, {ERRORS, 1}, {HOSTS, 3}, {LISTS, 7},
	{HOURS, 1}, {EVENTS, 2}, {PLOT, 4}, {HOSTS, 5}, {LISTS, 8}, {AXIS, 1}, {COUNTS, 2},
	{LISTS, 11}, {GAPS, 4}, {EVENTS, 5}, {HOSTS, 8}, {PLOT, 8}, {ERRORS, 3}, {HOSTS, 16},
	{LISTS, 22}, {EVENTS, RECENT_EVENTS_MAX}, {COUNTS, 100}, {PLOT, 12}, {ERRORS, 4},
	{HOSTS, 500}, {LISTS, SCREEN_HEIGHT_MAX}, {HOSTS, SCREEN_HEIGHT_MAX}};

static void share_rows(size_t room, bool stacked, const size_t need[PARTS], size_t rows[PARTS])
{
	memset(rows, 0, PARTS * sizeof *rows);
	for (size_t i = 0; i < sizeof turns / sizeof turns[0]; i++) {
		enum part part = turns[i].part;
		size_t upto = turns[i].rows * (part == LISTS && stacked ? 2 : 1);
		size_t want = min_size(upto, need[part]);
		size_t more = want > rows[part] ? min_size(want - rows[part], room) : 0;
		rows[part] += more;
		room -= more;
	}
}

void screen_render(
	const struct state *s, struct instant now, struct screen_size size, struct buf *out)
{
	struct screen_lists lists;
	size_t rows[PARTS];
	struct text_page p;

	text_page_init(&p, out, min_size(size.width, SCREEN_WIDTH_MAX),
		min_size(size.height ? size.height : SCREEN_HEIGHT_MAX, SCREEN_HEIGHT_MAX));
	p.colour = size.colour;
	section_verdict(&p, s, now);
	section_process(&p, s, now, size.keys);
	section_site(&p, s);
	section_limits(&p, s);

	lists = screen_lists_plan(s, now, p.width, size.utf8);
	const size_t need[PARTS] = {[PLOT] = SIZE_MAX,
		[ERRORS] = SIZE_MAX,
		[AXIS] = 1,
		[HOURS] = 1,
		[HOSTS] = screen_hosts_need(s, p.width),
		[LISTS] = screen_lists_need(&lists),
		[EVENTS] = s->events_n,
		[COUNTS] = screen_events_counter_rows(s, p.width),
		[GAPS] = 3 + s->reads_counts};
	share_rows(p.height > p.rows ? p.height - p.rows : 0, !lists.beside, need, rows);
	if (rows[PLOT])
		screen_plot_put(&p, s, SIGNAL_REQUESTS, rows[PLOT], size.utf8);
	if (rows[ERRORS])
		screen_plot_put(&p, s, SIGNAL_ERRORS, rows[ERRORS], size.utf8);
	if (rows[AXIS])
		screen_plot_put_axis(&p, size.utf8);
	if (rows[HOURS])
		screen_plot_put_hours(&p, s, size.utf8);
	if (rows[GAPS] > 3)
		text_page_end_row(&p);
	screen_hosts_put(&p, s, rows[HOSTS]);
	if (rows[GAPS] > 0)
		text_page_end_row(&p);
	screen_lists_put(&p, &lists, rows[LISTS]);
	if (rows[GAPS] > 1)
		text_page_end_row(&p);
	screen_events_put(&p, s, rows[EVENTS]);
	if (rows[GAPS] > 2 && s->events_n)
		text_page_end_row(&p);
	screen_events_put_counters(&p, s, rows[COUNTS]);
}
