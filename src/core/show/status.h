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

#include "core/base/instant.h"
#include "core/record/state.h"

enum status_run { STATUS_RUNNING, STATUS_STALE, STATUS_STOPPED, STATUS_RUN_COUNT };

enum status_bans {
	STATUS_IN_FORCE,     /* nothing is known against it */
	STATUS_NOT_ENFORCED, /* nothing is meant to be: no --ban, or a replay */
	STATUS_NOT_IN_FORCE, /* they should be, and may not */
	STATUS_BANS_COUNT
};

/* As monitoring plugins exit. */
enum status_check { CHECK_OK, CHECK_WARNING, CHECK_CRITICAL, CHECK_UNKNOWN };

/* A ban that was found to have no effect in the last so many seconds is one. */
#define STATUS_NO_EFFECT_S 600

/* A line for people. */
struct status_text {
	char s[160];
};

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

/* Not running and bans not in force are critical, an abnormal site is a warning. */
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
