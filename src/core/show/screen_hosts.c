/* screen_hosts.c - see screen_hosts.h. */
#include "core/show/screen_hosts.h"

#include <stdio.h>
#include <string.h>

#include "core/base/figure.h"
#include "core/show/status.h"

#define NAME_MIN      10 /* columns: "HOSTS 4096" */
#define NAME_LONG     32 /* a longer name is cut */
#define LAG_WIDTH     9
#define LINES_WIDTH   8
#define CLIENTS_WIDTH 10
#define CELL_GAP      3
#define FIGURES_WIDTH (LAG_WIDTH + LINES_WIDTH + CLIENTS_WIDTH)

/* The layout: one row for each of the `faulty` hosts, then rows of `beside` hosts each. */
struct layout {
	size_t name_width, cell_width;
	size_t faulty, beside;
};

static struct layout plan_hosts(const struct state *s, size_t width)
{
	struct layout l = {.name_width = NAME_MIN};
	size_t room = width > FIGURES_WIDTH + NAME_MIN ? width - FIGURES_WIDTH : NAME_MIN;

	for (size_t i = 0; i < s->origins_n; i++) {
		size_t len = strlen(s->origins[i].origin);
		l.name_width = len > l.name_width ? len : l.name_width;
		l.faulty += s->origins[i].troubles != 0;
	}
	room = room > NAME_LONG ? NAME_LONG : room;
	l.name_width = l.name_width > room ? room : l.name_width;
	l.cell_width = l.name_width + FIGURES_WIDTH + CELL_GAP;
	l.beside = (width + CELL_GAP) / l.cell_width;
	l.beside += l.beside == 0;
	return l;
}

/* Number of rows that the first n hosts take. */
static size_t rows_of(const struct layout *l, size_t n)
{
	size_t well = n > l->faulty ? n - l->faulty : 0;

	return n - well + (well + l->beside - 1) / l->beside;
}

static size_t all_hosts(const struct state *s)
{
	return s->origins_total > s->origins_n ? s->origins_total : s->origins_n;
}

size_t screen_hosts_need(const struct state *s, size_t width)
{
	struct layout l = plan_hosts(s, width);

	if (s->origins_n == 0)
		return 0;
	return 1 + rows_of(&l, s->origins_n) + (all_hosts(s) > s->origins_n);
}

/* Puts a host's name, cut to `width`. */
static void put_name(struct text_page *p, const char *name, size_t width)
{
	char text[ORIGINS_NAME_MAX + 1];

	snprintf(text, sizeof text, "%.*s", (int)width, name);
	text_page_put(p, text);
}

static void put_heading(struct text_page *p, const struct state *s, const struct layout *l)
{
	char text[32];

	snprintf(text, sizeof text, "HOSTS %zu", all_hosts(s));
	text_page_put_styled(p, TEXT_HEAD, text);
	text_page_set_style(p, TEXT_LABEL);
	for (size_t k = 0; k < l->beside; k++) {
		text_page_move_to(p, k * l->cell_width + l->name_width);
		text_page_put_right(p, "lag", LAG_WIDTH);
		text_page_put_right(p, "lines/s", LINES_WIDTH);
		text_page_put_right(p, "clients/s", CLIENTS_WIDTH);
		if (s->origins_n - l->faulty <= k + 1)
			break;
	}
	text_page_set_style(p, TEXT_NORMAL);
	text_page_end_row(p);
}

static void put_host(struct text_page *p, const struct state *s, const struct layout *l, size_t i)
{
	const struct state_origin *o = &s->origins[i];
	size_t left = p->column;

	put_name(p, o->origin, l->name_width);
	text_page_move_to(p, left + l->name_width);
	text_page_put_right(p, status_lag(o).s, LAG_WIDTH);
	text_page_put_right(p, figure_amount(o->lines_per_s).s, LINES_WIDTH);
	text_page_put_right(p, figure_amount(o->clients_per_s).s, CLIENTS_WIDTH);
	if (!o->troubles)
		return;
	text_page_move_to(p, left + l->cell_width);
	text_page_put_styled(
		p, o->troubles & 1u << ORIGIN_SILENT ? TEXT_BAD : TEXT_WARN, status_host(s, o).s);
}

void screen_hosts_put(struct text_page *p, const struct state *s, size_t rows)
{
	struct layout l = plan_hosts(s, p->width);
	size_t i = 0, n = s->origins_n;
	char text[40];

	if (rows == 0 || n == 0)
		return;
	bool whole = rows >= screen_hosts_need(s, p->width) && all_hosts(s) <= n;
	put_heading(p, s, &l);
	for (size_t left = rows - 1 - (rows > 1 && !whole); left && i < n; left--) {
		size_t cells = i < l.faulty ? 1 : l.beside;
		for (size_t k = 0; k < cells && i < n; k++) {
			text_page_move_to(p, k * l.cell_width);
			put_host(p, s, &l, i++);
		}
		text_page_end_row(p);
	}
	if (whole || rows == 1)
		return;
	snprintf(text, sizeof text, "... and %zu more", all_hosts(s) - i);
	text_page_put(p, text);
	text_page_end_row(p);
}
