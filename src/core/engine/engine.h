/* engine.h - composes the path from a line to its events.
 *
 * Path:    io/host/line_reader -> [engine: line, logclock, clients, site, anomaly, rules, bans] ->
 *          event. No other folder uses all stages. Pure: the wall clock, the hash key and the
 *          allow-list are arguments, and the caller's sink receives the events.
 * Order:   for each request, time moves first: seconds of the site close and bans end. Then the
 *          request is counted, and then its client is judged. So a ban falls on the request that
 *          crosses the limit, and an unban comes before every line at or after the ban's end.
 * Memory:  all taken in engine_new.
 */
#ifndef CORE_ENGINE_ENGINE_H
#define CORE_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/allow.h"
#include "core/judge/bans.h"
#include "core/base/counters.h"
#include "core/record/event.h"
#include "core/judge/ban_holds.h"
#include "core/base/instant.h"
#include "core/read/line.h"
#include "core/read/strangers.h"
#include "core/record/memory.h"
#include "core/judge/rules.h"
#include "core/measure/site.h"
#include "core/record/state.h"
#include "core/judge/swarm.h"
#include "core/measure/visits.h"

/* What happened to a ban in the firewall. */
enum ban_outcome {
	BAN_NOT_ASKED, /* this run enforces nothing: the ban is only printed */
	BAN_ENFORCED,  /* the firewall has the ban */
	BAN_REFUSED,   /* the firewall refused the ban or does not
		        * reach the client; the caller retries */
	BAN_ADOPTED,   /* the firewall already had the ban, which ends there at `until` */
	BAN_REMOVED,  /* somebody removed the ban by hand: it ends, and its strikes are forgotten */
	BAN_ORDERED,  /* the same, by order of another host, which has reported it */
	BAN_DISOWNED, /* an earlier run only printed the ban, this
		       * run enforces: it ends, its strikes stay */
};

/* The firewall's calls that the engine makes. Each call is complete when it returns. The calls must
 * not call the engine, except to read it (engine_now, engine_bans). A NULL member is not called. */
struct engine_firewall {
	void *ctx;
	/* Bans for `left`; SPAN_MAX: permanently. Returns BAN_NOT_ASKED, BAN_ENFORCED or
	 * BAN_REFUSED. */
	enum ban_outcome (*ban)(
		void *ctx, const struct address *client, struct span left, struct instant now);
	/* Ends a ban, whether or not its time in the firewall is over. False when the firewall
	 * refused. */
	bool (*unban)(void *ctx, const struct address *client, struct instant now);
	/* Live, when a line of a banned client comes: does the firewall still have the ban? Returns
	 * BAN_ENFORCED, BAN_REMOVED or BAN_ORDERED. At most ENGINE_ASKS_PER_S calls per second. */
	enum ban_outcome (*has)(void *ctx, const struct address *client);
};

struct engine_config {
	bool replay;
	bool counts;           /* lines are counts of other hosts; max_paths is not read */
	bool silent_baselines; /* a new baseline is not reported */
	struct line_config line;
	const struct allow *allow; /* sealed; the caller's, lives as long as the engine uses it */
	struct hash_key key;
	uint32_t max_clients;
	uint32_t max_paths; /* 0: paths are not learned */
	int v4_prefix_len;
	int v6_prefix_len;
	struct rules_config rules;
	struct visits_config visits;
	struct ban_holds_config holds;
	struct bans_config bans; /* its key is replaced by `key` above */
	double severe;           /* factor on the cold limits beyond which
				  * a client is banned even during learning */
	bool ban_private;
	uint32_t max_bans_per_minute;
	struct span
		announce; /* from one announcement of all bans to the next; 0: no announcements */
	/* True if the sink could pass on one more event at once. `ctx` is the sink's. Announcements
	 * wait until it is true. NULL: the sink always has room. */
	bool (*has_room)(void *ctx);
	struct engine_firewall firewall;
	const char
		*set_name; /* of the firewall's sets; NULL: events do not show how to lift a ban */
};

/* Called for each event, in order, while the engine works. It must not call the engine. */
typedef void engine_sink(void *ctx, const struct event *e);

/* If a page of another site sent a request, as Sec-Fetch-Site says, the rules of paths count only
 * one in so many of them. So nobody escapes these rules by forging the header. */
#define ENGINE_CROSS_SITE_ONE 8

struct engine;

/* NULL when memory is short. The config is copied. */
struct engine *engine_new(const struct engine_config *config, engine_sink *sink, void *ctx);
void engine_free(struct engine *e);

/* Replaces the hash key in all tables of a new engine: before the first line, and before anything
 * is restored. Returns the old key. */
struct hash_key engine_set_key(struct engine *e, struct hash_key key);

/* Reads one line without its newline, in two steps, for a reader that has many lines at hand.
 * engine_queue parses the line and starts to fetch the memory that its request will touch. Later
 * calls, or engine_flush, count the queued requests in order. Between the two, call nothing else
 * but engine_now and engine_counters. `cut`: the rest of the line was left out. `wall`: ignored in
 * a replay. */
void engine_queue(struct engine *e, const char *line, size_t len, bool cut, struct instant wall);
void engine_flush(struct engine *e);

/* Live: gives both clocks, before each batch of lines and at least every 5 s. When the wall clock
 * has moved by more than 5 s against the monotonic one, it was set or the machine slept. Then an
 * error event reports this, time follows the wall clock again, and windows are cleared. Baselines
 * stay, and bans keep their remaining time. If the last call is over 5 s old, the process was
 * stopped: that time does not count as a silence of the log. */
void engine_clock(struct engine *e, struct instant wall, struct span monotonic);

/* Live: time passes without a line. */
void engine_tick(struct engine *e, struct instant wall);

/* Live: starts an announcement of the bans in force and the unbans of the last day. While one is
 * running, another one follows it. Does nothing in a replay. */
void engine_announce_now(struct engine *e);

/* Called at the end of input. Lines that still waited for others to agree with their time are
 * counted as bad_time. */
void engine_end(struct engine *e);

/* Replaces the allow-list. Banned clients that the new list allows are unbanned. */
void engine_set_allow(struct engine *e, const struct allow *allow);

/* Replaces the list of trusted proxies; the config must have had one. */
void engine_set_trusted(struct engine *e, const struct allow *trusted);

/* Replaces the schedule, see bans_set_schedule. */
void engine_set_schedule(struct engine *e, const struct span *schedule, uint32_t n);

/* From now on, `silent` decides whether a new baseline is left out of the events. */
void engine_set_silent_baselines(struct engine *e, bool silent);

/* Reports to the engine what the firewall did. The engine passes the answers to its own calls
 * through here, and the caller everything that it discovers later. BAN_REMOVED and BAN_DISOWNED end
 * the ban with an event, without another call of the firewall. BAN_ADOPTED bans the client until
 * `until` (INSTANT_MAX: permanently) and keeps its strikes. If the ban is enforced already, it only
 * changes when `until` is over 2 s later than its end, because the kernel counts whole seconds.
 * `now` and `until` are read for BAN_ADOPTED alone. */
void engine_report_outcome(struct engine *e, const struct address *client, enum ban_outcome outcome,
	struct instant now, struct instant until);

/* Called after BAN_ADOPTED: restores the reason of a ban in force from the state of an earlier run.
 * The strikes are not restored, because the state lacks other values that decide a longer ban. Does
 * nothing unless the firewall has a ban of the client whose end is within two seconds of the known
 * one. */
void engine_restore_reason(struct engine *e, const struct state_ban *known);

/* The newest time of the log; false before the first. */
bool engine_now(const struct engine *e, struct instant *now);

/* When engine_tick has work to do: at the end of the open second or of a ban, or when an
 * announcement is due. The time is now while silent clients wait to be dropped. */
struct instant engine_next(const struct engine *e);

/* Seconds from the first to the newest time of the log. */
int64_t engine_log_seconds(const struct engine *e);

/* A number that rises after each change that a power failure must not undo: a permanent ban by a
 * detection rule or by hand, or an unban before the ban's end. With counts, a new host raises it,
 * too. */
uint64_t engine_lasting(const struct engine *e);

struct counters engine_counters(const struct engine *e);

/* What the lines before the first request were, if they were no requests. */
const struct strangers *engine_strangers(const struct engine *e);

/* The parts that a restart needs, for core/record/memory. */
struct memory_parts engine_memory(struct engine *e);
const struct bans *engine_bans(const struct engine *e);

/* Fills all members of *out that the engine knows, and leaves the process's own figures alone.
 * Reads out->saved to compute how long the log has been silent. */
void engine_snapshot(const struct engine *e, struct state *out);

#endif
