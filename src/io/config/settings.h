/* settings.h - what the options mean for each stage.
 *
 * Path:    options -> [settings] -> engine, firewall.
 */
#ifndef IO_CONFIG_SETTINGS_H
#define IO_CONFIG_SETTINGS_H

#include "core/engine/engine.h"
#include "io/firewall/firewall.h"
#include "io/config/option_groups.h"

/* The engine's, but for its hash key and its callbacks. Reads most groups. */
struct engine_config settings_engine(
	const struct options *o, const struct line_config *line, const struct allow *allow);

/* The firewall's; its texts are the options' and lie in `chain`, which lives as long as it. */
struct settings_chain {
	char table[32];
	char chain[32];
};
struct firewall_config settings_firewall(const struct firewall_options *o,
	const struct ban_options *bans, struct settings_chain *chain);

/* The state's path, in `path` when it is the default one; NULL for none. A replay writes files only
 * where it is told to: it must not overwrite what a live run shows. */
const char *settings_state_path(const struct state_options *o, bool replay, char *path, size_t cap);

#endif
