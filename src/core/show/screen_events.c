/* screen_events.c - see screen_events.h. The counters are laid out twice: the first time only
 * counts their rows. */
#include "core/show/screen_events.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/timestamp.h"

#define EVENTS_LABEL "EVENTS"
#define LABEL_WIDTH  8
#define TIME_WIDTH   9  /* "04:15:32" and a blank */
#define KIND_WIDTH   10 /* "recovered" and a blank */
#define ROWS_MANY    1000
#define REQUEST_GAP  2
#define DAY_MS       86400000

/* "04:15:32"; "Nov 20" for an event that is over a day old. */
static void put_time(struct text_page *p, struct instant t, struct instant now)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct timestamp_date d = timestamp_date(t);
	int second = (int)d.second_of_day;
	char text[32];

	if (instant_since(now, t).ms >= DAY_MS)
		snprintf(text, sizeof text, "%.3s %d", months + 3 * (d.month - 1), (int)d.day);
	else
		snprintf(text, sizeof text, "%02d:%02d:%02d", second / 3600, second / 60 % 60,
			second % 60);
	text_page_put(p, text);
}

static enum text_style style_of(const char *event)
{
	if (strcmp(event, "alert") == 0 || strcmp(event, "ban") == 0)
		return TEXT_WARN;
	if (strcmp(event, "error") == 0)
		return TEXT_BAD;
	return strcmp(event, "recovered") == 0 ? TEXT_GOOD : TEXT_NORMAL;
}

/* Puts the request if there is room; a long path is cut. */
static void put_request(struct text_page *p, const struct request_text *r)
{
	size_t column = p->column + REQUEST_GAP;
	struct request_line line = request_text_line(r, p->width > column ? p->width - column : 0);

	if (!line.s[0])
		return;
	text_page_move_to(p, column);
	text_page_put(p, line.s);
}

void screen_events_put(struct text_page *p, const struct state *s, size_t rows)
{
	char text[32];

	for (size_t i = 0; i < rows && i < s->events_n; i++) {
		const struct recent_event *e = &s->events[i];
		if (i == 0)
			text_page_put_styled(p, TEXT_HEAD, EVENTS_LABEL);
		text_page_move_to(p, LABEL_WIDTH);
		put_time(p, e->time, s->replay ? s->now : s->saved);
		text_page_move_to(p, LABEL_WIDTH + TIME_WIDTH);
		size_t left = p->column;
		text_page_put_styled(p, style_of(e->event), e->event);
		if (e->more) {
			snprintf(text, sizeof text, " +%" PRIu32 " ", e->more);
			text_page_put(p, text);
		}
		text_page_move_to(p, left + KIND_WIDTH);
		text_page_put(p, e->text);
		put_request(p, &e->request);
		text_page_end_row(p);
	}
}

struct counted {
	const char *name;
	uint64_t value;
};

/* True if the counter means that something was lost or went wrong. */
static bool is_loss(const char *name)
{
	static const char *const losses[] = {"evicted", "coarse", "slow_evicted", "unbans_evicted",
		"ban_failed", "bans_full", "bans_held", "events_dropped", "too_long", "nul",
		"bad_time", "bad_count", "bad_client", "late"};

	for (size_t i = 0; i < sizeof losses / sizeof losses[0]; i++)
		if (strcmp(name, losses[i]) == 0)
			return true;
	return false;
}

/* Puts the counter if it is not zero. False when the last row is full. */
static bool put_counter(struct text_page *p, const struct counted *c, size_t last, bool loss)
{
	static const char more[] = "  ...";
	char text[64];

	if (c->value == 0)
		return true;
	if (p->column == 0)
		text_page_put_styled(p, TEXT_HEAD, "COUNTERS");
	snprintf(text, sizeof text, "%s %" PRIu64, c->name, c->value);
	if (p->rows == last && p->column + 2 + strlen(text) + strlen(more) > p->width) {
		text_page_put(p, more);
		return false;
	}
	text_page_set_style(p, loss ? TEXT_WARN : TEXT_NORMAL);
	text_page_put_piece(p, text);
	text_page_set_style(p, TEXT_NORMAL);
	return true;
}

/* Puts losses first: they matter most, and there may be no room for the others. */
void screen_events_put_counters(struct text_page *p, const struct state *s, size_t rows)
{
#define COUNTERS_PAIR(name) {#name, s->counters.name},
	const struct counted counters[] = {{"paths", s->paths},
		COUNTERS(COUNTERS_PAIR){"held_allowed", s->held[HOLD_ALLOWED]},
		{"held_learning", s->held[HOLD_LEARNING]},
		{"held_mass_ban", s->held[HOLD_MASS_BAN]},
		{"held_proxy_in_front", s->held[HOLD_PROXY_IN_FRONT]},
		{"slow_clients", s->slow_clients}};
#undef COUNTERS_PAIR
	size_t n = sizeof counters / sizeof counters[0];
	size_t last = p->rows + rows - 1;

	if (rows == 0)
		return;
	for (size_t i = 0; i < 2 * n; i++) {
		const struct counted *c = &counters[i % n];
		if (is_loss(c->name) == (i < n) && !put_counter(p, c, last, i < n))
			break;
	}
	if (p->column)
		text_page_end_row(p);
}

size_t screen_events_counter_rows(const struct state *s, size_t width)
{
	struct text_page p;

	text_page_init(&p, NULL, width, 0);
	screen_events_put_counters(&p, s, ROWS_MANY);
	return p.rows;
}
