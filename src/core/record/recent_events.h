/* recent_events.h - the last events in few words, for the dashboard.
 *
 * Path:    event -> [recent_events] -> state.   Pure.
 * Method:  a ring. Of like events within a minute the first is kept, and how many more came: a
 *          flood of bans must not push out the alert that explains it, and costs a comparison each.
 * Kinds:   all but the baseline of each minute.
 */
#ifndef CORE_RECORD_RECENT_EVENTS_H
#define CORE_RECORD_RECENT_EVENTS_H

#include <stddef.h>
#include <stdint.h>

#include "core/record/event.h"
#include "core/base/instant.h"
#include "core/record/request_text.h"

#define RECENT_EVENTS_MAX      12 /* lines that a dashboard has room for */
#define RECENT_EVENTS_TEXT_MAX 120

struct recent_event {
	struct instant time;
	char event[12]; /* event_name */
	uint32_t more;  /* like it, within a minute */
	/* printable ASCII: "203.0.113.9  requests 121 > 120, strike 1" */
	char text[RECENT_EVENTS_TEXT_MAX];
	/* of a ban, or an alert about a client: the request that crossed the limit */
	struct request_text request;
};

struct recent_events {
	uint64_t n;                                    /* noted, merged ones not counted */
	struct recent_event events[RECENT_EVENTS_MAX]; /* by n % RECENT_EVENTS_MAX */
	const char *reason; /* of the newest: fixed words, NULL for none */
};

/* Zeroed is empty. */
void recent_events_note(struct recent_events *r, const struct event *e);

/* Copies them, newest first; how many. */
size_t recent_events_list(
	const struct recent_events *r, struct recent_event out[RECENT_EVENTS_MAX]);

#endif
