/* ban_schedule.h - the length of a ban.
 *
 * Path:    bans -> [ban_schedule].   Pure: no state.
 * Method:  the n-th strike bans for the n-th span of the schedule. Strikes beyond its end ban for
 *          its last span.
 */
#ifndef CORE_JUDGE_BAN_SCHEDULE_H
#define CORE_JUDGE_BAN_SCHEDULE_H

#include <stdint.h>

#include "core/base/instant.h"

#define BANS_SCHEDULE_MAX 8

/* How the length is computed from the schedule. */
enum ban_term {
	TERM_SCHEDULE, /* the strike's span */
	/* The strike's span, or if it is permanent, the last earlier span that is not. If there is
	 * no such span, the first later one that is not permanent. If all spans are permanent, the
	 * ban is, too. */
	TERM_TEMPORARY,
	/* For a client with a strike: no new strike. The length is that of TERM_TEMPORARY for the
	 * next strike. */
	TERM_AGAIN,
	TERM_MUTE /* no ban; the strike counts, and the mute lasts for its span of the schedule */
};

/* Returns the length; SPAN_MAX: permanent. `schedule` has `n` spans, 1 to BANS_SCHEDULE_MAX.
 * `strikes`: number of strikes, this one included. */
struct span ban_schedule_length(
	const struct span *schedule, uint32_t n, uint32_t strikes, enum ban_term term);

#endif
