/* engine.c - see engine.h. engine_parts.h lists the other files. */
#include "core/engine/engine_parts.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/num.h"
#include "core/measure/teachers.h"
#include "core/measure/variety.h"

/* Each request drops at most this many clients whose visit has ended, and forgets the strikes of at
 * most this many clients. A request adds at most one client to a table, so the tables do not keep
 * clients for long after their time. */
#define EXPIRE_PER_REQUEST 4
/* After SETTLE_S + SITE_BASELINE_S seconds without a line, all per-second counts of the site are
 * zero, and all states of the site, such as an anomaly, have settled. Then site_skip learns the
 * rest of the gap as idle seconds, in one step. */
#define SETTLE_S 7200
/* At most one client in RINGS_SHARE, but at least RINGS_MIN clients, can be busy at a time. A busy
 * client has requests in more than 6 different seconds of the window, and has a ring: its count in
 * each second of the window. When no ring is free, the table counts each further busy client in
 * steps of 10 s. */
#define RINGS_SHARE 8
#define RINGS_MIN   64

/* Makes the tables for paths, unless paths are turned off. False when memory is short. */
static bool init_path_tables(struct engine *e)
{
	if (e->config.max_paths == 0)
		return true;
	e->paths = paths_new(e->config.max_paths, e->config.key);
	e->first_paths = first_paths_new();
	return e->paths && e->first_paths && engine_failures_init(e);
}

struct engine *engine_new(const struct engine_config *config, engine_sink *sink, void *ctx)
{
	struct engine *e = calloc(1, sizeof *e);
	struct bans_config bans = config->bans;
	uint32_t rings = config->max_clients / RINGS_SHARE;
	struct clients_config clients = {
		.max = config->max_clients,
		.rings = rings > RINGS_MIN ? rings : RINGS_MIN,
		.key = config->key,
		.told = engine_visit_told,
		.ctx = e,
	};

	if (!e)
		return NULL;
	bans.key = config->key;
	e->config = *config;
	e->sink = sink;
	e->ctx = ctx;
	e->sets =
		(struct lift_sets){config->set_name, config->v4_prefix_len, config->v6_prefix_len};
	e->networks.key = e->voters.key = config->key;
	top_paths_clear(&e->asked);
	logclock_init(&e->clock, config->replay);
	ban_holds_init(&e->holds, &config->holds);
	e->parser = line_parser_new(&config->line);
	e->clients = clients_new(&clients);
	e->site = site_new();
	e->visits = visits_new(&config->visits, config->max_clients, config->key);
	e->bans = bans_new(&bans);
	e->requests = ban_requests_new(
		bans.max < BAN_REQUESTS_MAX ? bans.max : BAN_REQUESTS_MAX, config->key);
	if (!e->parser || !e->clients || !e->site || !e->visits || !e->bans || !e->requests ||
		!init_path_tables(e) || !engine_origins_init(e)) {
		engine_free(e);
		return NULL;
	}
	return e;
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	line_parser_free(e->parser);
	clients_free(e->clients);
	site_free(e->site);
	visits_free(e->visits);
	bans_free(e->bans);
	ban_requests_free(e->requests);
	paths_free(e->paths);
	first_paths_free(e->first_paths);
	engine_failures_fini(e);
	engine_origins_fini(e);
	free(e);
}

struct hash_key engine_set_key(struct engine *e, struct hash_key key)
{
	struct hash_key before = e->config.key;

	e->config.key = key;
	clients_set_key(e->clients, key);
	bans_set_key(e->bans, key);
	ban_requests_set_key(e->requests, key);
	if (e->paths) {
		paths_set_key(e->paths, key);
		top_paths_clear(&e->asked); /* its hashes were made with the old key */
		teachers_restore(e->honest, &(struct teachers_head){.key = key});
	}
	teachers_restore(visits_teachers(e->visits), &(struct teachers_head){.key = key});
	e->networks.key = e->voters.key = key;
	return before;
}

/* Number of seconds that can close before the next ban ends, at most `most`. */
static int64_t seconds_without_end(const struct engine *e, int64_t most)
{
	struct instant end;

	if (!bans_next_end(e->bans, &end))
		return most;
	/* the ban ends when the second that contains its last millisecond is closed */
	int64_t before = instant_second((struct instant){end.ms - 1}) - site_second(e->site);
	return before < most ? before : most;
}

/* Closes at most `most` seconds in one step. Stops before the next second in which a ban ends. If
 * there are many clients, also stops before the next second in which a visit ends. Returns the
 * number of closed seconds. */
static int64_t close_quiet(struct engine *e, int64_t target, int64_t most)
{
	int64_t left = target - site_second(e->site), end;

	if (clients_overdue(e->clients, site_second(e->site)))
		return 0; /* more visits have ended than can expire in one second */
	left = seconds_without_end(e, left < most ? left : most);
	if (clients_n(e->clients) > ENGINE_EXPIRE_PER_SECOND &&
		clients_next_end(e->clients, site_second(e->site), &end))
		left = end - site_second(e->site) < left ? end - site_second(e->site) : left;
	return engine_close_quiet(e, left, target);
}

static void start_time(struct engine *e, int64_t second)
{
	site_start(e->site, second);
	e->first_second = e->learned_at = second;
	e->cold_since = site_age(e->site) < COLD_PROXIES_S ? second : 0;
	engine_init_limits(e);
	engine_announce_start(e, instant_at_second(second));
	engine_set_allow(e,
		e->config.allow); /* the memory file may contain a ban of a client that is allowed
				   * now */
}

/* Closes the seconds before the second of `to`. Not inlined, because only the first line of a
 * second needs this code. */
static __attribute__((noinline)) void pass_seconds(struct engine *e, struct instant to)
{
	int64_t target = instant_second(to);
	int64_t settle = SETTLE_S + SITE_BASELINE_S;
	int64_t every = SITE_RECOMPUTE_S;

	for (int64_t n = 0; site_second(e->site) < target; n++) {
		if (n == settle) {
			engine_end_bans(e, to);
			site_skip(e->site, target - site_second(e->site));
			engine_tell_baseline(e, instant_at_second(target), NULL);
			break;
		}
		int64_t quiet = close_quiet(e, target, settle - n);
		if (quiet == 0) {
			engine_end_bans(e, instant_at_second(site_second(e->site) + 1));
			engine_close_second(e, target - site_second(e->site) <= every);
			clients_expire(e->clients, site_second(e->site), ENGINE_EXPIRE_PER_SECOND);
		} else {
			n += quiet - 1;
		}
	}
}

/* Moves time to `to`. Bans end and seconds close in the order of their times. */
static void advance_time(struct engine *e, struct instant to)
{
	int64_t target = instant_second(to);
	struct instant end;

	if (!site_started(e->site))
		start_time(e, target);
	if (site_second(e->site) < target)
		pass_seconds(e, to);
	if (bans_next_end(e->bans, &end) && !instant_before(to, end))
		engine_end_bans(e, to);
	engine_tell_held(e, to);
	if (e->config.replay)
		engine_announce(e, to);
	bans_forget(e->bans, to, EXPIRE_PER_REQUEST);
}

/* Counts own errors of a client, which may show that the site itself fails. */
static void note_errors(
	struct engine *e, const struct address *client, const struct client_counts *v, uint32_t own)
{
	int64_t second = site_second(e->site);
	struct address voter = voters_of(&e->voters, client, second);
	uint32_t turned =
		site_failing_note(&e->failing, &voter, v, own, clients_n(e->clients), second);
	if (turned)
		site_failing_weigh(&e->failing, turned,
			voters_active(
				&e->voters, e->clients, site_failing_most(turned) + 1, second));
}

/* Counts one request whose time is known, then judges its client. */
static void process_request(struct engine *e, const struct request *r)
{
	int64_t second = instant_second(r->time);

	advance_time(e, e->clock.now);
	enum ban_standing standing = bans_standing(e->bans, &r->client, r->hash, e->clock.now);
	e->counters.requests = num_add_u64(e->counters.requests, r->count);
	if (standing == STANDING_BANNED && !engine_passed(e, &r->client)) {
		e->counters.blocked = num_add_u64(e->counters.blocked, r->count);
		return;
	}
	if (!e->surge)
		e->holds.heavy.seen += r->count;
	e->cold_proxies.seen += r->count;
	site_count(e->site, second, r->count, request_errors(r));
	if (e->paths)
		top_paths_add(&e->asked, r, second, site_second(e->site));
	clients_expire(e->clients, site_second(e->site), EXPIRE_PER_REQUEST);
	bool blames = request_own(r) && !e->failing.site && !engine_is_dead_link(e, r);
	enum paths_standing path = engine_serve_path(e, r);
	struct clients_hit hit = {
		.second = second,
		.requests = r->count,
		.errors = request_errors(r),
		.own = blames ? request_own(r) : 0,
		.variety = r->summed ? engine_origin_bit(r) : engine_variety(r),
		.pages = path == PATHS_NEW ? 0 : engine_page(r),
	};
	struct client_counts v =
		clients_add(e->clients, &r->client, r->hash, site_second(e->site), &hit);
	if (r->summed)
		engine_take_origins(e, &v);
	if (v.visit.first == v.visit.start && v.visit.requests == hit.requests)
		voters_note_came(&e->voters, &r->client, site_second(e->site));
	engine_learn_path(e, r, &v.visit, standing, path);
	/* errors of a client with an earlier ban are no sign that the site fails */
	if (hit.own && standing == STANDING_CLEAR)
		note_errors(e, &r->client, &v, hit.own);
	bool refused = hit.own && !r->summed && paths_outcome_of(r->status) != PATHS_MISSING;
	unsigned about =
		(standing == STANDING_PAROLE ? ABOUT_PAROLE : 0) | (refused ? ABOUT_REFUSED : 0);
	struct path_rules_case paths;
	bool judged = e->slow && engine_note_failure(e, r, &v, blames, standing, &paths);
	if (r->summed && !rules_are_low(&e->low, &v))
		engine_judge_sum(e, r, &v, hit.own, about);
	else if (judged || !rules_are_low(&e->low, &v)) /* hardly any request reaches this line */
		engine_judge(e, r, &v, about, judged ? &paths : NULL);
}

static void place_request(struct engine *e, const struct request *r, enum logclock_place where)
{
	switch (where) {
	case LOGCLOCK_AHEAD:
		e->counters.ahead++;
		process_request(e, r);
		break;
	case LOGCLOCK_TAKE:
		process_request(e, r);
		break;
	case LOGCLOCK_LATE:
		e->counters.late++;
		break;
	case LOGCLOCK_BAD:
		e->counters.bad_time++;
		break;
	case LOGCLOCK_HELD:
		break;
	}
}

/* Live: reports an error if the log's time is steadily off, because of another time zone or another
 * host's clock. */
static void check_clock_skew(struct engine *e, const struct request *r, struct instant wall)
{
	if (!r->has_time || !clock_skew_note(&e->skew, r->time, wall))
		return;
	struct event event = engine_event(e, EVENT_ERROR, instant_later(e->clock.now, wall));
	event.reason = "time_skew";
	event.message = e->skew.message;
	engine_emit(e, &event);
}

/* Prefetches memory for two queued requests, when request number n has just been queued. One step
 * is a third of the queue. For the request one step before n, prefetches the entries of its client
 * and of its path. For the request two steps before n, prefetches the counter in the client's entry
 * for the time of the request. engine_push has prefetched the start of each client's hash chain. */
static void prefetch_request(struct engine *e, uint64_t n)
{
	const uint64_t step = ENGINE_QUEUE / 3;

	for (uint64_t k = 1; k <= 2 && n >= e->done + k * step; k++) {
		const struct engine_queued *q = &e->queue[(n - k * step) % ENGINE_QUEUE];
		if (k == 1) {
			clients_prefetch_entry(e->clients, q->result.request.hash);
			bans_prefetch(e->bans, q->result.request.hash);
			if (q->result.request.path_hash)
				paths_prefetch_entry(e->paths, q->result.request.path_hash);
		} else {
			clients_prefetch_second(
				e->clients, q->result.request.hash, q->result.request.time);
		}
	}
}

static void count_queued(struct engine *e)
{
	struct engine_queued *q = &e->queue[e->done++ % ENGINE_QUEUE];
	struct request *r = &q->result.request, released;
	enum logclock_place where;

	if (r->summed) { /* its line was already placed in time */
		process_request(e, r);
		return;
	}
	if (!e->config.replay) {
		check_clock_skew(e, r, q->wall);
		e->last_line = q->wall;
		silences_note(&e->silences, q->wall);
		if (r->has_time)
			e->lag_ms = instant_since(q->wall, r->time).ms;
	}
	where = logclock_place(&e->clock, r, q->wall);
	place_request(e, r, where);
	engine_hint_counted(e, q, where);
	while (logclock_release(&e->clock, &released, &where, &e->counters.bad_time))
		place_request(e, &released, where);
}

struct engine_queued *engine_next_queued(struct engine *e)
{
	return &e->queue[e->queued % ENGINE_QUEUE];
}

void engine_push(struct engine *e, struct instant wall)
{
	struct engine_queued *q = engine_next_queued(e);
	struct request *r = &q->result.request;

	q->wall = wall;
	r->hash = clients_hash_prefetch(e->clients, &r->client);
	r->path_hash = engine_path_hash(e, r);
	prefetch_request(e, e->queued++);
	if (!e->clock.started) /* the first request starts the log's
			        * time, which the caller waits for */
		engine_flush(e);
	else if (e->queued - e->done == ENGINE_QUEUE)
		count_queued(e);
}

void engine_flush(struct engine *e)
{
	while (e->done != e->queued)
		count_queued(e);
}

void engine_set_trusted(struct engine *e, const struct allow *trusted)
{
	line_trust(e->parser, trusted);
}

void engine_set_schedule(struct engine *e, const struct span *schedule, uint32_t n)
{
	bans_set_schedule(e->bans, schedule, n);
	memcpy(e->config.bans.schedule, schedule, n * sizeof *schedule);
	e->config.bans.schedule_n = n;
}

void engine_set_silent_baselines(struct engine *e, bool silent)
{
	e->config.silent_baselines = silent;
}

void engine_tick(struct engine *e, struct instant wall)
{
	logclock_tick(&e->clock, wall);
	advance_time(e, e->clock.now);
	engine_announce(e, wall);
	engine_hint_tick(e, wall);
	engine_check_origins(e, wall);
	clients_expire(e->clients, site_second(e->site), ENGINE_EXPIRE_PER_SECOND);
	bans_forget(e->bans, e->clock.now, ENGINE_EXPIRE_PER_SECOND);
}

void engine_end(struct engine *e)
{
	e->counters.bad_time += logclock_end(&e->clock);
	if (e->origins)
		origins_end(e->origins);
}

bool engine_now(const struct engine *e, struct instant *now)
{
	*now = e->clock.now;
	return e->clock.started;
}

struct instant engine_next(const struct engine *e)
{
	struct instant second = instant_at_second(site_second(e->site) + 1);
	struct instant end;

	if (clients_overdue(e->clients, site_second(e->site)))
		return e->clock.now;
	if (bans_next_end(e->bans, &end) && instant_before(end, second))
		second = end;
	return instant_before(e->announcing.due, second) ? e->announcing.due : second;
}

uint64_t engine_lasting(const struct engine *e)
{
	return e->lasting;
}

int64_t engine_log_seconds(const struct engine *e)
{
	return site_started(e->site) ? site_second(e->site) - e->first_second : 0;
}

struct memory_parts engine_memory(struct engine *e)
{
	return (struct memory_parts){
		.site = e->site,
		.visits = e->visits,
		.heavy = &e->holds.heavy,
		.heavy_networks = &e->voters.heavy,
		.bans = e->bans,
		.requests = e->requests,
		.mass_ban = &e->holds.mass,
		.unbans = &e->unbans,
		.silences = &e->silences,
		.recent = &e->recent,
		.origins = e->origins,
		.paths = e->paths,
		.slow = e->slow,
		.written = e->written,
		.honest = e->honest,
	};
}

const struct bans *engine_bans(const struct engine *e)
{
	return e->bans;
}
