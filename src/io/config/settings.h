/* settings.h - the options as the configuration of each stage.
 *
 * Path:    options -> [settings] -> engine, firewall.
 */
#ifndef IO_CONFIG_SETTINGS_H
#define IO_CONFIG_SETTINGS_H

#include "core/engine/engine.h"
#include "io/firewall/firewall.h"
#include "io/config/option_groups.h"

/* The engine's configuration without its hash key and its callbacks. Reads most groups. */
struct engine_config settings_engine(
	const struct options *o, const struct line_config *line, const struct allow *allow);

/* The firewall's configuration. It points to texts of the options and of *chain, which must outlive
 * it. */
struct settings_chain {
	char table[32];
	char chain[32];
};
struct firewall_config settings_firewall(const struct firewall_options *o,
	const struct ban_options *bans, struct settings_chain *chain);

/* The path of the state file, written to `path` when it is the default path; NULL: no file. For a
 * replay there is no default path: it must not overwrite the state of a live run. */
const char *settings_state_path(const struct state_options *o, bool replay, char *path, size_t cap);

#endif
