/* settings.h - makes the configurations of the engine and of the firewall from the options.
 *
 * Path:    options -> [settings] -> engine, firewall.
 */
#ifndef IO_CONFIG_SETTINGS_H
#define IO_CONFIG_SETTINGS_H

#include "core/engine/engine.h"
#include "io/firewall/firewall.h"
#include "io/config/option_groups.h"

/* The engine's configuration, without its hash key and its callbacks. */
struct engine_config settings_engine(
	const struct options *o, const struct line_config *line, const struct allow *allow);

/* The firewall's configuration. The options and *chain must live as long as the configuration,
 * which points into them. */
struct settings_chain {
	char table[32];
	char chain[32];
};
struct firewall_config settings_firewall(const struct firewall_options *o,
	const struct ban_options *bans, struct settings_chain *chain);

/* The path of the state file; NULL: no file. `path` is the buffer for the default path. A replay
 * has no default path, because it must not overwrite the state of a live run. */
const char *settings_state_path(const struct state_options *o, bool replay, char *path, size_t cap);

#endif
