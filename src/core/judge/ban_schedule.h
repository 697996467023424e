/* ban_schedule.h - how long a strike bans.
 *
 * Path:    bans -> [ban_schedule].   Pure: no state.
 * Method:  the n-th strike bans for the n-th span; beyond the list the last span counts.
 */
#ifndef CORE_JUDGE_BAN_SCHEDULE_H
#define CORE_JUDGE_BAN_SCHEDULE_H

#include <stdint.h>

#include "core/base/instant.h"

#define BANS_SCHEDULE_MAX 8

/* How long a strike bans. */
enum ban_term {
	TERM_SCHEDULE, /* for its span of the schedule */
	/* The same, but never permanently: for the last span before it that ends. A schedule in
	 * which no span ends is kept. */
	TERM_TEMPORARY,
	/* No strike, if the client has one: as long as TERM_TEMPORARY for the next strike. */
	TERM_AGAIN,
	TERM_MUTE /* nothing is banned; the strike counts, and lasts for its span of the schedule */
};

/* SPAN_MAX: permanent. `schedule`: 1 to BANS_SCHEDULE_MAX spans, `n` of them; `strikes`: 1 or
 * more, this one included. */
struct span ban_schedule_length(
	const struct span *schedule, uint32_t n, uint32_t strikes, enum ban_term term);

#endif
