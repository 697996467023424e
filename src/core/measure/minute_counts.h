/* minute_counts.h - counts of the open second, which has not ended, and of each of the 59 seconds
 * before it, and the sum of all these counts.
 *
 * Ending a second with a count costs O(1). Ending any number of seconds without a count also costs
 * O(1).
 */
#ifndef CORE_MEASURE_MINUTE_COUNTS_H
#define CORE_MEASURE_MINUTE_COUNTS_H

#include <stdint.h>

#include "core/measure/minute_bits.h"

/* All zeros is a valid start. */
struct minute_counts {
	uint64_t counts[WINDOW_S]; /* by second % WINDOW_S */
	uint64_t sum;
	uint64_t busy; /* bits of minute_bits.h */
};

static inline void minute_counts_add(struct minute_counts *m, int64_t open, uint64_t n)
{
	m->counts[open % WINDOW_S] += n;
	m->sum += n;
}

static inline void minute_counts_leave(struct minute_counts *m, uint32_t place)
{
	m->sum -= m->counts[place];
	m->counts[place] = 0;
}

/* The n seconds before `open` have closed, and `open` is the open second now. Only the first of
 * these n seconds may have a count. n >= 1. */
static inline void minute_counts_move(struct minute_counts *m, int64_t open, int64_t n)
{
	if (m->sum == 0)
		return; /* all counts are 0, so no bit is set */
	uint32_t k = (uint32_t)((open - n) % WINDOW_S);
	uint64_t leaving = minute_bits_leaving(m->busy, n);

	m->busy = minute_bits_move(m->busy, n, m->counts[k] != 0, false);
	for (; leaving; leaving &= leaving - 1)
		minute_counts_leave(m, minute_bits_place(leaving, k));
	if (n > MINUTE_BITS_N)
		minute_counts_leave(m, k);
}

#endif
