/* engine_every_second.c - see engine_parts.h. At the end of each second of the log's time, the
 * engine judges the site and opens and closes its anomalies. It decides whether the site itself
 * fails, and checks for swarms. Every minute it learns the limits. */
#include "core/engine/engine_parts.h"

/* Seconds between checks for a swarm: in this time, the share of clients over a mark changes
 * little. */
#define SWARM_EVERY_S 5
/* Maximum number of clients examined to find the loudest client, the one with the highest counts.
 * The clients with the newest requests are examined, and the loudest client is one of these,
 * because it makes requests all the time. */
#define LOUDEST_LOOK 1024
/* Interval in seconds at which limits are learned. It equals the interval of baselines. */
#define LEARN_EVERY_S 60

/* The highest numbers of requests and of errors that one client made in the window. */
struct loudest {
	uint32_t requests, errors;
	int left; /* clients that may still be examined */
};

/* Number of new clients in the 60 s up to the end of the open second, the newest second of the
 * log's time. */
static uint32_t new_clients(const struct engine *e)
{
	uint64_t oldest = e->came.counts[(site_second(e->site) + 1) % WINDOW_S];
	uint64_t now = clients_totals(e->clients).entered - e->entered;
	uint64_t came = e->came.sum - oldest + now;
	uint32_t n = clients_n(e->clients);

	return came < n ? (uint32_t)came : n;
}

static void tell_site_alert(
	struct engine *e, enum signal_kind signal, const struct verdict *v, struct instant end)
{
	struct event event = engine_event(e, EVENT_ALERT, end);
	int64_t second = site_second(e->site);
	struct site_window w = site_window(e->site);
	bool errors = signal == SIGNAL_ERRORS;

	event.scope = SCOPE_SITE;
	event.signal = signal;
	event.verdict = *v;
	event.clients = clients_n(e->clients);
	event.new_clients = new_clients(e);
	event.top_n = clients_top(e->clients, second, event.top, EVENT_TOP_MAX);
	event.networks_n =
		top_networks_find(&e->networks, e->clients, second, errors, event.networks);
	event.paths_n = top_paths_find(&e->asked, errors, errors ? w.errors : w.requests, second,
		event.paths, &event.has_paths);
	e->counters.alerts++;
	engine_emit(e, &event);
}

/* True if no detection rule of the site matches at this count. Called while no anomaly is open. A
 * rule that does not match at a count matches at no lower count under the same baseline. So e->calm
 * stores the highest count at which no rule matched, and lower counts need no test. */
static bool is_calm(struct engine *e, enum signal_kind signal, uint64_t count)
{
	struct engine_calm *calm = &e->calm[signal];
	uint64_t baselines = site_baselines(e->site);

	if (calm->baselines == baselines && count <= calm->count)
		return true;
	if (rules_site_hold(site_baseline(e->site), signal == SIGNAL_ERRORS, count))
		return false;
	*calm = (struct engine_calm){baselines, count};
	return true;
}

/* Judges one signal of the site, its requests or its errors, at the end of a second. True while a
 * detection rule matches. */
static bool judge_signal(struct engine *e, enum signal_kind signal, struct instant end)
{
	struct site_window w = site_window(e->site);
	const struct baseline *b = site_baseline(e->site);
	bool errors = signal == SIGNAL_ERRORS;
	uint64_t count = errors ? w.errors : w.requests;
	struct anomaly *a = &e->anomalies[signal];
	struct verdict v, tight;

	if (!a->open && is_calm(e, signal, count))
		return false;
	bool matched = rules_judge_site(b, errors, count, false, &v);
	bool matched_tight = rules_judge_site(b, errors, count, true, &tight);
	struct instant since = a->since;
	switch (anomaly_step(a, matched, matched_tight, end)) {
	case ANOMALY_OPENED:
		tell_site_alert(e, signal, &v, end);
		break;
	case ANOMALY_CLOSED: {
		struct event event = engine_event(e, EVENT_RECOVERED, end);
		event.scope = SCOPE_SITE;
		event.signal = signal;
		event.verdict = v;
		event.seconds = instant_since(end, since);
		engine_emit(e, &event);
		break;
	}
	case ANOMALY_SAME:
		break;
	}
	return matched;
}

void engine_tell_baseline(struct engine *e, struct instant time, const char *reason)
{
	if (!reason && e->config.silent_baselines)
		return;
	struct event event = engine_event(e, EVENT_BASELINE, time);
	const double *most = visits_limits(e->visits)->most;

	event.baseline = *site_baseline(e->site);
	event.limit = most[LIMIT_REQUESTS];
	event.error_limit = most[LIMIT_ERRORS];
	event.visit_limit = most[LIMIT_VISIT_REQUESTS];
	event.visit_error_limit = most[LIMIT_VISIT_ERRORS];
	event.visits = visits_n(e->visits);
	event.reason = reason;
	engine_emit(e, &event);
}

/* An anomaly becomes the new normal when it has lasted as long as the time that the recent baseline
 * covers. By then, the anomaly covers all SITE_BASELINE_S seconds whose counts site.h stores, so
 * site_accept can make them the new baseline. */
#define ACCEPT_MS ((int64_t)SITE_BASELINE_S * 1000)

static void accept_lasting(struct engine *e, struct instant end)
{
	bool lasting = false;

	if (!e->anomalies[SIGNAL_REQUESTS].open && !e->anomalies[SIGNAL_ERRORS].open)
		return;
	for (int k = 0; k < SIGNAL_COUNT; k++) {
		const struct anomaly *a = &e->anomalies[k];
		lasting |= a->open && instant_since(end, a->since).ms >= ACCEPT_MS;
	}
	if (!lasting)
		return;
	site_accept(e->site);
	for (int k = 0; k < SIGNAL_COUNT; k++)
		e->anomalies[k].since = end;
	engine_tell_baseline(e, end, "new_level");
}

static uint32_t as_mark(double v)
{
	return v < UINT32_MAX ? (uint32_t)v : UINT32_MAX;
}

/* Sets the marks of swarms from the newest limits. */
static void renew_marks(void *ctx)
{
	struct engine *e = ctx;
	const double *most = visits_limits(e->visits)->most;
	struct crowd *crowd = clients_crowd(e->clients);

	crowd->mark = as_mark(most[LIMIT_MARK]);
	crowd->visit_mark = as_mark(most[LIMIT_VISIT_MARK]);
	crowd->stale = false;
}

void engine_init_limits(struct engine *e)
{
	struct crowd *crowd = clients_crowd(e->clients);
	double least[LIMIT_COUNT];

	visits_least(e->visits, least);
	crowd->least = as_mark(least[LIMIT_MARK]);
	crowd->visit_least = as_mark(least[LIMIT_VISIT_MARK]);
	e->low = rules_low_of(&e->config.rules, least);
	crowd->renew = renew_marks;
	crowd->ctx = e;
	renew_marks(e);
}

static void learn_visits(struct engine *e, int64_t second)
{
	if (second - e->learned_at < LEARN_EVERY_S)
		return;
	visits_learn(e->visits, second, span_seconds(second - e->learned_at));
	e->learned_at = second;
	clients_crowd(e->clients)->stale = true;
}

static void step_swarms(struct engine *e, int64_t second)
{
	const struct crowd *crowd = clients_crowd(e->clients);
	uint32_t active = clients_n(e->clients);
	bool is_due =
		second % SWARM_EVERY_S == 0; /* between checks a swarm can end, but not begin */

	swarm_step(&e->swarm, SWARM_SHARE, e->surge, is_due ? crowd->over_n : 0, active);
	swarm_step(&e->visit_swarm, SWARM_VISIT_SHARE, e->surge, is_due ? crowd->over_visit_n : 0,
		active);
}

static bool take_loudest(void *ctx, const struct address *client, const struct window_counts *w,
	const struct visit *v)
{
	struct loudest *l = ctx;

	(void)client;
	(void)v;
	l->requests = w->requests > l->requests ? w->requests : l->requests;
	l->errors = w->errors > l->errors ? w->errors : l->errors;
	return --l->left > 0;
}

/* True if the site would be normal without its loudest client. On a quiet site, one person may make
 * most of the traffic, and this person's visit may still teach. */
static bool is_one_client(const struct engine *e)
{
	const struct baseline *b = site_baseline(e->site);
	struct site_window w = site_window(e->site);
	struct loudest l = {.left = LOUDEST_LOOK};
	struct verdict v;

	clients_look(e->clients, site_second(e->site), take_loudest, &l);
	/* a client's count may exceed the site's count: a line of counts may stand for more
	 * requests than SITE_PER_S_MAX, the maximum that the site counts per second */
	w.requests -= l.requests < w.requests ? l.requests : w.requests;
	w.errors -= l.errors < w.errors ? l.errors : w.errors;
	return !rules_judge_site(b, false, w.requests, false, &v) &&
	       !rules_judge_site(b, true, w.errors, false, &v);
}

/* Counts the new clients of the n closed seconds before `second`. Only the first of these seconds
 * can have new clients, because no request came in the later ones. */
static void note_came(struct engine *e, int64_t second, int64_t n)
{
	uint64_t entered = clients_totals(e->clients).entered;

	minute_counts_add(&e->came, second - n, entered - e->entered);
	e->entered = entered;
	minute_counts_move(&e->came, second, n);
}

void engine_close_second(struct engine *e, bool last)
{
	int64_t second = site_second(e->site);
	struct instant end = instant_at_second(second + 1);

	e->surge = judge_signal(e, SIGNAL_REQUESTS, end);
	bool abnormal = judge_signal(e, SIGNAL_ERRORS, end) || e->surge;
	if (abnormal)
		e->abnormal_at = second;
	if (abnormal && !is_one_client(e))
		e->crowd_abnormal_at = second;
	site_failing_step(&e->failing, site_window(e->site).errors, &e->voters, second);
	step_swarms(e, second);
	note_came(e, second + 1, 1);
	top_paths_pace(&e->asked, second + 1, 1);
	bool renewed = site_close(e->site, !abnormal);
	learn_visits(e, second + 1);
	if (renewed && last)
		engine_tell_baseline(e, end, NULL);
	accept_lasting(e, end);
}

/* True if the open second is normal, and all later seconds will be normal until a request arrives.
 * Until then the counts in the window can only fall, and no swarm and no failure of the site is in
 * progress. */
static bool is_quiet(struct engine *e)
{
	struct site_window w = site_window(e->site);

	for (int k = 0; k < SIGNAL_COUNT; k++)
		if (e->anomalies[k].open)
			return false;
	return is_calm(e, SIGNAL_REQUESTS, w.requests) && is_calm(e, SIGNAL_ERRORS, w.errors) &&
	       !e->swarm.on && !e->visit_swarm.on && site_failing_rests(&e->failing);
}

/* Does what engine_close_second would do in each of the `n` seconds before the open second. */
static void note_quiet(struct engine *e, int64_t n)
{
	int64_t second = site_second(e->site);

	e->surge = false;
	swarm_rest(&e->swarm, n);
	swarm_rest(&e->visit_swarm, n);
	site_failing_step(&e->failing, 0, &e->voters, second - 1);
	top_paths_pace(&e->asked, second, n);
	note_came(e, second, n);
}

int64_t engine_close_quiet(struct engine *e, int64_t most, int64_t target)
{
	int64_t every = SITE_RECOMPUTE_S, closed = 0;

	while (closed < most && is_quiet(e)) {
		int64_t due = e->learned_at + LEARN_EVERY_S - site_second(e->site);
		int64_t left = most - closed;
		bool renewed;
		left = due < left ? due : left;
		int64_t n = site_close_quiet(e->site, left < 1 ? 1 : left, &renewed);
		clients_expire_each(e->clients, site_second(e->site) - 1, ENGINE_EXPIRE_PER_SECOND);
		learn_visits(e, site_second(e->site));
		if (renewed && target - site_second(e->site) < every)
			engine_tell_baseline(e, instant_at_second(site_second(e->site)), NULL);
		clients_expire_each(e->clients, site_second(e->site), ENGINE_EXPIRE_PER_SECOND);
		note_quiet(e, n);
		closed += n;
	}
	return closed;
}

void engine_visit_told(void *ctx, const struct address *client, const struct visit *v,
	uint32_t last, int64_t second)
{
	struct engine *e = ctx;
	/* This function is called a minute after the visit's last request. So an anomaly that began
	 * within this minute keeps the visit from teaching, too. */
	int64_t ended = second - (int64_t)((uint32_t)second - last);

	/* a proxy in front remains a proxy after a ban, so this also counts visits of clients with
	 * strikes */
	if (e->abnormal_at < ended)
		heavy_hitters_add(&e->holds.heavy, client, v->requests, second);
	engine_failures_told(e, client, v, last, second);
	if (bans_has_strikes(e->bans, client))
		return;
	if (e->abnormal_at < ended && v->errors < CLIENTS_ERROR_SHARE * v->requests)
		voters_note_visit(&e->voters, client, v->requests, second);
	if (e->crowd_abnormal_at >= ended)
		return;
	/* the traffic of a proxy is not one visit, and does not teach */
	if (!allow_has(e->config.allow, client) &&
		!heavy_hitters_has(&e->holds.heavy, client, e->config.holds.proxy_share, second))
		visits_teach(e->visits, client, v, second);
}
