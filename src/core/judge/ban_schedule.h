/* ban_schedule.h - the length of a ban.
 *
 * Path:    bans -> [ban_schedule].   Pure: no state.
 * Method:  the n-th strike bans for the n-th span of the schedule. Later strikes ban for the last
 *          span.
 */
#ifndef CORE_JUDGE_BAN_SCHEDULE_H
#define CORE_JUDGE_BAN_SCHEDULE_H

#include <stdint.h>

#include "core/base/instant.h"

#define BANS_SCHEDULE_MAX 8

/* How the length is computed from the schedule. */
enum ban_term {
	TERM_SCHEDULE, /* the strike's span */
	/* The strike's span, if it is not permanent. Otherwise the last earlier span that is not
	 * permanent. If all earlier spans are permanent, too, the first later span that is not
	 * permanent. If all spans are permanent, the ban is permanent. */
	TERM_TEMPORARY,
	/* For a client with a strike: no new strike. The ban is as long as the ban of the next
	 * strike would be with TERM_TEMPORARY. */
	TERM_AGAIN,
	/* No ban, but a mute. The strike counts, and the mute lasts for the strike's span. */
	TERM_MUTE
};

/* Returns the length; SPAN_MAX: permanent. `schedule` has `n` spans, 1 to BANS_SCHEDULE_MAX.
 * `strikes`: number of strikes, this one included. */
struct span ban_schedule_length(
	const struct span *schedule, uint32_t n, uint32_t strikes, enum ban_term term);

#endif
