/* engine_verdict.c - see engine_parts.h.
 *
 * A verdict becomes a ban, an alert or nothing. It becomes an alert when the client must not be
 * banned, or when the ban looks like a mistake. It becomes nothing when there was an alert about
 * the client a short while ago.
 */
#include "core/engine/engine_parts.h"

/* Factor on the limits. If a count is beyond a limit times this factor, a verdict by rates alone
 * (rules.h) bans for the full time in the schedule. Otherwise such a verdict never bans
 * permanently. */
#define MILD_EXCESS 5.0
/* Minimum time between two strikes of one client by the detection rules for paths (probes, bait,
 * repeats) alone. */
#define STRIKE_EVERY_MS INT64_C(86400000)
/* Maximum number of times that a client is judged at one line that stands for many requests. The
 * judged requests are spaced evenly. */
#define JUDGED_OF_SUM_MAX 32
/* Log lines within this time after a ban belong to requests that were already in progress. nginx
 * ends and logs a request after its peer has been silent for 60 s (send_timeout,
 * proxy_read_timeout). */
#define IN_FLIGHT_MS INT64_C(90000)
/* When this many lines of a banned client have come after IN_FLIGHT_MS, an alert reports that the
 * ban has no effect. */
#define PASSED_MANY 10
/* If a ban's end in the firewall is later than the detector's by more than this, somebody else set
 * this end. */
static const struct span later_end = {2000};
/* If a line arrives within this time after the ban, the server wrote the line before the ban. */
static const struct span written_before = {2000};

static void emit_unban(
	struct engine *e, const struct ban *ban, struct instant time, const char *reason)
{
	struct event event = engine_event(e, EVENT_UNBAN, time);

	event.client = ban->client;
	event.reason = reason;
	event.strike = ban->strikes;
	e->counters.unbans++;
	ban_requests_drop(e->requests, &ban->client);
	engine_emit(e, &event);
	engine_note_unban(e, &event);
}

/* Ends a ban that the firewall may still have. */
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

/* Ends a ban that the firewall no longer has, or never had. */
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
	if (ban.form != BAN_ACTIVE) {
		ban.since = now;
		/* the other bits are rules of an earlier ban, which is over */
		ban.rules &= RULES_MARKS;
		ban.evidence = (struct evidence){0};
	}
	ban.form = BAN_ACTIVE;
	ban.until = until;
	ban.temporary = false; /* somebody else set its end */
	e->lasting += until.ms >= INSTANT_MAX.ms;
	if (bans_restore(e->bans, &ban))
		bans_set_enforced(e->bans, client, true);
	else
		e->counters.bans_full++;
}

void engine_restore_reason(struct engine *e, const struct state_ban *known)
{
	struct ban ban;

	if (known->rules == 0 || !bans_find(e->bans, &known->client, &ban) ||
		ban.form != BAN_ACTIVE || !ban.enforced)
		return;
	int64_t apart = instant_since(known->until, ban.until).ms;
	if (apart < -later_end.ms || apart > later_end.ms)
		return;
	ban.since = known->since;
	ban.rules = (ban.rules & RULES_MARKS) | known->rules;
	ban.evidence = known->evidence;
	if (!bans_restore(e->bans, &ban))
		return;
	bans_set_enforced(e->bans, &known->client, true);
	(void)ban_requests_note(e->requests, &known->client, &known->request);
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
	case BAN_ORDERED:
		end_absent(e, client, true, "ordered");
		break;
	case BAN_DISOWNED:
		end_absent(e, client, false, "not_enforced");
		break;
	}
}

/* Counts one more query to the firewall. False: this second's maximum is reached. */
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
	event.message =
		"requests of the client still arrive: the firewall rule is in the wrong chain, "
		"or a proxy in front passes them on";
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
	if (age.ms > written_before.ms && may_ask(e)) {
		enum ban_outcome found = f->has(f->ctx, client);
		if (found != BAN_ENFORCED) {
			engine_report_outcome(e, client, found, e->clock.now, ban.until);
			return true;
		}
	}
	if (age.ms > IN_FLIGHT_MS && bans_note_passed(e->bans, client) == PASSED_MANY)
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

/* Passes a new ban to the firewall. True if the firewall enforces the ban. */
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

/* The length of a ban, and whether the ban leaves the client gentle: see RULES_GENTLE. */
struct term {
	enum ban_term length;
	bool gentle;
};

/* Chooses the length of a ban.
 *
 * A verdict by rates alone bans permanently only if the rates are far beyond the limits. This also
 * applies while the site is abnormal. In an earlier version it did not: ten polling clients made a
 * quiet site abnormal and were banned permanently. A verdict by paths alone never bans permanently.
 * Such verdicts cause at most one strike per day, unless they are far beyond the limits. A gentle
 * client stays gentle after a verdict that would not exist without parole. */
static struct term find_term(
	const struct engine *e, const struct address *client, const struct verdict *v)
{
	bool mild = v->rates_alone && v->excess < MILD_EXCESS && v->visit_excess < MILD_EXCESS;
	struct ban ban;
	bool struck = bans_find(e->bans, client, &ban) && ban.strikes > 0;
	bool gentle = !struck || (ban.rules & RULES_GENTLE);

	if (!v->paths_alone && !(v->parole_alone && gentle))
		return (struct term){mild ? TERM_TEMPORARY : TERM_SCHEDULE, false};
	bool again = struck && v->paths_excess <= MILD_EXCESS &&
		     instant_since(e->clock.now, ban.struck).ms < STRIKE_EVERY_MS;
	return (struct term){again ? TERM_AGAIN : TERM_TEMPORARY, gentle};
}

/* Stores the reason of the ban for as long as the ban is in force. */
static void note_reason(struct engine *e, const struct event *event)
{
	struct request_text request;

	bans_set_evidence(e->bans, &event->client, &event->verdict.evidence[0]);
	request_text_set(&request, event->request);
	e->counters.ban_requests_evicted +=
		ban_requests_note(e->requests, &event->client, &request);
}

/* Bans the client of a verdict, unless too many bans were made this minute or the table is full. */
static void carry_out(struct engine *e, const struct client_counts *v, struct event *event)
{
	const struct address *client = &event->client;
	struct term term = find_term(e, client, &event->verdict);
	unsigned rules = rules_bits(&event->verdict) | (term.gentle ? RULES_GENTLE : 0) |
			 (event->behind_proxy ? RULES_BEHIND : 0);
	struct ban ban;

	if (e->bans_in_minute >= e->config.max_bans_per_minute) {
		e->bans_held++;
		e->counters.bans_held++;
		return;
	}
	if (!bans_strike(e->bans, client, e->clock.now, rules, term.length, &ban)) {
		e->counters.bans_full++;
		return;
	}
	note_reason(e, event);
	engine_cold_proxies_without(e, v);
	engine_failures_banned(e, client);
	clients_forget(e->clients, client);
	e->bans_in_minute++;
	event->strike = ban.strikes;
	event->until = ban.until;
	event->seconds = instant_since(ban.until, ban.since);
	event->permanent = ban.until.ms >= INSTANT_MAX.ms;
	event->temporary = ban.temporary;
	event->enforced = enforce_ban(e, &ban);
	event->sets = e->sets.name ? &e->sets : NULL;
	e->counters.bans++;
	(void)engine_repeat_unban(e, client);
	engine_emit(e, event);
}

static struct rules_site describe_site(const struct engine *e, const struct path_rules_case *paths)
{
	return (struct rules_site){
		.baseline = site_baseline(e->site),
		.limits = visits_limits(e->visits),
		.failing = e->failing.site,
		.pages_fail = e->failing.pages,
		.few_paths = paths && path_rules_few_paths(paths),
		.surge = e->surge,
		.swarm = e->swarm.on,
		.visit_swarm = e->visit_swarm.on,
	};
}

/* True if a detection rule that may ban permanently would match without parole. */
static bool holds_without_parole(const struct engine *e, const struct rules_site *site,
	const struct client_counts *v, unsigned about, const struct path_rules_case *paths)
{
	struct verdict other = {0};

	if (rules_client(&e->config.rules, site, v, about & ~ABOUT_PAROLE, &other))
		return true;
	if (!paths)
		return false;
	struct path_rules_case free = *paths;
	free.parole = false;
	other = (struct verdict){0};
	path_rules_judge(&free, &other);
	return (rules_bits(&other) & ~RULES_OF_PATHS) != 0;
}

/* Judges the client by all detection rules: those for counts and those for paths. True if at least
 * one rule matches. */
static bool find_verdict(struct engine *e, const struct client_counts *v, unsigned about,
	const struct path_rules_case *paths, struct verdict *out)
{
	struct rules_site site = describe_site(e, paths);
	bool counts = rules_client(&e->config.rules, &site, v, about, out);
	struct verdict by_paths = {0};
	double excess = 0;

	if (!counts && !paths)
		return false;
	if (paths)
		excess = path_rules_judge(paths, &by_paths);
	if (!counts && by_paths.evidence_n == 0)
		return false;
	if (!counts)
		rules_describe(&site, v, about, out);
	for (size_t i = 0; i < by_paths.evidence_n; i++)
		out->evidence[out->evidence_n++] = by_paths.evidence[i];
	if (by_paths.evidence_n > 0)
		out->rates_alone = false;
	/* if a client repeats writes and the server refuses them, the client guesses passwords; so
	 * the verdict rests on more than paths */
	bool guesses = about & ABOUT_REFUSED && rules_bits(out) & 1u << RULE_REPEATS;
	out->paths_alone = !guesses && (rules_bits(out) & ~RULES_OF_PATHS) == 0;
	out->writes_alone = rules_bits(out) == 1u << RULE_REPEATS && v->visit.errors <= RULES_FEW;
	out->paths_excess = excess;
	out->parole_alone =
		(about & ABOUT_PAROLE) && !holds_without_parole(e, &site, v, about, paths);
	return true;
}

bool engine_judge(struct engine *e, const struct request *r, const struct client_counts *v,
	unsigned about, const struct path_rules_case *paths)
{
	const struct address *client = &r->client;
	struct verdict verdict;

	if (!find_verdict(e, v, about, paths, &verdict))
		return false;
	enum hold hold;
	if (!engine_decide_hold(e, client, v, &verdict, &hold))
		return true;
	struct event event = engine_event(e, hold ? EVENT_ALERT : EVENT_BAN, e->clock.now);
	event.scope = SCOPE_CLIENT;
	event.client = *client;
	event.verdict = verdict;
	event.request = r;
	event.requests = v->window.requests;
	event.errors = v->window.errors;
	event.origins = (uint32_t)__builtin_popcount(e->seen_by);
	if (event.origins == 1 && origins_n(e->origins) <= ENGINE_ORIGIN_BITS)
		event.origin = origins_get(e->origins, r->host);
	event.behind_proxy = r->behind_proxy;
	if (!hold) {
		carry_out(e, v, &event);
		return true;
	}
	event.hold = hold_name(hold);
	event.message = hold_advice(hold, allow_is_translated(client));
	e->held[hold]++;
	e->counters.alerts++;
	engine_emit(e, &event);
	return true;
}

/* The client's counts before the last `left` of the requests that `r` sums up. The errors are
 * assumed to be spread evenly over these requests. `own`: the errors of `r` that count against the
 * client. */
static struct client_counts counts_before(
	const struct client_counts *v, const struct request *r, uint32_t own, uint32_t left)
{
	struct client_counts then = *v;
	uint32_t errors = (uint32_t)((uint64_t)r->errors * left / r->count);

	own = (uint32_t)((uint64_t)own * left / r->count);
	then.window.requests -= left < then.window.requests ? left : then.window.requests;
	then.window.errors -= errors < then.window.errors ? errors : then.window.errors;
	then.window.own -= own < then.window.own ? own : then.window.own;
	then.visit.requests -= left < then.visit.requests ? left : then.visit.requests;
	then.visit.errors -= own < then.visit.errors ? (uint16_t)own : then.visit.errors;
	return then;
}

void engine_judge_sum(struct engine *e, const struct request *r, const struct client_counts *v,
	uint32_t own, unsigned about)
{
	uint32_t step = (r->count + JUDGED_OF_SUM_MAX - 1) / JUDGED_OF_SUM_MAX;

	for (int64_t left = r->count - 1; left >= 0; left -= left < step && left ? left : step) {
		struct client_counts then = counts_before(v, r, own, (uint32_t)left);
		if (!rules_are_low(&e->low, &then) && engine_judge(e, r, &then, about, NULL))
			return;
	}
}
