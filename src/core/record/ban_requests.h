/* ban_requests.h - the requests that the newest bans were for.
 *
 * Path:    event -> [ban_requests] -> state.   Pure.
 * Method:  a ring of the last STATE_BANS_MAX bans, beside the table of bans: a path takes more
 *          memory than an entry of that table, which has room for all strikes.
 * Cost:    O(1) for a ban; O(n log n) for a state, which sorts the ring by client.
 * Memory:  fixed: 148 bytes for each of the ring. Nothing outlives the run.
 */
#ifndef CORE_RECORD_BAN_REQUESTS_H
#define CORE_RECORD_BAN_REQUESTS_H

#include <stdint.h>

#include "core/record/event.h"
#include "core/record/request_text.h"
#include "core/record/state.h"

struct ban_request {
	struct address client;
	struct request_text request;
};

struct ban_requests {
	uint64_t n;                              /* noted */
	struct ban_request ring[STATE_BANS_MAX]; /* by n % STATE_BANS_MAX */
};

/* Zeroed is empty. Events of other kinds are ignored. */
void ban_requests_note(struct ban_requests *b, const struct event *e);

/* Fills the requests of all bans of the state; not known of bans that this run did not make. */
void ban_requests_fill(const struct ban_requests *b, struct state *s);

#endif
