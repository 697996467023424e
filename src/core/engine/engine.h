/* engine.h - runs each line through all stages, from parsing to the events that it causes.
 *
 * Path:    io/host/line_reader -> [engine: line, logclock, clients, site, anomaly, rules, bans] ->
 *          event. No other folder uses all stages. Pure: the wall clock, the hash key and the
 *          allow-list are arguments, and events go to the caller's sink.
 * Order:   for each request, time moves first: seconds that are over are closed, and bans end. Then
 *          the request is counted, and its client is judged. So the request that crosses the limit
 *          causes the ban. An unban comes before every line at or after the ban's end.
 * Second:  the newest second of the log is open, because it is not over. When it is over, it is
 *          closed: it is judged, and it enters the baseline.
 * Memory:  all allocated in engine_new.
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
	BAN_NOT_ASKED, /* this run bans nothing in the kernel, the ban is only printed */
	BAN_ENFORCED,  /* the firewall has the ban */
	BAN_REFUSED,   /* the firewall refused the ban or does not
		        * reach the client; the caller retries */
	BAN_ADOPTED,   /* the firewall already had the ban, which ends there at `until` */
	BAN_REMOVED,   /* somebody removed the ban by hand: it ends, and the client's strikes are
		      * forgotten */
	/* like BAN_REMOVED, but by order of another host, which has already reported the unban */
	BAN_ORDERED,
	/* an earlier run only printed the ban, and this run enforces bans: the ban ends, but the
	 * client's strikes stay */
	BAN_DISOWNED,
};

/* The calls that the engine makes to the firewall. Each call is complete when it returns. The calls
 * must not call the engine, except to read it (engine_now, engine_bans). A NULL member is not
 * called. */
struct engine_firewall {
	void *ctx;
	/* Bans the client for `left`; SPAN_MAX: permanently. Returns BAN_NOT_ASKED, BAN_ENFORCED or
	 * BAN_REFUSED. */
	enum ban_outcome (*ban)(
		void *ctx, const struct address *client, struct span left, struct instant now);
	/* Ends a ban, whether or not its time in the firewall is over. False when the firewall
	 * refused. */
	bool (*unban)(void *ctx, const struct address *client, struct instant now);
	/* Live: called when a line of a banned client comes. Checks whether the firewall still has
	 * the ban. Returns BAN_ENFORCED, BAN_REMOVED or BAN_ORDERED. At most ENGINE_ASKS_PER_S
	 * calls per second. */
	enum ban_outcome (*has)(void *ctx, const struct address *client);
};

struct engine_config {
	bool replay;
	bool counts;           /* lines are counts of other hosts; max_paths is ignored */
	bool silent_baselines; /* a new baseline is not reported */
	struct line_config line;
	/* the caller has called allow_seal, owns the list, and keeps it while the engine uses it */
	const struct allow *allow;
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
	struct span announce; /* time between two announcements of all bans; 0: no announcements */
	/* True if the sink could pass on one more event immediately. `ctx` is the argument of
	 * engine_new. Announcements wait until has_room returns true. NULL: the sink always has
	 * room. */
	bool (*has_room)(void *ctx);
	struct engine_firewall firewall;
	/* name of the firewall's sets; NULL: events do not show how to lift a ban */
	const char *set_name;
};

/* Called for each event, in order, while the engine works. The sink must not call the engine. */
typedef void engine_sink(void *ctx, const struct event *e);

/* A request that a page of another site caused is cross-site (header Sec-Fetch-Site). The detection
 * rules of path_rules.h count one in this many cross-site requests. So a client that forges the
 * header does not escape these rules. */
#define ENGINE_CROSS_SITE_ONE 8

struct engine;

/* NULL when memory is short. The config is copied. */
struct engine *engine_new(const struct engine_config *config, engine_sink *sink, void *ctx);
void engine_free(struct engine *e);

/* Replaces the hash key in all tables of a new engine. Call it before the first line, and before
 * anything is restored. Returns the old key. */
struct hash_key engine_set_key(struct engine *e, struct hash_key key);

/* Read one line, without its newline, in two steps. So a caller with many lines can overlap the
 * steps of different lines. engine_queue parses the line and starts to fetch the memory that its
 * request will touch. Later calls of engine_queue, or engine_flush, count the queued requests in
 * order. Between engine_queue and engine_flush, call no other function than engine_now and
 * engine_counters. `cut`: the line was too long, and only its beginning is passed. `wall`: ignored
 * in a replay. */
void engine_queue(struct engine *e, const char *line, size_t len, bool cut, struct instant wall);
void engine_flush(struct engine *e);

/* Live: passes the time of both clocks to the engine. Call it before each batch of lines and at
 * least every 5 s. When the wall clock has moved by more than 5 s against the monotonic one, it was
 * set or the machine slept. Then an error event reports this, time follows the wall clock again,
 * and windows are cleared. Baselines stay, and bans keep their remaining time. If the last call was
 * over 5 s ago, the process was stopped. The time since that call does not count as a silence of
 * the log. */
void engine_clock(struct engine *e, struct instant wall, struct span monotonic);

/* Live: moves time to `wall` when no line comes. */
void engine_tick(struct engine *e, struct instant wall);

/* Live: starts an announcement of the bans in force and the unbans of the last day. If an
 * announcement is already running, another one follows it. Does nothing in a replay. */
void engine_announce_now(struct engine *e);

/* Called at the end of input. Lines that still wait for other lines to confirm their time are
 * counted as bad_time. */
void engine_end(struct engine *e);

/* Replaces the allow-list. Banned clients that the new list allows are unbanned. */
void engine_set_allow(struct engine *e, const struct allow *allow);

/* Replaces the list of trusted proxies; the config must have had one. */
void engine_set_trusted(struct engine *e, const struct allow *trusted);

/* Replaces the schedule, see bans_set_schedule. */
void engine_set_schedule(struct engine *e, const struct span *schedule, uint32_t n);

/* If `silent`, new baselines are not reported from now on. */
void engine_set_silent_baselines(struct engine *e, bool silent);

/* Reports to the engine what the firewall did. The engine passes the results of its own calls to
 * this function. The caller passes every change that it discovers later. BAN_REMOVED and
 * BAN_DISOWNED end the ban and report an event, without another call to the firewall. BAN_ADOPTED
 * bans the client until `until` (INSTANT_MAX: permanently) and keeps its strikes. An enforced ban
 * changes only if `until` is over 2 s later than its end, because the kernel counts whole seconds.
 * `now` and `until` are used only for BAN_ADOPTED. */
void engine_report_outcome(struct engine *e, const struct address *client, enum ban_outcome outcome,
	struct instant now, struct instant until);

/* Called after BAN_ADOPTED: restores the reason of a ban in force from the state of an earlier run.
 * The strikes are not restored, because the state lacks other values that decide how long the next
 * ban lasts. Does nothing unless the firewall has a ban of the client that ends within two seconds
 * of `known->until`. */
void engine_restore_reason(struct engine *e, const struct state_ban *known);

/* The newest time of the log; false before the first line with a time. */
bool engine_now(const struct engine *e, struct instant *now);

/* The next time at which engine_tick must be called. A second or a ban ends then, or an
 * announcement is due. While silent clients wait to be dropped, it is the current time. */
struct instant engine_next(const struct engine *e);

/* Seconds from the first to the newest time of the log. */
int64_t engine_log_seconds(const struct engine *e);

/* A number that rises after each change that a power failure must not undo. These are a permanent
 * ban, by a detection rule or by hand, and an unban before the ban's end. If lines are counts, a
 * new host is such a change, too. */
uint64_t engine_lasting(const struct engine *e);

struct counters engine_counters(const struct engine *e);

/* Describes the lines before the first request, none of which was a request. */
const struct strangers *engine_strangers(const struct engine *e);

/* The engine's data that a restart needs, for core/record/memory. */
struct memory_parts engine_memory(struct engine *e);
const struct bans *engine_bans(const struct engine *e);

/* Fills all members of *out that the engine knows, and does not change the members about the
 * process. Uses out->saved to compute how long the log has been silent. */
void engine_snapshot(const struct engine *e, struct state *out);

#endif
