/* ban_schedule.c - see ban_schedule.h. */
#include "core/judge/ban_schedule.h"

struct span ban_schedule_length(
	const struct span *schedule, uint32_t n, uint32_t strikes, enum ban_term term)
{
	uint32_t k = (strikes < n ? strikes : n) - 1;

	if (term == TERM_TEMPORARY || term == TERM_AGAIN) {
		while (k > 0 && schedule[k].ms >= SPAN_MAX.ms)
			k--;
		while (k < n - 1 && schedule[k].ms >= SPAN_MAX.ms)
			k++;
	}
	return schedule[k];
}
