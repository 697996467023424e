/* settings.c - see settings.h. */
#include "io/config/settings.h"

#include <stdio.h>
#include <string.h>

#include "io/config/input.h"
#include "io/host/statefile.h"

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
	struct visits_config visits = visits_config_of(d->risk, d->requests_floor);

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
		.rules = {.cold_requests = visits.cold[LIMIT_REQUESTS]},
		.visits = visits,
		.holds = {.learn = d->learn,
			.mass_share = d->mass_share,
			.proxy_share = d->proxy_share},
		.severe = d->severe,
		.ban_private = o->allow.ban_private,
		.max_bans_per_minute = o->bans.max_bans_per_minute,
		.announce = o->run.announce,
		.bans = bans_settings(&o->bans),
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
