/* state.h - what the dashboard shows, and its JSON.
 *
 * Path:    engine -> [state] -> io/host/statefile -> anomstat -> core/show/screen.
 * Format:  anomdetect(5), STATE FILE. One JSON object, "version" first.
 * Reading: every number is checked for its range before any is used; a state that fails is refused
 *          whole. Unknown members are ignored, so that an older anomstat reads a newer file of the
 *          same version.
 */
#ifndef CORE_RECORD_STATE_H
#define CORE_RECORD_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/base/buf.h"
#include "core/base/counters.h"
#include "core/record/event.h"
#include "core/judge/ban_holds.h"
#include "core/base/instant.h"
#include "core/measure/origins.h"
#include "core/record/recent_events.h"
#include "core/record/request_text.h"
#include "core/judge/rules.h"
#include "core/measure/visits.h"

#define STATE_VERSION        1
#define STATE_BANS_MAX       1000
#define STATE_TOP_MAX        10
#define STATE_SET_NAME_MAX   31 /* bytes */
#define STATE_ORIGINS_MAX    1000
#define STATE_HISTORY_MAX    180 /* of STATE_HISTORY_STEP_S each: the last 30 min */
#define STATE_HISTORY_STEP_S 10
#define STATE_HOURS          24
#define STATE_BYTES_MAX      (2 << 20) /* what the largest state needs, and what a reader accepts */

struct state_top {
	struct address client;
	uint32_t requests; /* in the window */
	uint32_t errors;
	bool held; /* it asked to be banned, and is allowed or held back */
};

struct state_ban {
	struct address client;
	uint32_t strike;
	struct instant since;
	struct instant until;     /* INSTANT_MAX: permanent */
	unsigned rules;           /* bit per enum rule that held; 0: others banned it */
	struct evidence evidence; /* of one of them; value 0: not known */
	bool enforced;
	bool temporary;              /* as in struct ban */
	struct request_text request; /* that crossed the limit */
};

/* A host that sends counts. */
struct state_origin {
	char origin[ORIGINS_NAME_MAX + 1];
	unsigned troubles;    /* bit per enum origin_trouble */
	struct instant since; /* of the first of its troubles; 0: none */
	double lag_s;         /* from the newest time of its lines to now */
	double offset_s;      /* its clock less this one's; > 0: ahead */
	double lines_per_s;
	double clients_per_s;
	uint64_t missing;
	uint64_t lost;        /* since the start of the run */
	struct instant heard; /* when its newest line came; 0: not in this run */
};

struct state_hour {
	double mean; /* requests per second */
	double stddev;
	double error_mean;
	uint64_t seconds; /* learned in this hour of the day, over the days; 0: nothing */
};

struct state {
	/* the process */
	struct instant saved;   /* wall clock when this was made */
	struct instant started; /* wall clock */
	bool running;           /* false in the last state of a run */
	bool replay;
	uint32_t pid;
	char program_version[16];
	char host[64];         /* its name; "": not known */
	double cpu_percent;    /* of one core, since the state before */
	double cpu_seconds;    /* user and system, since the start */
	uint64_t memory_bytes; /* resident */
	double lines_per_s;    /* since the state before */
	double interval_s;     /* between two states; older than twice this is stale */
	char firewall[16];     /* "none" or "ipset" */
	char set_name[STATE_SET_NAME_MAX + 1]; /* the sets' common name, "" without firewall */
	uint32_t ipv4_prefix; /* bits of an address that make a client; 0: not known */
	uint32_t ipv6_prefix; /* the same */
	char trouble[128];    /* why bans may not be in force, for people; "": nothing known */

	/* the site; the clients' figures are of the 60 s before `now` */
	struct instant now;       /* newest time seen; 0: no line yet */
	struct instant last_line; /* live: wall clock when the newest request was read; 0: none */
	double lag_s;             /* live: how far its time was behind that */
	/* live; core/measure/silences.h and recent_lines.h */
	double silence_s;         /* without a request, when this was made; 0 before the first */
	double silence_longest_s; /* of today and the seven days before */
	double silence_limit_s;   /* from here on it is reported; 0: not known */
	double bad_share;         /* of the last lines: rejected, late or without a status */
	double rejected_share;    /* each alone; a line may have two flaws */
	double late_share;
	double no_status_share;
	uint32_t requests;
	uint32_t errors;
	double z[SIGNAL_COUNT];
	bool abnormal[SIGNAL_COUNT];
	struct instant abnormal_since[SIGNAL_COUNT]; /* meaningful when abnormal */
	double alarm[SIGNAL_COUNT]; /* per second: above it a rule of the site holds; 0: not yet */
	struct baseline baseline;
	bool failing;       /* the site fails: errors are nobody's own doing */
	bool pages_failing; /* pages do */
	double error_share; /* of requests, for errors to count; as in struct rules_config */
	double learning_s;  /* left of the time in which only the worst are banned */
	double limits[LIMIT_COUNT]; /* of the clients */
	bool limits_known;          /* learned; else the cold ones */
	double visits;              /* that taught them, decayed */
	bool swarm;                 /* a flood by many clients is on; the mark is the limit */
	bool visit_swarm;           /* the same of slow clients; the visit mark is */
	uint32_t clients;           /* active in the window */
	uint32_t paths;             /* known of the site */
	uint32_t slow_clients;      /* in the table of clients that fail or write */
	size_t top_n;
	struct state_top top[STATE_TOP_MAX]; /* most requests first */

	uint64_t held[HOLD_COUNT];  /* alerts instead of bans, over the run, by why */
	struct instant no_effect;   /* a ban was found to have none; 0: never */
	uint64_t bans_not_enforced; /* of the total: the kernel lacks them, though there is --ban */
	uint64_t bans_total;        /* in force; the first STATE_BANS_MAX of them follow */
	size_t bans_n;
	struct state_ban bans[STATE_BANS_MAX];

	size_t history_n; /* oldest first; the last step ends at `now` and may be part of one */
	uint32_t history_requests[STATE_HISTORY_MAX]; /* requests in the step */
	uint32_t history_errors[STATE_HISTORY_MAX];

	bool reads_counts;      /* of other hosts, not a log */
	uint32_t origins_total; /* the hosts; at most STATE_ORIGINS_MAX of them follow */
	uint32_t origins_in[ORIGIN_TROUBLES]; /* of the total; one may have several troubles */
	size_t origins_n;
	struct state_origin origins[STATE_ORIGINS_MAX]; /* in trouble first, then by name */

	struct state_hour hours[STATE_HOURS]; /* by hour of the day, UTC */
	size_t events_n;                      /* newest first */
	struct recent_event events[RECENT_EVENTS_MAX];
	struct counters counters;
};

/* Appends the whole JSON object and a newline; out->full when it did not fit. What state_read would
 * refuse is brought into its range (a whole number over 2^53 - 1, a real one over 1e12 or not
 * finite, an interval under 0.1 s), so that a dashboard is never without a state for the sake of
 * one figure. Real numbers keep six decimals. */
void state_write(const struct state *s, struct buf *out);

/* The same, with further members of each ban, which `more` puts with a comma before each. */
typedef void state_ban_more(struct buf *out, const struct state *s, const struct state_ban *ban);
void state_write_more(const struct state *s, state_ban_more *more, struct buf *out);

/* The members of a ban, without the braces. */
void state_put_ban(struct buf *out, const struct state_ban *ban);

/* Fills *out from `len` bytes; *why is then NULL. On failure returns false, points *why at a fixed
 * text for people ("it is not JSON", "version is not known", "clients is missing or out of range")
 * and leaves *out undefined. A file of a program one release older or newer is read, too: counters
 * and members that older programs do not write are 0 when they are absent (error_share is
 * RULES_ERROR_SHARE), and rules that are not known are left out. */
bool state_read(const char *text, size_t len, struct state *out, const char **why);

#endif
