/* site.c - see site.h. Sums of integers are exact, so Welford's running variance is not needed. */
#include "core/measure/site.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/num.h"
#include "core/measure/minute_bits.h"
#include "core/measure/site_level.h"
#include "core/measure/site_ring.h"
#include "core/measure/window.h"

#define HOUR_S 3600
#define DAY_S  86400
/* After 64 halvings the weight of a day is negligible. */
#define SKIP_DAYS_MAX 64

/* The inputs of a baseline, without the hour's slot, which changes only with the hour. */
struct site_inputs {
	uint64_t seconds; /* 0: the baseline must be computed again */
	uint64_t requests, requests_squared, errors, errors_squared;
};

struct site {
	bool started;
	int64_t second;
	uint64_t age;
	/* number of seconds to close until the age is a multiple of SITE_RECOMPUTE_S */
	int64_t due;
	struct site_cell window[WINDOW_S]; /* by second % 60 */
	struct site_window sums;           /* of the window */
	/* Bits of minute_bits.h. `busy`: the second is not empty. `in_ring`, for each ring: the
	 * ring contains the second. `in_today`: `today` includes the second. */
	uint64_t busy;
	uint64_t in_ring[SITE_RING_COUNT];
	uint64_t in_today;
	struct site_ring rings[SITE_RING_COUNT];
	struct site_hour hours[SITE_HOURS];         /* of earlier days */
	struct site_sums today;                     /* of the current hour, today only */
	int64_t today_hour;                         /* number of the current hour: second / 3600 */
	struct site_cell history[SITE_HISTORY_MAX]; /* by step % SITE_HISTORY_MAX */
	int64_t history_first;                      /* oldest step of the history */
	struct baseline baseline;
	uint64_t baselines; /* number of changes of the baseline */
	struct site_inputs made_of;
};

static void find_due(struct site *s)
{
	s->due = SITE_RECOMPUTE_S - (int64_t)(s->age % SITE_RECOMPUTE_S);
}

struct site *site_new(void)
{
	struct site *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	for (int k = 0; k < SITE_RING_COUNT; k++) {
		if (!site_ring_init(&s->rings[k], SITE_BASELINE_S)) {
			site_free(s);
			return NULL;
		}
	}
	find_due(s);
	s->baseline = (struct baseline){
		.mean = SITE_MEAN_FLOOR,
		.stddev = SITE_STDDEV_FLOOR,
		.error_mean = SITE_ERROR_FLOOR,
		.error_stddev = SITE_ERROR_FLOOR,
	};
	return s;
}

void site_free(struct site *s)
{
	if (!s)
		return;
	for (int k = 0; k < SITE_RING_COUNT; k++)
		site_ring_fini(&s->rings[k]);
	free(s);
}

static int hour_of(int64_t second)
{
	return (int)(second % DAY_S / HOUR_S);
}

static void sums_add(
	struct site_sums *t, double seconds, struct site_cell from, struct site_cell to)
{
	double r0 = from.requests, r1 = to.requests, e0 = from.errors, e1 = to.errors;

	t->seconds += seconds;
	t->requests += r1 - r0;
	t->requests_squared += r1 * r1 - r0 * r0;
	t->errors += e1 - e0;
	t->errors_squared += e1 * e1 - e0 * e0;
}

static struct site_cell *history_at(struct site *s, int64_t second)
{
	return &s->history[second / SITE_HISTORY_STEP_S % SITE_HISTORY_MAX];
}

bool site_started(const struct site *s)
{
	return s->started;
}

int64_t site_second(const struct site *s)
{
	return s->second;
}

static uint32_t at_most(uint64_t v, uint32_t most)
{
	return v > most ? most : (uint32_t)v;
}

/* Corrects a closed second, which a late line has changed, in each ring and sum that includes it.
 * `ago`: number of seconds that closed after it. */
static void put_right(struct site *s, unsigned ago, struct site_cell from, struct site_cell to)
{
	uint64_t bit = (uint64_t)1 << ago;

	for (int r = 0; r < SITE_RING_COUNT; r++) {
		int newer = __builtin_popcountll(s->in_ring[r] & (bit - 1));
		if (s->in_ring[r] & bit)
			site_ring_set(&s->rings[r],
				site_ring_back(&s->rings[r], (uint32_t)newer + 1), to);
	}
	if (s->in_today & bit)
		sums_add(&s->today, 0, from, to);
	s->busy |= bit;
}

void site_count(struct site *s, int64_t second, uint32_t requests, uint32_t errors)
{
	size_t k = (size_t)(second % WINDOW_S);
	struct site_cell from = s->window[k];
	struct site_cell to = {at_most((uint64_t)from.requests + requests, SITE_PER_S_MAX),
		at_most((uint64_t)from.errors + errors, SITE_PER_S_MAX)};

	s->window[k] = to;
	s->sums.requests += to.requests - from.requests;
	s->sums.errors += to.errors - from.errors;
	if (second / SITE_HISTORY_STEP_S >= s->history_first) {
		struct site_cell *h = history_at(s, second);
		h->requests = num_add_u32(h->requests, to.requests - from.requests);
		h->errors = num_add_u32(h->errors, to.errors - from.errors);
	}
	if (second < s->second)
		put_right(s, (unsigned)(s->second - second - 1), from, to);
}

struct site_window site_window(const struct site *s)
{
	return s->sums;
}

/* When `second` begins another hour, adds today's sums of the ended hour to its slot. */
static void enter_hour(struct site *s, int64_t second)
{
	struct site_hour *h = &s->hours[s->today_hour % SITE_HOURS];

	if (second / HOUR_S == s->today_hour)
		return;
	if (s->today.seconds > 0) {
		h->sums.seconds = h->sums.seconds / 2 + s->today.seconds;
		h->sums.requests = h->sums.requests / 2 + s->today.requests;
		h->sums.requests_squared = h->sums.requests_squared / 2 + s->today.requests_squared;
		h->sums.errors = h->sums.errors / 2 + s->today.errors;
		h->sums.errors_squared = h->sums.errors_squared / 2 + s->today.errors_squared;
		h->learned = num_add_u64(h->learned, (uint64_t)s->today.seconds);
	}
	s->today = (struct site_sums){0};
	s->today_hour = second / HOUR_S;
	s->in_today = 0;
	s->made_of.seconds = 0;
}

/* True if the baseline would change. On a quiet site it stays the same for hours. */
static bool has_new_inputs(struct site *s)
{
	const struct site_ring *r = &s->rings[SITE_RING_LEARNED];
	struct site_inputs now = {.seconds = r->n,
		.requests = r->requests,
		.requests_squared = r->requests_squared,
		.errors = r->errors,
		.errors_squared = r->errors_squared};

	if (memcmp(&now, &s->made_of, sizeof now) == 0)
		return false;
	s->made_of = now;
	return true;
}

static void recompute_baseline(struct site *s)
{
	const struct site_ring *r = &s->rings[SITE_RING_LEARNED];
	const struct site_hour *h = &s->hours[hour_of(s->second)];
	const struct site_sums *t = &h->sums;
	bool known = h->learned >= SITE_HOUR_MIN_S && t->seconds > 0;
	struct site_level hour = {0}, error_hour = {0};

	if (r->n == 0 || !has_new_inputs(s))
		return;
	if (known) {
		hour = site_level_of(t->requests, t->requests_squared, t->seconds, BASELINE_HOUR);
		error_hour = site_level_of(t->errors, t->errors_squared, t->seconds, BASELINE_HOUR);
	}
	struct site_level l =
		site_level_choose(site_level_of((double)r->requests, (double)r->requests_squared,
					  r->n, BASELINE_RECENT),
			hour, known, SITE_MEAN_FLOOR, SITE_STDDEV_FLOOR);
	struct site_level e = site_level_choose(
		site_level_of((double)r->errors, (double)r->errors_squared, r->n, BASELINE_RECENT),
		error_hour, known, SITE_ERROR_FLOOR, SITE_ERROR_FLOOR);
	s->baseline = (struct baseline){.mean = l.mean,
		.stddev = l.stddev,
		.source = l.source,
		.error_mean = e.mean,
		.error_stddev = e.stddev,
		.error_source = e.source,
		.ready = s->baseline.ready};
	s->baselines++;
}

/* Raises the age by n seconds, at most s->due. True if the baseline is due. */
static bool grow_older(struct site *s, int64_t n)
{
	s->age += (uint64_t)n;
	if (!s->baseline.ready && s->age >= SITE_WARMUP_S) {
		s->baseline.ready = true;
		s->baselines++;
	}
	s->due -= n;
	if (s->due > 0)
		return false;
	find_due(s);
	return true;
}

void site_start(struct site *s, int64_t second)
{
	s->second = second;
	s->started = true;
	s->history_first = second / SITE_HISTORY_STEP_S;
	enter_hour(s, second);
	recompute_baseline(s);
}

/* Clears the history's steps that begin after the open second, up to `end`. */
static void clear_history(struct site *s, int64_t end)
{
	int64_t last = end / SITE_HISTORY_STEP_S;

	for (int64_t step = s->second / SITE_HISTORY_STEP_S + 1; step <= last; step++)
		s->history[step % SITE_HISTORY_MAX] = (struct site_cell){0, 0};
	if (last - s->history_first >= SITE_HISTORY_MAX)
		s->history_first = last - SITE_HISTORY_MAX + 1;
}

static void leave_window(struct site *s, uint32_t place)
{
	s->sums.requests -= s->window[place].requests;
	s->sums.errors -= s->window[place].errors;
	s->window[place] = (struct site_cell){0, 0};
}

/* Opens the second that is n seconds after the open one. The open second closes, and so do the n -
 * 1 seconds after it, which have no requests. `learned`: all of them are learned. Seconds older
 * than a minute leave the window. */
static void open_later(struct site *s, int64_t n, bool learned)
{
	uint32_t k = (uint32_t)(s->second % WINDOW_S);
	int64_t second = s->second + n;
	uint64_t leaving = minute_bits_leaving(s->busy, n);

	s->busy = minute_bits_move(s->busy, n, !site_cell_is_empty(s->window[k]), false);
	for (; leaving; leaving &= leaving - 1)
		leave_window(s, minute_bits_place(leaving, k));
	if (n > MINUTE_BITS_N)
		leave_window(s, k);
	s->in_ring[SITE_RING_ALL] = minute_bits_move(s->in_ring[SITE_RING_ALL], n, true, true);
	s->in_ring[SITE_RING_LEARNED] =
		minute_bits_move(s->in_ring[SITE_RING_LEARNED], n, learned, learned);
	s->in_today = minute_bits_move(s->in_today, n, learned, learned);
	clear_history(s, second);
	enter_hour(s, second);
	s->second = second;
}

bool site_close(struct site *s, bool learn)
{
	struct site_cell c = s->window[s->second % WINDOW_S];

	site_ring_push(&s->rings[SITE_RING_ALL], c);
	if (learn) {
		site_ring_push(&s->rings[SITE_RING_LEARNED], c);
		sums_add(&s->today, 1, (struct site_cell){0, 0}, c);
	}
	open_later(s, 1, learn);
	bool due = grow_older(s, 1);
	/* in the first second of an hour, the baseline may change to the slot of this hour */
	if (!due && s->second % HOUR_S != 0)
		return false;
	recompute_baseline(s);
	return true;
}

int64_t site_close_quiet(struct site *s, int64_t most, bool *renewed)
{
	struct site_cell c = s->window[s->second % WINDOW_S];
	int64_t hour = HOUR_S - s->second % HOUR_S;
	int64_t n = hour < s->due ? hour : s->due; /* the next change of the baseline */

	*renewed = n <= most;
	n = *renewed ? n : most;
	/* the end of the warm-up changes the baseline, too, so only one second is closed per
	 * call */
	if (!s->baseline.ready) {
		*renewed &= n == 1;
		n = 1;
	}
	for (int r = 0; r < SITE_RING_COUNT; r++) {
		site_ring_push(&s->rings[r], c);
		site_ring_push_empty(&s->rings[r], (uint64_t)(n - 1));
	}
	sums_add(&s->today, (double)n, (struct site_cell){0, 0}, c);
	open_later(s, n, true);
	grow_older(s, n);
	if (*renewed)
		recompute_baseline(s);
	return n;
}

/* Skips idle seconds up to `end`, by arithmetic. */
static void skip_to(struct site *s, int64_t end)
{
	int64_t days = (end - s->second) / DAY_S;
	int64_t first_step = end / SITE_HISTORY_STEP_S - SITE_HISTORY_MAX + 1;

	s->age = num_add_u64(s->age, (uint64_t)(end - s->second));
	find_due(s);
	if (days > SKIP_DAYS_MAX) /* whole days are skipped, so the hour of the day is unchanged */
		s->second += (days - SKIP_DAYS_MAX) * DAY_S;
	while (s->second < end) {
		int64_t next_hour = (s->second / HOUR_S + 1) * HOUR_S;
		int64_t to = next_hour < end ? next_hour : end;
		s->today.seconds += (double)(to - s->second);
		enter_hour(s, to);
		s->second = to;
	}
	memset(s->history, 0, sizeof s->history);
	if (s->history_first < first_step)
		s->history_first = first_step;
}

void site_skip(struct site *s, int64_t seconds)
{
	int64_t end = s->second + seconds;

	if (seconds > WINDOW_S)
		skip_to(s, end - WINDOW_S);
	while (s->second < end) /* a late line may still arrive for each of these seconds */
		site_close(s, true);
	recompute_baseline(s);
}

void site_jump(struct site *s, int64_t second)
{
	enter_hour(s, second);
	memset(s->window, 0, sizeof s->window);
	memset(s->in_ring, 0, sizeof s->in_ring);
	s->busy = s->in_today = 0;
	memset(s->history, 0, sizeof s->history);
	s->sums = (struct site_window){0, 0};
	s->second = second;
	s->history_first = second / SITE_HISTORY_STEP_S;
}

void site_accept(struct site *s)
{
	site_ring_copy(&s->rings[SITE_RING_LEARNED], &s->rings[SITE_RING_ALL]);
	s->in_ring[SITE_RING_LEARNED] = s->in_ring[SITE_RING_ALL];
	recompute_baseline(s);
}

const struct baseline *site_baseline(const struct site *s)
{
	return &s->baseline;
}

uint64_t site_baselines(const struct site *s)
{
	return s->baselines;
}

struct site_hour site_hour_sums(const struct site *s, int hour)
{
	return s->hours[hour];
}

struct site_sums site_today(const struct site *s, int64_t *since)
{
	*since = s->today_hour;
	return s->today;
}

void site_today_restore(struct site *s, const struct site_sums *sums, int64_t since)
{
	s->today = *sums;
	s->today_hour = since;
}

struct site_hour_rates site_hour(const struct site *s, int hour)
{
	const struct site_hour *h = &s->hours[hour];
	struct site_sums t = h->sums;

	if (s->started && hour == s->today_hour % SITE_HOURS) {
		t.seconds += s->today.seconds;
		t.requests += s->today.requests;
		t.requests_squared += s->today.requests_squared;
		t.errors += s->today.errors;
	}
	if (!(t.seconds > 0))
		return (struct site_hour_rates){0};
	return (struct site_hour_rates){
		.mean = t.requests / t.seconds,
		.stddev = site_level_stddev(t.requests, t.requests_squared, t.seconds),
		.error_mean = t.errors / t.seconds,
		.learned = (uint64_t)t.seconds,
	};
}

size_t site_history(const struct site *s, uint32_t requests[SITE_HISTORY_MAX],
	uint32_t errors[SITE_HISTORY_MAX])
{
	size_t n = 0;

	if (!s->started)
		return 0;
	for (int64_t step = s->history_first; step <= s->second / SITE_HISTORY_STEP_S;
		step++, n++) {
		const struct site_cell *c = &s->history[step % SITE_HISTORY_MAX];
		requests[n] = c->requests;
		errors[n] = c->errors;
	}
	return n;
}

size_t site_ring_n(const struct site *s, enum site_ring_kind kind)
{
	return s->rings[kind].n;
}

void site_ring_at(const struct site *s, enum site_ring_kind kind, size_t i, uint32_t *requests,
	uint32_t *errors)
{
	const struct site_ring *r = &s->rings[kind];
	const struct site_cell *c = &r->cells[(r->next + r->cap - r->n + i) % r->cap];

	*requests = c->requests;
	*errors = c->errors;
}

void site_ring_restore(struct site *s, enum site_ring_kind kind, uint32_t requests, uint32_t errors)
{
	site_ring_push(&s->rings[kind], (struct site_cell){at_most(requests, SITE_PER_S_MAX),
						at_most(errors, SITE_PER_S_MAX)});
}

void site_hour_restore(struct site *s, int hour, const struct site_hour *h)
{
	s->hours[hour] = *h;
}

uint64_t site_age(const struct site *s)
{
	return s->age;
}

void site_age_restore(struct site *s, uint64_t seconds)
{
	s->age = seconds;
	find_due(s);
	s->baseline.ready = s->age >= SITE_WARMUP_S;
	s->baselines++;
}

const char *baseline_source_name(enum baseline_source source)
{
	static const char *const names[BASELINE_SOURCE_COUNT] = {"floor", "recent", "hour"};

	return names[source];
}
