/* config_check.h - --check-config: checks the options and the files that they name.
 *
 * It makes the checks that anomdetect, anomban and anomcount make at their start, before they
 * change anything on this host. It checks the command line and the file of --config, the lists of
 * --allow and --trust-proxy with their files, the format, the time zone, and --allow-peers. It also
 * checks that --user is a user of this host and --state-group a group. Only a start, --doctor or
 * --explain can check the rest: privileges, the kernel's sets, firewall rules, the files of the
 * state and their locks, and the log.
 */
#ifndef IO_CHECK_CONFIG_CHECK_H
#define IO_CHECK_CONFIG_CHECK_H

#include "io/config/option_groups.h"

/* Prints "configuration ok" on standard output, or logs the first mistake. Returns the exit code: 0
 * without a mistake, 2 after a mistake, 1 when this host lacks a resource or the output failed. It
 * does not use the input, the state or the firewall. */
int config_check_run(const struct options *o);

#endif
