/* report.h - prints events on standard output: selects and orders them, and copes with a failed
 * reader.
 *
 * Path:    core/record/event -> [report] -> out.
 * Order:   `start` comes before any other event; in a replay as soon as there is a time.
 * Lost:    the first event that is written after others were dropped says how many.
 * Failed:  when the reader is gone nothing more is written; the loop checks `failed`.
 */
#ifndef IO_RUN_REPORT_H
#define IO_RUN_REPORT_H

#include <stdbool.h>

#include "core/read/strangers.h"
#include "core/record/event.h"
#include "core/record/recent_events.h"
#include "io/host/log.h"
#include "io/host/out.h"

struct report {
	struct out *out; /* the caller's */
	unsigned events; /* bit per enum event_kind that is selected */
	bool replay;
	bool counts;        /* lines are counts of other hosts */
	struct event start; /* the caller fills it, except its time */
	bool started;
	bool strangers;         /* report_strangers has warned */
	bool told_behind;       /* the firewall rule in the wrong place was reported */
	uint64_t reported_lost; /* number of dropped events that an event has reported */
	bool disk_reported;     /* the message about a full disk was printed, and its end was not */
	struct log_repeat disk_repeat;
	struct recent_events recent; /* events of all kinds, selected or not */
	bool failed;
	int error; /* errno of the failure; EINTR: a signal stopped a replay that waited */
};

void report_start(struct report *r, struct instant time);
void report_event(struct report *r, const struct event *e);
void report_error(struct report *r, const char *reason, const char *message, struct instant time);

/* Reports the result of a check of the bans (enforce_check) as messages and events; a rule in the
 * wrong place only once. */
void report_found(struct report *r, unsigned found, const char *rule_why, struct instant time);

/* Warns once when at least `from` lines came and none of them is a request (or a valid line of
 * counts). Then the log is most likely not JSON, and the absence of events means nothing. Headers
 * printed by tail do not count as lines. */
#define REPORT_STRANGERS_FROM 1000
/* Advice when nothing is known of the lines: they have no time, or another fault. */
#define REPORT_NO_TIME "; name the member with the time by --time, or let the server log the time"
#define REPORT_ASK     "; anomdetect --explain says how each is read"
void report_strangers(
	struct report *r, struct counters c, const struct strangers *strangers, uint64_t from);

/* Reports the last event; `c` as report_add_counters has left it. */
void report_stop(
	struct report *r, const struct counters *c, struct instant now, int64_t log_seconds);

/* Adds the counters of this module to the engine's counters. */
void report_add_counters(const struct report *r, struct counters *c);

/* True when no event waits for the reader or for the disk, so the next one is written at once. */
bool report_has_room(const struct report *r);

/* Writes as much as the reader accepts now. */
void report_flush(struct report *r);

/* Like report_flush, for a file on a full disk, which poll cannot detect; logs a message once
 * per minute. */
void report_check_disk(struct report *r, struct instant now);

/* Writes waiting events for at most `most`. Returns the number of events that this run never
 * wrote. */
uint64_t report_drain(struct report *r, struct span most);

#endif
