/* site_ring.h - the last seconds of a site, with their sums. Only site.c uses it.
 *
 * Method: the counts are integers, so sums and sums of squares stay exact, and a late line can
 *         correct a second. Seconds that are not empty have a bit set.
 * Cost:   O(1) for one second. For n empty seconds: O(n / 64), and O(1) for each second that they
 *         replace and that was not empty.
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
	uint64_t *busy; /* bits: 1 if the cell is not empty */
	uint32_t cap;
	uint32_t n;    /* number of cells in use */
	uint32_t next; /* place of the next second */
	uint64_t requests, requests_squared;
	uint64_t errors, errors_squared;
};

/* Makes room for `cap` seconds, 64 or more. False when memory is short; the caller must call
 * site_ring_fini also in this case. A struct of zeros may be given to site_ring_fini, too. */
bool site_ring_init(struct site_ring *r, uint32_t cap);
void site_ring_fini(struct site_ring *r);

/* Copies `from` to `to`; both have the same capacity. */
void site_ring_copy(struct site_ring *to, const struct site_ring *from);

static inline bool site_cell_is_empty(struct site_cell c)
{
	return !c.requests && !c.errors;
}

/* Replaces the second at `place`, and corrects the sums. */
void site_ring_set(struct site_ring *r, uint32_t place, struct site_cell to);

/* Appends a second. When the ring is full, the new second replaces the oldest one. */
static inline void site_ring_push(struct site_ring *r, struct site_cell c)
{
	uint32_t place = r->next;

	if (!site_cell_is_empty(c) || !site_cell_is_empty(r->cells[place]))
		site_ring_set(r, place, c);
	r->next = place + 1 < r->cap ? place + 1 : 0;
	if (r->n < r->cap)
		r->n++;
}

/* Appends n empty seconds. */
void site_ring_push_empty(struct site_ring *r, uint64_t n);

/* The place of the n-th newest second; 1 is the newest. */
static inline uint32_t site_ring_back(const struct site_ring *r, uint32_t n)
{
	return r->next >= n ? r->next - n : r->next + r->cap - n;
}

#endif
