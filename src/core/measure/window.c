/* window.c - see window.h.
 *
 * Why not a count-min sketch or exponential decay: people must be able to understand a verdict.
 * Only exact counts of a known window can be explained.
 */
#include "core/measure/window.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/num.h"

/* Maximum number of errors in one second of a ring: 60 such seconds fit in the 16-bit sums. Limits
 * of errors are in the tens. */
#define ERROR_CELL_MAX (UINT16_MAX / WINDOW_S)

enum form { FORM_SLOTS, FORM_RING, FORM_STEPS };

/* One second. Its three counts are adjacent, so that a request touches one cache line. */
struct ring_second {
	uint16_t requests;
	uint16_t errors;
	uint16_t own;
};

/* By second % 60. The window itself stores which seconds are empty; their entries here may have any
 * value. So when an empty second leaves the window, the ring is not read. The ring is seldom in the
 * cache: reading it took 4 % of the time at 20,000 clients. */
struct ring {
	struct ring_second seconds[WINDOW_S];
};

struct rings {
	struct ring *pool;
	uint32_t *free; /* a stack of the rings that were returned */
	uint32_t free_n;
	uint32_t used; /* number of rings of the pool that were ever used */
	uint32_t max;
	uint64_t coarse;
};

struct rings *rings_new(uint32_t max)
{
	struct rings *r = calloc(1, sizeof *r);

	if (!r)
		return NULL;
	r->max = max;
	/* A calloc this large returns fresh pages from the kernel. They are zeroed and use no
	 * memory until they are touched. */
	r->pool = calloc(max ? max : 1, sizeof *r->pool);
	r->free = calloc(max ? max : 1, sizeof *r->free);
	if (!r->pool || !r->free) {
		rings_free(r);
		return NULL;
	}
	return r;
}

void rings_free(struct rings *r)
{
	if (!r)
		return;
	free(r->pool);
	free(r->free);
	free(r);
}

uint64_t rings_coarse(const struct rings *r)
{
	return r->coarse;
}

void window_init(struct window *w, uint32_t now)
{
	*w = (struct window){.at = now};
}

void window_clear(struct window *w, struct rings *r)
{
	if (w->form == FORM_RING)
		r->free[r->free_n++] = w->in.ring.place;
	uint16_t lap_seconds = w->lap_seconds;
	window_init(w, w->at);
	w->lap_seconds = lap_seconds;
}

static void slots_advance(struct window *w, uint32_t now)
{
	for (int k = 0; k < w->n;) {
		struct window_slot *s = &w->in.slots[k];
		if ((uint8_t)((uint8_t)now - s->second) < WINDOW_S) {
			k++;
			continue;
		}
		w->requests -= s->requests;
		w->errors = (uint16_t)(w->errors - s->errors);
		w->own = (uint16_t)(w->own - s->own);
		*s = w->in.slots[--w->n];
	}
}

static uint64_t ring_seconds(const struct window *w)
{
	return (uint64_t)w->in.ring.seconds[1] << 32 | w->in.ring.seconds[0];
}

static void set_ring_seconds(struct window *w, uint64_t seconds)
{
	w->in.ring.seconds[0] = (uint32_t)seconds;
	w->in.ring.seconds[1] = (uint32_t)(seconds >> 32);
}

/* The ring's seconds that leave the window when its end moves to now, less than 60 s ahead. */
static uint64_t falling_out(const struct window *w, uint32_t now)
{
	uint64_t moved = ((uint64_t)1 << (now - w->at)) - 1;
	uint32_t first = (w->at + 1) % WINDOW_S;

	return ring_seconds(w) & (moved << first | moved >> (WINDOW_S - first));
}

static void ring_advance(struct window *w, const struct ring *r, uint32_t now)
{
	uint64_t gone = falling_out(w, now);

	set_ring_seconds(w, ring_seconds(w) & ~gone);
	for (; gone; gone &= gone - 1) {
		const struct ring_second *t = &r->seconds[__builtin_ctzll(gone)];
		w->requests -= t->requests;
		w->errors = (uint16_t)(w->errors - t->errors);
		w->own = (uint16_t)(w->own - t->own);
		w->n--;
	}
}

static void steps_advance(struct window *w, uint32_t now)
{
	for (uint32_t s = w->at / WINDOW_STEP_S + 1; s <= now / WINDOW_STEP_S; s++) {
		struct window_step *t = &w->in.steps[s % WINDOW_STEPS];
		w->requests -= t->requests;
		w->errors = (uint16_t)(w->errors - t->errors);
		w->own = (uint16_t)(w->own - t->own);
		*t = (struct window_step){0, 0, 0};
	}
}

void window_advance(struct window *w, struct rings *r, uint32_t now)
{
	if (now == w->at)
		return;
	if (now - w->at >= WINDOW_S)
		window_clear(w, r);
	else if (w->form == FORM_SLOTS)
		slots_advance(w, now);
	else if (w->form == FORM_RING)
		ring_advance(w, &r->pool[w->in.ring.place], now);
	else
		steps_advance(w, now);
	w->at = now;
}

static uint32_t at_most(uint32_t v, uint32_t most)
{
	return v < most ? v : most;
}

/* The part of `more` that fits into a cell with the value `cell`. */
static uint32_t room_left(uint32_t cell, uint32_t more, uint32_t most)
{
	return at_most(more, most - cell);
}

static bool slots_add(
	struct window *w, uint32_t second, uint32_t requests, uint32_t errors, uint32_t own)
{
	struct window_slot *s = w->in.slots, *end = s + w->n;

	while (s < end && s->second != (uint8_t)second)
		s++;
	if (s == end) {
		if (w->n == WINDOW_SLOTS || requests > UINT8_MAX)
			return false;
		w->n++;
		*s = (struct window_slot){(uint8_t)second, 0, 0, 0};
	}
	if (requests > (uint32_t)(UINT8_MAX - s->requests))
		return false;
	s->requests = (uint8_t)(s->requests + requests);
	s->errors = (uint8_t)(s->errors + errors);
	s->own = (uint8_t)(s->own + own);
	w->requests += requests;
	w->errors = (uint16_t)(w->errors + errors);
	w->own = (uint16_t)(w->own + own);
	return true;
}

static void ring_add(struct window *w, struct ring *r, uint32_t second, uint32_t requests,
	uint32_t errors, uint32_t own)
{
	struct ring_second *t = &r->seconds[second % WINDOW_S];
	uint64_t bit = (uint64_t)1 << second % WINDOW_S;

	if (!(ring_seconds(w) & bit)) {
		*t = (struct ring_second){0, 0, 0};
		set_ring_seconds(w, ring_seconds(w) | bit);
		w->n++;
	}
	requests = room_left(t->requests, requests, UINT16_MAX);
	errors = room_left(t->errors, errors, ERROR_CELL_MAX);
	own = room_left(t->own, own, ERROR_CELL_MAX);
	t->requests = (uint16_t)(t->requests + requests);
	t->errors = (uint16_t)(t->errors + errors);
	t->own = (uint16_t)(t->own + own);
	w->requests += requests;
	w->errors = (uint16_t)(w->errors + errors);
	w->own = (uint16_t)(w->own + own);
}

static void steps_add(
	struct window *w, uint32_t second, uint32_t requests, uint32_t errors, uint32_t own)
{
	struct window_step *s = &w->in.steps[second / WINDOW_STEP_S % WINDOW_STEPS];

	if (w->at / WINDOW_STEP_S - second / WINDOW_STEP_S >= WINDOW_STEPS)
		return; /* older than the oldest step */
	requests = room_left(s->requests, requests, UINT16_MAX);
	errors = room_left(s->errors, errors, UINT8_MAX);
	own = room_left(s->own, own, UINT8_MAX);
	s->requests = (uint16_t)(s->requests + requests);
	s->errors = (uint8_t)(s->errors + errors);
	s->own = (uint8_t)(s->own + own);
	w->requests += requests;
	w->errors = (uint16_t)(w->errors + errors);
	w->own = (uint16_t)(w->own + own);
}

static void grown_add(struct window *w, struct rings *r, uint32_t second, uint32_t requests,
	uint32_t errors, uint32_t own)
{
	if (w->form == FORM_RING)
		ring_add(w, &r->pool[w->in.ring.place], second, requests, errors, own);
	else
		steps_add(w, second, requests, errors, own);
}

/* Moves the slots into a ring, or into steps if no ring is left. */
static void grow_ring(struct window *w, struct rings *r)
{
	struct window old = *w;

	window_init(w, old.at);
	w->lap_seconds = old.lap_seconds;
	if (r->free_n || r->used < r->max) {
		w->form = FORM_RING;
		w->in.ring.place = r->free_n ? r->free[--r->free_n] : r->used++;
	} else {
		w->form = FORM_STEPS;
		r->coarse++;
	}
	for (int k = 0; k < old.n; k++) {
		const struct window_slot *s = &old.in.slots[k];
		uint32_t second = old.at - (uint8_t)((uint8_t)old.at - s->second);
		grown_add(w, r, second, s->requests, s->errors, s->own);
	}
}

void window_add(struct window *w, struct rings *r, uint32_t second, uint32_t requests,
	uint32_t errors, uint32_t own)
{
	if (w->form == FORM_SLOTS) {
		if (slots_add(w, second, requests, errors, own))
			return;
		grow_ring(w, r);
	}
	grown_add(w, r, second, requests, errors, own);
}

void window_prefetch(const struct window *w, const struct rings *r, uint32_t second)
{
	if (w->form != FORM_RING)
		return;
	const struct ring_second *seconds = r->pool[w->in.ring.place].seconds;
	__builtin_prefetch(&seconds[second % WINDOW_S], 1);
	uint64_t gone = second - w->at < WINDOW_S ? falling_out(w, second) : 0;
	if (gone)
		__builtin_prefetch(&seconds[__builtin_ctzll(gone)]);
}

struct window_counts window_counts(const struct window *w)
{
	uint32_t seconds = w->n;

	if (w->form == FORM_STEPS) {
		seconds = 0;
		for (int k = 0; k < WINDOW_STEPS; k++)
			seconds += w->in.steps[k].requests ? WINDOW_STEP_S : 0;
	}
	return (struct window_counts){w->requests, w->errors, w->own, seconds};
}

struct window_counts window_peek(const struct window *w, const struct rings *r, uint32_t now)
{
	struct window copy = *w;

	if (now - w->at >= WINDOW_S)
		return (struct window_counts){0};
	if (w->form == FORM_RING) {
		ring_advance(&copy, &r->pool[w->in.ring.place], now);
	} else if (w->form == FORM_SLOTS) {
		slots_advance(&copy, now);
	} else {
		steps_advance(&copy, now);
	}
	return window_counts(&copy);
}
