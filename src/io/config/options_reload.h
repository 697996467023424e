/* options_reload.h - options that are read again during a run: the ones that change at once, and
 * the ones that differ but need a restart.
 *
 * --allow, --trust-proxy, --events, --schedule and --verbose change at once. All others decide on
 * memory, kernel sets, firewall rules, baselines or files, which are made once for the whole run.
 */
#ifndef IO_CONFIG_OPTIONS_RELOAD_H
#define IO_CONFIG_OPTIONS_RELOAD_H

#include "io/config/option_groups.h"

/* Copies the values that can change into *running. They point into the texts of `wanted`, so these
 * must live as long. */
void options_take_over(struct options *running, const struct options *wanted);

/* Calls `tell` with the name of each option of anomdetect that differs and needs a restart, and
 * with "LOG" if the log of the service's file differs. */
void options_need_restart(const struct options *running, const struct options *wanted,
	void (*tell)(const char *name));

#endif
