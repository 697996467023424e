/* memory.c - see memory.h: writes the engine's memory as JSON. memory_read.c reads it.
 *
 * Numbers are written exactly, so that a restart changes no verdict. A client is one string
 * ("198.51.100.7 active 2 SINCE UNTIL RULES"), not an object. So for a million clients, a reader
 * allocates one million nodes instead of seven million. Memory matters, because the machine may be
 * under attack.
 */
#include "core/record/memory.h"

#include "core/base/address.h"
#include "core/record/memory_client.h"
#include "core/record/memory_mass_ban.h"
#include "core/record/memory_names.h"
#include "core/record/memory_failures.h"
#include "core/record/memory_origins.h"
#include "core/record/memory_paths.h"
#include "core/record/memory_reasons.h"
#include "core/record/memory_silences.h"
#include "core/record/memory_unbans.h"
#include "core/record/memory_values.h"

enum part {
	PART_HEAD,
	PART_LEARNED, /* in the order of enum site_ring_kind */
	PART_ALL,
	PART_HOURS,
	PART_VISITS,
	PART_HEAVY_HITTERS,
	PART_HEAVY_NETWORKS,
	PART_TEACHERS,
	PART_CELLS,
	PART_MASS_BAN,
	PART_SILENCES,
	PART_UNBANS,
	PART_ORIGINS,
	PART_PATHS,
	PART_PATH_LIST,
	PART_SLOW_LIST,
	PART_WRITTEN_LIST,
	PART_HONEST,
	PART_HONEST_CELLS,
	PART_BANS,
	PART_REASONS, /* after the bans, so that the reader knows the bans already */
	PART_HISTOGRAM,
	PART_DONE
};

/* The longest element of a list is the reason of a ban. */
#define ELEMENT_BYTES_MAX MEMORY_REASON_BYTES_MAX
/* The longest part that is not divided into chunks: all buckets of all histograms, 30 bytes
 * each. */
#define UNDIVIDED_BYTES_MAX (LIMIT_HISTOGRAMS * HISTOGRAM_BUCKETS * 30 + 1024)
/* Maximum number of empty cells of a Bloom filter (teachers.h), or of clients without a reason,
 * that are skipped per chunk. Almost all cells may be empty. The filter for a million clients has
 * over a million cells, and a pass over all cells takes 3 ms. */
#define CELLS_MAX 65536

void memory_begin(struct memory_writer *w)
{
	*w = (struct memory_writer){.part = PART_HEAD};
}

/* If the sums cover more than SECONDS_MAX seconds, all sums are scaled down by the same factor, so
 * that means and deviations do not change. */
static void put_sums(struct buf *b, const struct site_sums *s)
{
	const double v[] = {
		s->seconds, s->requests, s->requests_squared, s->errors, s->errors_squared};
	double share = s->seconds > SECONDS_MAX ? SECONDS_MAX / s->seconds : 1;

	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		buf_put_char(b, i ? ',' : '[');
		put_number(b, v[i] * share, i ? SUM_MAX : SECONDS_MAX);
	}
	buf_put_char(b, ']');
}

static void put_head(struct buf *b, const struct site *site, struct instant now)
{
	int64_t hour;
	struct site_sums today = site_today(site, &hour);

	buf_put_text(b, "{\"version\":");
	buf_put_u64(b, MEMORY_VERSION);
	buf_put_text(b, ",\"time\":\"");
	buf_put_instant(b, now);
	buf_put_text(b, "\",\"age\":");
	put_whole(b, site_age(site), AGE_MAX);
	buf_put_text(b, ",\"today_hour\":");
	buf_put_i64(b, hour);
	buf_put_text(b, ",\"today\":");
	put_sums(b, &today);
}

/* Writes one histogram: the index and the weight of each bucket that is not empty. */
static void put_histogram(struct buf *b, const char *name, const struct histogram *t)
{
	bool first = true;

	buf_put_text(b, ",\n\"");
	buf_put_text(b, name);
	buf_put_text(b, "\":[");
	for (uint64_t k = 0; k < HISTOGRAM_BUCKETS; k++) {
		if (!(t->weight[k] > 0))
			continue;
		if (!first)
			buf_put_char(b, ',');
		first = false;
		buf_put_u64(b, k);
		buf_put_char(b, ',');
		put_number(b, t->weight[k], WEIGHT_MAX);
	}
	buf_put_char(b, ']');
}

static void put_visits(struct buf *b, struct visits *visits)
{
	const struct visits_memory *m = visits_memory(visits);

	buf_put_text(
		b, m->known ? ",\n\"visits\":{\"known\":true" : ",\n\"visits\":{\"known\":false");
	buf_put_text(b, ",\"anchored\":");
	buf_put_i64(b, m->anchored);
	buf_put_text(b, ",\"anchor\":");
	for (int k = 0; k < LIMIT_COUNT; k++) {
		buf_put_char(b, k ? ',' : '[');
		put_number(b, m->anchor[k], LIMIT_MAX);
	}
	buf_put_char(b, ']');
	for (int k = 0; k < LIMIT_HISTOGRAMS; k++)
		put_histogram(b, memory_histogram_names[k], &m->histograms[k]);
	buf_put_char(b, '}');
}

/* Writes each generation: its total, then the address and the requests of each client. At most 3 x
 * 64 clients of 80 bytes each. */
static void put_heavy_hitters(struct buf *b, const char *name, const struct heavy_hitters *h)
{
	buf_put_text(b, ",\n\"");
	buf_put_text(b, name);
	buf_put_text(b, "\":{\"turned\":");
	buf_put_i64(b, h->turned);
	buf_put_text(b, ",\"generations\":[");
	for (int k = 0; k < HEAVY_HITTERS_GENERATIONS; k++) {
		const struct heavy_hitters_generation *g = &h->generations[k];
		buf_put_text(b, k ? ",[" : "[");
		put_whole(b, g->total, WHOLE_MAX);
		for (uint32_t i = 0; i < g->n; i++) {
			buf_put_text(b, ",\"");
			buf_put_address(b, &g->counters[i].client);
			buf_put_text(b, "\",");
			put_whole(b, g->counters[i].requests, WHOLE_MAX);
		}
		buf_put_char(b, ']');
	}
	buf_put_text(b, "]}");
}

/* Writes the head of a Bloom filter of teachers.h: its key, the time when its last generation
 * began, and its size. The cells of the filter are a separate list. */
static void put_teachers(struct buf *b, const char *name, const struct teachers *t)
{
	struct teachers_head h = teachers_head(t);

	buf_put_text(b, ",\n\"");
	buf_put_text(b, name);
	buf_put_text(b, "\":{\"turned\":");
	buf_put_i64(b, h.turned);
	buf_put_text(b, ",\"cells\":");
	buf_put_u64(b, teachers_cells(t));
	buf_put_char(b, ',');
	put_key(b, h.key);
	buf_put_char(b, '}');
}

/* Writes the next non-empty cell of a filter. Returns the same values as put_element. */
static bool put_cell(
	struct memory_writer *w, const struct teachers *t, uint32_t *cells, struct buf *b)
{
	for (; *cells > 0 && w->cursor < teachers_cells(t) && teachers_cell(t, w->cursor) == 0;
		--*cells)
		w->cursor++;
	if (w->cursor == teachers_cells(t))
		return false;
	if (*cells == 0)
		return true;
	buf_put_text(b, w->elements++ ? "," : "");
	buf_put_u64(b, w->cursor);
	buf_put_char(b, ',');
	buf_put_u64(b, teachers_cell(t, w->cursor++));
	return true;
}

/* Writes the reason of the next ban that has a reason. Returns the same values as put_element. */
static bool put_reason(
	struct memory_writer *w, const struct memory_parts *parts, uint32_t *cells, struct buf *b)
{
	struct ban ban;

	for (; *cells > 0; --*cells) {
		if (!bans_walk(parts->bans, &w->cursor, &ban))
			return false;
		if (memory_put_reason(b, &ban, parts->requests, w->elements ? ",\n" : "")) {
			w->elements++;
			return true;
		}
	}
	return true;
}

/* Writes the next element of the current list; returns false at the end of the list. *cells is the
 * number of cells that may still be skipped. If *cells becomes 0, the result may be true although
 * no element was written. */
static bool put_element(
	struct memory_writer *w, const struct memory_parts *parts, uint32_t *cells, struct buf *b)
{
	const struct site *site = parts->site;
	uint32_t requests, errors;
	enum site_ring_kind ring = w->part == PART_ALL ? SITE_RING_ALL : SITE_RING_LEARNED;
	struct ban ban;

	switch (w->part) {
	case PART_LEARNED:
	case PART_ALL:
		if (w->cursor >= site_ring_n(site, ring))
			return false;
		site_ring_at(site, ring, w->cursor, &requests, &errors);
		buf_put_text(b, w->cursor++ ? "," : "");
		buf_put_u64(b, requests);
		buf_put_char(b, ',');
		buf_put_u64(b, errors);
		return true;
	case PART_HOURS:
		if (w->cursor >= SITE_HOURS)
			return false;
		struct site_hour h = site_hour_sums(site, (int)w->cursor);
		buf_put_text(b, w->cursor++ ? ",{\"learned\":" : "{\"learned\":");
		put_whole(b, h.learned, AGE_MAX);
		buf_put_text(b, ",\"sums\":");
		put_sums(b, &h.sums);
		buf_put_char(b, '}');
		return true;
	case PART_CELLS:
		return put_cell(w, visits_teachers(parts->visits), cells, b);
	case PART_HONEST_CELLS:
		return put_cell(w, parts->honest, cells, b);
	case PART_UNBANS:
		return memory_put_unban(b, parts->unbans, &w->cursor, w->elements++ ? ",\n" : "");
	case PART_ORIGINS:
		return memory_put_origin(b, parts->origins, &w->cursor, w->elements++ ? ",\n" : "");
	case PART_SLOW_LIST:
		return memory_put_slow(b, parts->slow, &w->cursor, w->elements++ ? ",\n" : "");
	case PART_WRITTEN_LIST:
		return memory_put_written(
			b, parts->written, &w->cursor, w->elements++ ? ",\n" : "");
	case PART_REASONS:
		return put_reason(w, parts, cells, b);
	case PART_PATH_LIST:
		return memory_put_path(b, parts->paths, w->elements++ ? ",\n" : "");
	default:
		if (!bans_walk(parts->bans, &w->cursor, &ban))
			return false;
		buf_put_text(b, w->elements++ ? ",\n" : "");
		memory_put_client(b, &ban);
		return true;
	}
}

static void open_list(struct buf *b, int part)
{
	static const char *const names[] = {[PART_LEARNED] = "learned",
		[PART_ALL] = "all",
		[PART_HOURS] = "hours",
		[PART_CELLS] = "cells",
		[PART_UNBANS] = MEMORY_UNBANS,
		[PART_ORIGINS] = MEMORY_ORIGINS,
		[PART_PATH_LIST] = MEMORY_PATH_LIST,
		[PART_SLOW_LIST] = MEMORY_SLOW_LIST,
		[PART_WRITTEN_LIST] = MEMORY_WRITTEN_LIST,
		[PART_HONEST_CELLS] = MEMORY_HONEST_CELLS,
		[PART_BANS] = "clients",
		[PART_REASONS] = MEMORY_REASONS};

	buf_put_text(b, ",\n\"");
	buf_put_text(b, names[part]);
	buf_put_text(b, "\":[");
}

static bool is_undivided(int part)
{
	return part == PART_VISITS || part == PART_HEAVY_HITTERS || part == PART_HEAVY_NETWORKS ||
	       part == PART_TEACHERS || part == PART_MASS_BAN || part == PART_SILENCES ||
	       part == PART_PATHS || part == PART_HONEST;
}

static void put_undivided(int part, const struct memory_parts *parts, struct buf *b)
{
	if (part == PART_VISITS)
		put_visits(b, parts->visits);
	else if (part == PART_HEAVY_HITTERS)
		put_heavy_hitters(b, "heavy", parts->heavy);
	else if (part == PART_HEAVY_NETWORKS)
		put_heavy_hitters(b, "heavy_networks", parts->heavy_networks);
	else if (part == PART_TEACHERS)
		put_teachers(b, "taught", visits_teachers(parts->visits));
	else if (part == PART_HONEST)
		put_teachers(b, MEMORY_HONEST, parts->honest);
	else if (part == PART_MASS_BAN)
		memory_put_mass_ban(b, parts->mass_ban);
	else if (part == PART_SILENCES)
		memory_put_silences(b, parts->silences, parts->recent);
	else
		memory_put_paths(b, parts->paths);
}

static bool is_absent(int part, const struct memory_parts *parts)
{
	if (part == PART_ORIGINS)
		return !parts->origins;
	if (part == PART_PATHS || part == PART_PATH_LIST)
		return !parts->paths;
	return part >= PART_SLOW_LIST && part <= PART_HONEST_CELLS && !parts->slow;
}

static int part_after(int part, const struct memory_parts *parts)
{
	do
		part++;
	while (is_absent(part, parts));
	return part;
}

bool memory_write(struct memory_writer *w, const struct memory_parts *parts, struct instant now,
	struct buf *out)
{
	uint32_t cells = CELLS_MAX;

	while (cells > 0 && out->cap - out->len > ELEMENT_BYTES_MAX) {
		if (w->part == PART_HEAD) {
			put_head(out, parts->site, now);
		} else if (is_undivided(w->part)) {
			if (out->len > 0 && out->cap - out->len < UNDIVIDED_BYTES_MAX)
				return true;
			put_undivided(w->part, parts, out);
		} else if (w->part == PART_HISTOGRAM) {
			buf_put_text(out, "}\n");
		} else if (w->part == PART_DONE) {
			return false;
		} else {
			if (!w->opened)
				open_list(out, w->part);
			w->opened = true;
			if (put_element(w, parts, &cells, out))
				continue;
			buf_put_char(out, ']');
		}
		*w = (struct memory_writer){.part = part_after(w->part, parts)};
	}
	return w->part != PART_DONE;
}
