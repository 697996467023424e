/* report.h - prints events on standard output: selects and orders them, and stops when the program
 * that reads standard output has ended.
 *
 * Path:    core/record/event -> [report] -> out.
 * Order:   `start` is printed before any other event. In a replay, `start` waits until the log has
 *          a time.
 * Lost:    the first event that is written after a loss contains the number of dropped events.
 * Failed:  when the reader of standard output has closed the pipe, nothing more is written. The
 *          loop in src/anomdetect.c checks `failed`.
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
	struct out *out; /* owned by the caller */
	unsigned events; /* bit per enum event_kind that is selected */
	bool replay;
	bool counts;        /* lines are counts of other hosts */
	struct event start; /* the caller fills in all members except the time */
	bool started;
	bool strangers;         /* report_strangers has warned */
	bool told_behind;       /* a firewall rule in the wrong place was reported */
	uint64_t reported_lost; /* number of dropped events that an event has reported */
	bool disk_reported;     /* a full disk was reported, but not yet that it has room again */
	struct log_repeat disk_repeat;
	struct recent_events recent; /* events of all kinds, selected or not */
	bool failed;
	int error; /* errno of the failure; EINTR: a signal stopped a replay that waited */
};

void report_start(struct report *r, struct instant time);
void report_event(struct report *r, const struct event *e);
void report_error(struct report *r, const char *reason, const char *message, struct instant time);

/* Reports the result of enforce_check as messages and events. A firewall rule in the wrong place is
 * reported only once. */
void report_found(struct report *r, unsigned found, const char *rule_why, struct instant time);

/* Warns once when at least `from` lines have arrived, and none of them is a request or a valid line
 * of counts. Then the input is most likely not an access log in a known format, and the absence of
 * events means nothing. Headers printed by tail do not count as lines. `from`:
 * REPORT_STRANGERS_FROM during a run, 1 at its end. */
#define REPORT_STRANGERS_FROM 1000
/* Advice when the form of the lines is not known. REPORT_NO_TIME: the lines lack a time.
 * REPORT_ASK: they have another fault. */
#define REPORT_NO_TIME "; name the member with the time by --time, or let the server log the time"
#define REPORT_ASK     "; anomdetect --explain shows how each line is parsed"
void report_strangers(
	struct report *r, struct counters c, const struct strangers *strangers, uint64_t from);

/* Reports the last event, `stop`. `c`: the counters, after report_add_counters. */
void report_stop(
	struct report *r, const struct counters *c, struct instant now, int64_t log_seconds);

/* Adds the counters of this module to the engine's counters. */
void report_add_counters(const struct report *r, struct counters *c);

/* True when no event waits for the reader or for the disk, so the next one is written
 * immediately. */
bool report_has_room(const struct report *r);

/* Writes as many waiting bytes as the reader accepts now. */
void report_flush(struct report *r);

/* Like report_flush, but for standard output to a file. poll cannot detect a full disk, so this
 * function retries the write. Logs a message at most once per minute. */
void report_check_disk(struct report *r, struct instant now);

/* Writes waiting events, for at most the time `most`. Returns the number of events that were lost
 * in this run. */
uint64_t report_drain(struct report *r, struct span most);

#endif
