/* options_reload.h - which options a run takes over when it reads them again, and which are others
 * but need a restart.
 *
 * Taken over are options that nothing but their reader has built upon: --allow, --trust-proxy,
 * --events, --schedule and --verbose. All others have made what lives as long as the run: memory,
 * sets, rules, baselines, files.
 */
#ifndef IO_CONFIG_OPTIONS_RELOAD_H
#define IO_CONFIG_OPTIONS_RELOAD_H

#include "io/config/option_groups.h"

/* Puts the values that can change into *running. They point into the texts of `wanted`, which are
 * to be kept as long. */
void options_take_over(struct options *running, const struct options *wanted);

/* Calls `tell` with the name of each option of anomdetect that differs and is not taken over; with
 * "LOG" when the log of the service's file differs. */
void options_need_restart(const struct options *running, const struct options *wanted,
	void (*tell)(const char *name));

#endif
