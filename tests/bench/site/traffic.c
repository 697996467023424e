/* traffic.c - see traffic.h.
 *
 * Visits are planned one by one, in no order. Then all requests are sorted by time. The details of
 * a request are drawn only when it is written, from its own seed.
 */
#include "bench/site/traffic.h"

#include <stdlib.h>

#include "bench/site/draw.h"
#include "bench/site/traffic_parts.h"

#define SEED    0x5eed
#define HOUR_MS 3600000

/* Share of each hour (UTC) in the visits of a day, relative to the other hours. */
static const uint8_t hours[24] = {
	6, 3, 1, 1, 1, 2, 8, 25, 50, 70, 78, 80, 72, 76, 80, 78, 74, 72, 76, 82, 86, 70, 40, 16};
/* Visits of each day, in per cent of the first Monday. On the second Wednesday the site sends a
 * newsletter. */
static const uint8_t days_of_two_weeks[14] = {
	100, 98, 95, 97, 90, 55, 65, 102, 96, 140, 104, 92, 54, 66};

struct plan {
	struct traffic *t;
	struct draw draw;
	uint32_t fresh_n; /* number of clients that make only one visit */
	uint64_t weight;  /* sum over all hours */
};

/* ---- times ---- */

static uint32_t hour_weight(uint32_t hour)
{
	return (uint32_t)hours[hour % 24] * days_of_two_weeks[hour / 24 % 14];
}

/* Draws the start of a visit. More visits start in busy hours. */
static int64_t draw_start(struct plan *p)
{
	uint64_t at = draw_next(&p->draw) % p->weight;
	uint32_t hour = 0;

	while (at >= hour_weight(hour))
		at -= hour_weight(hour++);
	return TRAFFIC_START_MS + (int64_t)hour * HOUR_MS + draw_below(&p->draw, HOUR_MS);
}

static int64_t draw_office_start(struct plan *p)
{
	for (;;) {
		int64_t ms = draw_start(p);
		uint32_t hour = (uint32_t)((ms - TRAFFIC_START_MS) / HOUR_MS);
		if (hour / 24 % 7 < 5 && hour % 24 >= 7 && hour % 24 < 17)
			return ms;
	}
}

/* ---- visits ---- */

static bool is_full(const struct plan *p)
{
	return p->t->n == p->t->lines;
}

/* Adds a request, unless its time is after the end of the log or the log is full. */
static void add_hit(struct plan *p, struct hit h)
{
	struct traffic *t = p->t;

	if (is_full(p) || h.ms >= t->end_ms)
		return;
	h.order = t->n;
	t->hits[t->n++] = h;
}

/* A page and its files. After the first page of a visit, the browser has most files cached. */
static void plan_page(struct plan *p, struct hit h, bool first)
{
	struct draw *d = &p->draw;
	uint32_t assets = first ? draw_from(d, 3, 18) : draw_below(d, 6);
	uint32_t page = h.target;

	h.kind = HIT_PAGE;
	add_hit(p, h);
	h.ms += draw_from(d, 40, 400);
	h.from = page + 1;
	for (uint32_t i = 0; i < assets; i++) {
		h.kind = draw_one_in(d, 12) ? HIT_API : HIT_ASSET;
		h.target = draw_one_in(d, 2) ? draw_below(d, 30) : 30 + draw_ranked(d, ASSET_BITS);
		add_hit(p, h);
		h.ms += draw_one_in(d, 3) ? draw_below(d, 300) : draw_below(d, 8);
	}
}

static void plan_visit(struct plan *p, struct hit h)
{
	struct draw *d = &p->draw;
	uint32_t pages = draw_one_in(d, 3) ? 1 : draw_wide(d, 1, 4);

	h.agent = WORDS_BROWSER;
	h.from = 0;
	for (uint32_t i = 0; i < pages; i++) {
		h.target = draw_ranked(d, PAGE_BITS);
		plan_page(p, h, i == 0);
		h.from = h.target + 1;
		h.ms += draw_wide(d, 2000, 7);
	}
}

static void plan_app(struct plan *p, struct hit h)
{
	struct draw *d = &p->draw;

	h.agent = WORDS_APP;
	h.kind = HIT_API;
	for (uint32_t n = draw_wide(d, 1, 5); n; n--) {
		add_hit(p, h);
		h.ms += draw_wide(d, 100, 9);
	}
}

/* ---- clients ---- */

/* Half of the visits are made by returning clients; a lower rank means more visits. Each of the 64
 * lowest ranks stands for the address of many people, such as a campus or a mobile carrier. */
static void plan_people(struct plan *p)
{
	struct draw *d = &p->draw;

	while (!is_full(p)) {
		bool back = draw_one_in(d, 2);
		uint32_t rank = draw_ranked(d, RETURNING_BITS);
		struct hit h = {.ms = draw_start(p),
			.client = back ? CLIENT_RETURNING + rank : CLIENT_FRESH + p->fresh_n++};
		uint32_t kind = draw_below(d, 100);

		h.person = back && rank < 64 ? (uint16_t)draw_below(d, 1000) : 0;
		h.target = draw_ranked(d, PAGE_BITS);
		if (kind < 15 && !back)
			add_hit(p, h); /* only this request */
		else if (kind < 25)
			plan_app(p, h);
		else
			plan_visit(p, h);
	}
}

static void plan_office(struct plan *p, uint32_t lines)
{
	uint32_t until = p->t->n + lines;

	while (p->t->n < until) {
		struct hit h = {.ms = draw_office_start(p), .client = CLIENT_OFFICE};
		h.person = (uint16_t)draw_below(&p->draw, 300);
		plan_visit(p, h);
	}
}

/* Plans visits of the crawler: up to 15 minutes long, with four requests per second on average,
 * evenly over all pages. */
static void plan_crawl(struct plan *p, uint32_t lines)
{
	struct draw *d = &p->draw;
	uint32_t until = p->t->n + lines;

	while (p->t->n < until) {
		struct hit h = {
			.ms = draw_start(p), .client = CLIENT_CRAWLER, .agent = WORDS_CRAWLER};
		uint32_t rest = until - p->t->n;
		uint32_t n = draw_wide(d, 100, 5);
		for (n = n < rest ? n : rest; n; n--) {
			h.target = draw_below(d, 1u << PAGE_BITS);
			add_hit(p, h);
			h.ms += draw_from(d, 50, 450);
		}
	}
}

static void plan_slow_bots(struct plan *p, uint32_t lines)
{
	struct draw *d = &p->draw;

	for (uint32_t i = 0; i < lines; i++) {
		struct hit h = {.ms = draw_start(p), .agent = WORDS_CRAWLER};
		h.client = CLIENT_SLOW_BOTS + draw_ranked(d, 3);
		h.target = draw_below(d, 1u << PAGE_BITS);
		add_hit(p, h);
	}
}

/* About `lines` requests at the same pace day and night; fewer if they would be less than
 * shortest_ms apart. */
static void plan_steady(struct plan *p, struct hit h, uint32_t lines, int64_t shortest_ms)
{
	int64_t pace = (p->t->end_ms - TRAFFIC_START_MS) / (lines + 1);

	pace = pace < shortest_ms ? shortest_ms : pace;
	for (int64_t at = TRAFFIC_START_MS + (int64_t)draw_below(&p->draw, (uint32_t)pace);
		at < p->t->end_ms; at += pace) {
		h.ms = at + draw_below(&p->draw, 1500);
		add_hit(p, h);
	}
}

static void plan_scans(struct plan *p, uint32_t lines)
{
	struct draw *d = &p->draw;
	uint32_t until = p->t->n + lines;

	for (uint32_t client = CLIENT_SCANNERS; p->t->n < until; client++) {
		struct hit h = {.ms = draw_start(p),
			.client = client,
			.kind = HIT_PROBE,
			.agent = WORDS_SCANNER};
		for (uint32_t n = draw_wide(d, 2, 7); n && p->t->n < until; n--) {
			add_hit(p, h);
			h.ms += draw_wide(d, 50, 6);
		}
	}
}

static int compare_hits(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;

	if (x->ms != y->ms)
		return x->ms < y->ms ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

struct traffic *traffic_new(uint32_t lines, uint32_t days)
{
	struct traffic *t = calloc(1, sizeof *t);
	struct plan p = {.t = t, .draw = draw_of(SEED, 0)};

	if (!t || !(t->hits = calloc(lines, sizeof *t->hits))) {
		free(t);
		return NULL;
	}
	t->lines = lines;
	t->end_ms = TRAFFIC_START_MS + (int64_t)days * 24 * HOUR_MS;
	for (uint32_t hour = 0; hour < days * 24; hour++)
		p.weight += hour_weight(hour);
	plan_steady(&p, (struct hit){.client = CLIENT_MONITOR, .agent = WORDS_MONITOR}, lines / 60,
		300000);
	for (uint32_t i = 0; i < FEEDS; i++)
		plan_steady(&p,
			(struct hit){.client = CLIENT_FEEDS + i,
				.target = FEED_PAGE,
				.agent = WORDS_FEED},
			lines / 600, 3600000);
	plan_office(&p, lines / 5);
	plan_crawl(&p, lines / 12);
	plan_slow_bots(&p, lines / 30);
	plan_scans(&p, lines / 60);
	plan_people(&p);
	qsort(t->hits, t->n, sizeof *t->hits, compare_hits);
	return t;
}

void traffic_free(struct traffic *t)
{
	if (t)
		free(t->hits);
	free(t);
}
