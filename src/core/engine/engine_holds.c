/* engine_holds.c - see engine_parts.h.
 *
 * Decides whether a ban is held back. The decision needs facts of several stages: the busiest
 * running visits, the age of the site, and earlier verdicts.
 */
#include "core/engine/engine_parts.h"

#include "core/measure/variety.h"

/* True if the client is so far over the cold limits that it is no honest visitor of any site. */
static bool is_severe(const struct engine *e, const struct client_counts *v)
{
	const double *cold = e->config.visits.cold;
	double times = e->config.severe;

	return v->window.requests > times * cold[LIMIT_REQUESTS] ||
	       v->window.own > times * cold[LIMIT_ERRORS] ||
	       v->visit.requests > times * cold[LIMIT_VISIT_REQUESTS] ||
	       v->visit.errors > times * cold[LIMIT_VISIT_ERRORS];
}

/* Collects the busiest visits that are still in their first lap. heavy_hitters.h does not count
 * these visits yet, because a visit is reported only at the end of a lap. */
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
		if (site_age(e->site) < 2 * CLIENTS_LAP_S) /* later, heavy_hitters.h
							    * counts the busiest visits */
			clients_look(e->clients, second, take_untold, &top);
		u->second = second;
		u->n = (uint32_t)top.n;
	}
	return u;
}

/* True if the visit is in its first lap and was served many paths. In a log without paths, every
 * visit may be the visit of a proxy. */
static bool may_be_proxy(const struct engine *e, const struct visit *v)
{
	return v->first == v->start &&
	       (!e->has_paths || variety_n(v->variety) >= COLD_PROXIES_PATHS);
}

static bool add_cold_proxy(void *ctx, const struct address *client, const struct window_counts *w,
	const struct visit *v)
{
	struct engine *e = ctx;

	(void)client;
	(void)w;
	if (may_be_proxy(e, v))
		cold_proxies_add(&e->cold_proxies, v->requests);
	return true;
}

/* True if the client may be a proxy of a site that was unknown when the run began. In a log without
 * paths, a flood looks like a proxy. With such a log, a severe client is not treated as a proxy. */
static bool is_cold_proxy(struct engine *e, const struct client_counts *counts)
{
	struct cold_proxies *p = &e->cold_proxies;
	const struct visit *v = &counts->visit;
	int64_t second = site_second(e->site);

	if (!e->paths || e->config.holds.proxy_share >= 1 || !e->cold_since ||
		second - e->cold_since >= COLD_PROXIES_S ||
		v->first - (uint32_t)e->cold_since > COLD_PROXIES_FIRST_S || !may_be_proxy(e, v) ||
		(!e->has_paths && is_severe(e, counts)))
		return false;
	if (cold_proxies_begin(p, second)) {
		clients_look(e->clients, second, add_cold_proxy, e);
		cold_proxies_end(p);
	}
	return cold_proxies_has(p, v->requests);
}

void engine_cold_proxies_without(struct engine *e, const struct client_counts *v)
{
	uint64_t *seen = &e->cold_proxies.seen;

	*seen -= v->visit.requests < *seen ? v->visit.requests : *seen;
}

static enum hold find_hold(struct engine *e, const struct address *client,
	const struct client_counts *v, const struct verdict *verdict, bool muted)
{
	if (!e->config.ban_private && (allow_is_private(client) || allow_is_translated(client)))
		return HOLD_PROXY_IN_FRONT;
	if (allow_has(e->config.allow, client))
		return HOLD_ALLOWED;
	const struct crowd *crowd = clients_crowd(e->clients);
	int64_t second = site_second(e->site);
	uint64_t here_s = (uint32_t)second - v->visit.first;
	struct ban_holds_case c = {
		.mass = {.client = client,
			.second = second,
			.came = second - (int64_t)here_s,
			.known = here_s >= CROWD_KNOWN_AFTER_S,
			/* True if an earlier verdict on this client was counted. This may be so
			 * when the minute has max_bans_per_minute bans already: a client whose ban
			 * must wait is judged again at each of its requests. */
			.counted = muted || e->bans_in_minute >= e->config.max_bans_per_minute,
			.known_n = crowd->known_n,
			.fresh = (verdict->rates_alone || verdict->writes_alone) &&
				 !verdict->parole && visits_limits(e->visits)->known,
			.excess = verdict->excess,
			.visit_excess = verdict->visit_excess},
		.severe = is_severe(e, v) || verdict->paths_excess > e->config.severe,
		.cold_proxy = is_cold_proxy(e, v),
		.age_s = site_age(e->site),
		.here_s = here_s,
		.few = find_untold(e)->few,
		.few_n = e->untold.n,
		.untold = v->visit.first == v->visit.start ? v->visit.requests : 0,
	};

	enum hold hold = ban_holds_decide(&e->holds, &c);
	/* Password guessers and probers come in large numbers, so the hold mass_ban never holds
	 * their bans back. Their verdicts still count when another client is judged. */
	return hold == HOLD_MASS_BAN && verdict->paths_alone ? HOLD_NONE : hold;
}

/* After its ban was held back, a client causes no other alert until the returned time. */
static struct instant quiet_until(const struct engine *e, enum hold hold)
{
	struct instant step = instant_add(e->clock.now, e->config.bans.schedule[0]);
	int64_t left = span_to_seconds(e->config.holds.learn) - (int64_t)site_age(e->site);

	if (hold != HOLD_LEARNING || left <= 0)
		return step;
	struct instant learned = instant_add(e->clock.now, span_seconds(left > 1 ? left : 1));
	return instant_before(learned, step) ? learned : step;
}

/* Mutes a client whose ban is held back. True: the one alert about the client is due. False: the
 * table of bans is full, or the alert about a mass ban is not due. */
static bool mute_client(
	struct engine *e, const struct address *client, enum hold hold, unsigned rules)
{
	struct ban ban;

	if (hold == HOLD_ALLOWED) {
		if (bans_strike(e->bans, client, e->clock.now, rules, TERM_MUTE, &ban))
			return true;
	} else if (bans_mute(e->bans, client, e->clock.now, quiet_until(e, hold))) {
		if (hold != HOLD_MASS_BAN)
			return true;
		return mass_ban_tell(&e->holds.mass, site_second(e->site));
	}
	e->counters.bans_full++;
	return false;
}

bool engine_decide_hold(struct engine *e, const struct address *client,
	const struct client_counts *v, const struct verdict *verdict, enum hold *hold)
{
	bool muted = bans_is_muted(e->bans, client);

	/* A muted client has already caused its alert. The decision is made again only if the
	 * verdict may now lead to a ban. This needs errors, probes or bait, or counts far beyond
	 * the limits. */
	bool guesses = rules_bits(verdict) & (1u << RULE_ERRORS | 1u << RULE_VISIT_ERRORS |
						     1u << RULE_PROBES | 1u << RULE_BAIT);
	if (muted && !guesses && !is_severe(e, v) && verdict->paths_excess <= e->config.severe &&
		!mass_ban_is_beyond(verdict->excess, verdict->visit_excess))
		return false;
	*hold = find_hold(e, client, v, verdict, muted);
	return *hold == HOLD_NONE || (!muted && mute_client(e, client, *hold, rules_bits(verdict)));
}
