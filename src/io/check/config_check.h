/* config_check.h - --check-config: are the options and the files that they name right?
 *
 * Checked are what a start of any of the programs checks before it touches something: the command
 * line and the file of --config, the lists of --allow and --trust-proxy with their files, the
 * format, the time zone, --allow-peers, and that --user is a user of this host and --state-group a
 * group. Not checked are what only a start can tell: rights, the kernel's sets and rules
 * (--doctor), the files of the state and who has them, and the log (--explain).
 */
#ifndef IO_CHECK_CONFIG_CHECK_H
#define IO_CHECK_CONFIG_CHECK_H

#include "io/config/option_groups.h"

/* The answer for people: "configuration ok" on standard output, or the first mistake as a message.
 * The exit code: 0; 2; 1 when this host is short of something, or the answer was not taken. Input,
 * state and firewall are not touched. */
int config_check_run(const struct options *o);

#endif
