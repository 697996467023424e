/* site_ring.h - the last seconds of a site, with their sums; for site.c alone.
 *
 * Method: the counts are integers, so sums and sums of squares stay exact, and a second can be
 *         corrected when a late line comes.
 * Inline: two pushes are most of the cost of an empty second.
 */
#ifndef CORE_MEASURE_SITE_RING_H
#define CORE_MEASURE_SITE_RING_H

#include <stdint.h>

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

/* Returns where it went; the oldest second makes room. `cap`: of r->cells. */
static inline uint32_t site_ring_push(struct site_ring *r, uint32_t cap, struct site_cell c)
{
	uint32_t place = r->next;
	const struct site_cell *old = &r->cells[place];

	if (c.requests || c.errors || old->requests || old->errors)
		site_ring_set(r, place, c);
	r->next = place + 1 < cap ? place + 1 : 0;
	if (r->n < cap)
		r->n++;
	return place;
}

/* n empty seconds. */
static inline void site_ring_push_empty(struct site_ring *r, uint32_t cap, uint64_t n)
{
	uint32_t at = r->next;

	for (uint64_t i = 0; i < n && (r->requests || r->errors); i++) {
		if (r->cells[at].requests || r->cells[at].errors)
			site_ring_set(r, at, (struct site_cell){0, 0});
		at = at + 1 < cap ? at + 1 : 0;
	}
	r->next = (uint32_t)((r->next + n) % cap);
	r->n = (uint32_t)(r->n + n < cap ? r->n + n : cap);
}

#endif
