/* site_ring.h - the last seconds of a site, with their sums; for site.c alone.
 *
 * Method: the counts are integers, so sums and sums of squares stay exact, and a second can be
 *         corrected when a late line comes.
 * Inline: two pushes are much of the cost of a quiet second.
 */
#ifndef CORE_MEASURE_SITE_RING_H
#define CORE_MEASURE_SITE_RING_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/measure/window.h"

/* Seconds that are looked at together. */
#define SITE_RING_BLOCK 8

/* One second. */
struct site_cell {
	uint32_t requests;
	uint32_t errors;
};

struct site_ring {
	struct site_cell *cells;
	uint32_t n;    /* in use */
	uint32_t next; /* where the next second goes */
	uint64_t requests, requests_squared;
	uint64_t errors, errors_squared;
};

static inline uint64_t site_ring_square(uint32_t v)
{
	return (uint64_t)v * v;
}

static inline void site_ring_set(struct site_ring *r, uint32_t place, struct site_cell to)
{
	struct site_cell *c = &r->cells[place];

	r->requests += (uint64_t)to.requests - c->requests;
	r->requests_squared += site_ring_square(to.requests) - site_ring_square(c->requests);
	r->errors += (uint64_t)to.errors - c->errors;
	r->errors_squared += site_ring_square(to.errors) - site_ring_square(c->errors);
	*c = to;
}

/* The oldest second makes room. `cap`: of r->cells. */
static inline void site_ring_push(struct site_ring *r, uint32_t cap, struct site_cell c)
{
	uint32_t place = r->next;
	const struct site_cell *old = &r->cells[place];

	if (c.requests || c.errors || old->requests || old->errors)
		site_ring_set(r, place, c);
	r->next = place + 1 < cap ? place + 1 : 0;
	if (r->n < cap)
		r->n++;
}

/* Where the second is that was pushed as the n-th last one: 1 is the newest. */
static inline uint32_t site_ring_back(const struct site_ring *r, uint32_t cap, uint32_t n)
{
	return r->next >= n ? r->next - n : r->next + cap - n;
}

/* Bit i is of the second i + 1 before the open one, for those of its minute. The bits when time has
 * moved on by `n` (1 or more); `in`: those of the n seconds that closed. */
static inline uint64_t site_ring_move_on(uint64_t bits, int64_t n, bool in)
{
	const uint64_t all = ((uint64_t)1 << (WINDOW_S - 1)) - 1;

	if (n >= WINDOW_S)
		return in ? all : 0;
	return (bits << n | (in ? ((uint64_t)1 << n) - 1 : 0)) & all;
}

/* Whether the seconds of a block are all empty. */
static inline bool site_ring_is_empty(const struct site_cell *block)
{
	uint64_t cells[SITE_RING_BLOCK], any = 0;

	memcpy(cells, block, sizeof cells);
	for (int i = 0; i < SITE_RING_BLOCK; i++)
		any |= cells[i];
	return any == 0;
}

/* n empty seconds. */
static inline void site_ring_push_empty(struct site_ring *r, uint32_t cap, uint64_t n)
{
	uint64_t left = n;
	uint32_t at = r->next;

	while (left > 0 && (r->requests || r->errors)) {
		uint32_t some = left < SITE_RING_BLOCK ? (uint32_t)left : SITE_RING_BLOCK;
		some = some < cap - at ? some : cap - at;
		if (some < SITE_RING_BLOCK || !site_ring_is_empty(&r->cells[at]))
			for (uint32_t i = at; i < at + some; i++)
				if (r->cells[i].requests || r->cells[i].errors)
					site_ring_set(r, i, (struct site_cell){0, 0});
		at = at + some < cap ? at + some : 0;
		left -= some;
	}
	uint64_t next = r->next + n;
	r->next = (uint32_t)(next < cap                 ? next
			     : next < 2 * (uint64_t)cap ? next - cap
							: next % cap);
	r->n = (uint32_t)(r->n + n < cap ? r->n + n : cap);
}

#endif
