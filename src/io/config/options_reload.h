/* options_reload.h - compares the options of a run with the options that a reload has read: which
 * take effect immediately, and which need a restart.
 *
 * --allow, --trust-proxy, --events, --schedule and --verbose take effect immediately. The run has
 * used all other options for things that it keeps until its end: memory, sets, firewall rules,
 * baselines, files.
 */
#ifndef IO_CONFIG_OPTIONS_RELOAD_H
#define IO_CONFIG_OPTIONS_RELOAD_H

#include "io/config/option_groups.h"

/* Copies the values that can change into *running. They point into the strings of *wanted, which
 * must live as long as *running. */
void options_take_over(struct options *running, const struct options *wanted);

/* Calls `tell` with the name of each option of anomdetect that differs and needs a restart. If
 * --config names a service's file (service_file.h) and LOG in it differs, the name is "LOG". */
void options_need_restart(const struct options *running, const struct options *wanted,
	void (*tell)(const char *name));

#endif
