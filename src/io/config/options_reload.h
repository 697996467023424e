/* options_reload.h - re-reading the options of a run: which of them change at once, and which
 * changed ones need a restart.
 *
 * --allow, --trust-proxy, --events, --schedule and --verbose change at once. All others have shaped
 * things that live as long as the run: memory, sets, firewall rules, baselines, files.
 */
#ifndef IO_CONFIG_OPTIONS_RELOAD_H
#define IO_CONFIG_OPTIONS_RELOAD_H

#include "io/config/option_groups.h"

/* Copies the values that can change into *running. They point into the texts of `wanted`, so these
 * must live as long. */
void options_take_over(struct options *running, const struct options *wanted);

/* Calls `tell` with the name of each option of anomdetect that differs and needs a restart. If
 * the log of the service's file differs, the name is "LOG". */
void options_need_restart(const struct options *running, const struct options *wanted,
	void (*tell)(const char *name));

#endif
