/* window.h - one client's last 60 s, exact to the second, in 40 bytes while it is quiet.
 *
 * Path:    engine -> clients -> [window].
 * Forms:   a few seconds in the window itself; when there are more, a ring of 60 from a pool; when
 *          the pool is used up, six steps of 10 s (then it covers 51 to 60 s, and its 10-s cells
 *          saturate).
 * Counts:  requests, errors (4xx and 5xx), and the errors that are held against the client (own).
 * Time:    seconds modulo 2^32, compared by their difference. now must not go back. When they begin
 *          anew (in 2106), rings and steps count wrongly for a minute, because 60 does not divide
 *          2^32.
 */
#ifndef CORE_MEASURE_WINDOW_H
#define CORE_MEASURE_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

/* The window of every rate, in seconds: a request counts in [now - 59 s, now]. */
#define WINDOW_S      60
#define WINDOW_SLOTS  6 /* different seconds held without a ring: a page load or two */
#define WINDOW_STEP_S 10
#define WINDOW_STEPS  (WINDOW_S / WINDOW_STEP_S)

struct window_counts {
	uint32_t requests;
	uint32_t errors;
	uint32_t own;
	uint32_t seconds; /* different seconds with a request; in steps: 10 for each */
};

/* One second, named by its last 8 bits: unique within any 118 s. */
struct window_slot {
	uint8_t second;
	uint8_t requests;
	uint8_t errors;
	uint8_t own;
};

struct window_step {
	uint16_t requests;
	uint8_t errors;
	uint8_t own;
};

struct window {
	uint32_t at;       /* second of the last request: the right edge */
	uint32_t requests; /* sums over the 60 s that end there */
	uint16_t errors;
	uint16_t own;
	uint8_t form;
	uint8_t n;            /* slots in use; in a ring, seconds that are not empty */
	uint16_t lap_seconds; /* different seconds with a request since its owner set it to 0 */
	union {
		struct window_slot slots[WINDOW_SLOTS]; /* in no order */
		struct window_step steps[WINDOW_STEPS]; /* by second / 10 % 6 */
		struct {
			uint32_t place;      /* in the pool */
			uint32_t seconds[2]; /* bit second % 60: it is not empty; lowest first */
		} ring;
	} in;
};

/* The pool of rings: memory for busy clients, taken at start. */
struct rings;
struct rings *rings_new(uint32_t max);
void rings_free(struct rings *r);
/* Windows that had to go on in steps. */
uint64_t rings_coarse(const struct rings *r);

/* An empty window that ends at now. Not for one in use: window_clear first. */
void window_init(struct window *w, uint32_t now);

/* Gives its ring back; the window is empty. */
void window_clear(struct window *w, struct rings *r);

/* Moves the right edge to now. */
void window_advance(struct window *w, struct rings *r, uint32_t now);

/* Counts at `second`, which lies in the window that ends at w->at. own <= errors <= requests, and
 * requests is 1 or more. Sums and cells saturate together. */
void window_add(struct window *w, struct rings *r, uint32_t second, uint32_t requests,
	uint32_t errors, uint32_t own);

/* Has the memory fetched that window_advance to `second` and window_add there will touch. */
void window_prefetch(const struct window *w, const struct rings *r, uint32_t second);

/* What it holds at w->at. */
struct window_counts window_counts(const struct window *w);

/* What it holds at now, without moving it. */
struct window_counts window_peek(const struct window *w, const struct rings *r, uint32_t now);

#endif
