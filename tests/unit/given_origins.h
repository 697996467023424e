/* given_origins.h - origins with a clock that the tests set, and their reports as text. */
#ifndef UNIT_GIVEN_ORIGINS_H
#define UNIT_GIVEN_ORIGINS_H

#include "core/measure/origins.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define T0 1795320960000

static struct origins *all;
static int64_t now_ms;
/* The reports as text, such as "web1 silent" when host web1 becomes silent, or "web1 over silent"
 * when this silence is over. */
static char told[8192];
static uint64_t told_missing;
static double told_offset;

static inline struct instant at(int64_t ms)
{
	return (struct instant){T0 + ms};
}

static inline void note_report(
	void *ctx, const struct origin *o, enum origin_trouble trouble, struct instant now)
{
	size_t len = strlen(told);

	(void)ctx;
	assert_int_equal(now.ms, T0 + now_ms);
	snprintf(told + len, sizeof told - len, "%s%s %s%s", len ? "; " : "", o->name,
		o->in[trouble] ? "" : "over ", origin_trouble_name(trouble));
	told_missing = o->missing;
	told_offset = o->offset_s;
}

static inline void assert_told(const char *words)
{
	assert_string_equal(told, words);
	told[0] = '\0';
}

/* Time passes, second by second. */
static inline void pass_to(int64_t ms)
{
	for (int64_t s = now_ms / 1000 + 1; s * 1000 <= ms; s++) {
		now_ms = s * 1000;
		origins_check(all, at(now_ms), note_report, NULL);
	}
	now_ms = ms;
}

static inline enum origins_place note_line(const char *name, uint64_t run, uint64_t seq)
{
	struct origins_line line = {.name = name,
		.run = run,
		.seq = seq,
		.time = at(now_ms),
		.heartbeat = true,
		.clients = 2};
	uint32_t index;

	return origins_note(all, &line, at(now_ms), &index);
}

static inline enum origins_place note(uint64_t seq)
{
	return note_line("web1", 1, seq);
}

/* A heartbeat that arrives delay_ms after it was sent. */
static inline void beat_after(uint64_t seq, int64_t delay_ms)
{
	struct origins_line line = {.name = "web1",
		.run = 1,
		.seq = seq,
		.time = at(now_ms - delay_ms),
		.heartbeat = true};
	uint32_t index;

	assert_int_equal(origins_note(all, &line, at(now_ms), &index), ORIGINS_NEW);
}

static inline int open_origins(void **state)
{
	(void)state;
	all = origins_new((struct hash_key){{1, 2}}, true);
	now_ms = 0;
	told[0] = '\0';
	return all ? 0 : -1;
}

static inline int close_origins(void **state)
{
	(void)state;
	origins_free(all);
	return 0;
}

#endif
