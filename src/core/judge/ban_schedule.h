/* ban_schedule.h - the length of a ban.
 *
 * Path:    bans -> [ban_schedule].   Pure: no state.
 * Method:  the n-th strike bans for the n-th span; beyond the list, for the last span.
 */
#ifndef CORE_JUDGE_BAN_SCHEDULE_H
#define CORE_JUDGE_BAN_SCHEDULE_H

#include <stdint.h>

#include "core/base/instant.h"

#define BANS_SCHEDULE_MAX 8

/* How the length follows from the schedule. */
enum ban_term {
	TERM_SCHEDULE, /* the strike's span */
	/* The same, but never permanent: the last span before it that ends. If there is none, the
	 * first span after it that ends. If no span ends, the strike's span. */
	TERM_TEMPORARY,
	/* For a client with a strike: no new strike. The length is that of TERM_TEMPORARY for the
	 * next strike. */
	TERM_AGAIN,
	TERM_MUTE /* no ban; the strike counts, and the mute lasts for its span of the schedule */
};

/* SPAN_MAX: permanent. `schedule` has `n` spans, 1 to BANS_SCHEDULE_MAX. `strikes`: 1 or more, this
 * one included. */
struct span ban_schedule_length(
	const struct span *schedule, uint32_t n, uint32_t strikes, enum ban_term term);

#endif
