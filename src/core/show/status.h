/* status.h - interprets a state, so that the screen, the browser's page and monitoring show the
 * same status.
 *
 * Path:    state -> [status] -> screen, view_json, view_check, view_prometheus, view_html.   Pure.
 * Stale:   the run has not ended normally, but the time of its state differs from the clock by more
 *          than two intervals. anomdetect died, hangs, or cannot write. A state is ahead of the
 *          clock if the clock was set back after the state was written. If the run works, it soon
 *          writes a state with the new time.
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
	STATUS_IN_FORCE,     /* no sign that a ban is missing */
	STATUS_NOT_ENFORCED, /* the run only prints bans: no --ban, or a replay */
	STATUS_NOT_IN_FORCE, /* the run enforces bans, but some may be missing */
	STATUS_BANS_COUNT
};

/* The reason why the detector receives too few of the site's requests. */
enum status_blind {
	BLIND_NOT,
	BLIND_REJECTED,  /* most of the last lines are not requests */
	BLIND_NO_LINE,   /* no request since the start */
	BLIND_SILENT,    /* no request for so long that the log has probably stopped */
	BLIND_LATE,      /* most lines come too late to be judged */
	BLIND_NO_STATUS, /* most lines have no status */
	BLIND_COUNT
};

/* The exit status of monitoring plugins. */
enum status_check { CHECK_OK, CHECK_WARNING, CHECK_CRITICAL, CHECK_UNKNOWN };

/* If more than this share of the last lines has a flaw, the detector is blind. */
#define STATUS_BAD_SHARE 0.5

/* Bans count as not in force for this many seconds after an event no_effect. */
#define STATUS_NO_EFFECT_S 600

/* One line of text for people. */
struct status_text {
	char s[160];
};

/* The command that lifts a ban of the client; "" if this run bans no clients in the kernel. */
struct status_text status_lift(const struct state *s, const struct address *client);

enum status_run status_run(const struct state *s, struct instant now);
/* "running" */
const char *status_run_name(enum status_run run);

/* The age of the state; never negative. */
struct span status_age(const struct state *s, struct instant now);

/* "3s old", "2h 0m ahead of the clock" */
struct status_text status_age_text(const struct state *s, struct instant now);

/* "normal", "abnormal", "warming up", "no line yet" */
const char *status_site(const struct state *s, enum signal_kind signal);

/* The time at which the first of the abnormal signals became abnormal. */
struct instant status_abnormal_since(const struct state *s);

enum status_bans status_bans(const struct state *s);
/* "in force" */
const char *status_bans_name(enum status_bans bans);
/* The reason why bans may not be in force, for people; "" if they are. */
struct status_text status_trouble(const struct state *s);

/* If there are several reasons, returns the one that explains the others. Returns BLIND_NOT for a
 * replay, for a run that is not running, and for a state of an older program without these figures.
 * A silence is measured up to the time of the state, because a request may have come later. */
enum status_blind status_blind(const struct state *s, struct instant now);
/* "silent"; "" for BLIND_NOT */
const char *status_blind_name(enum status_blind blind);
/* "no request for 2h 3m", with `loud` "NO REQUEST for 2h 3m"; "" for BLIND_NOT */
struct status_text status_blind_badge(const struct state *s, struct instant now, bool loud);
/* The reason for people; "" for BLIND_NOT */
struct status_text status_blind_why(const struct state *s, struct instant now);

/* For a run that reads counts: "3 hosts"; "3 hosts, 1 silent", which names only the worst fault.
 * With `loud` "3 hosts, 1 SILENT". "" for a run that reads a log. */
struct status_text status_hosts(const struct state *s, bool loud);
/* True if a host has a fault now. */
bool status_hosts_faulty(const struct state *s);
/* A host with the worst fault, the fault and the remedy, for people; "" without a fault. */
struct status_text status_hosts_why(const struct state *s);
/* All faults of one host: "silent for 3m 20s, clock 2.5 s behind, 3 lines missing"; "" without a
 * fault. */
struct status_text status_host(const struct state *s, const struct state_origin *o);

/* How old the newest time in a host's lines is: "0.4 s", "3m 20s". */
struct figure status_lag(const struct state_origin *o);

/* Critical: the run is not running, or its bans are not in force. Warning: the site is abnormal,
 * the detector is blind, or a host has a fault. Unknown: no request has come yet. */
enum status_check status_check(const struct state *s, struct instant now);
/* "OK" */
const char *status_check_name(enum status_check check);

/* Requests or errors per second in the last 60 s. */
double status_rate(const struct state *s, enum signal_kind signal);

/* The number of requests that one client may send now, in 60 s and in a visit, as whole numbers.
 * During a swarm, this number is at most the swarm's mark. */
double status_limit(const struct state *s);
double status_visit_limit(const struct state *s);

/* The share of its limits that a client has used in the last 60 s; 1 at the limit. It is the larger
 * of two shares: of the limit of requests, and of the limit of errors. Errors count only if their
 * part of the requests is at least the state's error_share, and neither the site nor its pages
 * fail. */
double status_share(const struct state *s, const struct state_top *t);

/* The clock for ban times: `now`, or for a replay the clock of its state. */
struct instant status_now(const struct state *s, struct instant now);

/* Computes the rate of the last 60 s at the end of each step, per second. `out` has room for
 * STATE_HISTORY_MAX values. A full history lacks the steps before its first step, so its first
 * rates are means of fewer steps. */
void status_history(const struct state *s, enum signal_kind signal, double *out);

#endif
