/* report.h - events to standard output: which, in which order, and what when the reader fails.
 *
 * Path:    core/record/event -> [report] -> out.
 * Order:   `start` is told before any other event; in a replay as soon as there is a time.
 * Lost:    the first event that gets through after others were dropped says how many.
 * Failed:  when the reader is gone nothing more is written; the loop looks at `failed`.
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
	unsigned events; /* bit per enum event_kind that is wanted */
	bool replay;
	bool counts;        /* lines are counts of other hosts */
	struct event start; /* filled by the caller, but for its time */
	bool started;
	bool strangers;         /* report_strangers has warned */
	bool told_behind;       /* the rule in the wrong place is reported */
	uint64_t reported_lost; /* dropped events that an event has reported */
	bool disk_reported;     /* the message about a full disk is printed, its end is not */
	struct log_repeat disk_repeat;
	struct recent_events recent; /* of all kinds, wanted or not */
	bool failed;
	int error; /* errno of that; EINTR: we were told to stop while a replay waited */
};

void report_start(struct report *r, struct instant time);
void report_event(struct report *r, const struct event *e);
void report_error(struct report *r, const char *reason, const char *message, struct instant time);

/* What a check of the bans found (enforce_check), as messages and events; a rule in the wrong
 * place once. */
void report_found(struct report *r, unsigned found, const char *rule_why, struct instant time);

/* A warning, once, when `from` lines or more came and none is a request, or, of counts, such a
 * line: somebody gave it a log
 * that is not JSON, and must not take silence for peace. Headers of tail are no lines here. */
#define REPORT_STRANGERS_FROM 1000
/* What to do, where nothing is known of the lines: they have no time, or another fault. */
#define REPORT_NO_TIME "; name the member with the time by --time, or let the server log the time"
#define REPORT_ASK     "; anomdetect --explain says how each is read"
void report_strangers(
	struct report *r, struct counters c, const struct strangers *strangers, uint64_t from);

/* The last event; `c` as report_add_counters has left it. */
void report_stop(
	struct report *r, const struct counters *c, struct instant now, int64_t log_seconds);

/* Adds what is counted here to the engine's counters. */
void report_add_counters(const struct report *r, struct counters *c);

/* Whether no event waits for the reader or for the disk: one more goes out at once. */
bool report_has_room(const struct report *r);

/* Writes what the reader takes now. */
void report_flush(struct report *r);

/* The same for a file whose disk takes nothing, which poll cannot say, with a message once a
 * minute. */
void report_check_disk(struct report *r, struct instant now);

/* Writes what waits, for at most `most`; returns how many events were never written in this run. */
uint64_t report_drain(struct report *r, struct span most);

#endif
