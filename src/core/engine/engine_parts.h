/* engine_parts.h - the stages that the engine composes, for its own files alone:
 *
 * engine_lines.c         from a line to its requests
 * engine.c               a request's way through them, and time
 * engine_every_second.c  the work at the end of each second
 * engine_verdict.c       from a verdict on a client to a ban, an alert, or nothing
 * engine_paths.c         what requests say about paths, and paths about requests
 * engine_failures.c      what a client fails at and writes to
 * engine_origins.c       what is wrong with the hosts that send counts
 * engine_clock.c         a wall clock that was set
 * engine_holds.c         whether that ban is held back
 * engine_announce.c      bans in force and late unbans, reported again
 * engine_emit.c          how the other files report an event
 * engine_hints.c         what lines say about their log
 * engine_snapshot.c      the state for the dashboard
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

/* Requests read ahead of those that are counted, while the memory that they will touch is fetched
 * in steps 5 requests apart: about as long as a far cache takes. User time without it: 1.4 times
 * at 20,000 clients. */
#define ENGINE_QUEUE 16

/* Silent clients dropped at each second that closes, and in a tick: about 1.5 ms of them. While
 * more are overdue, engine_next asks for the next tick at once. */
#define ENGINE_EXPIRE_PER_SECOND 1024

/* Questions whether the firewall still has a ban, in one second, at most. */
#define ENGINE_ASKS_PER_S 200

/* The busiest visits whose first lap still runs. */
struct engine_untold {
	int64_t second; /* when they were found */
	uint32_t n;
	struct heavy_hitters_counter few[HEAVY_HITTERS_MAX]; /* most requests first */
};

/* An announcement, and when the next one begins. */
struct engine_announcing {
	struct instant due;   /* of the next slice; INSTANT_MAX: none is planned */
	struct instant begun; /* of this announcement, or of the last one */
	struct instant paced; /* no slice before: the last one was just now */
	bool running;
	bool again;            /* another one is to follow at once */
	uint32_t unbans, bans; /* cursors of the walks */
};

/* A request that was read and not yet counted. line_parse writes it in its place in the queue:
 * copying what has just been written piece by piece would wait for the pieces. */
struct engine_queued {
	struct line_result result;
	struct instant wall;
	bool tells_proxy; /* with it, an unnamed proxy is to be told */
};

/* The highest count in the window at which no rule of the site held, of those since the baseline
 * changed to the one of this number. */
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
	struct recent_lines recent; /* live, as the next */
	struct silences silences;
	struct unnamed_proxy proxy;
	bool proxy_due; /* it is to be told, as soon as there is a time */
	struct clients *clients;
	struct site *site;
	struct visits *visits;
	struct anomaly anomalies[SIGNAL_COUNT];
	struct engine_calm calm[SIGNAL_COUNT];
	struct rules_low low;      /* counts of a client at which no rule holds */
	int64_t abnormal_at;       /* the newest second in which a rule of the site held */
	int64_t crowd_abnormal_at; /* the same, and no client alone was the reason */
	bool surge;                /* one on its requests did */
	bool has_paths;            /* some line of this run had a path */
	struct voters voters;
	struct site_failing failing;
	struct swarm swarm;
	struct swarm visit_swarm;
	struct ban_holds holds;
	struct engine_untold untold;
	struct cold_proxies cold_proxies;
	/* The site was not known when the run began: second of that, or of a clock that was set. */
	int64_t cold_since; /* 0: it was known */
	struct bans *bans;
	struct ban_requests *requests;
	struct lift_sets sets; /* without a name: not known */
	struct paths *paths;   /* NULL: turned off (max_paths is 0), and so are the next four */
	struct first_paths *first_paths;
	struct slow_failures *slow;
	struct written_paths *written;
	struct teachers *honest;         /* clients with an honest visit in the last 24 to 48 h */
	struct origins *origins;         /* NULL: lines are requests, and so is the next */
	struct counts_line *counts_line; /* scratch */
	int64_t origins_checked;         /* second of the last check */
	struct instant bad_origin_told;  /* wall clock; 0: never */
	uint32_t seen_by;                /* bits of the hosts that saw the newest client */
	struct counters counters;
	struct engine_announcing announcing;
	struct instant last_line;  /* live: when the newest request was read */
	int64_t lag_ms;            /* how far its time was behind that */
	uint64_t held[HOLD_COUNT]; /* alerts instead of bans */
	struct instant no_effect;  /* the last alert of it */
	int64_t first_second;
	int64_t learned_at;        /* second of the last visits_learn */
	struct minute_counts came; /* clients that came, but for those of the open second */
	uint64_t entered;          /* clients that had ever come when that began */
	bool has_offset;
	int64_t offset_ms;   /* live: wall clock less monotonic clock */
	struct span looked;  /* live: when engine_clock was called last, by the monotonic clock */
	int64_t asked_at;    /* second in which the firewall was asked last whether it has a ban */
	uint32_t asked_n;    /* times in it */
	int64_t bans_minute; /* of the log's time */
	uint32_t bans_in_minute;
	uint32_t bans_held;                       /* over max_bans_per_minute, in it */
	struct top_networks networks;             /* scratch of an alert */
	struct engine_queued queue[ENGINE_QUEUE]; /* by number % ENGINE_QUEUE */
	uint64_t lasting; /* permanent bans that began, bans that somebody took back, new hosts */
	uint64_t queued, done; /* numbers: requests queued, and counted, ever */
	/* Nothing in it without `paths`. Last, because it is large; so is the next. */
	struct top_paths asked;
	struct unbans unbans;
};

/* ---- engine.c ---- */

/* The place for the next request, which engine_push queues. */
struct engine_queued *engine_next_queued(struct engine *e);
void engine_push(struct engine *e, struct instant wall);

/* ---- engine_origins.c ---- */

/* With config.counts alone. False when memory is short. */
bool engine_origins_init(struct engine *e);
void engine_origins_fini(struct engine *e);
/* Once per second: which hosts are silent, lose lines or have a wrong clock. */
void engine_check_origins(struct engine *e, struct instant wall);
/* The clock was set. */
void engine_origins_shift(struct engine *e, int64_t ms);
/* Live: as of out->saved. */
void engine_snapshot_origins(const struct engine *e, struct state *out);
/* The bit of a request's host in a visit; more hosts share the bits. */
#define ENGINE_ORIGIN_BITS 32
uint32_t engine_origin_bit(const struct request *r);
/* Which hosts saw the client; in its visit they stand in the place of paths, which no counts
 * have. */
void engine_take_origins(struct engine *e, struct client_counts *v);

/* ---- engine_emit.c ---- */

struct event engine_event(const struct engine *e, enum event_kind kind, struct instant time);
void engine_emit(struct engine *e, const struct event *event);

/* ---- engine_announce.c ---- */

/* Time begins. */
void engine_announce_start(struct engine *e, struct instant now);
/* Announces the next slice, if it is due. `at` sets the pace: the wall clock, because lines may be
 * ahead of it and come many at once; in a replay the log's time. */
void engine_announce(struct engine *e, struct instant at);
/* The wall clock was set. */
void engine_announce_shift(struct engine *e, int64_t ms);
/* Before a ban of the client is reported: its newest unban is announced, if there is one. Returns
 * how many events that took. */
int engine_repeat_unban(struct engine *e, const struct address *client);
/* An unban was reported: it is kept to be announced again, unless its ban has expired. */
void engine_note_unban(struct engine *e, const struct event *event);

/* ---- engine_hints.c ---- */

/* In this order: a line was rejected; a line is a request, with its client as it was logged; that
 * request got its place in time; time passes in a live run. */
void engine_hint_reject(struct engine *e, const char *line, size_t len, bool cut,
	enum line_reason reason, bool truncated, struct instant wall);
void engine_hint_request(
	struct engine *e, struct engine_queued *q, const char *line, size_t len, bool cut);
void engine_hint_counted(
	struct engine *e, const struct engine_queued *q, enum logclock_place where);
void engine_hint_tick(struct engine *e, struct instant wall);
/* Live: reports a line that is not of the host that its topic names, at most once per minute. */
void engine_hint_bad_origin(struct engine *e, const char *line, size_t len, struct instant wall);

/* ---- engine_every_second.c ---- */

/* Closes the site's open second. `last`: no second that closes in the same step of time will make
 * another baseline. Only then a new baseline is reported: one for a whole gap in the log. */
void engine_close_second(struct engine *e, bool last);
/* Closes the open second and quiet ones behind it, in which nothing comes, by arithmetic, with the
 * results of engine_close_second and clients_expire for each, on the way to the second `target`. At
 * most `most`; no ban may end in them. Returns how many: 0 when they are not sure to be normal. */
int64_t engine_close_quiet(struct engine *e, int64_t most, int64_t target);
void engine_tell_baseline(struct engine *e, struct instant time, const char *reason);

/* A visit ended, or a lap of it. */
void engine_visit_told(
	void *ctx, const struct address *client, const struct visit *v, uint32_t last, int64_t now);

/* Before the first client, when the limits are made or restored. */
void engine_init_limits(struct engine *e);

/* ---- engine_verdict.c ---- */

/* Judges a client on its newest request, and carries out the verdict. `about`: as in rules.h.
 * `paths`: what the rules of paths judge; NULL: nothing, and then the counts may be low. True: a
 * rule holds. */
bool engine_judge(struct engine *e, const struct request *r, const struct client_counts *v,
	unsigned about, const struct path_rules_case *paths);

/* The same of a request that sums up many, as if each of them were the newest one: a client is
 * judged at each request of a log, too, and at the end of a second its requests may look like a
 * burst. `own`: their errors that are held against the client. */
void engine_judge_sum(struct engine *e, const struct request *r, const struct client_counts *v,
	uint32_t own, unsigned about);

/* A line of a banned client: true when it is to be counted after all, since somebody took the ban
 * back. */
bool engine_passed(struct engine *e, const struct address *client);

/* Tells how many bans were held back in the minute before the one of `now`. */
void engine_tell_held(struct engine *e, struct instant now);

/* Ends the bans whose time is over at t, each at its own end. */
void engine_end_bans(struct engine *e, struct instant t);

/* ---- engine_paths.c ---- */

/* Of the request's path; 0: it has none, or paths are turned off. Fetches memory of the table. */
uint64_t engine_path_hash(struct engine *e, const struct request *r);

/* The bits that it adds to its client's variety (variety.h). */
uint32_t engine_variety(const struct request *r);

/* What is known of its path, if the client was served it. */
enum paths_standing engine_serve_path(struct engine *e, const struct request *r);

/* The bit of a path that the site is known to serve, in the pages of a visit (clients.h). */
uint32_t engine_page(const struct request *r);

/* The error is nobody's own: the site's pages link there in vain. */
bool engine_is_dead_link(const struct engine *e, const struct request *r);

/* At least 3 different paths were served, and less than half of the requests were errors. */
bool engine_is_honest(const struct visit *v);

/* The request was counted, in `v`. Of a settled path itself nothing is learned. */
void engine_learn_path(struct engine *e, const struct request *r, const struct visit *v,
	enum ban_standing standing, enum paths_standing path);

/* ---- engine_failures.c ---- */

/* The tables of clients that fail or write, with paths alone. False when memory is short. */
bool engine_failures_init(struct engine *e);
void engine_failures_fini(struct engine *e);
/* The clock was set. */
void engine_failures_shift(struct engine *e, int64_t seconds);
/* A visit ended, or a lap of it: arguments as of engine_visit_told. */
void engine_failures_told(struct engine *e, const struct address *client, const struct visit *v,
	uint32_t last, int64_t now);
void engine_failures_banned(struct engine *e, const struct address *client);
/* Notes a request that was counted in `v`. `blames`: it is an error of the client's own. False:
 * there is nothing to judge by its path. */
bool engine_note_failure(struct engine *e, const struct request *r, const struct client_counts *v,
	bool blames, enum ban_standing standing, struct path_rules_case *out);

/* ---- engine_holds.c ---- */

/* Whether the verdict has a consequence: with HOLD_NONE a ban, else an alert, and silence about the
 * client for a while. False: the client was alerted about a short while ago. */
bool engine_decide_hold(struct engine *e, const struct address *client,
	const struct client_counts *v, const struct verdict *verdict, enum hold *hold);

/* The client is banned: what it did in this visit says nothing of proxies. */
void engine_cold_proxies_without(struct engine *e, const struct client_counts *v);

#endif
