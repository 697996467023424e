/* engine_view.c - see engine_parts.h. */
#include "core/engine_parts.h"

#include <string.h>

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
		rules_judge_site(&e->config.rules, &out->baseline, k == SIGNAL_ERRORS,
			k == SIGNAL_ERRORS ? w.errors : w.requests, false, &v);
		out->z[k] = v.z;
		out->abnormal[k] = e->anomalies[k].open;
		out->abnormal_since[k] = e->anomalies[k].since;
	}
	memcpy(out->limits, visits_limits(e->visits)->most, sizeof out->limits);
	out->limits_known = visits_limits(e->visits)->known;
	out->visits = visits_n(e->visits);
	out->swarm = e->swarm.on;
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
