/* screen_page.h - draws the page that anomstat shows on a terminal (core/show/screen.h) for a
 * state, and checks the texts on the page. The state is made from that of sample_state.h. */
#ifndef UNIT_SCREEN_PAGE_H
#define UNIT_SCREEN_PAGE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "core/show/screen.h"
#include "unit/sample_state.h"

static struct state sample;
static char page[SCREEN_BYTES_MAX + 1];
static const struct instant saved = {SAMPLE_SAVED_MS};

/* Fills `sample` from sample_state.h, but without faults, hosts that send counts, events, and
 * clients that are held back. */
static inline void fill(void)
{
	sample_fill(&sample);
	sample.trouble[0] = '\0';
	sample.failing = sample.pages_failing = false;
	sample.learning_s = 0;
	sample.no_effect.ms = 0;
	sample_without_origins(&sample);
	sample.bans_not_enforced = 0;
	sample.top[1].held = false;
	sample.events_n = 0;
	memset(&sample.bans[0].request, 0, sizeof sample.bans[0].request);
	memset(sample.held, 0, sizeof sample.held);
}

static inline void render(size_t width, size_t height, struct instant now)
{
	struct buf b;

	buf_init(&b, page, SCREEN_BYTES_MAX);
	screen_render(&sample, now, (struct screen_size){width, height, true, false, false}, &b);
	assert_false(b.full);
	page[b.len] = '\0';
}

/* Counts characters, as a terminal does. */
static inline void assert_in_bounds(size_t width, size_t height)
{
	size_t rows = 0, column = 0;

	for (const char *c = page; *c; c++) {
		if (*c == '\n') {
			rows++;
			column = 0;
			continue;
		}
		assert_true((unsigned char)*c >= ' ' && *c != 0x7f);
		column += ((unsigned char)*c & 0xc0) != 0x80;
		if (column > width)
			fail_msg("wider than %zu:\n%s", width, page);
	}
	assert_int_equal(column, 0); /* the last line is ended */
	if (height && rows > height)
		fail_msg("higher than %zu:\n%s", height, page);
}

/* cmocka cuts its messages at 1024 bytes */
static inline void fail_page(const char *what, const char *text)
{
	fprintf(stderr, "%s", page);
	fail_msg("\"%s\" %s", text, what);
}

static inline void assert_shows(const char *text)
{
	if (!strstr(page, text))
		fail_page("is not shown", text);
}

static inline void assert_hides(const char *text)
{
	if (strstr(page, text))
		fail_page("is shown", text);
}

static inline size_t count_of(const char *text)
{
	size_t n = 0;

	for (const char *at = page; (at = strstr(at, text)); at += strlen(text))
		n++;
	return n;
}

/* Fills the list of clients and the list of bans; every second entry is IPv6. */
static inline void fill_lists(size_t top, size_t bans)
{
	char text[64];

	fill();
	sample.top_n = top;
	sample.bans_n = bans < STATE_BANS_MAX ? bans : STATE_BANS_MAX;
	sample.bans_total = bans;
	for (size_t i = 0; i < top; i++) {
		snprintf(text, sizeof text, i % 2 ? "2001:db8:%zx::/64" : "198.51.100.%zu", i);
		sample.top[i].client = sample_address(text);
	}
	for (size_t i = 0; i < sample.bans_n; i++) {
		snprintf(text, sizeof text,
			i % 2 ? "2001:db8:ffff:%zx:ffff:ffff:ffff:ffff" : "203.0.113.%zu",
			i % 2 ? i : i % 256);
		sample.bans[i].client = sample_address(text);
		sample.bans[i].until.ms = SAMPLE_SAVED_MS + 60000;
		sample.bans[i].enforced = true;
	}
}

#endif
