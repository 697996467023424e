/* settings.c - see settings.h. */
#include "io/config/settings.h"

#include <stdio.h>
#include <string.h>

#include "io/config/input.h"
#include "io/host/statefile.h"

static const struct site_config site_settings = {
	.history = {1800 * 1000},
	.recompute = {60 * 1000},
	.warmup = {120 * 1000},
	.hour_min = {1800 * 1000},
	.mean_floor = 1,
	.stddev_floor = 0.5,
	.error_mean_floor = 0.1,
	.error_stddev_floor = 0.1,
};

/* The cold limit of requests in 60 s, in proportion to the floor: 200 of 120. */
static double cold_requests(const struct detection_options *o)
{
	return o->requests_floor * 5 / 3;
}

static struct rules_config rules_settings(const struct detection_options *o)
{
	return (struct rules_config){
		.zscore = 3,
		.multiplier = 5,
		.tight_zscore = 2,
		.tight_multiplier = 3,
		.error_surge = 3,
		.min_requests = 200,
		.cold_requests = cold_requests(o),
		.busy_seconds = 15,
		.burst = 2,
		.tight_share = 0.6,
		.error_floor = 20,
		.error_share = RULES_ERROR_SHARE,
	};
}

static struct visits_config visits_settings(const struct detection_options *o)
{
	return (struct visits_config){
		.risk = o->risk,
		.floor = {o->requests_floor, 20, 330, 30, 30, 60},
		.cold = {cold_requests(o), 20, 600, 30, UINT32_MAX, UINT32_MAX},
		.error_share = RULES_ERROR_SHARE,
		.growth = 1.5,
		.known_from = 30,
		.growth_from = 1000,
		.top = 0.01,
		.top_few = 0.05,
		.many = 1000,
		.beyond_highest = 2,
		.mark_share = 0.01,
		.per_network = 8,
		.half_life = {86400 * 1000},
	};
}

static struct ban_holds_config holds_settings(const struct detection_options *o)
{
	return (struct ban_holds_config){
		.learn = o->learn,
		.mass = {.min = 5, .share = o->mass_share},
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
		.site = site_settings,
		.rules = rules_settings(d),
		.visits = visits_settings(d),
		.swarm = {.min = 30, .share = 0.1, .calm = {30 * 1000}},
		.visit_swarm = {.min = 30, .share = 0.25, .calm = {30 * 1000}},
		.holds = holds_settings(d),
		.known_after = {600 * 1000},
		.severe = d->severe,
		.ban_private = o->allow.ban_private,
		.max_bans_per_minute = o->bans.max_bans_per_minute,
		.in_flight = {90 * 1000},
		.announce = o->run.announce,
		.bans = bans_settings(&o->bans),
		.calm = {30 * 1000},
		.accept = {1800 * 1000},
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
