/* given_counts.h - runs core/engine/counting over lines in memory. It collects the published lines;
 * published_is compares them with the expected text. */
#ifndef UNIT_GIVEN_COUNTS_H
#define UNIT_GIVEN_COUNTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <cjson/cJSON.h>

#include "core/engine/counting.h"
#include "core/record/counts.h"

#define T0 INT64_C(1790000000)

/* The published lines. */
struct published {
	char *text; /* all lines */
	size_t len, cap;
	bool full; /* the sink has no room */
	uint64_t lines;
};

static struct published g_out;
static struct counting *g_counting;

static inline void put_published(void *ctx, const char *line, size_t len)
{
	struct published *p = ctx;

	assert_true(len <= COUNTS_BYTES_MAX && line[len - 1] == '\n');
	assert_null(memchr(line, '\n', len - 1));
	if (p->len + len + 1 > p->cap) {
		p->cap = 2 * (p->len + len + 1);
		p->text = realloc(p->text, p->cap);
		assert_non_null(p->text);
	}
	memcpy(p->text + p->len, line, len);
	p->len += len;
	p->text[p->len] = '\0';
	p->lines++;
}

static inline bool has_room(void *ctx)
{
	const struct published *p = ctx;

	return !p->full;
}

static inline struct counting_config counting_config_of(bool replay)
{
	struct counting_config c = {.origin = "web1",
		.replay = replay,
		.v4_prefix_len = 32,
		.v6_prefix_len = 64,
		.max_clients = 1000,
		.grace = {1000},
		.key = {{1, 2}}};

	assert_true(line_format("auto", &c.line));
	return c;
}

static inline void begin_counting(struct counting_config config)
{
	struct counting_sink sink = {&g_out, put_published, has_room};

	free(g_out.text);
	g_out = (struct published){.text = NULL};
	g_counting = counting_new(&config, &sink);
	assert_non_null(g_counting);
}

static inline void end_counting(void)
{
	counting_free(g_counting);
	g_counting = NULL;
}

/* Feeds a line of nginx. path NULL: the line has no path. */
static inline void ask(const char *client, const char *path, int status, int64_t at_ms)
{
	char line[512];
	int len = snprintf(line, sizeof line,
		"{\"msec\":\"%lld.%03d\",\"remote_addr\":\"%s\",\"status\":%d%s%s%s}",
		(long long)(at_ms / 1000), (int)(at_ms % 1000), client, status,
		path ? ",\"request\":\"GET " : "", path ? path : "", path ? " HTTP/1.1\"" : "");

	counting_queue(g_counting, line, (size_t)len, false, (struct instant){at_ms});
}

/* Checks the text that was published since the last call. */
static inline void published_is(const char *want)
{
	assert_string_equal(g_out.text ? g_out.text : "", want);
	g_out.len = 0;
	if (g_out.text)
		g_out.text[0] = '\0';
}

#define LINE(time, mode, seq, counts)                                                              \
	"{\"event\":\"counts\",\"time\":\"2026-09-21T" time "Z\",\"mode\":\"" mode                 \
	"\",\"origin\":\"web1\",\"run\":1790000000000,\"seq\":" #seq ",\"counts\":[" counts "]}\n"
#define LIVE(time, seq, counts)   LINE(time, "live", seq, counts)
#define REPLAY(time, seq, counts) LINE(time, "replay", seq, counts)

/* A tick at T0 + ms; T0 is 14:13:20. The monotonic clock began 1000 s before T0. */
static inline void tick_at(int64_t ms)
{
	counting_tick(g_counting, (struct instant){T0 * 1000 + ms}, (struct span){1000000 + ms});
}

static inline struct counting_counters counters(void)
{
	counting_flush(g_counting);
	return counting_counters(g_counting);
}

static inline void begin_live(struct counting_config config)
{
	begin_counting(config);
	counting_start(g_counting, (struct instant){T0 * 1000}, (struct span){1000000});
	published_is(LIVE("14:13:20.000", 1, ""));
}

static inline void ask_live(const char *client, int status, int64_t ms)
{
	ask(client, NULL, status, T0 * 1000 + ms);
}

/* Feeds a line whose time `ms` differs from the time of its arrival, `wall_ms`. */
static inline void ask_late(const char *client, int64_t ms, int64_t wall_ms)
{
	char line[200];
	int len = snprintf(line, sizeof line,
		"{\"msec\":%lld.5,\"remote_addr\":\"%s\",\"status\":200}",
		(long long)(T0 + ms / 1000), client);

	counting_queue(g_counting, line, (size_t)len, false, (struct instant){T0 * 1000 + wall_ms});
}

#endif
