/* engine_verdict.c - see engine_parts.h.
 *
 * A verdict becomes a ban; an alert, when the client may not be banned or the ban looks like our
 * mistake; or nothing, when it was alerted about a short while ago.
 */
#include "core/engine/engine_parts.h"

/* Held back with one alert, then silent for as long. */
static const struct span mass_quiet = {BAN_HOLDS_WITHIN_S * 1000};
/* Lines that come later than requests in flight, before it is said that the ban has no effect. */
#define PASSED_MANY 10
/* By which the firewall's end of a ban is later than ours, and so another's doing. */
static const struct span later_end = {2000};
/* A line that comes so soon after the ban was written before it. */
static const struct span written_before = {2000};

static void emit_unban(
	struct engine *e, const struct ban *ban, struct instant time, const char *reason)
{
	struct event event = engine_event(e, EVENT_UNBAN, time);

	event.client = ban->client;
	event.reason = reason;
	event.strike = ban->strikes;
	e->counters.unbans++;
	engine_emit(e, &event);
}

/* A ban that the firewall may still have. */
static void end_enforced(
	struct engine *e, const struct ban *ban, struct instant time, const char *reason)
{
	const struct engine_firewall *f = &e->config.firewall;

	if (f->unban && !f->unban(f->ctx, &ban->client, time))
		e->counters.ban_failed++;
	emit_unban(e, ban, time, reason);
}

void engine_end_bans(struct engine *e, struct instant t)
{
	struct ban ban;

	while (bans_end_one(e->bans, t, &ban))
		if (ban.form == BAN_ACTIVE)
			end_enforced(e, &ban, ban.until, "expired");
}

void engine_set_allow(struct engine *e, const struct allow *allow)
{
	struct ban ban;
	uint32_t cursor = 0;

	e->config.allow = allow;
	while (bans_walk(e->bans, &cursor, &ban))
		if (ban.form == BAN_ACTIVE && allow_has(allow, &ban.client) &&
			bans_lift(e->bans, &ban.client, e->clock.now, false, &ban))
			end_enforced(e, &ban, e->clock.now, "allowed");
}

/* The firewall does not have it any more, or never had it. */
static void end_absent(
	struct engine *e, const struct address *client, bool forgive, const char *reason)
{
	struct ban ban;

	if (!bans_lift(e->bans, client, e->clock.now, forgive, &ban))
		return;
	if (forgive)
		clients_forget(e->clients, client);
	emit_unban(e, &ban, e->clock.now, reason);
}

static void adopt_ban(
	struct engine *e, const struct address *client, struct instant now, struct instant until)
{
	struct ban ban = {.client = *client, .since = now};

	if (bans_find(e->bans, client, &ban) && ban.form == BAN_ACTIVE && ban.enforced &&
		instant_since(until, ban.until).ms <= later_end.ms)
		return;
	if (ban.form != BAN_ACTIVE)
		ban.since = now;
	ban.form = BAN_ACTIVE;
	ban.until = until;
	if (bans_restore(e->bans, &ban))
		bans_set_enforced(e->bans, client, true);
	else
		e->counters.bans_full++;
}

void engine_report_outcome(struct engine *e, const struct address *client, enum ban_outcome outcome,
	struct instant now, struct instant until)
{
	switch (outcome) {
	case BAN_NOT_ASKED:
		break;
	case BAN_ENFORCED:
		bans_set_enforced(e->bans, client, true);
		break;
	case BAN_REFUSED:
		bans_set_enforced(e->bans, client, false);
		e->counters.ban_failed++;
		break;
	case BAN_ADOPTED:
		adopt_ban(e, client, now, until);
		break;
	case BAN_REMOVED:
		end_absent(e, client, true, "manual");
		break;
	case BAN_DISOWNED:
		end_absent(e, client, false, "not_enforced");
		break;
	}
}

/* Whether the firewall may be asked about one more client in this second. */
static bool may_ask(struct engine *e)
{
	int64_t second = site_second(e->site);

	if (!e->config.firewall.has)
		return false;
	if (second != e->asked_at) {
		e->asked_at = second;
		e->asked_n = 0;
	}
	return e->asked_n++ < ENGINE_ASKS_PER_S;
}

static void tell_no_effect(struct engine *e, const struct ban *ban)
{
	struct event event = engine_event(e, EVENT_ALERT, e->clock.now);

	event.scope = SCOPE_BANS;
	event.reason = "no_effect";
	event.message = "its requests still arrive: the rule stands in the wrong chain, or a proxy "
			"in front passes them on";
	event.client = ban->client;
	event.count = PASSED_MANY;
	e->no_effect = e->clock.now;
	e->counters.alerts++;
	engine_emit(e, &event);
}

bool engine_passed(struct engine *e, const struct address *client)
{
	struct ban ban;
	struct span age;

	if (e->config.replay || !bans_find(e->bans, client, &ban) || !ban.enforced)
		return false;
	age = instant_since(e->clock.now, ban.since);
	const struct engine_firewall *f = &e->config.firewall;
	if (age.ms > written_before.ms && may_ask(e) && !f->has(f->ctx, client)) {
		end_absent(e, client, true, "manual");
		return true;
	}
	if (age.ms > e->config.in_flight.ms && bans_note_passed(e->bans, client) == PASSED_MANY)
		tell_no_effect(e, &ban);
	return false;
}

void engine_tell_held(struct engine *e, struct instant now)
{
	int64_t minute = instant_second(now) / 60;

	if (minute == e->bans_minute)
		return;
	if (e->bans_held) {
		struct event event = engine_event(e, EVENT_ALERT, now);
		event.scope = SCOPE_BANS;
		event.reason = "max_bans_per_minute";
		event.count = e->bans_held;
		e->counters.alerts++;
		engine_emit(e, &event);
	}
	e->bans_minute = minute;
	e->bans_in_minute = e->bans_held = 0;
}

static unsigned rule_bits(const struct verdict *v)
{
	unsigned bits = 0;

	for (size_t i = 0; i < v->evidence_n; i++)
		bits |= 1u << v->evidence[i].rule;
	return bits;
}

/* Far beyond the cold limits: no visitor of a site that is not known yet. */
static bool is_severe(const struct engine *e, const struct client_counts *v)
{
	const double *cold = e->config.visits.cold;
	double times = e->config.severe;

	return v->window.requests > times * cold[LIMIT_REQUESTS] ||
	       v->window.own > times * cold[LIMIT_ERRORS] ||
	       v->visit.requests > times * cold[LIMIT_VISIT_REQUESTS] ||
	       v->visit.errors > times * cold[LIMIT_VISIT_ERRORS];
}

/* While the log is young: the busiest running first laps, found once a second. */
static bool take_untold(void *ctx, const struct address *client, const struct window_counts *w,
	const struct visit *v)
{
	struct heavy_hitters_counter c = {*client, v->requests};

	(void)w;
	if (v->first == v->start)
		top_k_insert(ctx, &c);
	return true;
}

static const struct engine_untold *find_untold(struct engine *e)
{
	struct engine_untold *u = &e->untold;
	int64_t second = site_second(e->site);

	if (u->second != second) {
		struct top_k top = heavy_hitters_top(u->few, HEAVY_HITTERS_MAX);
		if (site_age(e->site) < 2 * CLIENTS_LAP_S) /* later all of them are told */
			clients_look(e->clients, second, take_untold, &top);
		u->second = second;
		u->n = (uint32_t)top.n;
	}
	return u;
}

static enum hold decide_hold(
	struct engine *e, const struct address *client, const struct client_counts *v, bool muted)
{
	const struct crowd *crowd = clients_crowd(e->clients);
	uint32_t now = (uint32_t)site_second(e->site);
	uint64_t here_s = now - v->visit.first;
	struct ban_holds_case c = {
		.client = client,
		.severe = is_severe(e, v),
		.known = here_s >= crowd->known_after_s,
		/* one that waits for the next minute's bans asks at each request */
		.counted = muted || e->bans_in_minute >= e->config.max_bans_per_minute,
		.known_n = crowd->known_n,
		.age_s = site_age(e->site),
		.here_s = here_s,
		.few = find_untold(e)->few,
		.few_n = e->untold.n,
		.untold = v->visit.first == v->visit.start ? v->visit.requests : 0,
		.second = site_second(e->site),
	};

	if (!e->config.ban_private && allow_is_private(client))
		return HOLD_PROXY_IN_FRONT;
	if (allow_has(e->config.allow, client))
		return HOLD_ALLOWED;
	return ban_holds_decide(&e->holds, &c);
}

/* Until when nothing more is said of a client that is held back. */
static struct instant quiet_until(const struct engine *e, enum hold hold)
{
	struct instant step = instant_add(e->clock.now, e->config.bans.schedule[0]);
	int64_t left = span_to_seconds(e->config.holds.learn) - (int64_t)site_age(e->site);

	if (hold != HOLD_LEARNING || left <= 0)
		return step;
	struct instant learned = instant_add(e->clock.now, span_seconds(left > 1 ? left : 1));
	return instant_before(learned, step) ? learned : step;
}

/* Whether the alert about a client that is held back is to be given. */
static bool mute_client(
	struct engine *e, const struct address *client, enum hold hold, unsigned rules)
{
	struct ban ban;

	if (hold == HOLD_ALLOWED) {
		if (bans_strike(e->bans, client, e->clock.now, rules, true, &ban))
			return true;
	} else if (bans_mute(e->bans, client, e->clock.now, quiet_until(e, hold))) {
		if (hold != HOLD_MASS_BAN)
			return true;
		bool told = e->mass_told.ms &&
			    instant_since(e->clock.now, e->mass_told).ms < mass_quiet.ms;
		e->mass_told = e->clock.now;
		return !told;
	}
	e->counters.bans_full++;
	return false;
}

/* Asks the firewall to carry out a new ban; whether it has. */
static bool enforce_ban(struct engine *e, const struct ban *ban)
{
	const struct engine_firewall *f = &e->config.firewall;
	bool permanent = ban->until.ms >= INSTANT_MAX.ms;
	struct span left = permanent ? SPAN_MAX : instant_since(ban->until, ban->since);

	if (!f->ban)
		return false;
	enum ban_outcome outcome = f->ban(f->ctx, &ban->client, left, e->clock.now);
	engine_report_outcome(e, &ban->client, outcome, e->clock.now, ban->until);
	return outcome == BAN_ENFORCED;
}

void engine_judge(struct engine *e, const struct address *client, const struct client_counts *v,
	bool behind_proxy)
{
	struct rules_site site = {
		.baseline = site_baseline(e->site),
		.limits = visits_limits(e->visits),
		.failing = e->failing.site,
		.pages_fail = e->failing.pages,
		.surge = e->surge,
		.swarm = e->swarm.on,
		.visit_swarm = e->visit_swarm.on,
	};
	struct verdict verdict;
	struct ban ban;

	if (!rules_client(&e->config.rules, &site, v, &verdict))
		return;
	bool muted = bans_is_muted(e->bans, client);
	if (muted && !is_severe(e, v)) /* told, and nothing new to tell */
		return;
	enum hold hold = decide_hold(e, client, v, muted);
	if (hold && muted)
		return;
	struct event event = engine_event(e, hold ? EVENT_ALERT : EVENT_BAN, e->clock.now);
	event.scope = SCOPE_CLIENT;
	event.client = *client;
	event.verdict = verdict;
	event.requests = v->window.requests;
	event.errors = v->window.errors;
	event.behind_proxy = behind_proxy;
	if (hold) {
		if (!mute_client(e, client, hold, rule_bits(&verdict)))
			return;
		event.hold = hold_name(hold);
		e->held[hold]++;
		e->counters.alerts++;
		engine_emit(e, &event);
		return;
	}
	if (e->bans_in_minute >= e->config.max_bans_per_minute) {
		e->bans_held++;
		e->counters.bans_held++;
		return;
	}
	if (!bans_strike(e->bans, client, e->clock.now, rule_bits(&verdict), false, &ban)) {
		e->counters.bans_full++;
		return;
	}
	clients_forget(e->clients, client);
	e->bans_in_minute++;
	event.strike = ban.strikes;
	event.until = ban.until;
	event.seconds = instant_since(ban.until, ban.since);
	event.permanent = ban.until.ms >= INSTANT_MAX.ms;
	event.enforced = enforce_ban(e, &ban);
	e->counters.bans++;
	engine_emit(e, &event);
}
