/* engine.c - see engine.h. */
#include "core/engine.h"

#include <stdlib.h>
#include <string.h>

#include "core/anomaly.h"
#include "core/clients.h"
#include "core/line.h"
#include "core/logclock.h"
#include "core/num.h"

/* Silent clients dropped at each request: more than one can add, so the table keeps up. */
#define EXPIRE_PER_REQUEST 4
/* Dropped at each tick, when no line comes: well under a millisecond. */
#define EXPIRE_PER_TICK 4096
/* An idle gap is closed second by second until all rings hold zeros and all states have settled,
 * then by arithmetic. */
#define SETTLE_S 7200
/* One client in eight may be busy (more than 8 different seconds a minute) before steps of 10 s. */
#define RINGS_SHARE 8
#define RINGS_MIN   64

struct engine {
	struct engine_config config;
	engine_sink *sink;
	void *ctx;
	struct line_parser *parser;
	struct logclock clock;
	struct clients *clients;
	struct site *site;
	struct anomaly anomalies[SIGNAL_COUNT];
	struct bans *bans;
	struct counters counters;
	int64_t first_second;
};

struct engine *engine_new(const struct engine_config *config, engine_sink *sink, void *ctx)
{
	struct engine *e = calloc(1, sizeof *e);
	struct bans_config bans = config->bans;
	uint32_t rings = config->max_clients / RINGS_SHARE;

	if (!e)
		return NULL;
	bans.key = config->key;
	e->config = *config;
	e->sink = sink;
	e->ctx = ctx;
	logclock_init(&e->clock, config->replay);
	e->parser = line_parser_new(config->format);
	e->clients = clients_new(
		config->max_clients, rings > RINGS_MIN ? rings : RINGS_MIN, config->key);
	e->site = site_new(&config->site);
	e->bans = bans_new(&bans);
	if (!e->parser || !e->clients || !e->site || !e->bans) {
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
	bans_free(e->bans);
	free(e);
}

static struct event event_of(const struct engine *e, enum event_kind kind, struct instant time)
{
	return (struct event){.kind = kind, .time = time, .replay = e->config.replay};
}

static void emit(struct engine *e, struct event *event)
{
	e->sink(e->ctx, event);
}

static void emit_unban(
	struct engine *e, const struct ban *ban, struct instant time, const char *reason)
{
	struct event event = event_of(e, EVENT_UNBAN, time);

	event.client = ban->client;
	event.reason = reason;
	event.strike = ban->strikes;
	e->counters.unbans++;
	emit(e, &event);
}

/* Ends the bans whose time is over at t, each at its own end. */
static void end_bans(struct engine *e, struct instant t)
{
	struct ban ban;

	while (bans_end_one(e->bans, t, &ban))
		if (ban.form == BAN_ACTIVE)
			emit_unban(e, &ban, ban.until, "expired");
}

static void emit_site_alert(
	struct engine *e, enum signal_kind signal, const struct verdict *v, struct instant end)
{
	struct event event = event_of(e, EVENT_ALERT, end);

	event.scope = SCOPE_SITE;
	event.signal = signal;
	event.verdict = *v;
	event.clients = clients_n(e->clients);
	event.top_n = clients_top(e->clients, site_second(e->site), event.top, EVENT_TOP_MAX);
	e->counters.alerts++;
	emit(e, &event);
}

/* Judges one signal of the site at the end of a second; true while it is abnormal. */
static bool judge_signal(struct engine *e, enum signal_kind signal, struct instant end)
{
	struct site_window w = site_window(e->site);
	const struct baseline *b = site_baseline(e->site);
	const struct rules_config *rules = &e->config.rules;
	bool errors = signal == SIGNAL_ERRORS;
	uint64_t count = errors ? w.errors : w.requests;
	struct anomaly *a = &e->anomalies[signal];
	struct verdict v, tight;

	bool held = rules_site(rules, b, errors, count, false, &v);
	bool held_tight = rules_site(rules, b, errors, count, true, &tight);
	struct instant since = a->since;
	switch (anomaly_step(a, held, held_tight, e->config.calm, end)) {
	case ANOMALY_OPENED:
		emit_site_alert(e, signal, &v, end);
		break;
	case ANOMALY_CLOSED: {
		struct event event = event_of(e, EVENT_RECOVERED, end);
		event.signal = signal;
		event.verdict = v;
		event.seconds = instant_since(end, since);
		emit(e, &event);
		break;
	}
	case ANOMALY_SAME:
		break;
	}
	return held;
}

static void emit_baseline(struct engine *e, struct instant time, bool new_level)
{
	struct event event = event_of(e, EVENT_BASELINE, time);

	event.baseline = *site_baseline(e->site);
	event.new_level = new_level;
	emit(e, &event);
}

/* An anomaly that lasts is the new normal. */
static void accept_level(struct engine *e, struct instant end)
{
	site_accept(e->site);
	for (int k = 0; k < SIGNAL_COUNT; k++)
		e->anomalies[k].since = end;
	emit_baseline(e, end, true);
}

/* Closes the site's open second. `last`: no further one is closed now, so a new baseline is told.
 */
static void close_second(struct engine *e, bool last)
{
	struct instant end = instant_at_second(site_second(e->site) + 1);
	bool abnormal = false;

	for (int k = 0; k < SIGNAL_COUNT; k++)
		abnormal |= judge_signal(e, (enum signal_kind)k, end);
	if (site_close(e->site, !abnormal) && last)
		emit_baseline(e, end, false);
	for (int k = 0; k < SIGNAL_COUNT; k++) {
		const struct anomaly *a = &e->anomalies[k];
		if (a->open && instant_since(end, a->since).ms >= e->config.accept.ms) {
			accept_level(e, end);
			break;
		}
	}
}

/* Moves time to `to`: bans end and seconds close in the order in which they fall. */
static void advance(struct engine *e, struct instant to)
{
	int64_t target = instant_second(to);
	int64_t settle = SETTLE_S + span_to_seconds(e->config.site.history);
	int64_t every = span_to_seconds(e->config.site.recompute);

	if (!site_started(e->site)) {
		site_start(e->site, target);
		e->first_second = target;
	}
	for (int64_t n = 0; site_second(e->site) < target; n++) {
		if (n == settle) {
			site_skip(e->site, target - site_second(e->site));
			emit_baseline(e, instant_at_second(target), false);
			break;
		}
		end_bans(e, instant_at_second(site_second(e->site) + 1));
		close_second(e, target - site_second(e->site) <= every);
	}
	end_bans(e, to);
	bans_forget(e->bans, to, EXPIRE_PER_REQUEST);
}

static unsigned rule_bits(const struct verdict *v)
{
	unsigned bits = 0;

	for (size_t i = 0; i < v->evidence_n; i++)
		bits |= 1u << v->evidence[i].rule;
	return bits;
}

/* A verdict on a client that is not banned: a ban, or for an allowed one an alert. */
static void carry_out(struct engine *e, const struct address *client, struct clients_counts counts,
	const struct verdict *verdict)
{
	bool allowed = allow_has(e->config.allow, client);
	struct event event = event_of(e, allowed ? EVENT_ALERT : EVENT_BAN, e->clock.now);
	struct ban ban;

	if (allowed && bans_is_muted(e->bans, client))
		return;
	if (!bans_strike(e->bans, client, e->clock.now, rule_bits(verdict), allowed, &ban)) {
		e->counters.bans_full++;
		return;
	}
	event.scope = SCOPE_CLIENT;
	event.client = *client;
	event.verdict = *verdict;
	event.requests = counts.requests;
	event.errors = counts.errors;
	event.strike = ban.strikes;
	event.until = ban.until;
	event.seconds = instant_since(ban.until, ban.since);
	event.permanent = ban.until.ms >= INSTANT_MAX.ms;
	if (allowed) {
		event.reason = "allowed";
		e->counters.alerts++;
	} else {
		e->counters.bans++;
		clients_forget(e->clients, client);
	}
	emit(e, &event);
}

/* One request whose time is known: counted, then judged. */
static void take(struct engine *e, const struct request *r)
{
	struct address client =
		address_mask(&r->client, e->config.v4_prefix_len, e->config.v6_prefix_len);
	uint32_t errors = request_is_error(r) ? r->count : 0;
	int64_t second = instant_second(r->time);
	struct verdict verdict;

	advance(e, e->clock.now);
	e->counters.requests = num_add_u64(e->counters.requests, r->count);
	if (bans_is_banned(e->bans, &client)) {
		e->counters.blocked = num_add_u64(e->counters.blocked, r->count);
		return;
	}
	site_count(e->site, second, r->count, errors);
	clients_expire(e->clients, site_second(e->site), EXPIRE_PER_REQUEST);
	struct clients_counts counts =
		clients_add(e->clients, &client, second, site_second(e->site), r->count, errors);
	if (counts.requests < e->config.rules.min_requests)
		return;
	if (rules_client(&e->config.rules, site_baseline(e->site), counts.requests, counts.errors,
		    e->anomalies[SIGNAL_REQUESTS].open, &verdict))
		carry_out(e, &client, counts, &verdict);
}

static void place(struct engine *e, const struct request *r, enum logclock_place where)
{
	switch (where) {
	case LOGCLOCK_AHEAD:
		e->counters.ahead++;
		take(e, r);
		break;
	case LOGCLOCK_TAKE:
		take(e, r);
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

void engine_feed(struct engine *e, const char *line, size_t len, bool cut, struct instant wall)
{
	struct line_result result;
	enum logclock_place where;

	e->counters.lines++;
	enum line_reason reason = line_parse(e->parser, line, len, cut, &result);
	if (reason != LINE_OK) {
		(*line_counter(&e->counters, reason))++;
		return;
	}
	e->counters.truncated += result.truncated;
	e->counters.bad_status += result.bad_status;
	place(e, &result.request, logclock_place(&e->clock, &result.request, wall));
	while (logclock_release(&e->clock, &result.request, &where, &e->counters.bad_time))
		place(e, &result.request, where);
}

void engine_tick(struct engine *e, struct instant wall)
{
	logclock_tick(&e->clock, wall);
	advance(e, e->clock.now);
	clients_expire(e->clients, site_second(e->site), EXPIRE_PER_TICK);
	bans_forget(e->bans, e->clock.now, EXPIRE_PER_TICK);
}

void engine_end(struct engine *e)
{
	e->counters.bad_time += logclock_end(&e->clock);
}

void engine_set_allow(struct engine *e, const struct allow *allow)
{
	struct ban ban;
	uint32_t cursor = 0;

	e->config.allow = allow;
	while (bans_walk(e->bans, &cursor, &ban))
		if (ban.form == BAN_ACTIVE && allow_has(allow, &ban.client) &&
			bans_lift(e->bans, &ban.client, e->clock.now, false, &ban))
			emit_unban(e, &ban, e->clock.now, "allowed");
}

void engine_enforced(struct engine *e, const struct address *client, bool enforced)
{
	bans_set_enforced(e->bans, client, enforced);
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

	if (bans_next_end(e->bans, &end) && instant_before(end, second))
		return end;
	return second;
}

int64_t engine_log_seconds(const struct engine *e)
{
	return site_started(e->site) ? site_second(e->site) - e->first_second : 0;
}

static void count_clients(const struct engine *e, struct counters *out)
{
	struct clients_totals totals = clients_totals(e->clients);

	out->clients = totals.entered;
	out->evicted = totals.evicted;
	out->coarse = totals.coarse;
}

struct counters *engine_counters(struct engine *e)
{
	count_clients(e, &e->counters);
	return &e->counters;
}

struct site *engine_site(struct engine *e)
{
	return e->site;
}

struct bans *engine_bans(struct engine *e)
{
	return e->bans;
}

static void snapshot_bans(const struct engine *e, struct state *out)
{
	uint32_t cursor = 0;
	struct ban ban;

	out->bans_total = bans_active(e->bans);
	out->bans_n = 0;
	while (out->bans_n < STATE_BANS_MAX && out->bans_n < out->bans_total &&
		bans_walk(e->bans, &cursor, &ban)) {
		if (ban.form != BAN_ACTIVE)
			continue;
		out->bans[out->bans_n++] = (struct state_ban){.client = ban.client,
			.strike = ban.strikes,
			.since = ban.since,
			.until = ban.until,
			.rules = ban.rules,
			.enforced = ban.enforced};
	}
}

void engine_snapshot(const struct engine *e, struct state *out)
{
	struct site_window w = site_window(e->site);
	struct verdict v;

	_Static_assert(STATE_HISTORY_MAX == SITE_HISTORY_MAX &&
			       STATE_HISTORY_STEP_S == SITE_HISTORY_STEP_S,
		"the state holds the site's history");
	out->replay = e->config.replay;
	out->now = e->clock.now;
	out->requests = w.requests < UINT32_MAX ? (uint32_t)w.requests : UINT32_MAX;
	out->errors = w.errors < UINT32_MAX ? (uint32_t)w.errors : UINT32_MAX;
	out->baseline = *site_baseline(e->site);
	for (int k = 0; k < SIGNAL_COUNT; k++) {
		rules_site(&e->config.rules, &out->baseline, k == SIGNAL_ERRORS,
			k == SIGNAL_ERRORS ? w.errors : w.requests, false, &v);
		out->z[k] = v.z;
		out->abnormal[k] = e->anomalies[k].open;
		out->abnormal_since[k] = e->anomalies[k].since;
	}
	out->clients = clients_n(e->clients);
	out->top_n = clients_top(e->clients, site_second(e->site), out->top, STATE_TOP_MAX);
	snapshot_bans(e, out);
	out->history_n = site_history(e->site, out->history_requests, out->history_errors);
	for (int hour = 0; hour < SITE_HOURS; hour++) {
		struct site_hour_view h = site_hour(e->site, hour);
		out->hours[hour] = (struct state_hour){h.mean, h.stddev, h.error_mean, h.learned};
	}
	out->counters = e->counters;
	count_clients(e, &out->counters);
}
