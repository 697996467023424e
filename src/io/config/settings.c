/* settings.c - see settings.h. */
#include "io/config/settings.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "io/config/input.h"
#include "io/host/statefile.h"

static struct site_config site_settings(const struct site_options *o)
{
	return (struct site_config){
		.history = o->baseline_window,
		.recompute = o->recompute,
		.warmup = o->warmup,
		.hour_min = o->hour_min,
		.mean_floor = o->mean_floor,
		.stddev_floor = o->stddev_floor,
		.error_mean_floor = o->error_floor,
		.error_stddev_floor = o->error_floor,
	};
}

static struct rules_config rules_settings(
	const struct rule_options *o, const struct visit_options *visits)
{
	return (struct rules_config){
		.zscore = o->zscore,
		.multiplier = o->multiplier,
		.tight_zscore = fmin(o->tight_zscore, o->zscore), /* never looser */
		.tight_multiplier = fmin(o->tight_multiplier, o->multiplier),
		.error_surge = o->error_surge,
		.min_requests = o->min_requests,
		.cold_requests = visits->limit_cold[LIMIT_REQUESTS],
		.site_only = strcmp(o->client_baseline, "site") == 0,
		.busy_seconds = o->busy_seconds,
		.burst = o->burst,
		.tight_share = o->tight_share,
		.error_floor = visits->limit_floor[LIMIT_ERRORS],
		.error_share = o->error_share,
	};
}

static struct visits_config visits_settings(
	const struct visit_options *o, const struct rule_options *rules)
{
	struct visits_config c = {
		.risk = o->risk,
		.error_share = rules->error_share,
		.growth = o->growth,
		.known_from = o->known_from,
		.growth_from = o->growth_from,
		.top = o->top_share,
		.top_few = o->top_share_few,
		.many = o->top_many,
		.beyond_highest = o->beyond_highest,
		.mark_share = o->mark_share,
		.per_network = o->per_network,
		.half_life = o->half_life,
	};

	memcpy(c.floor, o->limit_floor, sizeof c.floor);
	memcpy(c.cold, o->limit_cold, sizeof c.cold);
	return c;
}

static struct ban_holds_config holds_settings(const struct hold_options *o)
{
	return (struct ban_holds_config){
		.learn = o->learn,
		.mass = {.min = o->mass_min, .share = o->mass_share},
		.proxy_share = o->proxy_share,
	};
}

static struct bans_config bans_settings(const struct ban_options *o)
{
	struct bans_config c = {
		.max = o->max_strikes, .schedule_n = o->schedule_n, .forget = o->forget};

	memcpy(c.schedule, o->schedule, sizeof c.schedule);
	return c;
}

struct engine_config settings_engine(
	const struct options *o, const struct line_config *line, const struct allow *allow)
{
	const struct detection_options *d = &o->detection;
	const struct swarm_options *swarm = &d->swarm;

	return (struct engine_config){
		.replay = o->run.replay,
		.counts = input_is_counts(o->input.format),
		.silent_baselines = !(o->run.events & 1u << EVENT_BASELINE),
		.line = *line,
		.allow = allow,
		.max_clients = d->max_clients,
		.max_paths = input_is_counts(o->input.format) ? 0 : d->max_paths,
		.set_name = o->firewall.set_name,
		.v4_prefix_len = (int)o->bans.ipv4_prefix,
		.v6_prefix_len = (int)o->bans.ipv6_prefix,
		.site = site_settings(&d->site),
		.rules = rules_settings(&d->rules, &d->visits),
		.visits = visits_settings(&d->visits, &d->rules),
		.swarm = {.min = swarm->swarm_min,
			.share = swarm->swarm_share,
			.calm = d->site.recovery},
		.visit_swarm = {.min = swarm->swarm_min,
			.share = swarm->visit_swarm_share,
			.calm = d->site.recovery},
		.holds = holds_settings(&d->holds),
		.known_after = d->holds.known_after,
		.severe = d->holds.severe,
		.ban_private = o->allow.ban_private,
		.max_bans_per_minute = o->bans.max_bans_per_minute,
		.in_flight = o->bans.in_flight,
		.announce = o->run.announce,
		.bans = bans_settings(&o->bans),
		.calm = d->site.recovery,
		.accept = d->site.accept_after,
	};
}

struct firewall_config settings_firewall(const struct firewall_options *o,
	const struct ban_options *bans, struct settings_chain *chain)
{
	size_t table_len = strcspn(o->chain, "/");

	snprintf(chain->table, sizeof chain->table, "%.*s", (int)table_len, o->chain);
	snprintf(chain->chain, sizeof chain->chain, "%s", o->chain + table_len + 1);
	return (struct firewall_config){
		.set_name = o->set_name,
		.table = chain->table,
		.chain = chain->chain,
		.ports = o->ports,
		.manage_rule = strcmp(o->rule, "auto") == 0,
		.v4_prefix_len = (int)bans->ipv4_prefix,
		.v6_prefix_len = (int)bans->ipv6_prefix,
		.max_entries = bans->max_strikes,
		.default_timeout = bans->schedule[0],
	};
}

const char *settings_state_path(const struct state_options *o, bool replay, char *path, size_t cap)
{
	if (o->path)
		return strcmp(o->path, "none") == 0 ? NULL : o->path;
	if (replay)
		return NULL;
	return statefile_default_path(false, path, cap) ? path : NULL;
}
