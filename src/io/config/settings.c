/* settings.c - see settings.h. */
#include "io/config/settings.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "io/host/statefile.h"

struct engine_config settings_engine(
	const struct options *o, const struct line_config *line, const struct allow *allow)
{
	struct engine_config c = {
		.replay = o->replay,
		.line = *line,
		.allow = allow,
		.max_clients = o->max_clients,
		.v4_prefix_len = (int)o->ipv4_prefix,
		.v6_prefix_len = (int)o->ipv6_prefix,
		.site = {.history = o->baseline_window,
			.recompute = o->recompute,
			.warmup = o->warmup,
			.hour_min = o->hour_min,
			.mean_floor = o->mean_floor,
			.stddev_floor = o->stddev_floor,
			.error_mean_floor = o->error_floor,
			.error_stddev_floor = o->error_floor},
		.rules = {.zscore = o->zscore,
			.multiplier = o->multiplier,
			.tight_zscore = fmin(o->tight_zscore, o->zscore), /* never looser */
			.tight_multiplier = fmin(o->tight_multiplier, o->multiplier),
			.error_surge = o->error_surge,
			.min_requests = o->min_requests,
			.site_only = strcmp(o->client_baseline, "site") == 0,
			.busy_seconds = o->busy_seconds,
			.burst = o->burst,
			.tight_share = o->tight_share,
			.error_floor = o->limit_floor[LIMIT_ERRORS],
			.error_share = o->error_share},
		.visits = {.risk = o->risk,
			.error_share = o->error_share,
			.growth = o->growth,
			.known_from = o->known_from,
			.growth_from = o->growth_from,
			.top = o->top_share,
			.top_few = o->top_share_few,
			.many = o->top_many,
			.beyond_highest = o->beyond_highest,
			.mark_share = o->mark_share,
			.per_network = o->per_network,
			.half_life = o->half_life},
		.swarm = {.min = o->swarm_min, .share = o->swarm_share, .calm = o->recovery},
		.visit_swarm = {.min = o->swarm_min,
			.share = o->visit_swarm_share,
			.calm = o->recovery},
		.holds = {.learn = o->learn,
			.mass_min = o->mass_min,
			.mass_share = o->mass_share,
			.proxy_share = o->proxy_share},
		.known_after = o->known_after,
		.severe = o->severe,
		.ban_private = o->ban_private,
		.max_bans_per_minute = o->max_bans_per_minute,
		.in_flight = o->in_flight,
		.bans = {.max = o->max_strikes, .schedule_n = o->schedule_n, .forget = o->forget},
		.calm = o->recovery,
		.accept = o->accept_after,
	};

	memcpy(c.bans.schedule, o->schedule, sizeof c.bans.schedule);
	memcpy(c.visits.floor, o->limit_floor, sizeof c.visits.floor);
	memcpy(c.visits.cold, o->limit_cold, sizeof c.visits.cold);
	return c;
}

struct firewall_config settings_firewall(const struct options *o, struct settings_chain *chain)
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
		.v4_prefix_len = (int)o->ipv4_prefix,
		.v6_prefix_len = (int)o->ipv6_prefix,
		.max_entries = o->max_strikes,
		.default_timeout = o->schedule[0],
	};
}

const char *settings_state_path(const struct options *o, char *path, size_t cap)
{
	if (o->state)
		return strcmp(o->state, "none") == 0 ? NULL : o->state;
	if (o->replay)
		return NULL;
	return statefile_default_path(false, path, cap) ? path : NULL;
}
