/* engine_parts.h - the engine's struct, and the functions that its files share. Only the engine's
 * own files include it.
 *
 * engine_lines.c         parses a line into its requests
 * engine.c               moves time and counts each request
 * engine_every_second.c  works at the end of each second
 * engine_verdict.c       turns a verdict on a client into a ban, an alert, or nothing
 * engine_paths.c         learns from requests which paths the site serves
 * engine_failures.c      counts each client's failures and writes
 * engine_origins.c       reports faults of the hosts that send counts
 * engine_clock.c         reacts to a wall clock that was set
 * engine_holds.c         decides whether a ban is held back
 * engine_announce.c      reports bans in force and unbans of the last day again
 * engine_emit.c          gives an event to the engine's sink
 * engine_hints.c         reports faults of the log, such as lines without a needed member
 * engine_snapshot.c      fills the state
 */
#ifndef CORE_ENGINE_ENGINE_PARTS_H
#define CORE_ENGINE_ENGINE_PARTS_H

#include "core/judge/anomaly.h"
#include "core/judge/cold_proxies.h"
#include "core/measure/clients.h"
#include "core/engine/engine.h"
#include "core/judge/path_rules.h"
#include "core/judge/site_failing.h"
#include "core/judge/ban_holds.h"
#include "core/read/line.h"
#include "core/measure/logclock.h"
#include "core/measure/top_networks.h"
#include "core/measure/top_paths.h"
#include "core/measure/clock_skew.h"
#include "core/measure/line_quality.h"
#include "core/measure/recent_lines.h"
#include "core/measure/silences.h"
#include "core/measure/unnamed_proxy.h"
#include "core/judge/swarm.h"
#include "core/judge/unbans.h"
#include "core/measure/visits.h"
#include "core/measure/first_paths.h"
#include "core/measure/origins.h"
#include "core/measure/paths.h"
#include "core/measure/slow_failures.h"
#include "core/measure/teachers.h"
#include "core/measure/written_paths.h"
#include "core/measure/voters.h"
#include "core/record/ban_requests.h"
#include "core/record/counts_read.h"

/* The queue contains requests that were read but not yet counted. Meanwhile the CPU fetches the
 * memory that they will touch. The fetch for one request has several steps. Between two steps, 5
 * earlier requests are counted, which takes about as long as a fetch from a distant cache. Without
 * the queue, user time is 1.4 times as long at 20,000 clients. */
#define ENGINE_QUEUE 16

/* Maximum number of silent clients that the engine drops when a second closes, and in each tick:
 * about 1.5 ms of work. While more clients are overdue, engine_next requests the next tick
 * immediately. */
#define ENGINE_EXPIRE_PER_SECOND 1024

/* Maximum number of times per second that the engine asks the firewall whether it still has a
 * ban. */
#define ENGINE_ASKS_PER_S 200

/* The busiest visits that have not taught yet, because their first lap is still running. When it
 * ends, engine_visit_told learns from the visit. */
struct engine_untold {
	int64_t second; /* second in which they were collected */
	uint32_t n;
	/* the visit with the most requests is first */
	struct heavy_hitters_counter few[HEAVY_HITTERS_MAX];
};

/* The announcement that is running, and the time at which the next one begins. An announcement is
 * printed in slices of at most a hundred events. */
struct engine_announcing {
	struct instant due;   /* time of the next slice; INSTANT_MAX: none is planned */
	struct instant begun; /* start of this announcement, or of the last one */
	struct instant paced; /* no slice before this time, because one was just printed */
	bool running;
	bool again;            /* another announcement follows this one directly */
	uint32_t unbans, bans; /* cursors of the walks over both tables */
};

/* A request that was read but not yet counted. line_parse writes the request directly into its
 * place in the queue. A copy would have to wait for the stores that have just written it. */
struct engine_queued {
	struct line_result result;
	struct instant wall;
	/* when this request is counted, a proxy that --trust-proxy does not name must be reported
	 * (unnamed_proxy.h) */
	bool tells_proxy;
};

/* The site's highest count in the window that exceeded no threshold. It is valid only for the
 * baseline with the number `baselines` (site_baselines). */
struct engine_calm {
	uint64_t baselines;
	uint64_t count;
};

struct engine {
	struct engine_config config;
	engine_sink *sink;
	void *ctx;
	struct line_parser *parser;
	struct logclock clock;
	struct clock_skew skew;
	struct strangers strangers;
	struct line_quality quality;
	struct recent_lines recent; /* live only, as are the next two members */
	struct silences silences;
	struct unnamed_proxy proxy;
	bool proxy_due; /* the unnamed proxy must be reported as soon as the log has a time */
	struct clients *clients;
	struct site *site;
	struct visits *visits;
	struct anomaly anomalies[SIGNAL_COUNT];
	struct engine_calm calm[SIGNAL_COUNT];
	struct rules_low low;      /* counts of a client at which no detection rule matches */
	int64_t abnormal_at;       /* the newest second in which the site
				    * exceeded a threshold */
	int64_t crowd_abnormal_at; /* like abnormal_at, but no single client was the cause */
	bool surge;     /* the site's requests exceeded a threshold in the last closed second */
	bool has_paths; /* at least one line of this run had a path */
	struct voters voters;
	struct site_failing failing;
	struct swarm swarm;
	struct swarm visit_swarm;
	struct ban_holds holds;
	struct engine_untold untold;
	struct cold_proxies cold_proxies;
	/* second in which the run began, or in which the clock last jumped; 0: when the run began,
	 * the site's age (site_age) was already at least COLD_PROXIES_S seconds */
	int64_t cold_since;
	struct bans *bans;
	struct ban_requests *requests;
	struct lift_sets sets; /* name is NULL: events do not show how to lift a ban */
	/* NULL: turned off (max_paths is 0); the next four members are NULL, too */
	struct paths *paths;
	struct first_paths *first_paths;
	struct slow_failures *slow;
	struct written_paths *written;
	struct teachers *honest; /* clients with an honest visit, for 24 to 48 h */
	/* NULL: lines are requests, not counts; the next member is NULL, too */
	struct origins *origins;
	struct counts_line *counts_line; /* scratch memory for one line */
	int64_t origins_checked;         /* second of the last check */
	struct instant bad_origin_told;  /* wall clock of the last report; 0: never reported */
	uint32_t seen_by;                /* bits of the hosts that counted requests of the client
					  * being judged */
	struct counters counters;
	struct engine_announcing announcing;
	struct instant last_line;  /* live: when the newest request was read */
	int64_t lag_ms;            /* how much older than last_line the request's log time was */
	uint64_t held[HOLD_COUNT]; /* number of alerts instead of bans, by reason */
	struct instant no_effect;  /* time of the last "no_effect" alert */
	int64_t first_second;
	int64_t learned_at;        /* second of the last visits_learn */
	struct minute_counts came; /* new clients in the window, except in the open second */
	uint64_t entered; /* number of clients that came from the start until the open second
			   * began */
	bool has_offset;
	int64_t offset_ms;   /* live: wall clock minus monotonic clock */
	struct span looked;  /* live: last call of engine_clock, by the monotonic clock */
	int64_t asked_at;    /* second in which the firewall was last asked whether it has a ban */
	uint32_t asked_n;    /* number of queries in the second asked_at */
	int64_t bans_minute; /* minute of the log's time in which the next two members count */
	uint32_t bans_in_minute;
	uint32_t bans_held;                       /* bans not made because of max_bans_per_minute */
	struct top_networks networks;             /* scratch memory for an alert */
	struct engine_queued queue[ENGINE_QUEUE]; /* request number n is at n % ENGINE_QUEUE */
	uint64_t lasting;                         /* see engine_lasting */
	uint64_t queued, done; /* numbers of requests queued, and counted, since the start */
	/* Empty without `paths`. This member and the next one are last because they are large. */
	struct top_paths asked;
	struct unbans unbans;
};

/* ---- engine.c ---- */

/* The place for the next request. engine_push queues the request that the caller wrote there. */
struct engine_queued *engine_next_queued(struct engine *e);
void engine_push(struct engine *e, struct instant wall);

/* ---- engine_origins.c ---- */

/* Does nothing without config.counts. False when memory is short. */
bool engine_origins_init(struct engine *e);
void engine_origins_fini(struct engine *e);
/* Once per second: reports hosts that are silent, lose lines or have a wrong clock. */
void engine_check_origins(struct engine *e, struct instant wall);
/* Called when the clock was set. */
void engine_origins_shift(struct engine *e, int64_t ms);
/* Live: the values are those at the time out->saved. */
void engine_snapshot_origins(const struct engine *e, struct state *out);
/* The bit, in a visit's `variety`, of the host that sent the request; several hosts may share one
 * bit. */
#define ENGINE_ORIGIN_BITS 32
uint32_t engine_origin_bit(const struct request *r);
/* If lines are counts, a visit's `variety` contains bits of hosts, because counts have no paths.
 * Moves these bits, of the hosts that counted requests of the client, to e->seen_by. */
void engine_take_origins(struct engine *e, struct client_counts *v);

/* ---- engine_emit.c ---- */

struct event engine_event(const struct engine *e, enum event_kind kind, struct instant time);
void engine_emit(struct engine *e, const struct event *event);

/* ---- engine_announce.c ---- */

/* Called when the log's first time is known. */
void engine_announce_start(struct engine *e, struct instant now);
/* Announces the next slice if it is due. `at` sets the pace. In a live run, `at` is the wall clock,
 * because many lines may come together and their times may be ahead of the wall clock. In a replay,
 * `at` is the log's time. */
void engine_announce(struct engine *e, struct instant at);
/* Called when the wall clock was set. */
void engine_announce_shift(struct engine *e, int64_t ms);
/* Called before a ban of the client is reported: announces its newest unban again, if there is one.
 * Returns the number of events reported. */
int engine_repeat_unban(struct engine *e, const struct address *client);
/* Called after an unban was reported: stores it for announcements, unless the ban had expired. */
void engine_note_unban(struct engine *e, const struct event *event);

/* ---- engine_hints.c ---- */

/* For each line, the caller calls engine_hint_reject or engine_hint_request. After
 * engine_hint_request it calls engine_hint_counted when logclock_place has returned. A live run
 * also calls engine_hint_tick. */
void engine_hint_reject(struct engine *e, const char *line, size_t len, bool cut,
	enum line_reason reason, bool truncated, struct instant wall);
void engine_hint_request(
	struct engine *e, struct engine_queued *q, const char *line, size_t len, bool cut);
void engine_hint_counted(
	struct engine *e, const struct engine_queued *q, enum logclock_place where);
void engine_hint_tick(struct engine *e, struct instant wall);
/* Live: reports a line whose origin is invalid or differs from its topic, at most once per
 * minute. */
void engine_hint_bad_origin(struct engine *e, const char *line, size_t len, struct instant wall);

/* ---- engine_every_second.c ---- */

/* Closes the site's open second. `last`: if this second makes a new baseline, the caller closes no
 * second now that makes the next one. Only then is the new baseline reported, so a long gap in the
 * log causes only one report. */
void engine_close_second(struct engine *e, bool last);
/* Closes the open second and the quiet seconds after it by arithmetic. The caller moves time to the
 * second `target`. No request may come and no ban may end in the closed seconds. The results are
 * the same as if engine_close_second and clients_expire were called for each second. Closes at most
 * `most` seconds. Returns the number closed: 0 when the open second may be abnormal. */
int64_t engine_close_quiet(struct engine *e, int64_t most, int64_t target);
void engine_tell_baseline(struct engine *e, struct instant time, const char *reason);

/* Called when a visit, or a lap of it, has ended. */
void engine_visit_told(
	void *ctx, const struct address *client, const struct visit *v, uint32_t last, int64_t now);

/* Called before the first client comes, when the limits were made or restored. */
void engine_init_limits(struct engine *e);

/* ---- engine_verdict.c ---- */

/* Judges a client at its newest request, and then bans it, reports an alert, or does nothing.
 * `about`: see rules.h. `paths`: the input of the detection rules of path_rules.h; NULL: only the
 * rules of rules.h judge. True: a detection rule matches. */
bool engine_judge(struct engine *e, const struct request *r, const struct client_counts *v,
	unsigned about, const struct path_rules_case *paths);

/* Judges a client at a request `r` that is the sum of many requests. The client is judged at up to
 * 32 of these requests, evenly spaced, as if each were the newest one. If the client were judged
 * only once per second, its requests might look like a burst. `own`: the errors of `r` that count
 * against the client. */
void engine_judge_sum(struct engine *e, const struct request *r, const struct client_counts *v,
	uint32_t own, unsigned about);

/* Called at a line of a banned client. True: somebody removed the ban, so the line must be
 * counted. */
bool engine_passed(struct engine *e, const struct address *client);

/* If the minute of `now` has just begun: reports how many bans were not made in the previous minute
 * because of max_bans_per_minute. */
void engine_tell_held(struct engine *e, struct instant now);

/* Ends the bans whose time is over at t. Each unban has the time at which its ban ended. */
void engine_end_bans(struct engine *e, struct instant t);

/* ---- engine_paths.c ---- */

/* Hash of the request's path; 0: it has no path, or paths are turned off. Prefetches the path's
 * entry in the table. */
uint64_t engine_path_hash(struct engine *e, const struct request *r);

/* The bits that the request adds to its client's variety (variety.h). */
uint32_t engine_variety(const struct request *r);

/* How well the table knows the request's path, see paths_serve. PATHS_NEW if the client was not
 * served. */
enum paths_standing engine_serve_path(struct engine *e, const struct request *r);

/* The bit of the request's path in the member `pages` of struct visit, a bitmap (clients.h). The
 * caller uses it only for a path that the site is known to serve. */
uint32_t engine_page(const struct request *r);

/* True if the path is a dead link (paths.h), so an error on it counts against no client. */
bool engine_is_dead_link(const struct engine *e, const struct request *r);

/* True if at least 3 different paths were served, and fewer than half of the requests were own
 * errors. */
bool engine_is_honest(const struct visit *v);

/* Learns from a request that was counted in the visit `v`. A path that is PATHS_SETTLED is not
 * stored again. */
void engine_learn_path(struct engine *e, const struct request *r, const struct visit *v,
	enum ban_standing standing, enum paths_standing path);

/* ---- engine_failures.c ---- */

/* Makes the tables of clients that fail or write. Called only if paths are learned. False when
 * memory is short. */
bool engine_failures_init(struct engine *e);
void engine_failures_fini(struct engine *e);
/* Called when the clock was set. */
void engine_failures_shift(struct engine *e, int64_t seconds);
/* Called when a visit, or a lap of it, has ended, with the arguments of engine_visit_told. */
void engine_failures_told(struct engine *e, const struct address *client, const struct visit *v,
	uint32_t last, int64_t now);
void engine_failures_banned(struct engine *e, const struct address *client);
/* Counts failures and writes: `v` already includes the request `r`. `blames`: the request is an own
 * error. False: the request gives the rules of path_rules.h nothing to judge. */
bool engine_note_failure(struct engine *e, const struct request *r, const struct client_counts *v,
	bool blames, enum ban_standing standing, struct path_rules_case *out);

/* ---- engine_holds.c ---- */

/* Decides what follows from the verdict: a ban if *hold is HOLD_NONE, else an alert. After an
 * alert, the client causes no other alert for a while. False: the client has already caused an
 * alert in this time, so nothing follows. */
bool engine_decide_hold(struct engine *e, const struct address *client,
	const struct client_counts *v, const struct verdict *verdict, enum hold *hold);

/* Called when the client is banned: the requests of its visit no longer count for
 * cold_proxies.h. */
void engine_cold_proxies_without(struct engine *e, const struct client_counts *v);

#endif
