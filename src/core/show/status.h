/* status.h - what a state means: one answer for the screen, for monitoring and for the page.
 *
 * Path:    state -> [status] -> screen, view_json, view_check, view_prometheus, view_html.   Pure.
 * Stale:   a running state that is more than two of its intervals from the clock: anomdetect has
 *          ended without a word, hangs, or cannot write. One that is ahead was written before the
 *          clock was set back; a run writes the next by the new time.
 */
#ifndef CORE_SHOW_STATUS_H
#define CORE_SHOW_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/figure.h"
#include "core/base/instant.h"
#include "core/record/state.h"

enum status_run { STATUS_RUNNING, STATUS_STALE, STATUS_STOPPED, STATUS_RUN_COUNT };

enum status_bans {
	STATUS_IN_FORCE,     /* nothing is known against it */
	STATUS_NOT_ENFORCED, /* nothing is meant to be: no --ban, or a replay */
	STATUS_NOT_IN_FORCE, /* they should be, and may not */
	STATUS_BANS_COUNT
};

/* Why the detector sees too little of the site. */
enum status_blind {
	BLIND_NOT,
	BLIND_REJECTED,  /* most of the last lines are no requests */
	BLIND_NO_LINE,   /* no request since the start */
	BLIND_SILENT,    /* none for so long that the log has probably stopped */
	BLIND_LATE,      /* most lines come too late to be judged */
	BLIND_NO_STATUS, /* most lines have no status */
	BLIND_COUNT
};

/* As monitoring plugins exit. */
enum status_check { CHECK_OK, CHECK_WARNING, CHECK_CRITICAL, CHECK_UNKNOWN };

/* From this share of the last lines on, most are of no use. */
#define STATUS_BAD_SHARE 0.5

/* A ban that was found to have no effect in the last so many seconds is one. */
#define STATUS_NO_EFFECT_S 600

/* A line for people. */
struct status_text {
	char s[160];
};

/* The command that lifts a ban of the client; "" when this run bans nobody in the kernel. */
struct status_text status_lift(const struct state *s, const struct address *client);

enum status_run status_run(const struct state *s, struct instant now);
/* "running" */
const char *status_run_name(enum status_run run);

/* How old the state is; never negative. */
struct span status_age(const struct state *s, struct instant now);

/* "3s old", "2h 0m ahead of the clock" */
struct status_text status_age_text(const struct state *s, struct instant now);

/* "normal", "abnormal", "warming up", "no line yet" */
const char *status_site(const struct state *s, enum signal_kind signal);

/* Of the signals that are abnormal, since when the first is. */
struct instant status_abnormal_since(const struct state *s);

enum status_bans status_bans(const struct state *s);
/* "in force" */
const char *status_bans_name(enum status_bans bans);
/* Why they may not be in force, in a line for people; "" otherwise. */
struct status_text status_trouble(const struct state *s);

/* Of several reasons, the one that explains the others. BLIND_NOT unless the run is live, goes on
 * and is of a program that knows. Silence ends where the state does: a request may have come since
 * it was written. */
enum status_blind status_blind(const struct state *s, struct instant now);
/* "silent"; "" for BLIND_NOT */
const char *status_blind_name(enum status_blind blind);
/* "no request for 2h 3m", or in words that are loud; "" for BLIND_NOT */
struct status_text status_blind_badge(const struct state *s, struct instant now, bool loud);
/* In a line for people; "" for BLIND_NOT */
struct status_text status_blind_why(const struct state *s, struct instant now);

/* A run that reads counts: "3 hosts", "3 hosts, 1 silent", the worst fault alone; in words that are
 * loud, "3 hosts, 1 SILENT". "" for a run that reads a log. */
struct status_text status_hosts(const struct state *s, bool loud);
/* A host has a fault now. */
bool status_hosts_faulty(const struct state *s);
/* Which host, what is wrong and what to do, in a line for people; "" without a fault. Of several
 * hosts, one of those with the worst fault is named. */
struct status_text status_hosts_why(const struct state *s);
/* All faults of one host: "silent for 3m 20s, clock 2.5 s behind, 3 lines missing"; "" without. */
struct status_text status_host(const struct state *s, const struct state_origin *o);

/* How far a host's lines are behind: "0.4 s", "3m 20s". */
struct figure status_lag(const struct state_origin *o);

/* Not running and bans not in force are critical, an abnormal site is a warning, and so is a
 * detector that is blind, and a host with a fault; unknown while there was no request yet. */
enum status_check status_check(const struct state *s, struct instant now);
/* "OK" */
const char *status_check_name(enum status_check check);

/* Per second, in the last 60 s. */
double status_rate(const struct state *s, enum signal_kind signal);

/* How many requests in 60 s, or in a visit, a client may make now: while a swarm is on, the mark,
 * if it is lower. Whole. */
double status_limit(const struct state *s);
double status_visit_limit(const struct state *s);

/* How much of its limits in 60 s a client has used, 1 at the limit: of requests or, where the
 * state's error_share of those are errors and the site does not fail, of errors, whichever is
 * more. */
double status_share(const struct state *s, const struct state_top *t);

/* The clock that bans run by: the state's own in a replay. */
struct instant status_now(const struct state *s, struct instant now);

/* The rate of the last 60 s at the end of each step, per second; `out` has STATE_HISTORY_MAX. What
 * is before the first step of a full history is taken to be like it. */
void status_history(const struct state *s, enum signal_kind signal, double *out);

#endif
