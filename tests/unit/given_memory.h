/* given_memory.h - the parts of a memory with random contents, and their file. */
#ifndef UNIT_GIVEN_MEMORY_H
#define UNIT_GIVEN_MEMORY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/record/memory.h"

#include "unit/given.h"
#include "unit/given_host.h"
#include "unit/given_source.h"
#include "unit/random.h"

static const struct instant now = {1700000000123};

struct text {
	char *s;
	size_t len;
};

static inline struct memory_parts parts_new(uint32_t bans_max)
{
	struct visits_config visits = given_visits_config();
	struct bans_config bans = given_bans_config(bans_max);
	struct origins *origins = origins_new((struct hash_key){{7, 8}}, true);
	struct memory_parts p = {
		.site = site_new(),
		.visits = visits_new(&visits, 1000, (struct hash_key){{3, 4}}),
		.heavy = calloc(1, sizeof *p.heavy),
		.heavy_networks = calloc(1, sizeof *p.heavy_networks),
		.bans = bans_new(&bans),
		.requests = ban_requests_new(bans_max, (struct hash_key){{9, 10}}),
		.mass_ban = calloc(1, sizeof *p.mass_ban),
		.unbans = calloc(1, sizeof *p.unbans),
		.silences = calloc(1, sizeof *p.silences),
		.recent = calloc(1, sizeof *p.recent),
		.origins = origins,
		.paths = paths_new(200, (struct hash_key){{5, 6}}),
	};

	assert_true(p.site && p.visits && p.heavy && p.heavy_networks && p.requests);
	assert_true(
		p.bans && p.mass_ban && p.unbans && p.silences && p.recent && origins && p.paths);
	return p;
}

static inline void parts_free(struct memory_parts *p)
{
	site_free(p->site);
	visits_free(p->visits);
	free(p->heavy);
	free(p->heavy_networks);
	free(p->mass_ban);
	free(p->unbans);
	free(p->silences);
	free(p->recent);
	origins_free(p->origins);
	bans_free(p->bans);
	ban_requests_free(p->requests);
	paths_free(p->paths);
}

/* Writes the memory, and returns all its chunks as one text. */
static inline struct text written(const struct memory_parts *p)
{
	static char chunk[MEMORY_CHUNK_BYTES];
	struct memory_writer w;
	struct text t = {0};
	struct buf b;
	bool more = true;

	memory_begin(&w);
	while (more) {
		buf_init(&b, chunk, sizeof chunk);
		more = memory_write(&w, p, now, &b);
		assert_false(b.full);
		t.s = realloc(t.s, t.len + b.len + 1);
		assert_non_null(t.s);
		memcpy(t.s + t.len, b.data, b.len);
		t.len += b.len;
	}
	t.s[t.len] = '\0';
	return t;
}

/* Reads a copy in memory of exactly its size, so that a sanitizer detects a read past its end. */
static inline bool read_exactly(const char *s, size_t len, const struct memory_parts *p)
{
	const char *why = "?";
	char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, s, len);
	struct given_source text = {.text = copy, .len = len, .most = 1 + len % 5000};
	struct byte_source source = given_source(&text);
	enum memory_result result = memory_read(&source, p, &why);
	free(copy);
	assert_int_not_equal(result, MEMORY_UNREAD);
	bool ok = result == MEMORY_OK;
	assert_int_equal(why == NULL, ok);
	assert_true(ok || (*why && strcmp(why, "?") != 0));
	return ok;
}

static inline void fill_site(struct site *s, struct random *r, int64_t seconds)
{
	site_start(s, 1700000000);
	for (int64_t i = 0; i < seconds; i++) {
		uint32_t requests = (uint32_t)random_below(r, 50);
		site_count(s, site_second(s), requests, (uint32_t)random_below(r, requests + 1));
		site_close(s, random_below(r, 10));
	}
}

static inline void fill_visits(struct visits *v, struct random *r, int n)
{
	for (int i = 0; i < n; i++) {
		struct address a = {.prefix_len = 128};
		struct visit visit = {.requests = 1 + (uint32_t)random_below(r, 300)};
		for (int k = 0; k < 16; k++)
			a.bytes[k] = (uint8_t)random_u64(r);
		visit.peak = visit.requests / 2;
		visit.errors = (uint16_t)random_below(r, 5);
		visits_teach(v, &a, &visit, 1700000000);
	}
	visits_learn(v, 1700000060, span_seconds(60));
	visits_learn(v, 1700009999, span_seconds(9939));
}

/* Fills all three generations of counters (heavy_hitters.h). In the second generation, more
 * addresses make requests than there are counters. */
static inline void fill_heavy_hitters(struct heavy_hitters *h, struct random *r)
{
	for (uint32_t i = 0; i < 300; i++) {
		struct address a = given_client((uint32_t)random_below(r, 100));
		heavy_hitters_add(h, &a, (uint32_t)random_below(r, 1000),
			1700000000 + i * HEAVY_HITTERS_TURN_S / 200);
	}
}

static inline void fill_bans(struct bans *b, uint32_t n)
{
	static const enum ban_form forms[] = {BAN_ACTIVE, BAN_OVER, BAN_MUTED};

	for (uint32_t i = 0; i < n; i++) {
		struct ban ban = {.client = given_client(i),
			.form = forms[i % 3],
			.strikes = 1 + i % 5,
			.since = now,
			.until = i % 15 == 0 ? INSTANT_MAX : (struct instant){now.ms + i * 1000},
			.rules = i % 128};
		assert_true(bans_restore(b, &ban));
	}
}

/* Adds 100 requests. The silence after each tenth request is up to 56 h, and after the others up to
 * 5.6 h. With each request come 40 lines for recent_lines.h. Of these, 26 are foreign: lines of
 * another program. */
static inline void fill_silences(struct silences *s, struct recent_lines *recent, struct random *r)
{
	struct instant wall = {1699000000123};

	for (int i = 0; i < 100; i++) {
		silences_note(s, wall);
		for (int k = 0; k < 40; k++)
			recent_lines_note(recent, k % 3 ? 1u << RECENT_FOREIGN : 0, wall);
		wall.ms += (int64_t)random_below(r, i % 10 ? 20000000 : 200000000);
	}
}

/* Adds n requests for paths of all kinds, from networks of both families. */
static inline void fill_paths(struct paths *p, struct random *r, int n)
{
	for (int i = 0; i < n; i++) {
		uint64_t path = random_below(r, 300);
		struct address client = given_host((uint32_t)random_below(r, 200), 1);
		bool honest = path % 3 && random_below(r, 2);
		paths_note(p, paths_hash(p, (const char *)&path, sizeof path), &client,
			(enum paths_outcome)random_below(r, 4), honest, 1700000000 + i);
	}
}

/* Adds n hosts. Most hosts count as hosts with missing lines, because the number of their first
 * line is not 1. */
static inline void fill_origins(struct origins *all, struct random *r, int n)
{
	char name[ORIGINS_NAME_MAX + 1];
	uint32_t index;

	for (int i = 0; i < n; i++) {
		struct origins_line line = {.name = name,
			.run = 1 + random_below(r, UINT32_MAX),
			.seq = 1 + random_below(r, 1000),
			.time = {now.ms - (int64_t)random_below(r, 100000)}};
		snprintf(name, sizeof name, "web-%d.example_%*d", i, 1 + i % 30, i);
		for (char *c = name; *c; c++)
			*c = *c == ' ' ? '0' : *c;
		assert_int_equal(origins_note(all, &line, now, &index), ORIGINS_NEW);
	}
}

static inline struct memory_parts parts_full(uint64_t salt, int64_t seconds, uint32_t bans_n)
{
	struct random r = random_new(salt);
	struct memory_parts p = parts_new(bans_n ? bans_n : 1);

	fill_site(p.site, &r, seconds);
	fill_visits(p.visits, &r, 300);
	fill_heavy_hitters(p.heavy, &r);
	fill_silences(p.silences, p.recent, &r);
	fill_origins(p.origins, &r, 20);
	fill_paths(p.paths, &r, 2000);
	fill_bans(p.bans, bans_n);
	return p;
}

static inline void check_same_text(const struct text *got, const struct text *want)
{
	assert_int_equal(got->len, want->len);
	assert_memory_equal(got->s, want->s, want->len);
}

#endif
