/* top_paths.c - see top_paths.h.
 *
 * The random generator has a fixed seed. So the same lines always give the same samples. The key of
 * the hash tables is no seed, because it may be random even in a replay (run_key.h). A fixed seed
 * is safe: to avoid the samples on purpose, a client would have to know all lines of the log, from
 * the first line of the run on.
 */
#include "core/measure/top_paths.h"

#include <string.h>

#include "core/base/num.h"
#include "core/base/top_k.h"

#define MASK (TOP_PATHS_SAMPLES * 2 - 1)
#define SEED 20261122
/* Maximum number of lines that one sample stands for (`step`), reached at over 5e10 lines per
 * minute. With this maximum, `skip` fits in 32 bits. */
#define STEP_MAX (1u << 24)

_Static_assert(
	sizeof(struct top_paths_sample) == 128, "a sample takes 128 bytes, as in top_paths.h");

/* A linear congruential generator (D. E. Knuth's MMIX). Only its upper bits are random enough. */
static uint32_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 32);
}

/* Draws the number of lines before the next sample, uniformly from 0 to 2 * step - 2: step - 1 on
 * average. */
static void draw_skip(struct top_paths_kind *k)
{
	uint64_t range = 2 * (uint64_t)k->step - 1;

	k->skip = k->step > 1 ? (uint32_t)(next_random(&k->random) * range >> 32) : 0;
}

static void clear_kind(struct top_paths_kind *k)
{
	k->lines = (struct minute_counts){.sum = 0};
	k->n = k->skip = 0;
	k->step = 1;
	k->random = SEED;
}

void top_paths_clear(struct top_paths *t)
{
	clear_kind(&t->requests);
	clear_kind(&t->errors);
}

static bool is_in_window(const struct top_paths_sample *s, int64_t now)
{
	return s->second > now - WINDOW_S;
}

/* Keeps one of every two samples, at random. The kept sample then stands for both. */
static void keep_half(struct top_paths_kind *k)
{
	uint32_t half = k->n / 2;

	for (uint32_t i = 0; i < half; i++) {
		struct top_paths_sample *s = &k->samples[i];
		*s = k->samples[2 * i + (next_random(&k->random) >> 31)];
		s->requests = num_add_u64(s->requests, s->requests);
		s->estimated = true;
	}
	k->n = half;
	k->step = 2 * k->step < STEP_MAX ? 2 * k->step : STEP_MAX;
}

/* Makes room for samples. The samples of one window fit, unless the newest second has many more
 * lines than the others. */
static void make_room(struct top_paths_kind *k, int64_t now)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < k->n; i++)
		if (is_in_window(&k->samples[i], now))
			k->samples[n++] = k->samples[i];
	k->n = n;
	if (n > TOP_PATHS_EXACT)
		keep_half(k);
}

void top_paths_take(struct top_paths_kind *k, const struct request *r, int64_t second, int64_t now)
{
	if (k->n == TOP_PATHS_SAMPLES)
		make_room(k, now);
	minute_counts_add(&k->lines, now, k->step);
	struct top_paths_sample *s = &k->samples[k->n++];
	s->path_hash = r->path_hash;
	s->requests = (uint64_t)r->count * k->step;
	s->second = second;
	s->estimated = k->step > 1;
	s->path_len = r->path_len < REQUEST_PATH_SHOWN_MAX ? r->path_len : REQUEST_PATH_SHOWN_MAX;
	memcpy(s->path, r->path, s->path_len);
	draw_skip(k);
}

/* True if every line is a sample now, and also after the open second is closed. */
static bool kind_rests(const struct top_paths_kind *k)
{
	return k->step == 1 && k->lines.sum < TOP_PATHS_EXACT;
}

/* Closes one second; `now` is the open second afterwards. */
static void pace_second(struct top_paths_kind *k, int64_t now)
{
	uint64_t step = 1 + k->lines.sum / TOP_PATHS_EXACT;
	uint32_t before = k->step;

	k->step = step < STEP_MAX ? (uint32_t)step : STEP_MAX;
	if (k->step != before)
		draw_skip(k);
	minute_counts_move(&k->lines, now, 1);
}

static void pace_kind(struct top_paths_kind *k, int64_t now, int64_t n)
{
	for (; n > 0 && !kind_rests(k); n--)
		pace_second(k, now - n + 1);
	if (n > 0)
		minute_counts_move(&k->lines, now, n);
}

void top_paths_pace(struct top_paths *t, int64_t now, int64_t n)
{
	pace_kind(&t->requests, now, n);
	pace_kind(&t->errors, now, n);
}

static struct top_paths_sum *sum_of(
	struct top_paths *t, const struct top_paths_kind *k, uint32_t sample)
{
	uint64_t hash = k->samples[sample].path_hash;
	uint32_t i = (uint32_t)hash & MASK;

	for (; t->places[i]; i = (i + 1) & MASK) {
		struct top_paths_sum *sum = &t->sums[t->places[i] - 1];
		if (k->samples[sum->newest].path_hash == hash)
			return sum;
	}
	struct top_paths_sum *sum = &t->sums[t->sums_n++];
	t->places[i] = (uint16_t)t->sums_n;
	*sum = (struct top_paths_sum){.newest = (uint16_t)sample};
	return sum;
}

/* Adds up the samples by path, the newest first. Returns the number of requests that all samples
 * stand for. *known: a sample has a path. *estimated: a sample stands for other lines, too. */
static uint64_t sum_up(struct top_paths *t, const struct top_paths_kind *k, int64_t now,
	bool *known, bool *estimated)
{
	uint64_t all = 0;

	t->sums_n = 0;
	memset(t->places, 0, sizeof t->places);
	*known = *estimated = false;
	for (uint32_t i = k->n; i-- > 0;) {
		const struct top_paths_sample *s = &k->samples[i];
		if (!is_in_window(s, now))
			continue;
		all = num_add_u64(all, s->requests);
		*estimated |= s->estimated;
		if (s->path_hash == 0)
			continue;
		*known = true;
		struct top_paths_sum *sum = sum_of(t, k, i);
		sum->requests = num_add_u64(sum->requests, s->requests);
		sum->estimated |= s->estimated;
		sum->seen++;
	}
	return all;
}

static uint64_t path_requests(const void *path)
{
	return ((const struct top_path *)path)->requests;
}

size_t top_paths_find(struct top_paths *t, bool errors, uint64_t total, int64_t now,
	struct top_path *out, bool *known)
{
	const struct top_paths_kind *k = errors ? &t->errors : &t->requests;
	struct top_k top = {.entries = out,
		.entry_size = sizeof *out,
		.count = path_requests,
		.k = TOP_PATHS_MAX};
	bool estimated;
	uint64_t all = sum_up(t, k, now, known, &estimated);
	double scale = estimated ? (double)total / (double)all : 1;

	for (uint32_t i = 0; i < t->sums_n; i++) {
		const struct top_paths_sum *sum = &t->sums[i];
		const struct top_paths_sample *s = &k->samples[sum->newest];
		struct top_path path = {
			.requests = (uint64_t)((double)sum->requests * scale + 0.5)};
		if ((sum->estimated && sum->seen < TOP_PATHS_SEEN_MIN) ||
			!top_k_accepts(&top, path.requests))
			continue;
		path.path_len = s->path_len;
		memcpy(path.path, s->path, s->path_len);
		top_k_insert(&top, &path);
	}
	return top.n;
}
