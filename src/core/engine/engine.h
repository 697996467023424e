/* engine.h - composes the path: a line in, events out.
 *
 * Path:    io/host/line_reader -> [engine: line, logclock, clients, site, anomaly, rules, bans] -> event.
 *          The only file that sees all stages. Pure: the wall clock, the hash key and the allow-
 *          list are arguments, and events go to the sink that the caller gives.
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
#include "core/record/memory.h"
#include "core/judge/rules.h"
#include "core/measure/site.h"
#include "core/record/state.h"
#include "core/judge/swarm.h"
#include "core/measure/visits.h"

/* Live, when a line of a client comes that the firewall should have stopped: is it still banned
 * there? False when somebody took the ban back by hand. Asked at most ENGINE_ASKS_PER_S times a
 * second. */
typedef bool engine_still_banned(void *ctx, const struct address *client);

struct engine_config {
	bool replay;
	struct line_config line;
	const struct allow *allow; /* sealed; the caller's, lives as long as the engine uses it */
	struct hash_key key;
	uint32_t max_clients;
	int v4_prefix_len;
	int v6_prefix_len;
	struct site_config site;
	struct rules_config rules;
	struct visits_config visits;
	struct swarm_config swarm;
	struct swarm_config visit_swarm;
	struct ban_holds_config holds;
	struct bans_config bans; /* its key is taken from above */
	struct span calm;        /* below the tight thresholds, before an anomaly is over */
	struct span accept;      /* of an anomaly, before its level is taken as normal */
	struct span known_after; /* a client that has been here for so long is known */
	double severe;           /* times the cold limits: banned even while learning */
	bool ban_private;
	uint32_t max_bans_per_minute;
	struct span in_flight; /* requests that a ban finds open are logged so much later at most */
	engine_still_banned *still_banned; /* or NULL; its ctx is the sink's */
};

/* Called for each event, in order, while the engine works; it must not call the engine, but for
 * engine_enforced. The sink of a ban carries it out, and sets e->enforced before it writes it. */
typedef void engine_sink(void *ctx, struct event *e);

struct engine;

/* NULL when memory is short. The config is copied. */
struct engine *engine_new(const struct engine_config *config, engine_sink *sink, void *ctx);
void engine_free(struct engine *e);

/* The same as engine_feed in two steps, for a reader that has many lines at hand: engine_queue reads the
 * line, and while it reads the next ones the memory that this one will touch is fetched;
 * engine_flush carries out what is queued, in order. Nothing else may be called between the two but
 * engine_now and engine_counters. */
void engine_queue(struct engine *e, const char *line, size_t len, bool cut, struct instant wall);
void engine_flush(struct engine *e);

/* One line without its newline. `cut`: the rest of it was left out. `wall`: not read in replay. */
void engine_feed(struct engine *e, const char *line, size_t len, bool cut, struct instant wall);

/* Live, before each batch of lines: both clocks. When the wall clock has moved by more than 5 s
 * against the monotonic one (it was set, or the machine slept), an error event says so, now is the
 * wall clock again, windows are cleared, baselines kept, and bans keep the time they have left. */
void engine_clock(struct engine *e, struct instant wall, struct span monotonic);

/* Live: time passes without a line. */
void engine_tick(struct engine *e, struct instant wall);

/* The end of input: what is still held is decided. */
void engine_end(struct engine *e);

/* Another allow-list; clients that are banned and now allowed are unbanned. */
void engine_set_allow(struct engine *e, const struct allow *allow);

/* Another list of trusted proxies, in the place of one that was in the config. */
void engine_set_trusted(struct engine *e, const struct allow *trusted);

/* Somebody took the ban back by hand: it ends, and the client's strikes and counts are forgotten.
 */
void engine_unban(struct engine *e, const struct address *client);

/* A ban that was only printed ends, since this run enforces bans; the client's strikes stay. */
void engine_end_printed(struct engine *e, const struct address *client);

/* The firewall holds the client until then (INSTANT_MAX: for ever), by our doing or another's:
 * it is banned, with the strikes that are known. Of a ban that is known to be enforced, only an
 * end that is over two seconds later counts: the kernel's own are in whole seconds. */
void engine_adopt(
	struct engine *e, const struct address *client, struct instant now, struct instant until);

/* Notes in the strike table whether the firewall has the client. */
void engine_enforced(struct engine *e, const struct address *client, bool enforced);

/* The newest time seen; false before the first. */
bool engine_now(const struct engine *e, struct instant *now);

/* When engine_tick has something to do: the end of the open second or of a ban; at once while clients that are
 * silent wait to be dropped. */
struct instant engine_next(const struct engine *e);

/* From the first to the newest time, in seconds. */
int64_t engine_log_seconds(const struct engine *e);

struct counters *engine_counters(struct engine *e);

/* What a restart needs, for core/memory. */
struct memory_parts engine_memory(struct engine *e);
struct bans *engine_bans(struct engine *e);

/* Fills what the engine knows of *out; the process's own figures are left as they are. */
void engine_snapshot(const struct engine *e, struct state *out);

#endif
