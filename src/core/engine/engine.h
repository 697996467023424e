/* engine.h - composes the path: a line in, events out.
 *
 * Path:    io/host/line_reader -> [engine: line, logclock, clients, site, anomaly, rules, bans] ->
 *          event. The only folder that sees all stages. Pure: the wall clock, the hash key and the
 *          allow-list are arguments, and events go to the sink that the caller gives.
 * Order:   for each request: time moves (seconds of the site close, bans end), then it is
 *          counted, then its client is judged. So a ban falls on the request that crosses the
 *          limit, and an unban comes before every line at or after its end.
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

/* What became of a ban in the firewall. */
enum ban_outcome {
	BAN_NOT_ASKED, /* this run enforces nothing: the ban is only printed */
	BAN_ENFORCED,  /* the firewall has it */
	BAN_REFUSED,  /* the firewall refused it, or does not reach the client; it is tried again */
	BAN_ADOPTED,  /* it was found in the firewall, which holds the client until `until` */
	BAN_REMOVED,  /* somebody removed it by hand: it ends, and strikes are forgotten */
	BAN_ORDERED,  /* the same by order of another host, which has reported it */
	BAN_DISOWNED, /* an earlier run only printed it, this run enforces: it ends, strikes stay */
};

/* The firewall, as the engine asks for it while it works. The calls carry out what they are asked
 * before they return. They must not call the engine, but may read it (engine_now, engine_bans).
 * NULL members: nothing is asked. */
struct engine_firewall {
	void *ctx;
	/* Ban for `left`; SPAN_MAX: permanent. BAN_NOT_ASKED, BAN_ENFORCED or BAN_REFUSED. */
	enum ban_outcome (*ban)(
		void *ctx, const struct address *client, struct span left, struct instant now);
	/* End a ban before the firewall does, or after. False when the firewall refused. */
	bool (*unban)(void *ctx, const struct address *client, struct instant now);
	/* Live, when a line of a banned client comes: does the firewall still have the ban?
	 * BAN_ENFORCED; or BAN_REMOVED, BAN_ORDERED. At most ENGINE_ASKS_PER_S times per second. */
	enum ban_outcome (*has)(void *ctx, const struct address *client);
};

struct engine_config {
	bool replay;
	bool counts;           /* lines are counts of other hosts; max_paths is not read */
	bool silent_baselines; /* a baseline that is made anew is no event */
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
	struct bans_config bans; /* its key is taken from above */
	double severe;           /* times the cold limits: banned even while learning */
	bool ban_private;
	uint32_t max_bans_per_minute;
	struct span announce; /* from one announcement of all bans to the next; 0: none */
	/* Whether the sink could pass on one more event at once; its ctx is the sink's. While it
	 * cannot, nothing is announced. NULL: it always can. */
	bool (*has_room)(void *ctx);
	struct engine_firewall firewall;
	const char
		*set_name; /* of the firewall's sets; NULL: events do not say how to lift a ban */
};

/* Called for each event, in order, while the engine works; it must not call the engine. */
typedef void engine_sink(void *ctx, const struct event *e);

/* One request in so many counts for the rules of paths, of those that a page of another site sent,
 * as Sec-Fetch-Site says. Nobody who forges that header is free. */
#define ENGINE_CROSS_SITE_ONE 8

struct engine;

/* NULL when memory is short. The config is copied. */
struct engine *engine_new(const struct engine_config *config, engine_sink *sink, void *ctx);
void engine_free(struct engine *e);

/* Another hash key, in all tables, while the engine is new: before the first line and before
 * anything is restored. Returns the one before. */
struct hash_key engine_set_key(struct engine *e, struct hash_key key);

/* One line without its newline, in two steps, for a reader that has many lines at hand.
 * engine_queue reads the line, and while it reads the next ones the memory that this one will touch
 * is fetched; engine_flush carries out what is queued, in order. Nothing else may be called between
 * the two but engine_now and engine_counters. `cut`: the rest of it was left out. `wall`: not read
 * in replay. */
void engine_queue(struct engine *e, const char *line, size_t len, bool cut, struct instant wall);
void engine_flush(struct engine *e);

/* Live, before each batch of lines, and at least once in 5 s: both clocks. When the wall clock has
 * moved by more than 5 s against the monotonic one (it was set, or the machine slept), an error
 * event says so, now is the wall clock again, windows are cleared, baselines kept, and bans keep
 * the time they have left. Over 5 s after the call before, the process was stopped: that time is no
 * silence of the log. */
void engine_clock(struct engine *e, struct instant wall, struct span monotonic);

/* Live: time passes without a line. */
void engine_tick(struct engine *e, struct instant wall);

/* Live: the bans in force, and the unbans of the last day, are announced now, or once more as soon
 * as the announcement under way is complete. Nothing in a replay. */
void engine_announce_now(struct engine *e);

/* The end of input: what is still held is decided. */
void engine_end(struct engine *e);

/* Another allow-list; clients that are banned and now allowed are unbanned. */
void engine_set_allow(struct engine *e, const struct allow *allow);

/* Another list of trusted proxies, in the place of one that was in the config. */
void engine_set_trusted(struct engine *e, const struct allow *trusted);

/* Another schedule, as bans_set_schedule. */
void engine_set_schedule(struct engine *e, const struct span *schedule, uint32_t n);

/* Whether a baseline that is made anew is no event, from now on. */
void engine_set_silent_baselines(struct engine *e, bool silent);

/* The one way in which the engine learns what the firewall does: the answers to its own questions
 * come through here, and so does all that the caller finds later. BAN_REMOVED and BAN_DISOWNED end
 * the ban with an event, without asking the firewall again. BAN_ADOPTED bans the client until
 * `until` (INSTANT_MAX: permanent), with the strikes that are known; of a ban that is enforced
 * already, only an end that is over two seconds later counts, because the kernel's ends are in
 * whole seconds. `now` and `until` are read for BAN_ADOPTED alone. */
void engine_report_outcome(struct engine *e, const struct address *client, enum ban_outcome outcome,
	struct instant now, struct instant until);

/* After BAN_ADOPTED: what a ban in force is for, as an earlier run knew it. Its strikes stay: the
 * state does not have all that a longer ban is decided by. Nothing is done when the firewall has no
 * ban of the client with that end, within two seconds. */
void engine_restore_reason(struct engine *e, const struct state_ban *known);

/* The newest time seen; false before the first. */
bool engine_now(const struct engine *e, struct instant *now);

/* When engine_tick has something to do: the end of the open second or of a ban; at once while
 * silent clients wait to be dropped. */
struct instant engine_next(const struct engine *e);

/* From the first to the newest time, in seconds. */
int64_t engine_log_seconds(const struct engine *e);

/* Another number after each change that a power failure must not undo: a permanent ban, by a rule
 * or by hand, or a ban that was taken back. */
uint64_t engine_lasting(const struct engine *e);

struct counters engine_counters(const struct engine *e);

/* What lines are that are no requests; only lines before the first request are looked at. */
const struct strangers *engine_strangers(const struct engine *e);

/* What a restart needs, for core/record/memory. */
struct memory_parts engine_memory(struct engine *e);
const struct bans *engine_bans(const struct engine *e);

/* Fills what the engine knows of *out; the process's own figures are left as they are, and
 * out->saved is read: how long the log is silent by then. */
void engine_snapshot(const struct engine *e, struct state *out);

#endif
