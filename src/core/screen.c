/* screen.c - see screen.h. One function a section, from top to bottom; rows go first to what
 * changes and what is wrong. The sections around the two lists are laid out twice, first only to
 * count their rows: the lists get what is left. */
#include "core/screen.h"

#include <stdio.h>
#include <string.h>

#include "core/page.h"
#include "core/timestamp.h"

#define LABEL_WIDTH  11 /* columns: "30 min err" and a blank */
#define COUNT_WIDTH  9  /* "requests" and a blank */
#define ERRORS_WIDTH 7
#define LEFT_WIDTH   10 /* "permanent" and a blank */
#define STRIKE_WIDTH 7
#define RULE_MIN     10 /* "multiplier" */
#define BESIDE_GAP   3  /* between the two lists */
#define PEAK_WIDTH   16 /* after the bars: "  peak 1000.0G/s" */
#define CLIENT_MIN   15 /* an IPv4 address */

/* A client's or a ban's text: the longest is an address with its prefix, or every rule's name. */
struct text {
	char s[96];
};

static struct text text_address(const struct address *a)
{
	struct text t;
	struct buf b;

	buf_init(&b, t.s, sizeof t.s - 1);
	buf_put_address(&b, a);
	t.s[b.len] = '\0';
	return t;
}

static struct text text_rules(unsigned rules)
{
	struct text t;
	struct buf b;

	buf_init(&b, t.s, sizeof t.s - 1);
	for (unsigned i = 0; i < RULE_COUNT; i++) {
		if (!(rules & 1u << i))
			continue;
		if (b.len)
			buf_put_char(&b, ',');
		buf_put_text(&b, rule_name((enum rule)i));
	}
	if (b.len == 0)
		buf_put_text(&b, "restored");
	t.s[b.len] = '\0';
	return t;
}

/* "zscore +1": where all the names do not fit. */
static struct text text_rules_short(unsigned rules)
{
	struct text first, t;
	unsigned more = 0;

	for (unsigned rest = rules & (rules - 1); rest; rest &= rest - 1)
		more++;
	first = text_rules(rules & (0 - rules));
	snprintf(t.s, sizeof t.s, more ? "%.80s +%u" : "%.80s", first.s, more);
	return t;
}

static struct page_text text_left(const struct state_ban *b, struct instant now)
{
	static const struct page_text permanent = {"permanent"}, ended = {"ended"};

	if (b->until.ms == INSTANT_MAX.ms)
		return permanent;
	return instant_before(now, b->until) ? page_span(instant_since(b->until, now)) : ended;
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
	snprintf(text, sizeof text, "firewall %s %s", s->firewall, s->set_name);
	page_put_piece(p, text);
	if (not_enforced(s)) {
		snprintf(text, sizeof text, "%zu BANS NOT ENFORCED", not_enforced(s));
		page_put_piece(p, text);
	}
	if (s->replay)
		page_put_piece(p, "replay");
	page_end_row(p);
}

/* "ABNORMAL since 04:12:31 (3m 29s)"; the time of day is UTC. */
static void put_condition(struct page *p, const struct state *s, enum signal_kind signal)
{
	struct instant since = s->abnormal_since[signal];
	int64_t second = timestamp_date(since).second_of_day;
	char text[96];

	if (s->abnormal[signal]) {
		snprintf(text, sizeof text, "ABNORMAL since %02d:%02d:%02d (%s)",
			(int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60),
			page_span(instant_since(s->now, since)).s);
		page_put_piece(p, text);
	} else {
		page_put_piece(p, s->now.ms == 0       ? "no line yet"
				  : !s->baseline.ready ? "warming up"
						       : "normal");
	}
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

/* How the two lists stand on the page. */
struct lists {
	const struct state *s;
	struct instant now;  /* of the bans */
	uint64_t bans_total; /* at least bans_n */
	size_t top_width;    /* of the column of clients */
	size_t ban_width;
	bool beside; /* each other; else one above the other */
};

static size_t max_size(size_t a, size_t b)
{
	return a > b ? a : b;
}

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

static struct lists lists_plan(const struct state *s, struct instant now, size_t width)
{
	struct lists l = {.s = s,
		.now = s->replay ? s->now : now,
		.bans_total = s->bans_total > s->bans_n ? s->bans_total : s->bans_n,
		.top_width = CLIENT_MIN,
		.ban_width = CLIENT_MIN};

	for (size_t i = 0; i < s->top_n; i++)
		l.top_width = max_size(l.top_width, strlen(text_address(&s->top[i].client).s));
	for (size_t i = 0; i < s->bans_n; i++)
		l.ban_width = max_size(l.ban_width, strlen(text_address(&s->bans[i].client).s));
	l.beside = l.top_width + COUNT_WIDTH + ERRORS_WIDTH + BESIDE_GAP + l.ban_width +
			   LEFT_WIDTH + STRIKE_WIDTH + 2 + RULE_MIN <=
		   width;
	return l;
}

/* Rows of a list, without its heading, when there is room. */
static size_t top_need(const struct lists *l)
{
	return l->s->top_n;
}

static size_t bans_need(const struct lists *l)
{
	return l->s->bans_n + (l->bans_total > l->s->bans_n);
}

static size_t lists_need(const struct lists *l)
{
	return l->beside ? 1 + max_size(top_need(l), bans_need(l)) : 2 + top_need(l) + bans_need(l);
}

/* Rows that come before blank lines: ten entries of each list. */
static size_t lists_least(const struct lists *l)
{
	return min_size(lists_need(l), l->beside ? 1 + STATE_TOP_MAX : 2 + 2 * STATE_TOP_MAX);
}

/* Of `have` entries, how many to show in `rows`, so that the last row can say how many are not. */
static size_t list_shown(size_t have, uint64_t total, size_t rows)
{
	if (have == total && have <= rows)
		return have;
	return min_size(have, rows ? rows - 1 : 0);
}

static void put_more(struct page *p, uint64_t n)
{
	char text[40];

	snprintf(text, sizeof text, "... and %llu more", (unsigned long long)n);
	page_put(p, text);
}

static void put_top_heading(struct page *p, const struct lists *l)
{
	page_put(p, "TOP IN 60 s");
	page_move_to(p, l->top_width);
	page_put_right(p, "requests", COUNT_WIDTH);
	page_put_right(p, "errors", ERRORS_WIDTH);
}

static void put_top(struct page *p, const struct lists *l, size_t row, size_t rows)
{
	const struct state *s = l->s;
	size_t shown = list_shown(s->top_n, s->top_n, rows);
	char text[24];

	if (row < shown) {
		page_put(p, text_address(&s->top[row].client).s);
		page_move_to(p, l->top_width);
		snprintf(text, sizeof text, "%u", s->top[row].requests);
		page_put_right(p, text, COUNT_WIDTH);
		snprintf(text, sizeof text, "%u", s->top[row].errors);
		page_put_right(p, text, ERRORS_WIDTH);
	} else if (row == shown && row < rows && shown < s->top_n) {
		put_more(p, s->top_n - shown);
	}
}

static void put_bans_heading(struct page *p, const struct lists *l)
{
	size_t left = p->column;
	char text[32];

	snprintf(text, sizeof text, "BANNED %llu", (unsigned long long)l->bans_total);
	page_put(p, text);
	page_move_to(p, left + l->ban_width);
	page_put_right(p, "left", LEFT_WIDTH);
	page_put_right(p, "strike", STRIKE_WIDTH);
	page_put(p, "  rule");
}

static void put_ban(struct page *p, const struct lists *l, size_t row, size_t rows)
{
	size_t shown = list_shown(l->s->bans_n, l->bans_total, rows);
	size_t left = p->column;
	struct text rules;
	char text[24];

	if (row < shown) {
		const struct state_ban *b = &l->s->bans[row];
		page_put(p, text_address(&b->client).s);
		page_move_to(p, left + l->ban_width);
		page_put_right(p, text_left(b, l->now).s, LEFT_WIDTH);
		snprintf(text, sizeof text, "%u", b->strike);
		page_put_right(p, text, STRIKE_WIDTH);
		page_put(p, "  ");
		rules = text_rules(b->rules);
		if (p->column + strlen(rules.s) > p->width)
			rules = text_rules_short(b->rules);
		page_put(p, rules.s);
	} else if (row == shown && row < rows && shown < l->bans_total) {
		put_more(p, l->bans_total - shown);
	}
}

static void lists_beside(struct page *p, const struct lists *l, size_t rows)
{
	size_t left = l->top_width + COUNT_WIDTH + ERRORS_WIDTH + BESIDE_GAP;

	put_top_heading(p, l);
	page_move_to(p, left);
	put_bans_heading(p, l);
	page_end_row(p);
	for (size_t i = 0; i + 1 < rows; i++) {
		put_top(p, l, i, rows - 1);
		page_move_to(p, left);
		put_ban(p, l, i, rows - 1);
		page_end_row(p);
	}
}

/* Each list gets half of the rows, and what the other does not need. */
static void lists_stacked(struct page *p, const struct lists *l, size_t rows)
{
	size_t both = rows > 2 ? rows - 2 : 0;
	size_t top = min_size(
		top_need(l), max_size(both - both / 2, both - min_size(both, bans_need(l))));
	size_t bans = min_size(bans_need(l), both - top);

	put_top_heading(p, l);
	page_end_row(p);
	for (size_t i = 0; i < top; i++) {
		put_top(p, l, i, top);
		page_end_row(p);
	}
	put_bans_heading(p, l);
	page_end_row(p);
	for (size_t i = 0; i < bans; i++) {
		put_ban(p, l, i, bans);
		page_end_row(p);
	}
}

static void section_lists(struct page *p, const struct lists *l, size_t rows)
{
	rows = min_size(rows, lists_need(l));
	if (rows && l->beside)
		lists_beside(p, l, rows);
	else if (rows)
		lists_stacked(p, l, rows);
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
	struct lists lists;
	struct page p;

	page_init(&p, out, min_size(size.width, SCREEN_WIDTH_MAX),
		min_size(size.height ? size.height : SCREEN_HEIGHT_MAX, SCREEN_HEIGHT_MAX));
	section_process(&p, s, now);
	section_site(&p, s);
	section_history(&p, s, size.utf8);

	lists = lists_plan(s, now, p.width);
	size_t room = p.height > p.rows ? p.height - p.rows : 0;
	size_t need = lists_need(&lists);
	size_t counters = counters_rows(s, p.width);
	size_t least = room / 6; /* two rows of counters at 80x24 */
	if (counters + need > room)
		counters = min_size(counters, max_size(least, room - min_size(room, need)));
	room -= counters;
	size_t spare = room - min_size(room, lists_least(&lists));
	if (spare) {
		page_end_row(&p);
		room--;
	}
	section_lists(&p, &lists, room - (spare > 1));
	if (spare > 1)
		page_end_row(&p);
	section_counters(&p, s, counters);
}
