/* screen_lists.c - see screen_lists.h. At 80 columns the lists stand side by side while all
 * addresses are IPv4. Headings are short, so that the longest name of a detection rule still fits
 * at 80 columns. */
#include "core/show/screen_lists.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/show/status.h"
#include "core/base/figure.h"

#define CLIENT_MIN   15 /* columns: an IPv4 address */
#define COUNT_WIDTH  7  /* "123.5k" and a blank */
#define ERRORS_WIDTH 6
#define SHARE_WIDTH  5  /* "lim%" and a blank */
#define LEFT_WIDTH   10 /* "permanent" and a blank */
#define STRIKE_WIDTH 4  /* "nth" and a blank */
#define RULE_MIN     10 /* enough columns to recognise a rule by its shortened name */
#define RULE_GAP     2
#define BAR_MIN      3
#define BAR_SHORT    5
#define BAR_LONG     20
#define RULE_LONG    30 /* "visit_requests 1331 > 1330 +2" */
#define RULE_SOME    17 /* "visit_requests +2" */
#define REQUEST_GAP  2
#define REQUEST_MIN  16
#define REQUEST_SOME 24 /* "POST /wp-login.php 200"; the names of rules get the remaining columns */
#define REQUEST_LONG 40
#define CLIENT_WIDE  19  /* client column in which "TOP OF 123456 CLIENTS" and blanks fit */
#define SHARE_NEAR   0.8 /* of the limit; a higher share has a colour */
#define HELD         "held"
#define NOT_IN_FORCE "! "
#define BESIDE_GAP   2   /* columns between the two lists */
#define SHARE_MAX    999 /* percent; a higher share is shown as >999 */
/* Width of the list of top clients, without the column of clients. */
#define TOP_WIDTH (COUNT_WIDTH + ERRORS_WIDTH + SHARE_WIDTH)

static size_t max_size(size_t a, size_t b)
{
	return a > b ? a : b;
}

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The text of a client, or of the rules of a ban. The longest text has the name of every rule, and
 * a value with its limit. */
struct text {
	char s[160];
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

/* "errors 23 > 20,visit_errors": the rule with a known value comes first. Without `figures`, the
 * text contains only the names. */
static struct text text_rules(const struct state_ban *ban, bool figures)
{
	const struct evidence *e = &ban->evidence;
	unsigned rules = ban->rules;
	struct text t;
	struct buf b;

	buf_init(&b, t.s, sizeof t.s - 1);
	if (e->value > 0 && rules & 1u << e->rule) {
		buf_put_text(&b, rule_name(e->rule));
		if (figures)
			buf_put_format(
				&b, " %s > %s", figure_fine(e->value).s, figure_fine(e->limit).s);
		rules &= ~(1u << e->rule);
	}
	for (unsigned i = 0; i < RULE_COUNT; i++) {
		if (!(rules & 1u << i))
			continue;
		if (b.len)
			buf_put_char(&b, ',');
		buf_put_text(&b, rule_name((enum rule)i));
	}
	if (b.len == 0)
		buf_put_text(&b, "by hand or by others");
	t.s[b.len] = '\0';
	return t;
}

/* The rules, shortened to `room` columns if necessary: "zscore +1" has the first name and the
 * number of the other rules. This number is never cut, because otherwise nobody would notice that
 * names are missing. A value with its limit has precedence over more names. */
static struct text text_rules_short(const struct state_ban *ban, size_t room)
{
	struct text all = text_rules(ban, true), t;
	char more[16] = "";
	unsigned n = 0;

	if (strlen(all.s) <= room)
		return all;
	for (unsigned rest = ban->rules & (ban->rules - 1); rest; rest &= rest - 1)
		n++;
	if (n)
		snprintf(more, sizeof more, " +%u", n);
	size_t name = room > strlen(more) ? room - strlen(more) : 0;
	if (strcspn(all.s, ",") > name)
		all = text_rules(ban, false);
	if (strlen(all.s) <= room)
		return all;
	snprintf(t.s, sizeof t.s, "%.*s%s", (int)min_size(name, strcspn(all.s, ",")), all.s, more);
	return t;
}

/* In percent, rounded up: the text is above 100 exactly when the client is over its limit. */
static struct figure text_share(double share)
{
	struct figure t;
	double percent = fmax(0, ceil(100 * share - 1e-9));

	if (percent <= SHARE_MAX)
		snprintf(t.s, sizeof t.s, "%.0f", percent);
	else
		snprintf(t.s, sizeof t.s, ">%d", SHARE_MAX);
	return t;
}

static struct figure text_left(const struct state_ban *b, struct instant now)
{
	static const struct figure permanent = {"permanent"}, ended = {"ended"};

	if (b->until.ms == INSTANT_MAX.ms)
		return permanent;
	return instant_before(now, b->until) ? figure_span(instant_since(b->until, now)) : ended;
}

/* Columns for the longest text of rules, at most RULE_LONG; 0 if no ban has a known request. */
static size_t rules_before_requests(const struct state *s)
{
	size_t width = RULE_MIN;
	bool any = false;

	for (size_t i = 0; i < s->bans_n; i++) {
		any |= request_text_is_known(&s->bans[i].request);
		width = max_size(width, strlen(text_rules(&s->bans[i], true).s));
	}
	return any ? min_size(width, RULE_LONG) : 0;
}

/* Divides `room` between the columns of rules and of requests, if `room` is enough for both
 * columns. All requests begin in the same column. */
static void plan_requests(struct screen_lists *l, size_t room)
{
	l->rule_width = rules_before_requests(l->s);
	if (room < l->rule_width + REQUEST_GAP + REQUEST_SOME)
		l->rule_width = min_size(l->rule_width, RULE_SOME);
	l->requests = l->rule_width && room >= l->rule_width + REQUEST_GAP + REQUEST_MIN;
}

/* Distributes the `over` columns that remain after the minimum widths: first to a short bar, then
 * to the rules and the requests, then to a longer bar. */
static void plan_beside(struct screen_lists *l, size_t over)
{
	size_t bar = min_size(over, BAR_SHORT + 1);

	over -= bar;
	plan_requests(l, RULE_MIN + over);
	over -= min_size(over, l->requests ? l->rule_width + REQUEST_GAP + REQUEST_LONG - RULE_MIN
					   : RULE_LONG - RULE_MIN);
	bar = min_size(BAR_LONG + 1, bar + over);
	l->bar_width = bar > BAR_MIN ? bar - 1 : 0; /* one column is the blank before the bar */
}

static void plan_stacked(struct screen_lists *l, size_t width)
{
	size_t before_rule = l->ban_width + LEFT_WIDTH + STRIKE_WIDTH + RULE_GAP;

	if (width > l->top_width + TOP_WIDTH + BAR_MIN)
		l->bar_width = min_size(width - l->top_width - TOP_WIDTH - 1, BAR_LONG);
	plan_requests(l, width - min_size(width, before_rule));
}

struct screen_lists screen_lists_plan(
	const struct state *s, struct instant now, size_t width, bool utf8)
{
	struct screen_lists l = {.s = s,
		.now = status_now(s, now),
		.bans_total = s->bans_total > s->bans_n ? s->bans_total : s->bans_n,
		.top_width = CLIENT_MIN,
		.ban_width = CLIENT_MIN,
		.utf8 = utf8};
	size_t need;

	for (size_t i = 0; i < s->top_n; i++)
		l.top_width = max_size(l.top_width, strlen(text_address(&s->top[i].client).s));
	for (size_t i = 0; i < s->bans_n; i++)
		l.ban_width = max_size(l.ban_width, strlen(text_address(&s->bans[i].client).s));
	need = l.top_width + TOP_WIDTH + BESIDE_GAP + l.ban_width + LEFT_WIDTH + STRIKE_WIDTH +
	       RULE_GAP + RULE_MIN;
	l.beside = need <= width;
	if (l.beside)
		plan_beside(&l, width - need);
	else
		plan_stacked(&l, width);
	return l;
}

/* Number of rows for a complete list, without its heading. */
static size_t top_need(const struct screen_lists *l)
{
	return l->s->top_n;
}

static size_t bans_need(const struct screen_lists *l)
{
	return l->s->bans_n + (l->bans_total > l->s->bans_n);
}

size_t screen_lists_need(const struct screen_lists *l)
{
	return l->beside ? 1 + max_size(top_need(l), bans_need(l)) : 2 + top_need(l) + bans_need(l);
}

/* Number of the `have` entries that are shown in `rows` rows. If some entries are not shown, the
 * last row shows the number of entries left out. */
static size_t list_shown(size_t have, uint64_t total, size_t rows)
{
	if (have == total && have <= rows)
		return have;
	return min_size(have, rows ? rows - 1 : 0);
}

static void put_more(struct text_page *p, uint64_t n)
{
	char text[40];

	snprintf(text, sizeof text, "... and %llu more", (unsigned long long)n);
	text_page_put(p, text);
}

static void put_top_heading(struct text_page *p, const struct screen_lists *l)
{
	char text[40];

	text_page_set_style(p, TEXT_HEAD);
	snprintf(text, sizeof text,
		l->top_width >= CLIENT_WIDE ? "TOP OF %u CLIENT%s" : "TOP OF %u", l->s->clients,
		l->s->clients == 1 ? "" : "S");
	text_page_put(p, text);
	text_page_set_style(p, TEXT_LABEL);
	text_page_move_to(p, l->top_width);
	text_page_put_right(p, "req", COUNT_WIDTH);
	text_page_put_right(p, "err", ERRORS_WIDTH);
	text_page_put_right(p, "lim%", SHARE_WIDTH);
	text_page_set_style(p, TEXT_NORMAL);
}

/* Draws lines, not blocks: blocks of adjacent rows would merge into one area. */
static void put_bar(struct text_page *p, double share, size_t width, bool utf8)
{
	size_t used = (size_t)ceil(fmin(share, 1) * (double)width - 1e-9);

	for (size_t i = 0; i < width; i++) {
		if (i == used)
			text_page_set_style(p, TEXT_LABEL);
		text_page_put_glyph(p, i < used ? (utf8 ? "\u2501" : "#") : utf8 ? "\u2500" : ".");
	}
}

static enum text_style style_of_share(double share)
{
	return share > 1 ? TEXT_BAD : share > SHARE_NEAR ? TEXT_WARN : TEXT_BAR;
}

static void put_top(struct text_page *p, const struct screen_lists *l, size_t row, size_t rows)
{
	const struct state *s = l->s;
	size_t shown = list_shown(s->top_n, s->top_n, rows);

	if (row < shown) {
		const struct state_top *t = &s->top[row];
		text_page_put(p, text_address(&t->client).s);
		text_page_move_to(p, l->top_width);
		text_page_put_right(p, figure_whole(t->requests).s, COUNT_WIDTH);
		text_page_put_right(p, figure_whole(t->errors).s, ERRORS_WIDTH);
		double share = status_share(s, t);
		if (share > SHARE_NEAR)
			text_page_set_style(p, style_of_share(share));
		/* "held" replaces the bar if the bar is long enough, and otherwise the share */
		bool held_bar = t->held && l->bar_width >= strlen(HELD);
		text_page_put_right(
			p, t->held && !held_bar ? HELD : text_share(share).s, SHARE_WIDTH);
		text_page_move_to(p, p->column + 1);
		text_page_set_style(p, style_of_share(share));
		if (held_bar)
			text_page_put(p, HELD);
		else
			put_bar(p, share, l->bar_width, l->utf8);
		text_page_set_style(p, TEXT_NORMAL);
	} else if (row == shown && row < rows && shown < s->top_n) {
		put_more(p, s->top_n - shown);
	}
}

static void put_bans_heading(struct text_page *p, const struct screen_lists *l)
{
	size_t left = p->column;
	char text[32];

	snprintf(text, sizeof text, "BANNED %llu", (unsigned long long)l->bans_total);
	text_page_put_styled(p, TEXT_HEAD, text);
	text_page_set_style(p, TEXT_LABEL);
	text_page_move_to(p, left + l->ban_width);
	text_page_put_right(p, "left", LEFT_WIDTH);
	text_page_put_right(p, "nth", STRIKE_WIDTH);
	text_page_move_to(p, p->column + RULE_GAP);
	left = p->column;
	text_page_put(p, "rule");
	if (l->requests) {
		text_page_move_to(p, left + l->rule_width + REQUEST_GAP);
		text_page_put(p, "request");
	}
	text_page_set_style(p, TEXT_NORMAL);
}

/* Puts the request. If even the shortest form of the request is too wide, its right end is cut. */
static void put_request(struct text_page *p, const struct request_text *r)
{
	size_t room = p->width > p->column ? p->width - p->column : 0;
	struct request_line line = request_text_line(r, room);

	text_page_put(p, line.s[0] ? line.s : request_text_line(r, REQUEST_LINE_MAX).s);
}

/* Puts the rules of a ban, with "! " before them if the firewall should have the ban but lacks
 * it. */
static void put_rules(struct text_page *p, const struct screen_lists *l, const struct state_ban *b)
{
	bool missing = !b->enforced && status_bans(l->s) == STATUS_NOT_IN_FORCE;
	size_t left = p->column, room = p->width > left ? p->width - left : 0;

	if (l->requests)
		room = l->rule_width;
	if (missing)
		text_page_put_styled(p, TEXT_BAD, NOT_IN_FORCE);
	room -= min_size(room, missing ? strlen(NOT_IN_FORCE) : 0);
	text_page_put(p, text_rules_short(b, room).s);
	if (!l->requests)
		return;
	text_page_move_to(p, left + l->rule_width + REQUEST_GAP);
	put_request(p, &b->request);
}

static void put_ban(struct text_page *p, const struct screen_lists *l, size_t row, size_t rows)
{
	size_t shown = list_shown(l->s->bans_n, l->bans_total, rows);
	size_t left = p->column;
	char text[24];

	if (row < shown) {
		const struct state_ban *b = &l->s->bans[row];
		text_page_put(p, text_address(&b->client).s);
		text_page_move_to(p, left + l->ban_width);
		text_page_put_right(p, text_left(b, l->now).s, LEFT_WIDTH);
		snprintf(text, sizeof text, "%u", b->strike);
		text_page_put_right(p, text, STRIKE_WIDTH);
		text_page_move_to(p, p->column + RULE_GAP);
		put_rules(p, l, b);
	} else if (row == shown && row < rows && shown < l->bans_total) {
		put_more(p, l->bans_total - shown);
	}
}

static void lists_beside(struct text_page *p, const struct screen_lists *l, size_t rows)
{
	size_t left = l->top_width + TOP_WIDTH + BESIDE_GAP + (l->bar_width ? l->bar_width + 1 : 0);

	put_top_heading(p, l);
	text_page_move_to(p, left);
	put_bans_heading(p, l);
	text_page_end_row(p);
	for (size_t i = 0; i + 1 < rows; i++) {
		put_top(p, l, i, rows - 1);
		text_page_move_to(p, left);
		put_ban(p, l, i, rows - 1);
		text_page_end_row(p);
	}
}

/* Each list gets half of the rows, and the rows that the other list does not need. */
static void lists_stacked(struct text_page *p, const struct screen_lists *l, size_t rows)
{
	size_t both = rows > 2 ? rows - 2 : 0;
	size_t top = min_size(
		top_need(l), max_size(both - both / 2, both - min_size(both, bans_need(l))));
	size_t bans = min_size(bans_need(l), both - top);

	put_top_heading(p, l);
	text_page_end_row(p);
	for (size_t i = 0; i < top; i++) {
		put_top(p, l, i, top);
		text_page_end_row(p);
	}
	put_bans_heading(p, l);
	text_page_end_row(p);
	for (size_t i = 0; i < bans; i++) {
		put_ban(p, l, i, bans);
		text_page_end_row(p);
	}
}

void screen_lists_put(struct text_page *p, const struct screen_lists *l, size_t rows)
{
	rows = min_size(rows, screen_lists_need(l));
	if (rows && l->beside)
		lists_beside(p, l, rows);
	else if (rows)
		lists_stacked(p, l, rows);
}
