/* recent_events.h - the last events as short texts, for the screen of anomstat.
 *
 * Path:    event -> [recent_events] -> state.   Pure.
 * Method:  a ring of the last RECENT_EVENTS_MAX events. Events are similar if their kinds and their
 *          reasons are equal. If similar events follow each other within one minute, only the first
 *          event is stored, with the number of the further events. So a flood of bans does not
 *          evict the alert that explains it, and each ban costs one comparison.
 * Kinds:   all events except the baseline events that are reported every minute.
 */
#ifndef CORE_RECORD_RECENT_EVENTS_H
#define CORE_RECORD_RECENT_EVENTS_H

#include <stddef.h>
#include <stdint.h>

#include "core/record/event.h"
#include "core/base/instant.h"
#include "core/record/request_text.h"

#define RECENT_EVENTS_MAX      12 /* rows on the screen of anomstat */
#define RECENT_EVENTS_TEXT_MAX 120

struct recent_event {
	struct instant time;
	char event[12]; /* event_name */
	uint32_t more;  /* further similar events within one minute */
	/* printable ASCII, such as "203.0.113.9  requests 121 > 120, strike 1" */
	char text[RECENT_EVENTS_TEXT_MAX];
	/* ban, alert about a client: the request that crossed the limit */
	struct request_text request;
};

struct recent_events {
	uint64_t n; /* events stored, not counting merged ones */
	/* event number n is at n % RECENT_EVENTS_MAX */
	struct recent_event events[RECENT_EVENTS_MAX];
	const char *reason; /* of the newest event: a fixed word, or NULL */
};

/* *r must be all zeros at the start. */
void recent_events_note(struct recent_events *r, const struct event *e);

/* Copies the events, newest first. Returns their number. */
size_t recent_events_list(
	const struct recent_events *r, struct recent_event out[RECENT_EVENTS_MAX]);

#endif
