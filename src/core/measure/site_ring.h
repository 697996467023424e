/* site_ring.h - the last seconds of a site, with their sums; for site.c alone.
 *
 * Method: the counts are integers, so sums and sums of squares stay exact, and a second can be
 *         corrected when a late line comes. A bit for each second that is not empty.
 * Cost:   O(1) a push; of n empty seconds, O(n / 64) and O(1) for each busy one that makes room.
 */
#ifndef CORE_MEASURE_SITE_RING_H
#define CORE_MEASURE_SITE_RING_H

#include <stdbool.h>
#include <stdint.h>

/* One second. */
struct site_cell {
	uint32_t requests;
	uint32_t errors;
};

struct site_ring {
	struct site_cell *cells;
	uint64_t *busy; /* bits: the cell is not empty */
	uint32_t cap;
	uint32_t n;    /* in use */
	uint32_t next; /* where the next second goes */
	uint64_t requests, requests_squared;
	uint64_t errors, errors_squared;
};

/* Room for `cap` seconds, 64 or more. False when memory is short: then fini is still to be called,
 * which is fine for one of zeros, too. */
bool site_ring_init(struct site_ring *r, uint32_t cap);
void site_ring_fini(struct site_ring *r);

/* `to` gets what is in `from`; they have the same room. */
void site_ring_copy(struct site_ring *to, const struct site_ring *from);

static inline bool site_cell_is_empty(struct site_cell c)
{
	return !c.requests && !c.errors;
}

/* Changes a second that is in the ring, or whose place it takes. */
void site_ring_set(struct site_ring *r, uint32_t place, struct site_cell to);

/* The oldest second makes room. */
static inline void site_ring_push(struct site_ring *r, struct site_cell c)
{
	uint32_t place = r->next;

	if (!site_cell_is_empty(c) || !site_cell_is_empty(r->cells[place]))
		site_ring_set(r, place, c);
	r->next = place + 1 < r->cap ? place + 1 : 0;
	if (r->n < r->cap)
		r->n++;
}

/* n empty seconds. */
void site_ring_push_empty(struct site_ring *r, uint64_t n);

/* Where the second is that was pushed as the n-th last one: 1 is the newest. */
static inline uint32_t site_ring_back(const struct site_ring *r, uint32_t n)
{
	return r->next >= n ? r->next - n : r->next + r->cap - n;
}

#endif
