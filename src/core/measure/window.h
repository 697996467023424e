/* window.h - the counts of one client in its last 60 s, exact to the second, in 40 bytes while the
 * client is quiet.
 *
 * Path:    engine -> clients -> [window].
 * Forms:   the counts of up to six different seconds are in the window itself. For more seconds, a
 *          ring from a pool has the counts of 60 seconds. If the pool is used up, the window has
 *          six steps of 10 s instead. The steps cover the last 51 to 60 s, and their counts
 *          saturate.
 * Counts:  requests, errors (4xx and 5xx), and own errors.
 * Time:    seconds modulo 2^32, compared by their difference. now must not go back. When seconds
 *          wrap around (in 2106), rings and steps count wrongly for a minute, because 60 does not
 *          divide 2^32.
 */
#ifndef CORE_MEASURE_WINDOW_H
#define CORE_MEASURE_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

/* Length of the window of every rate, in seconds: a request counts in [now - 59 s, now]. */
#define WINDOW_S 60
/* maximum number of different seconds without a ring: enough for one or two page loads */
#define WINDOW_SLOTS  6
#define WINDOW_STEP_S 10
#define WINDOW_STEPS  (WINDOW_S / WINDOW_STEP_S)

struct window_counts {
	uint32_t requests;
	uint32_t errors;
	uint32_t own;
	/* different seconds with a request; in steps: 10 for each step that is not empty */
	uint32_t seconds;
};

/* One second, identified by its last 8 bits. They are enough, because seconds that are compared are
 * at most 118 s apart. */
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
	uint32_t at;       /* second of the last request: the end of the window */
	uint32_t requests; /* sums over the 60 s that end at `at` */
	uint16_t errors;
	uint16_t own;
	uint8_t form;
	/* number of slots in use; in a ring, number of seconds that are not empty */
	uint8_t n;
	uint16_t lap_seconds; /* different seconds with a request since the owner set it to 0 */
	union {
		struct window_slot slots[WINDOW_SLOTS]; /* in no order */
		struct window_step steps[WINDOW_STEPS]; /* by second / 10 % 6 */
		struct {
			uint32_t place;      /* index in the pool */
			uint32_t seconds[2]; /* bit second % 60: 1 if the second
					      * is not empty; low word first */
		} ring;
	} in;
};

/* The pool of rings: memory for busy clients, allocated at start. */
struct rings;
struct rings *rings_new(uint32_t max);
void rings_free(struct rings *r);
/* Number of windows that had to use steps. */
uint64_t rings_coarse(const struct rings *r);

/* Makes an empty window that ends at now. If the window is in use, call window_clear first. */
void window_init(struct window *w, uint32_t now);

/* Returns the window's ring to the pool. The window is then empty. */
void window_clear(struct window *w, struct rings *r);

/* Moves the end of the window to now. */
void window_advance(struct window *w, struct rings *r, uint32_t now);

/* Counts requests at `second`, which is in the window that ends at w->at. own <= errors <=
 * requests, and requests >= 1. If the count of a second or step saturates, the sums omit the same
 * amount. */
void window_add(struct window *w, struct rings *r, uint32_t second, uint32_t requests,
	uint32_t errors, uint32_t own);

/* Prefetches the memory that window_advance and window_add will touch when they are called with
 * `second`. */
void window_prefetch(const struct window *w, const struct rings *r, uint32_t second);

/* The counts at w->at. */
struct window_counts window_counts(const struct window *w);

/* The counts at now; the window does not move. */
struct window_counts window_peek(const struct window *w, const struct rings *r, uint32_t now);

#endif
