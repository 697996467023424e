/* state.h - all figures that the dashboard shows, and their JSON.
 *
 * Path:    engine -> [state] -> io/host/statefile -> anomstat -> core/show/screen.
 * Format:  anomdetect(5), STATE FILE. One JSON object, "version" first.
 * Reading: the range of every number is checked before any number is used; if one number is
 *          invalid, the whole state is refused. Unknown members are ignored, so an older anomstat
 *          can read a newer file of the same version.
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
#define STATE_HISTORY_MAX    180 /* steps of STATE_HISTORY_STEP_S: the last 30 min */
#define STATE_HISTORY_STEP_S 10
#define STATE_HOURS          24
#define STATE_BYTES_MAX      (2 << 20) /* the reader refuses a larger file */

struct state_top {
	struct address client;
	uint32_t requests; /* requests in the window */
	uint32_t errors;
	bool held; /* a detection rule matched, but the client is allowed or held back */
};

struct state_ban {
	struct address client;
	uint32_t strike;
	struct instant since;
	struct instant until; /* INSTANT_MAX if permanent */
	/* bit per enum rule that matched; 0 if another program banned the client */
	unsigned rules;
	struct evidence evidence; /* of one of these rules; value 0: unknown */
	bool enforced;
	bool temporary;              /* as in struct ban */
	struct request_text request; /* the request that crossed the limit */
};

/* A host that sends counts. */
struct state_origin {
	char origin[ORIGINS_NAME_MAX + 1];
	unsigned troubles;    /* bit per enum origin_trouble */
	struct instant since; /* when its first trouble began; 0: none */
	double lag_s;         /* seconds from the newest time of its lines to now */
	/* its clock minus the clock of this host, in seconds; > 0: its clock is ahead */
	double offset_s;
	double lines_per_s;
	double clients_per_s;
	uint64_t missing;
	uint64_t lost;        /* lines lost since the start of the run */
	struct instant heard; /* when its newest line came; 0: none in this run */
};

struct state_hour {
	double mean; /* requests per second */
	double stddev;
	double error_mean;
	uint64_t seconds; /* seconds learned in this hour of the day, over all days; may be 0 */
};

struct state {
	/* ---- the process ---- */
	struct instant saved;   /* wall clock when this state was made */
	struct instant started; /* wall clock */
	bool running;           /* false in the last state of a run */
	bool replay;
	uint32_t pid;
	char program_version[16];
	char host[64];         /* name of this host; "": unknown */
	double cpu_percent;    /* percent of one core, since the previous state */
	double cpu_seconds;    /* user and system time, since the start */
	uint64_t memory_bytes; /* resident */
	double lines_per_s;    /* since the previous state */
	/* seconds between two states; a state older than two intervals is stale */
	double interval_s;
	char firewall[16]; /* "none" or "ipset" */
	/* common part of the names of the two sets; "" without a firewall */
	char set_name[STATE_SET_NAME_MAX + 1];
	uint32_t ipv4_prefix; /* prefix length of a client in IPv4; 0: unknown */
	uint32_t ipv6_prefix; /* prefix length of a client in IPv6; 0: unknown */
	/* text for people: why bans may be missing in the kernel; "": no trouble is known */
	char trouble[128];

	/* ---- the site; figures of clients cover the 60 s before `now` ---- */
	struct instant now;       /* newest log time; 0: no line yet */
	struct instant last_line; /* live: wall clock when the newest request was read; 0: none */
	double lag_s;             /* live: seconds from the newest request's time to last_line */
	/* live only; see core/measure/silences.h and recent_lines.h */
	/* seconds without a request until this state; 0 before the first request */
	double silence_s;
	double silence_longest_s; /* longest silence of today and the previous seven days */
	double silence_limit_s;   /* a silence of this length is reported; 0: unknown */
	/* share of the last lines that are rejected, late or without a status */
	double bad_share;
	/* shares of the last lines with each flaw; a line may have two flaws */
	double rejected_share;
	double late_share;
	double no_status_share;
	uint32_t requests;
	uint32_t errors;
	double z[SIGNAL_COUNT];
	bool abnormal[SIGNAL_COUNT];
	struct instant abnormal_since[SIGNAL_COUNT]; /* valid if abnormal */
	/* per second: above this value a detection rule of the site matches; 0: the baseline is
	 * not ready */
	double alarm[SIGNAL_COUNT];
	struct baseline baseline;
	bool failing;       /* the site fails: no error is a client's own error */
	bool pages_failing; /* the site's pages fail */
	/* the rules errors and visit_errors match a client only if at least this share of its
	 * requests are own errors */
	double error_share;
	/* seconds until the end of the time in which only the worst clients are banned */
	double learning_s;
	double limits[LIMIT_COUNT]; /* limits of a client */
	bool limits_known;          /* the limits are learned; otherwise they are the cold limits */
	double visits;              /* number of visits that taught the limits, decayed */
	bool swarm;                 /* a swarm is in progress: the mark is the limit */
	/* a swarm of slow clients is in progress: the visit mark (swarm.h) is the limit */
	bool visit_swarm;
	uint32_t clients;      /* clients active in the window */
	uint32_t paths;        /* stored paths of the site */
	uint32_t slow_clients; /* clients in the table of clients that fail or write */
	size_t top_n;
	struct state_top top[STATE_TOP_MAX]; /* clients with the most requests first */

	uint64_t held[HOLD_COUNT];  /* number of alerts instead of bans during the run, by reason */
	struct instant no_effect;   /* when a ban was last found to have no effect; 0: never */
	uint64_t bans_not_enforced; /* bans in force that the kernel lacks, despite --ban */
	uint64_t bans_total;        /* bans in force; `bans` contains the first STATE_BANS_MAX */
	size_t bans_n;
	struct state_ban bans[STATE_BANS_MAX];

	size_t history_n; /* oldest first; the last step ends at `now` and may be incomplete */
	uint32_t history_requests[STATE_HISTORY_MAX]; /* requests per step */
	uint32_t history_errors[STATE_HISTORY_MAX];

	bool reads_counts;      /* the run reads counts from other hosts, not a log */
	uint32_t origins_total; /* number of hosts; `origins` contains at most STATE_ORIGINS_MAX */
	/* number of hosts by trouble; one host may have several troubles */
	uint32_t origins_in[ORIGIN_TROUBLES];
	size_t origins_n;
	/* hosts with troubles first, otherwise by name */
	struct state_origin origins[STATE_ORIGINS_MAX];

	struct state_hour hours[STATE_HOURS]; /* by hour of the day, UTC */
	size_t events_n;                      /* newest first */
	struct recent_event events[RECENT_EVENTS_MAX];
	struct counters counters;
};

/* Appends the JSON object and a newline; sets out->full if they do not fit. Values that state_read
 * would refuse are clamped to their range: whole numbers over 2^53 - 1, real numbers over 1e12 or
 * not finite, an interval under 0.1 s. So a single wrong figure never makes the whole state
 * unreadable. Real numbers keep six decimals. */
void state_write(const struct state *s, struct buf *out);

/* Like state_write, with additional members in each ban. `more` writes these members, with a comma
 * before each. */
typedef void state_ban_more(struct buf *out, const struct state *s, const struct state_ban *ban);
void state_write_more(const struct state *s, state_ban_more *more, struct buf *out);

/* Writes the members of a ban without the braces. */
void state_put_ban(struct buf *out, const struct state_ban *ban);

/* Fills *out from `len` bytes; *why is then NULL. On failure, returns false and sets *why to a
 * fixed text for people, such as "it is not JSON" or "'clients' is missing or out of range"; then
 * *out is undefined. Files of programs that are one release older or newer are accepted. Counters
 * and members that an older program does not write become 0; error_share becomes
 * CLIENTS_ERROR_SHARE. Unknown detection rules are left out. */
bool state_read(const char *text, size_t len, struct state *out, const char **why);

#endif
